"""
What would have to be different for a better score: exact answers over the four numbers an officer can change.

Amounts, income and assets move in steps, such as Rp 1,000; tenors month by month. Whatever is answered the engine has
scored. The score need not be monotone in anything, and in the tenor it is not: nothing is found by halving.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np

from scoring.engine.arrays import AnyColumn, FloatColumn, IntColumn, Mask
from scoring.engine.critical import Critical, Values
from scoring.engine.facts import Facts
from scoring.engine.outcomes import Outcomes
from scoring.engine.scorecard import Scorecard
from scoring.engine.vocabulary import CATEGORY_FACTS, LONGEST_TENOR, NUMERIC_FACTS, SEN_PER_RUPIAH

CHANGEABLE: Final = ("tenor_months", "loan_amount", "monthly_income", "assets_value")
STEP: Final = 1_000 * SEN_PER_RUPIAH
UNKNOWN: Final = -1  # stands in the columns for a number that nobody knows, until it is moved

Rows = dict[str, IntColumn]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """
    Other values of one fact or two, in sen and months, and the score they give.

    `effort` adds up by how much of itself each fact changes: half the amount is 0.5, half as much income again is too.
    """

    facts: Mapping[str, int]
    credit_score: int
    effort: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """
    What reaches a score, in sen and months.

    - `largest_amount`: at this tenor, income and assets; None if no amount reaches it
    - `tenors`: all that reach it at this amount, income and assets
    - `changes`: the smallest that reach it, least effort first; none if it is reached already, or if no change of one
      fact or of two reaches it
    """

    at_least: int
    credit_score: int
    largest_amount: int | None
    tenors: tuple[int, ...]
    changes: tuple[Change, ...]

    @property
    def is_reached(self) -> bool:
        return self.credit_score >= self.at_least


class Application:
    """
    One application under one card, of which the numbers may change and the words may not.

    :param facts: tenor in months, amount, income and assets in sen, None for one that is not known and that the card has
        bins for; and the words the card asks for
    :param step: of the amounts that are answered, in sen
    :raises ValueError: for a number that is not given, or a step of less than a rupiah - mistakes of the caller
    """

    def __init__(self, card: Scorecard, facts: Mapping[str, int | str | None], *, step: int = STEP) -> None:
        if step < SEN_PER_RUPIAH or not facts.keys() >= set(NUMERIC_FACTS):
            raise ValueError("What-if needs all four numbers, and a step of at least a rupiah.")
        self._card, self._critical = card, Critical(card, step=step)
        known = {name: UNKNOWN if facts[name] is None else facts[name] for name in NUMERIC_FACTS}
        self._numbers = {name: np.array([value], dtype=np.int64) for name, value in known.items()}
        self._scored_alone: dict[str, tuple[Rows, Outcomes]] = {}
        asked = {each.fact for each in card.characteristics}
        self._words = {name: facts[name] for name in CATEGORY_FACTS if name in asked and name in facts}

    def what_if(self, at_least: int) -> WhatIf:
        """Say what reaches a score."""
        score = int(self._score(self._numbers).credit_score[0])
        return WhatIf(
            at_least=at_least,
            credit_score=score,
            largest_amount=max(self._reaching("loan_amount", at_least), default=None),
            tenors=self._reaching("tenor_months", at_least),
            changes=() if score >= at_least else self._changes(at_least),
        )

    def map(self, amounts: Sequence[int], tenors: Sequence[int]) -> Outcomes:
        """Score every amount (sen) with every tenor in one call: all tenors of the first amount, then of the next."""
        shape = (len(amounts), len(tenors))
        moved = {
            "loan_amount": np.broadcast_to(np.array(amounts, dtype=np.int64)[:, None], shape).ravel(),
            "tenor_months": np.broadcast_to(np.array(tenors, dtype=np.int64), shape).ravel(),
        }
        return self._score(self._moved(moved))

    def _reaching(self, name: str, at_least: int) -> tuple[int, ...]:
        rows, outcomes = self._alone(name)
        return tuple(rows[name][_reached(outcomes, at_least)].tolist())

    def _alone(self, name: str) -> tuple[Rows, Outcomes]:
        """Every value of this fact that could matter, scored once however often it is asked for."""
        if name not in self._scored_alone:
            rows = self._one_moved(name)
            self._scored_alone[name] = rows, self._score(rows)
        return self._scored_alone[name]

    def _changes(self, at_least: int) -> tuple[Change, ...]:
        """
        The smallest changes of one fact, downwards and upwards, and of two together where it takes less than either alone.

        Of one fact no multiple of the step that reaches the score is nearer. Of two facts the same holds but for a few
        steps, and what the ratios make of them in the other fact: along a cut-off effort is linear, so that it is least
        where two cut-offs meet.
        """
        alone = {name: self._smallest_of(name, at_least) for name in CHANGEABLE}
        together = []
        for names in combinations(CHANGEABLE, 2):
            least = min((change.effort for name in names for change in alone[name]), default=np.inf)
            rows = self._two_moved(*names)
            outcomes = self._score(rows)
            change = self._smallest(rows, outcomes, names, _reached(outcomes, at_least))
            together += [change] if change and change.effort < least else []
        found = [*(change for changes in alone.values() for change in changes), *together]
        return tuple(sorted(found, key=lambda change: change.effort))

    def _smallest_of(self, name: str, at_least: int) -> list[Change]:
        (rows, outcomes), now = self._alone(name), self._numbers[name]
        reached = _reached(outcomes, at_least)
        sides = (reached & (rows[name] < now), reached & (rows[name] > now))
        found = [self._smallest(rows, outcomes, (name,), side) for side in sides]
        return [change for change in found if change]

    def _smallest(self, rows: Rows, outcomes: Outcomes, names: Sequence[str], among: Mask) -> Change | None:
        efforts = np.where(among, self._efforts(rows, names), np.inf)
        if not np.isfinite(efforts).any():
            return None
        row = int(np.argmin(efforts))
        facts = {name: int(rows[name][row]) for name in names}
        return Change(facts=facts, credit_score=int(outcomes.credit_score[row]), effort=float(efforts[row]))

    def _efforts(self, rows: Rows, names: Sequence[str]) -> FloatColumn:
        """What is nothing yet, or not known, is measured against the amount that is asked for."""
        efforts = np.zeros(len(rows["tenor_months"]))
        for name in names:
            now = max(self._numbers[name][0], 0)
            efforts += np.abs(rows[name] - now) / (now or self._numbers["loan_amount"][0])
        return efforts

    def _one_moved(self, name: str) -> Rows:
        if name == "tenor_months":
            return self._moved({name: np.arange(1, LONGEST_TENOR + 1, dtype=np.int64)})
        return self._moved({name: np.unique(self._critical.values(name, self._numbers))})

    def _two_moved(self, first: str, second: str) -> Rows:
        rows, _outcomes = self._alone(first)
        if first == "loan_amount":
            crossings = self._critical.amounts_between(second, self._numbers["tenor_months"])
            rows = self._moved({first: np.union1d(rows[first], crossings)})
        values: Values = self._critical.values(second, rows)
        return {
            name: values.ravel() if name == second else np.repeat(column, values.shape[1])
            for name, column in rows.items()
        }

    def _moved(self, moved: Rows) -> Rows:
        length = len(next(iter(moved.values())))
        return {name: moved.get(name, np.repeat(now, length)) for name, now in self._numbers.items()}

    def _score(self, rows: Rows) -> Outcomes:
        words: dict[str, AnyColumn] = {
            name: np.full(len(rows["tenor_months"]), word, dtype=np.object_) for name, word in self._words.items()
        }
        missing = {name: rows[name] == UNKNOWN for name in NUMERIC_FACTS if self._numbers[name][0] == UNKNOWN}
        return self._card.score(Facts(columns={**rows, **words}, missing=missing))


def _reached(outcomes: Outcomes, at_least: int) -> Mask:
    reached: Mask = (outcomes.credit_score >= at_least) & ~outcomes.refused
    return reached
