"""Counting the rows of a file without reading it."""

import io
import zipfile

import pytest
from openpyxl import Workbook

from bprs.files.row_count import CHUNK, count_rows


def csv(rows: int, *, end: str = "\n", encoding: str = "utf-8") -> io.BytesIO:
    return io.BytesIO(("a,b" + end + ("1,2" + end) * rows).encode(encoding))


def xlsx(rows: int) -> io.BytesIO:
    workbook, content = Workbook(write_only=True), io.BytesIO()
    sheet = workbook.create_sheet()
    for row in range(rows + 1):
        sheet.append([row, row])
    workbook.save(content)
    return content


class TestCountRows:
    @pytest.mark.parametrize("make", [csv, xlsx])
    @pytest.mark.parametrize("rows", [0, 1, 500])
    def test_leaves_out_the_header(self, make, rows):
        assert count_rows(make(rows)) == rows

    @pytest.mark.parametrize(("end", "encoding"), [("\r\n", "utf-8"), ("\r", "utf-8"), ("\n", "utf-16")])
    def test_knows_the_ways_lines_end(self, end, encoding):
        assert count_rows(csv(500, end=end, encoding=encoding)) == 500

    def test_loses_no_row_at_the_borders_of_chunks(self):
        assert count_rows(xlsx(30_000)) == 30_000

    @pytest.mark.parametrize("before", range(70))
    def test_knows_rows_with_and_without_a_prefix_wherever_a_chunk_ends(self, before):
        content, rows = io.BytesIO(), b'<x:row r="1"><row/><row>1</row><some_prefix:row\n/></x:row>'
        with zipfile.ZipFile(content, "w") as archive:
            archive.writestr("xl/worksheets/sheet1.xml", b" " * (CHUNK - before) + rows)

        assert count_rows(content) == 3

    @pytest.mark.parametrize("content", [b"", b"PK", b"PK\x03\x04 broken", b"\x00" * 100])
    def test_leaves_what_is_no_table_to_the_reader(self, content):
        assert count_rows(io.BytesIO(content)) == 0

    def test_stops_unpacking_a_bomb(self):
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("xl/worksheets/sheet1.xml", b" " * (65 * 1024 * 1024))

        assert count_rows(content) is None
