"""Real files, damaged at random: read or refused by name, in bounded time, and every row accounted for."""

import io
import random
import time
import zipfile
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any

import openpyxl
import pytest
import xlsxwriter

from bprs.spreadsheets import MESSAGES, SCORING_COLUMNS, Limits, SpreadsheetRefused, read_table
from bprs.spreadsheets.refusals import FILE_MESSAGES
from tests.spreadsheets.files import csv_file

LONGEST_SECONDS = 5
LIMITS = Limits(max_bytes=1_000_000, max_inflated_bytes=20_000_000, max_rows=5_000, max_cells=1_000_000)
HEADERS = ["Nama nasabah", "NIK", "Gaji (Rp)", "Aset", "Plafon", "Jangka waktu (bulan)", "Tanggal lahir", "Catatan"]
MORNING = datetime(2026, 1, 31, 8, 30)  # noqa: DTZ001 workbooks know no time zones
WANTED = [*SCORING_COLUMNS, "full_name", "nik", "birth_date"]


def rows() -> Iterator[list[Any]]:
    for number in range(60):
        yield [
            f"Siti {number % 7}",
            "3273014501900001",
            [5_000_000, "Rp 5.000.000,-", "5.000", None, "5 juta"][number % 5],
            20_000_000.5,
            10_000_000,
            [12, "12", 12.5][number % 3],
            [date(1990, 1, 5), "05/01/1990"][number % 2],
            [None, True, MORNING, "=1+1", 'lunas; "baik"', "#N/A"][number % 6],
        ]


def by_openpyxl() -> bytes:
    """Shared strings, dates, uncalculated formulas, a merged title, a hidden sheet."""
    book = openpyxl.Workbook()
    book.active.append(["Daftar pengajuan"])
    book.active.merge_cells("A1:D1")
    for row in [HEADERS, *rows(), [], ["Total", None, 300_000_000]]:
        book.active.append(row)
    book.create_sheet("Daftar").append(["murabahah"])
    book["Daftar"].sheet_state = "hidden"
    return saved(book.save)


def by_xlsxwriter(**options: bool) -> bytes:
    """Shared or inline strings, and formulas with a stored value."""

    def write(file: io.BytesIO) -> None:
        with xlsxwriter.Workbook(file, {"in_memory": True, "default_date_format": "dd/mm/yyyy", **options}) as book:
            sheet = book.add_worksheet("Data")
            for place, row in enumerate([HEADERS, *rows()]):
                sheet.write_row(place, 0, row)
            sheet.write_formula(70, 2, "=2*2500000", None, 5_000_000)

    return saved(write)


def saved(write: Callable[[io.BytesIO], object]) -> bytes:
    file = io.BytesIO()
    write(file)
    return file.getvalue()


def as_csv(*, encoding: str = "utf-8", quote: str = "") -> bytes:
    lines = [";".join(f"{quote}{'' if cell is None else cell}{quote}" for cell in row) for row in [HEADERS, *rows()]]
    return csv_file(*(line.replace('"baik"', "baik") for line in lines), encoding=encoding).getvalue()


FILES = {
    "openpyxl": by_openpyxl(),
    "shared strings": by_xlsxwriter(),
    "inline strings": by_xlsxwriter(constant_memory=True),
    "csv": as_csv(),
    "quoted csv": as_csv(quote='"'),
    "utf-16": as_csv(encoding="utf-16"),
}
WORKBOOKS = ["openpyxl", "shared strings", "inline strings"]


def with_flipped_bits(content: bytes, chance: random.Random) -> bytes:
    damaged = bytearray(content)
    for _ in range(chance.choice([1, 3, 20])):
        damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
    return bytes(damaged)


def cut_short(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randrange(len(content))]


def with_a_piece_elsewhere(content: bytes, chance: random.Random) -> bytes:
    start, length, target = chance.randrange(len(content)), chance.randrange(1, 200), chance.randrange(len(content))
    return content[:target] + content[start : start + length] + content[target + length :]


def rebuilt(content: bytes, change: Callable[[list[tuple[str, bytes]]], list[tuple[str, bytes]]]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = [(name, archive.read(name)) for name in archive.namelist()]
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in change(parts):
            archive.writestr(name, part)
    return file.getvalue()


def with_swapped_parts(content: bytes, chance: random.Random) -> bytes:
    def swap(parts: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
        one, other = chance.sample(range(len(parts)), 2)
        (first, a), (second, b) = parts[one], parts[other]
        parts[one], parts[other] = (first, b), (second, a)
        return parts

    return rebuilt(content, swap)


def with_a_part_missing(content: bytes, chance: random.Random) -> bytes:
    return rebuilt(content, lambda parts: [each for each in parts if each is not chance.choice(parts)])


def with_a_damaged_part(content: bytes, chance: random.Random) -> bytes:
    """Damage that the checksums of the archive do not show."""

    def damage(parts: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
        place = chance.randrange(len(parts))
        name, part = parts[place]
        how = chance.choice([with_flipped_bits, cut_short, with_a_piece_elsewhere])
        parts[place] = (name, how(part, chance))
        return parts

    return rebuilt(content, damage)


def with_a_part_twice(content: bytes, chance: random.Random) -> bytes:
    return rebuilt(content, lambda parts: [*parts, chance.choice(parts)])


def fate(content: bytes) -> str:
    """Read it to the end, or the code of its refusal."""
    try:
        reading = read_table(io.BytesIO(content), wanted=WANTED, required=["tenor_months"], limits=LIMITS)
    except SpreadsheetRefused as refused:
        return refused.code
    for chunk in reading:
        assert (chunk.accepted.astype(int) + chunk.rejected + chunk.blank == 1).all()
        assert {error.row_index for error in chunk.errors} == set(chunk.row_indexes[chunk.rejected].tolist())
        assert all(error.code in MESSAGES and error.sentence for error in chunk.errors)
    return "read"


def fates(name: str, damage: Callable[[bytes, random.Random], bytes], *, tries: int) -> set[str]:
    """What becomes of so many variants of a file; each is made again by its seed."""
    found = set()
    for seed in range(tries):
        content = damage(FILES[name], random.Random(f"{name} {damage.__name__} {seed}"))
        started = time.process_time()
        found.add(fate(content))
        assert time.process_time() - started < LONGEST_SECONDS, seed
    assert found <= {"read", *FILE_MESSAGES}
    return found


@pytest.mark.parametrize("name", FILES)
def test_the_files_are_read_as_they_are(name):
    assert fate(FILES[name]) == "read"


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", [with_flipped_bits, cut_short, with_a_piece_elsewhere])
def test_any_file_survives_or_is_refused(name, damage):
    assert fates(name, damage, tries=5)


@pytest.mark.parametrize("name", WORKBOOKS)
@pytest.mark.parametrize("damage", [with_swapped_parts, with_a_part_missing, with_a_damaged_part])
def test_so_does_any_archive_whose_checksums_are_right(name, damage):
    assert fates(name, damage, tries=5)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", WORKBOOKS)
def test_a_part_that_is_there_twice_is_never_read(name):
    assert fates(name, with_a_part_twice, tries=5) == {"broken_workbook"}
