"""Files that are not what they claim, or that mean harm: refused by name, in bounded time and memory."""

import contextlib
import io
import random
import struct
import time
import tracemalloc
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bprs.spreadsheets import SCORING_COLUMNS, Limits, SpreadsheetRefused, read_table
from bprs.spreadsheets.xlsx_survey import Survey
from tests.spreadsheets.files import (
    GOOD,
    HEADER,
    csv_file,
    excel_file,
    part,
    refusal,
    scoring_csv,
    scoring_xlsx,
    with_parts,
    with_sheet_xml,
)

ROW = [5_000_000, 20_000_000, 10_000_000, 12]
OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
SHEET = "xl/worksheets/sheet1.xml"


def zipped(**parts: bytes) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return io.BytesIO(file.getvalue())


class TestOtherFormats:
    @pytest.mark.parametrize(
        ("content", "code"),
        [
            (b"", "empty_file"),
            (b"\n \n", "empty_file"),
            (b"\xef\xbb\xbf", "empty_file"),
            (OLE2 + "Workbook".encode("utf-16-le"), "xls_not_accepted"),
            (OLE2 + "EncryptedPackage".encode("utf-16-le"), "encrypted_workbook"),
            (OLE2 + "WordDocument".encode("utf-16-le"), "not_a_spreadsheet"),
            (b"%PDF-1.7\n", "not_a_spreadsheet"),
            (b"\x89PNG\r\n\x1a\n", "not_a_spreadsheet"),
            (b"\x1f\x8b\x08", "not_a_spreadsheet"),
            (b"<html><table><tr><td>gaji</td></tr></table></html>", "html_not_accepted"),
            (b'\xef\xbb\xbf  <?xml version="1.0"?><Workbook/>', "html_not_accepted"),
            (b"PK\x03\x04 and then nothing", "broken_workbook"),
            (b"PK\x05\x06" + bytes(18), "not_a_spreadsheet"),
        ],
    )
    def test_each_is_refused_by_name(self, content, code):
        assert refusal(io.BytesIO(content)) == code

    @pytest.mark.parametrize(
        ("parts", "code"),
        [
            ({"xl/workbook.bin": b""}, "xlsb_not_accepted"),
            ({"content.xml": b"", "mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}, "ods_not_accepted"),
            ({"word/document.xml": b""}, "not_a_spreadsheet"),
            ({"xl/workbook.xml": b"<workbook/>"}, "broken_workbook"),
        ],
    )
    def test_other_archives_too(self, parts, code):
        assert refusal(zipped(**parts)) == code

    def test_a_workbook_damaged_at_its_beginning_is_a_broken_workbook_and_no_text(self):
        content = b"\x81\x00" + scoring_xlsx(ROW).getvalue()[2:]

        assert refusal(io.BytesIO(content)) == "broken_workbook"
        assert refusal(io.BytesIO(b"\x81\x00" * 5_000), filename="data.xlsx") == "broken_workbook"
        assert refusal(io.BytesIO(b"\x81" * 5_000), filename="data.csv") == "unknown_encoding"

    def test_the_name_of_the_file_decides_nothing_but_a_warning(self):
        assert refusal(scoring_csv(GOOD), filename="data.xlsx") == "accepted"
        assert refusal(scoring_xlsx(ROW), filename="data.csv") == "accepted"
        reading = read_table(scoring_csv(GOOD), wanted=SCORING_COLUMNS, filename="data.xlsx")
        assert [warning.code for warning in reading.warnings] == ["extension_differs"]


class TestMacrosAndDeclarations:
    def test_macros_are_refused(self):
        assert refusal(with_parts(scoring_xlsx(ROW), {"xl/vbaProject.bin": b"x"})) == "macros_not_accepted"

    def test_a_workbook_that_says_it_has_macros_is_refused(self):
        types = part(scoring_xlsx(ROW), "[Content_Types].xml").replace(
            b"openxmlformats-officedocument.spreadsheetml.sheet.main", b"ms-excel.sheet.macroEnabled.main"
        )

        assert refusal(with_parts(scoring_xlsx(ROW), {"[Content_Types].xml": types})) == "macros_not_accepted"

    @pytest.mark.parametrize("name", [SHEET, "xl/workbook.xml", "xl/sharedStrings.xml", "xl/styles.xml"])
    def test_a_dtd_is_refused_wherever_it_stands(self, name):
        file = excel_file(ROW)
        dtd = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + part(file, name)

        assert refusal(with_parts(file, {name: dtd})) == "dtd_not_accepted"

    def test_a_part_in_another_encoding_hides_nothing(self):
        file = scoring_xlsx(ROW)

        assert refusal(with_parts(file, {SHEET: part(file).decode().encode("utf-16")})) == "broken_workbook"

    def test_encrypted_parts_are_refused(self):
        content = bytearray(scoring_xlsx(ROW).getvalue())
        place = content.rfind(b"PK\x01\x02")
        content[place + 8] |= 1

        assert refusal(io.BytesIO(content)) == "encrypted_workbook"

    def test_a_part_that_occurs_twice_is_refused(self):
        file = scoring_xlsx(ROW)
        with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(file, "a") as archive:
            archive.writestr(SHEET, b"<worksheet/>")

        assert refusal(file) == "broken_workbook"


class TestBombs:
    @pytest.mark.parametrize("name", [SHEET, "xl/sharedStrings.xml", "xl/media/image1.png"])
    def test_what_inflates_beyond_the_ratio_is_refused(self, name):
        assert refusal(with_parts(scoring_xlsx(ROW), {name: b" " * 30_000_000})) == "inflates_too_far"

    def test_what_is_padded_with_blanks_is_refused_for_its_size_and_not_as_broken(self):
        sheet = part(scoring_xlsx(ROW), SHEET).replace(b"<sheetData>", b"<sheetData>" + b" " * 300_000_000)

        assert refusal(with_parts(scoring_xlsx(ROW), {SHEET: sheet})) == "inflates_too_far"

    def test_what_inflates_beyond_the_limit_is_refused(self):
        noise = random.Random(1).randbytes(200_000)

        file = with_parts(scoring_xlsx(ROW), {"xl/media/image1.png": noise})

        assert refusal(file, limits=Limits(max_inflated_bytes=100_000)) == "inflates_too_far"

    def test_a_declared_size_is_not_believed(self):
        content = bytearray(with_parts(scoring_xlsx(ROW), {SHEET: b" " * 30_000_000}).getvalue())
        place = content.rfind(b"PK\x01\x02")
        struct.pack_into("<I", content, place + 24, 100)

        assert refusal(io.BytesIO(content)) in {"inflates_too_far", "broken_workbook"}

    def test_cells_very_far_apart_are_not_laid_out(self):
        far = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="BL1048576"><v>1</v></c></row>'

        assert refusal(with_sheet_xml(far)) == "sheet_too_sparse"

    @pytest.mark.parametrize(
        "far",
        [
            '<row r="1"><c r="A1"><v>1</v></c><c r=\'xfd1048576\'><v>1</v></c></row>',
            '<row r="1"><c  s="1"  r = "XFD1048576" ><v>1</v></c><c r="A1"><v>1</v></c></row>',
            '<row r="1"><c a=">" r="XFD1048576"><v>1</v></c><c r="A1"><v>1</v></c></row>',
            '<row r="1"><c a="row>" r="XFD1048576"><v>1</v></c><c r="A1"><v>1</v></c></row>',
            '<row r="1"><c a="<" r="XFD1048576"><v>1</v></c><c r="A1"><v>1</v></c></row>',
            '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576">' + "<c><v>1</v></c>" * 100 + "</row>",
        ],
    )
    def test_not_even_when_their_address_is_written_oddly(self, far):
        assert refusal(with_sheet_xml(far)) == "sheet_too_sparse"

    def test_one_long_text_shown_in_many_cells_is_counted_as_often_as_it_is_shown(self):
        strings = (
            b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>'
            + b"x" * 1_000_000
            + b"</t></si></sst>"
        )
        rows = "".join(f'<row r="{row}"><c r="A{row}" t="s"><v>0</v></c></row>' for row in range(1, 2_001))
        file = with_parts(with_sheet_xml(rows), {"xl/sharedStrings.xml": strings})
        limits = Limits(max_ratio=1_000_000)

        tracemalloc.start()
        code = refusal(file, limits=limits)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

        assert code == "inflates_too_far"
        assert peak < 50_000_000


@pytest.fixture(scope="module")
def workbook_bytes() -> bytes:
    return excel_file(*[ROW] * 30, ["x", "=1+1", "=1/0", True]).getvalue()


def reads_or_refuses(content: bytes) -> None:
    try:
        reading = read_table(io.BytesIO(content), wanted=SCORING_COLUMNS)
        for _ in reading:
            pass
    except SpreadsheetRefused:
        return
    assert reading.account.rows_read >= 0


class TestTime:
    @pytest.mark.parametrize(
        "pattern",
        [
            b"<c ",
            b"<c r",
            b'<c t="e" ',
            b't="e" ',
            b't="s" ',
            b" r r=",
            b' r="A1" ',
            b"<row ",
            b"<f",
            b"<c ><f>",
            b"<c >  ",
            b"=' ",
            b'="',
            b"<si",
            b"<!",
            b"a:",
            b"<a:",
        ],
    )
    def test_no_pattern_of_bytes_makes_the_look_slow(self, pattern):
        survey = Survey()
        block = b"<c " + pattern * (1_000_000 // len(pattern))

        started = time.process_time()
        with contextlib.suppress(SpreadsheetRefused):
            survey.add(block)

        assert time.process_time() - started < 3


class TestDamage:
    @settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    @given(st.data())
    def test_flipped_bits_never_crash(self, workbook_bytes, data):
        content = bytearray(workbook_bytes)
        for place in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=8)):
            content[place] ^= 1 << data.draw(st.integers(0, 7))

        reads_or_refuses(bytes(content))

    @settings(max_examples=150, deadline=None)
    @given(st.data())
    def test_flipped_bits_inside_the_xml_never_crash(self, workbook_bytes, data):
        name = data.draw(
            st.sampled_from(
                [SHEET, "xl/workbook.xml", "xl/sharedStrings.xml", "xl/styles.xml", "xl/_rels/workbook.xml.rels"]
            )
        )
        content = bytearray(part(io.BytesIO(workbook_bytes), name))
        for place in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=8)):
            content[place] ^= 1 << data.draw(st.integers(0, 7))

        reads_or_refuses(with_parts(io.BytesIO(workbook_bytes), {name: bytes(content)}).getvalue())

    @pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
    def test_a_file_cut_short_is_refused(self, workbook_bytes, share):
        assert refusal(io.BytesIO(workbook_bytes[: int(len(workbook_bytes) * share)])) == "broken_workbook"

    @settings(max_examples=200, deadline=None)
    @given(st.binary(max_size=300))
    def test_any_bytes_are_read_or_refused(self, tail):
        reads_or_refuses(tail)
        reads_or_refuses(csv_file(HEADER, GOOD).getvalue() + tail)
