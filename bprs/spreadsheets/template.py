"""The empty workbook that officers fill in: headers, formats, an example, lists to choose from, and a sheet that explains."""

from collections.abc import Sequence
from datetime import date

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from bprs.spreadsheets.column_spec import EXAMPLE_NAMES, ColumnSpec, Language
from bprs.spreadsheets.columns import COLUMNS
from bprs.spreadsheets.safe_values import Value
from bprs.spreadsheets.writing import NUMBER_FORMATS, SHEET_ROWS, Target, write_cell

LAST_ROW = SHEET_ROWS - 1
EXPLANATION_SHEET: dict[Language, str] = {"id": "Petunjuk", "en": "Instructions"}
EXPLANATION_HEADERS: dict[Language, tuple[str, str, str]] = {
    "id": ("Kolom", "Cara mengisi", "Nama lain yang diterima"),
    "en": ("Column", "How to fill it in", "Other names that are accepted"),
}
HOW_TO_FILL: dict[Language, dict[str, str]] = {
    "id": {
        "money": "Jumlah rupiah dengan angka saja, mis. 5000000 atau 5.000.000. Tanpa 'juta' atau 'rb'. Kosong bukan nol.",
        "whole": "Angka bulat, mis. 12. Tanpa kata 'bulan' atau 'hari'.",
        "date": "Tanggal: 2026-12-31 atau 31/12/2026 (hari dahulu).",
        "identifier": "Teks. Kolom sudah berformat teks supaya angka nol di depan tidak hilang.",
        "nik": "16 digit sebagai teks. Sel angka ditolak karena digit terakhirnya hilang.",
        "name": "Teks.",
        "text": "Teks.",
        "choice": "Pilih dari daftar.",
    },
    "en": {
        "money": "Rupiah in digits only, such as 5000000 or 5.000.000. No 'juta' or 'rb'. Blank is not zero.",
        "whole": "A whole number, such as 12. No 'months' or 'days' behind it.",
        "date": "A date: 2026-12-31 or 31/12/2026 (the day first).",
        "identifier": "Text. The column is formatted as text so that zeros in front are kept.",
        "nik": "16 digits as text. Number cells are refused: their last digits are lost.",
        "name": "Text.",
        "text": "Text.",
        "choice": "Choose from the list.",
    },
}


def write_template(target: Target, columns: Sequence[str | ColumnSpec], *, language: Language = "id") -> None:
    """Write a template with these columns; what comes back filled in is read under its headers as they are."""
    specs = [COLUMNS[each] if isinstance(each, str) else each for each in columns]
    with xlsxwriter.Workbook(target if not hasattr(target, "open") else str(target)) as book:
        _write_data_sheet(book, specs, language)
        _write_explanations(book, specs, language)


def _write_data_sheet(book: xlsxwriter.Workbook, specs: Sequence[ColumnSpec], language: Language) -> None:
    sheet = book.add_worksheet("Data")
    sheet.freeze_panes(1, 0)
    bold = book.add_format({"bold": True, "bottom": 1})
    for place, spec in enumerate(specs):
        number_format = NUMBER_FORMATS[_format_of(spec)]
        grey = book.add_format({"num_format": number_format, "italic": True, "font_color": "#808080"})
        sheet.set_column(place, place, len(title(spec, language)) + 4, book.add_format({"num_format": number_format}))
        write_cell(sheet, 0, place, title(spec, language), bold)
        write_cell(sheet, 1, place, _example(spec, language), grey)
        _limit_entries(sheet, place, spec, language)


def title(spec: ColumnSpec, language: Language) -> str:
    """The header a template shows; reading knows it."""
    return (spec.title_id if language == "id" else spec.title_en) or spec.name


def _format_of(spec: ColumnSpec) -> str:
    return spec.kind if spec.kind in ("money", "whole", "date") else "text"


def _example(spec: ColumnSpec, language: Language) -> Value:
    if spec.kind == "date":
        return date.fromisoformat(str(spec.example))
    if spec.kind == "choice":
        return spec.words(language)[list(spec.choices).index(str(spec.example))]
    return EXAMPLE_NAMES[language] if spec.kind == "name" else spec.example


def _limit_entries(sheet: Worksheet, place: int, spec: ColumnSpec, language: Language) -> None:
    """Let the spreadsheet program warn at once; reading decides."""
    help_text = {"input_title": title(spec, language)[:32], "input_message": HOW_TO_FILL[language][spec.kind]}
    rule: dict[str, object] = {"validate": "any"}
    if spec.kind == "choice":
        rule = {"validate": "list", "source": list(spec.words(language))}
    elif spec.kind == "money":
        rule = {"validate": "decimal", "criteria": ">" if spec.is_positive else ">=", "value": 0}
    elif spec.kind == "whole":
        rule = {"validate": "integer", "criteria": "between", "minimum": spec.minimum, "maximum": spec.maximum}
    sheet.data_validation(1, place, LAST_ROW, place, {**rule, **help_text, "error_type": "warning"})


def _write_explanations(book: xlsxwriter.Workbook, specs: Sequence[ColumnSpec], language: Language) -> None:
    sheet = book.add_worksheet(EXPLANATION_SHEET[language])
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    sheet.set_column(0, 0, 28, wrap)
    sheet.set_column(1, 2, 70, wrap)
    _write_row(sheet, 0, EXPLANATION_HEADERS[language], book.add_format({"bold": True, "bottom": 1}))
    for row, spec in enumerate(specs, start=1):
        _write_row(sheet, row, (title(spec, language), HOW_TO_FILL[language][spec.kind], ", ".join(spec.names)), wrap)


def _write_row(sheet: Worksheet, row: int, values: Sequence[str], style: Format) -> None:
    for place, value in enumerate(values):
        write_cell(sheet, row, place, value, style)
