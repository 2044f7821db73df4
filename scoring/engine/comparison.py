"""What two cards make of the same applications, added up: where they migrate, who swaps, what may be lost."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

Number = int | float
Matrix = tuple[tuple[Number, ...], ...]
Counts = tuple[int, int, int]
MEASURES: Final = (
    "count",
    "amount",
    "score_before",
    "score_after",
    "expected_before",
    "expected_after",
    "known",
    "known_amount",
    "defaulted",
    "defaulted_amount",
)
MOST_MOVERS: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """
    Applications by their segment before (lines) and after (columns), best first; the last of each was not scored.

    `cells` holds a matrix for each of `MEASURES`: how many, their sen, the sums of their scores, of sen times the
    probability of default, and of those whose outcome is known and was a default.
    """

    cells: Mapping[str, Matrix]

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(cells={name: _added(matrix, other.cells[name]) for name, matrix in self.cells.items()})

    def sum(
        self, measure: str, *, before: Collection[int] | None = None, after: Collection[int] | None = None
    ) -> Number:
        """Add up the cells of these lines and columns; of all of them if none are named."""
        return sum(
            value
            for line, values in enumerate(self.cells[measure])
            for column, value in enumerate(values)
            if (before is None or line in before) and (after is None or column in after)
        )

    @classmethod
    def from_dict(cls, written: Mapping[str, Any]) -> Self:
        return cls(cells={name: tuple(tuple(line) for line in matrix) for name, matrix in written["cells"].items()})


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What one card made of one application."""

    score: int
    segment: str
    points: Mapping[str, int]
    bins: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mover:
    """An application whose score changes: `key` is the caller's, `amount` is in sen."""

    key: int
    amount: int
    before: Judged
    after: Judged

    @property
    def change(self) -> int:
        return self.after.score - self.before.score

    @property
    def rank(self) -> tuple[int, int, int]:
        """The greatest change first, among equals the greatest amount."""
        return -abs(self.change), -self.amount, self.key

    @classmethod
    def from_dict(cls, written: Mapping[str, Any]) -> Self:
        judged = {side: Judged(**written[side]) for side in ("before", "after")}
        return cls(key=written["key"], amount=written["amount"], **judged)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """By score: how many have it, of how many of these the outcome is known, and how many of those defaulted."""

    counts: Mapping[int, Counts]

    def __add__(self, other: "Scores") -> "Scores":
        counts = dict(self.counts)
        for score, (all_, known, defaulted) in other.counts.items():
            mine = counts.get(score, (0, 0, 0))
            counts[score] = (mine[0] + all_, mine[1] + known, mine[2] + defaulted)
        return Scores(counts=dict(sorted(counts.items())))

    def gini(self) -> float | None:
        """
        How well the scores tell defaults from the others: 1 perfectly, 0 not at all; None without both kinds.

        Twice the area under the ROC curve less one: of every default with every other application, the share in which
        the default has the lower score, equal scores counting half.
        """
        twice_ordered = others = defaults = 0
        for _score, (_all, known, defaulted) in sorted(self.counts.items()):
            twice_ordered += (known - defaulted) * (2 * defaults + defaulted)
            others, defaults = others + known - defaulted, defaults + defaulted
        return twice_ordered / (others * defaults) - 1 if others and defaults else None

    @classmethod
    def from_dict(cls, written: Mapping[str, Any]) -> Self:
        return cls(counts={int(score): _three(counts) for score, counts in written["counts"].items()})


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two cards: its segments, best first; the scores it gave; why it gave none, as «field code»."""

    segments: tuple[str, ...]
    scores: Scores
    refusals: Mapping[str, int]

    def __add__(self, other: "Side") -> "Side":
        names = (*self.refusals, *(name for name in other.refusals if name not in self.refusals))
        refusals = {name: self.refusals.get(name, 0) + other.refusals.get(name, 0) for name in names}
        return Side(segments=self.segments, scores=self.scores + other.scores, refusals=refusals)

    @property
    def accepted(self) -> range:
        """The segments that are better than the worst."""
        return range(len(self.segments) - 1)

    @property
    def worst(self) -> tuple[int]:
        return (len(self.segments) - 1,)

    @property
    def scored(self) -> range:
        return range(len(self.segments))

    @property
    def not_scored(self) -> tuple[int]:
        return (len(self.segments),)

    @classmethod
    def from_dict(cls, written: Mapping[str, Any]) -> Self:
        return cls(
            segments=tuple(written["segments"]),
            scores=Scores.from_dict(written["scores"]),
            refusals=dict(written["refusals"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """
    Everything at once; two of them add up to that of both sets of applications.

    `groups` has the tally of each group, such as a branch, by what it groups by.
    """

    before: Side
    after: Side
    total: Tally
    groups: Mapping[str, Mapping[str, Tally]]
    movers: tuple[Mover, ...]

    def __add__(self, other: "Comparison") -> "Comparison":
        return Comparison(
            before=self.before + other.before,
            after=self.after + other.after,
            total=self.total + other.total,
            groups={by: _united(tallies, other.groups[by]) for by, tallies in self.groups.items()},
            movers=tuple(sorted((*self.movers, *other.movers), key=lambda mover: mover.rank)[:MOST_MOVERS]),
        )

    def to_dict(self) -> dict[str, Any]:
        """Write it as what JSON can hold; `from_dict` reads it back."""
        return asdict(self)

    @classmethod
    def from_dict(cls, written: Mapping[str, Any]) -> Self:
        return cls(
            before=Side.from_dict(written["before"]),
            after=Side.from_dict(written["after"]),
            total=Tally.from_dict(written["total"]),
            groups={
                by: {name: Tally.from_dict(tally) for name, tally in tallies.items()}
                for by, tallies in written["groups"].items()
            },
            movers=tuple(Mover.from_dict(mover) for mover in written["movers"]),
        )


def _added(one: Matrix, other: Matrix) -> Matrix:
    lines = zip(one, other, strict=True)
    return tuple(tuple(a + b for a, b in zip(line, others, strict=True)) for line, others in lines)


def _united(one: Mapping[str, Tally], other: Mapping[str, Tally]) -> dict[str, Tally]:
    united = dict(one)
    for name, tally in other.items():
        united[name] = united[name] + tally if name in united else tally
    return united


def _three(counts: Iterable[int]) -> Counts:
    first, second, third = counts
    return first, second, third
