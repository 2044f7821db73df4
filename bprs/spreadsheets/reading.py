"""Read a whole table: every row is accepted, rejected with a reason, or blank, and the sums are checked."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from bprs.spreadsheets.amounts import Locale, NumberStyle, StyleEvidence
from bprs.spreadsheets.chunk_reading import ParsedChunk, ReadingPlan, RowAccount, read_chunk
from bprs.spreadsheets.column_spec import NUMBERS, ColumnSpec
from bprs.spreadsheets.columns import COLUMNS
from bprs.spreadsheets.contents import Source
from bprs.spreadsheets.limits import Limits
from bprs.spreadsheets.matching import ColumnMatch, match_columns
from bprs.spreadsheets.opening import DEFAULT_LIMITS, open_table
from bprs.spreadsheets.refusals import FileWarning
from bprs.spreadsheets.remarks import groups_of_origin
from bprs.spreadsheets.tables import CHUNK_ROWS, Table


class TableReading:
    """
    A table being read. Iterate it for its chunks; `account` is complete after the last one. Can be iterated again.
    """

    def __init__(self, table: Table, plan: ReadingPlan) -> None:
        self.table = table
        self.plan = plan
        self.account = RowAccount()

    @property
    def match(self) -> ColumnMatch:
        return self.plan.match

    @property
    def style(self) -> NumberStyle:
        return self.plan.style

    @property
    def warnings(self) -> tuple[FileWarning, ...]:
        """About the file as a whole, the echo of how numbers are read included."""
        echo = self.plan.style.warning
        return (*self.table.warnings, *((echo,) if echo else ()))

    def __iter__(self) -> Iterator[ParsedChunk]:
        return self.chunks()

    def chunks(self, size: int = CHUNK_ROWS) -> Iterator[ParsedChunk]:
        """The chunks of the table, read."""
        self.account = RowAccount()
        for chunk in self.table.chunks(size):
            if chunk.start != self.table.first_row + self.account.rows_read:
                raise ValueError(f"rows were lost before row {chunk.row_numbers[0]}")
            parsed = read_chunk(chunk, self.plan)
            self.account += parsed.account
            yield parsed


def read_table(  # noqa: PLR0913 each of these is a separate choice of the caller
    source: Source,
    *,
    wanted: Sequence[str | ColumnSpec],
    required: Collection[str] | None = None,
    limits: Limits = DEFAULT_LIMITS,
    locale: Locale = "id",
    mapping: Mapping[str, str] | None = None,
    sheet: str | None = None,
    filename: str = "",
) -> TableReading:
    """
    Open a file and read the wanted columns; all are required unless said otherwise.

    :raises SpreadsheetRefused: if the file cannot be read or lacks required columns; never because of a single row
    """
    table = open_table(source, filename=filename, sheet=sheet, limits=limits)
    return parse_table(table, wanted=wanted, required=required, locale=locale, mapping=mapping)


def parse_table(
    table: Table,
    *,
    wanted: Sequence[str | ColumnSpec],
    required: Collection[str] | None = None,
    locale: Locale = "id",
    mapping: Mapping[str, str] | None = None,
    style: NumberStyle | None = None,
) -> TableReading:
    """As `read_table`, for a table that is open; with a style that was decided on before, if it is a part of a file."""
    specs = tuple(COLUMNS[each] if isinstance(each, str) else each for each in wanted)
    needed = frozenset(spec.name for spec in specs) if required is None else frozenset(required)
    match = match_columns(table.headers, wanted=specs, required=needed, mapping=mapping)
    found = tuple(spec for spec in specs if spec.name in match.columns)
    style = style or _style_of(table, match, found, locale)
    return TableReading(table, ReadingPlan(match=match, specs=found, required=needed, style=style))


def _style_of(table: Table, match: ColumnMatch, specs: Sequence[ColumnSpec], locale: Locale) -> NumberStyle:
    places = [match.columns[spec.name] for spec in specs if spec.kind in NUMBERS]
    places = [place for place in places if table.may_group_digits_at(place)]
    evidence = StyleEvidence(groups_of_origin(table.headers))
    for chunk in table.chunks() if places else ():
        for place in places:
            evidence.add(chunk.columns[place])
    return evidence.decide(locale)
