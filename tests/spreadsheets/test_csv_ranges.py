"""A file cut into ranges is the same rows, whatever they look like at the cuts."""

import pytest

from bprs.spreadsheets import Limits, parse_table
from bprs.spreadsheets.csv_ranges import CsvPart, cut_into_ranges
from bprs.spreadsheets.csv_table import CsvTable

ROWS = [f'{number};"Siti; {number}";{number}.000\n' for number in range(1, 40)]
HEADER = "no;nama;plafond\n"


def ranges_of(path, *, size=50):
    table = CsvTable(path, limits=Limits())
    return table, cut_into_ranges(table, path, size=size)


def rows_of(table, style):
    reading = parse_table(table, wanted=["loan_amount"], style=style)
    for chunk in reading.chunks(7):
        for row, number in enumerate(chunk.row_numbers):
            yield int(number), chunk.source.row(row), int(chunk.columns["loan_amount"].values[row])


@pytest.mark.parametrize("above", ["", "sep=;\n", "Daftar pembiayaan\n\n", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("size", [50, 51, 52, 53, 64, 10_000])
def test_the_parts_have_the_rows_of_the_whole(tmp_path, above, end, size):
    path = tmp_path / "in.csv"
    path.write_bytes((above + HEADER + "".join(ROWS) + "\n" + ROWS[0].strip()).replace("\n", end).encode())
    table, ranges = ranges_of(path, size=size)
    style = parse_table(table, wanted=["loan_amount"]).style

    parts = [CsvPart(path, layout=table.layout, part=part) for part in ranges]

    assert [row for part in parts for row in rows_of(part, style)] == list(rows_of(table, style))
    assert len(parts) == 1 if size > 1_000 else len(parts) > 10


def test_accents_of_the_old_encoding_stay_what_they_were(tmp_path):
    path = tmp_path / "in.csv"
    path.write_bytes((HEADER + "1;José;5000\n" * 20).encode("cp1252"))
    table, ranges = ranges_of(path)

    names = {row[1] for part in ranges for _, row, _ in rows_of(CsvPart(path, layout=table.layout, part=part), None)}

    assert (names, len(ranges) > 3) == ({"José"}, True)


@pytest.mark.parametrize(
    "content",
    [
        (HEADER + '1;"in two\nlines";5\n' * 20).encode(),
        (HEADER + "1;Siti;5\n" * 20).encode("utf-16"),
        (HEADER + "1;Siti;5\n" * 20).replace("\n", "\r").encode(),
        (HEADER + "1;Siti;5\n" * 20 + "2;Budi;6\r3;Ani;7\n").encode(),
        (HEADER + "1;Siti;5\n" * 20 + "2;Budi;6\r").encode(),
    ],
    ids=["rows of two lines", "two bytes a character", "carriage returns", "one carriage return", "at the end"],
)
def test_what_cannot_be_cut_at_line_feeds_stays_whole(tmp_path, content):
    path = tmp_path / "in.csv"
    path.write_bytes(content)

    assert ranges_of(path)[1] == []
