"""Telling a large file from a small one without reading it."""

import io
import zipfile

import pytest
from openpyxl import Workbook

from bprs.files.row_count import has_more_rows_than


def csv(rows: int, *, end: str = "\n", encoding: str = "utf-8") -> io.BytesIO:
    return io.BytesIO(("a,b" + end + ("1,2" + end) * rows).encode(encoding))


def xlsx(rows: int) -> io.BytesIO:
    workbook, content = Workbook(write_only=True), io.BytesIO()
    sheet = workbook.create_sheet()
    for row in range(rows + 1):
        sheet.append([row, row])
    workbook.save(content)
    return content


class TestHasMoreRowsThan:
    @pytest.mark.parametrize("make", [csv, xlsx])
    def test_tells_one_row_more(self, make):
        assert not has_more_rows_than(make(500), 500)
        assert has_more_rows_than(make(501), 500)

    @pytest.mark.parametrize(("end", "encoding"), [("\r\n", "utf-8"), ("\r", "utf-8"), ("\n", "utf-16")])
    def test_knows_the_ways_lines_end(self, end, encoding):
        assert not has_more_rows_than(csv(500, end=end, encoding=encoding), 500)
        assert has_more_rows_than(csv(501, end=end, encoding=encoding), 500)

    def test_counts_rows_across_the_borders_of_chunks(self):
        assert not has_more_rows_than(xlsx(30_000), 30_000)
        assert has_more_rows_than(xlsx(30_001), 30_000)

    @pytest.mark.parametrize("content", [b"", b"PK", b"PK\x03\x04 broken", b"\x00" * 100])
    def test_leaves_what_is_no_table_to_the_reader(self, content):
        assert not has_more_rows_than(io.BytesIO(content), 10)

    def test_stops_unpacking_a_bomb(self):
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("xl/worksheets/sheet1.xml", b" " * (65 * 1024 * 1024))

        assert has_more_rows_than(content, 10)
