"""What an import did, or will do: every row of the sheet is in exactly one count."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from import_export.results import Result

from bprs.importing.entries import Fate
from bprs.importing.faults import Fault

ROWS_SHOWN = 20
REJECTED_SHOWN = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCell:
    """A cell of the preview: the value, what it replaces, and how the file writes it where that differs."""

    text: str
    before: str | None = None
    original: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownRow:
    number: int
    fate: Fate
    cells: list[ShownCell]
    origin: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedCell:
    """What a cell of the file replaces; `of` is the number or name that stands in its row."""

    number: int
    of: str
    column: str
    before: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedRow:
    number: int
    faults: list[Fault]
    origin: int | None = None


class SheetResult(Result):  # type: ignore[misc]  # the library is untyped
    """
    The library's result, and beside it what our pages show.

    `refusal` is why the file as a whole was refused; `touched` are the loans that were added or changed.
    """

    def __init__(self) -> None:
        super().__init__()
        self.totals[Fate.BLANK.value] = 0
        self.refusal = ""
        self.headers: list[str] = []
        self.shown: list[ShownRow] = []
        self.rejected: list[RejectedRow] = []
        self.notes: list[str] = []
        self.generated_count = 0
        self.touched: list[int] = []

    @property
    def new_count(self) -> int:
        return int(self.totals[Fate.NEW.value])

    @property
    def changed_count(self) -> int:
        return int(self.totals[Fate.CHANGED.value])

    @property
    def unchanged_count(self) -> int:
        return int(self.totals[Fate.UNCHANGED.value])

    @property
    def rejected_count(self) -> int:
        return int(self.totals[Fate.REJECTED.value])

    @property
    def blank_count(self) -> int:
        return int(self.totals[Fate.BLANK.value])

    @property
    def good_count(self) -> int:
        """Rows that an import would write."""
        return self.new_count + self.changed_count

    @property
    def rejected_shown(self) -> list[RejectedRow]:
        return self.rejected[:REJECTED_SHOWN]

    @property
    def rejected_left_out(self) -> int:
        return max(0, self.rejected_count - REJECTED_SHOWN)

    @property
    def shown_left_out(self) -> int:
        return max(0, self.good_count + self.unchanged_count - len(self.shown))

    def count(self, fates: Sequence[Fate]) -> None:
        """Account for every row; the library's own row results are left to what it writes itself."""
        self.total_rows = len(fates)
        self.totals.update({fate.value: count for fate, count in Counter(fates).items()})
