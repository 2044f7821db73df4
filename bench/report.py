"""One table of what was wanted and what was measured; each benchmark adds its rows."""

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

ROWS_FILE = "BENCH_ROWS"  # where a benchmark leaves its rows for the table of all


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`measured` is how many times as good as the other side; `wanted` the least it should be, if anything was said."""

    work: str
    measured: float
    wanted: float | None

    @property
    def verdict(self) -> str:
        if self.wanted is None:
            return ""
        return "reached" if self.measured >= self.wanted else "NOT REACHED"


def tell_rows(rows: Sequence[Row]) -> None:
    """Print the rows; leave them, too, where the table of all is made."""
    Console().print(table_of(rows))
    if path := os.environ.get(ROWS_FILE):
        with Path(path).open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(asdict(row)) + "\n" for row in rows)


def rows_in(path: Path) -> list[Row]:
    return [Row(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def table_of(rows: Iterable[Row]) -> Table:
    table = Table("work", "measured", "wanted", "", box=box.SIMPLE_HEAD)
    for row in rows:
        wanted = "" if row.wanted is None else f"{row.wanted:g} x"
        table.add_row(row.work, f"{row.measured:.1f} x", wanted, row.verdict)
    return table
