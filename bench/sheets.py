"""Files of applications as Indonesian banks have them, drawn with a seed: `python -m bench.sheets KIND ROWS PATH`."""

# ruff: noqa: T201 - it says where the file is
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import xlsxwriter

SEED: Final = 2026
CHUNK: Final = 50_000
FIRST: Final = ("Siti", "Budi", "Agus", "Dewi", "Nur", "Ahmad", "Sri", "Joko", "Rina", "Hasan", "Fitri", "Yusuf")
LAST: Final = ("Aminah", "Santoso", "Wijaya", "Lestari", "Hidayat", "Fauzi", "Wahyuni", "Prasetyo", "Maulana", "Putri")
AKAD: Final = ("murabahah", "musyarakah", "mudharabah", "ijarah")
SCORING: Final = ("monthly_income", "assets_value", "loan_amount", "tenor_months")
KINDS: Final = {
    "bare": "the four scoring columns, plain digits",
    "plain": "name, NIK and the four scoring columns, plain digits",
    "typed": "the same, a third of the amounts typed as Rp 5.000.000,-",
    "portfolio": "customers and financing, 13 columns, plain digits",
}
HEADERS: Final = {
    "bare": SCORING,
    "plain": ("nama", "nik", *SCORING),
    "typed": ("nama", "nik", *SCORING),
    "portfolio": (
        "customer_number", "full_name", "nik", "birth_date", "phone", *SCORING[:2],
        "loan_number", *SCORING[2:], "akad", "application_date", "status",
    ),
}  # fmt: skip
Columns = list[list[str]]


def chunks(kind: str, rows: int) -> Iterator[Columns]:
    """The cells of the file as text, column by column; the same rows for the same kind."""
    random = np.random.default_rng(SEED)
    for start in range(0, rows, CHUNK):
        yield _draw(kind, start, min(CHUNK, rows - start), random)


def write_file(kind: str, rows: int, path: Path) -> None:
    """
    Write the file as CSV or XLSX, by its suffix; amounts and tenors are numbers in a workbook unless typed.

    Texts of a workbook are shared strings, as Excel, LibreOffice and openpyxl write them.
    """
    write = _write_csv if path.suffix == ".csv" else _write_xlsx
    write(kind, rows, path)


def _draw(kind: str, start: int, count: int, random: np.random.Generator) -> Columns:
    amounts = [random.integers(low, high, count) * 250_000 for low, high in ((1, 200), (0, 2_000), (4, 1_000))]
    money = [_typed(column, random) if kind == "typed" else _text(column) for column in amounts]
    tenor = _text(random.choice((6, 12, 18, 24, 36, 48, 60), count))
    if kind == "bare":
        return [*money, tenor]
    names = [f"{FIRST[a]} {LAST[b]}" for a, b in random.integers(0, 10, (count, 2)).tolist()]
    days, years = random.integers(1, 29, count).tolist(), random.integers(60, 100, count).tolist()
    numbers = range(start + 1, start + count + 1)
    niks = [_nik(*each) for each in zip(numbers, days, years, strict=True)]
    if kind != "portfolio":
        return [names, niks, *money, tenor]
    return [
        [f"C{n:08}" for n in numbers],
        names,
        niks,
        [f"19{year:02}-06-{day:02}" for day, year in zip(days, years, strict=True)],
        [f"0812{n:08}" for n in numbers],
        *money[:2],
        [f"PB{n:08}" for n in numbers],
        money[2],
        tenor,
        [AKAD[n] for n in random.integers(0, len(AKAD), count).tolist()],
        [f"2026-{month:02}-15" for month in random.integers(1, 11, count).tolist()],
        ["submitted"] * count,
    ]


def _nik(number: int, day: int, year: int) -> str:
    """Its last four digits are too few for many rows: the place counts the rest."""
    return f"{11 + number // 10_000 % 80:02}{number // 800_000 % 99 + 1:02}01{day:02}06{year:02}{number % 10_000:04}"


def _text(column: "np.typing.NDArray[np.int64]") -> list[str]:
    return [str(value) for value in column.tolist()]


def _typed(column: "np.typing.NDArray[np.int64]", random: np.random.Generator) -> list[str]:
    plain = (random.integers(0, 3, len(column)) > 0).tolist()
    return [
        str(value) if as_digits else f"Rp {value:,},-".replace(",", ".", f"{value:,}".count(","))
        for value, as_digits in zip(column.tolist(), plain, strict=True)
    ]


def _write_csv(kind: str, rows: int, path: Path) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(";".join(HEADERS[kind]) + "\n")
        for columns in chunks(kind, rows):
            file.write("\n".join(map(";".join, zip(*columns, strict=True))) + "\n")


def _write_xlsx(kind: str, rows: int, path: Path) -> None:
    numbers = {place for place, name in enumerate(HEADERS[kind]) if name in SCORING and kind != "typed"}
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Data")
        sheet.write_row(0, 0, HEADERS[kind])
        row = 0
        for columns in chunks(kind, rows):
            for cells in zip(*columns, strict=True):
                row += 1
                for place, cell in enumerate(cells):
                    if place in numbers:
                        sheet.write_number(row, place, int(cell))
                    else:
                        sheet.write_string(row, place, cell)


if __name__ == "__main__":
    write_file(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
    print(sys.argv[3])
