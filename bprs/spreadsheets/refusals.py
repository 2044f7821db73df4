"""Every refusal and warning of the spreadsheet intake: a stable code, and one English sentence to translate."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from bprs.errors import DomainError

Params = Mapping[str, str | float]
BETWEEN_SHEETS = " / "  # the name of a sheet may have a comma, but no slash

FILE_MESSAGES: dict[str, str] = {
    "empty_file": "The file is empty.",
    "file_too_large": "The file is larger than %(limit)s MB. Split it, or leave out what is not needed.",
    "not_a_spreadsheet": "This is not an Excel workbook (.xlsx) and not a CSV file. Save it as .xlsx or .csv and upload that.",
    "binary_content": "The file contains bytes that no CSV file has. Save it again as .xlsx or .csv.",
    "xls_not_accepted": "This is an old Excel workbook (.xls). Open it, save it as .xlsx, and upload that.",
    "xlsb_not_accepted": "This is a binary Excel workbook (.xlsb). Open it, save it as .xlsx, and upload that.",
    "ods_not_accepted": "This is an OpenDocument spreadsheet (.ods). Open it, save it as .xlsx, and upload that.",
    "html_not_accepted": "This is a web page saved under the name of a spreadsheet. Open it, save it as .xlsx, and upload that.",
    "macros_not_accepted": "The workbook contains macros. Save it as .xlsx without macros.",
    "encrypted_workbook": "The workbook is protected by a password. Remove the password and upload it again.",
    "broken_parquet": "The Parquet file is damaged or incomplete. Write it again.",
    "broken_workbook": "The workbook is damaged or incomplete. Open it in Excel, save it again, and upload that.",
    "dtd_not_accepted": "The workbook contains definitions that no spreadsheet program writes (a DTD or external entities).",
    "inflates_too_far": "The workbook grows too far when it is unpacked. Open it in Excel, save it again, and upload that.",
    "took_too_long": "The workbook takes longer than %(limit)s seconds to read. Split it, or save it as CSV.",
    "needs_too_much_memory": "The workbook takes too much memory to read. Split it, or save it as CSV.",
    "sheet_too_sparse": "The sheet %(sheet)s has cells very far apart. Delete what stands far from the table.",
    "no_sheet": "The workbook has no visible sheet with content.",
    "several_sheets": "Several sheets have content: %(sheets)s. Say which one to read, or hide the others.",
    "unknown_sheet": "There is no sheet named %(sheet)s. The workbook has: %(sheets)s.",
    "too_many_rows": "The table has more than %(limit)s rows. Split it.",
    "too_many_columns": "The table has more than %(limit)s columns. Leave out what is not needed.",
    "cell_too_long": "A cell in row %(row_number)s is longer than %(limit)s characters.",
    "broken_quotes": "The quotation marks do not close properly near row %(row_number)s.",
    "unknown_encoding": "The characters of the file cannot be read. Save it as CSV UTF-8.",
    "no_header": "No header was found in the first %(rows)s rows. Put the names of the columns above the table.",
    "duplicate_headers": "The header %(header)s stands over more than one column. Rename or delete one of them.",
    "alias_beside_canonical": "The columns %(headers)s all mean %(field)s. Keep one of them.",
    "other_unit": "The column %(header)s is counted in %(unit)s. Write full rupiah and months, and name the column so.",
    "missing_columns": "The table lacks %(missing)s. Found: %(found)s.",
    "unknown_field": "A column was mapped to %(field)s, which does not exist.",
    "too_many_rows_to_write": "A sheet holds no more than %(limit)s rows.",
}

CELL_MESSAGES: dict[str, str] = {
    "missing": "The cell is empty.",
    "not_listed": "%(value)s is not one of the values the scorecard knows.",
    "not_a_number": "%(value)s is not a number.",
    "negative": "%(value)s is negative.",
    "sign_in_number": "%(value)s has a sign or brackets. Write the number without them.",
    "not_positive": "The value must be more than zero.",
    "too_large": "%(value)s is too large.",
    "too_many_decimals": "%(value)s has more than two decimals.",
    "misplaced_separator": "%(value)s has a thousands separator in the wrong place.",
    "mixed_separators": "%(value)s mixes two kinds of separators.",
    "ambiguous_number": "%(value)s can be read in two ways, and the file uses both. Write it without separators.",
    "word_in_number": "%(value)s contains words. Write the number in full, in digits only.",
    "percent_in_number": "%(value)s is a percentage. Write the amount.",
    "exponent_in_number": "%(value)s is in scientific notation. Write the number in full.",
    "other_digits": "%(value)s is written in digits other than 0 to 9.",
    "not_whole": "%(value)s is not a whole number.",
    "out_of_range": "%(value)s is outside %(minimum)s to %(maximum)s.",
    "boolean_in_cell": "The cell holds TRUE or FALSE.",
    "date_in_number": "The cell is formatted as a date or time, not as a number.",
    "error_cell": "The cell shows an error. Mend its formula.",
    "formula_without_value": "The cell holds a formula that was never calculated. Open the file in Excel and save it.",
    "not_a_date": "%(value)s is not a date. Write 2026-12-31 or 31/12/2026.",
    "month_first": "%(value)s is not a date with the day first. Write 2026-12-31 or 31/12/2026.",
    "number_in_date": "The cell holds a number, not a date. Format it as a date.",
    "time_in_date": "The cell holds a time, not a date.",
    "digits_lost": "The cell is a number, and spreadsheets destroy the last digits of long numbers. Format it as text and type it again.",
    "fraction_in_identifier": "%(value)s has decimals. Format the cell as text and type it again.",
    "exponent_in_identifier": "%(value)s is in scientific notation, its digits are lost. Format the cell as text and type it again.",
    "date_in_text": "The cell is formatted as a date or time, not as text.",
    "control_character": "The cell contains characters that cannot be shown.",
    "too_long": "The text is longer than %(limit)s characters.",
    "nik_not_16_digits": "A NIK has exactly 16 digits.",
    "nik_not_a_date": "Digits 7 to 12 of the NIK are not a date of birth.",
    "not_a_choice": "%(value)s is not one of %(choices)s.",
    "too_many_cells": "The row has cells beyond the last header, perhaps because of a comma inside a number or a name.",
    "looks_like_total": "This looks like a row of totals, not a row of data.",
    "looks_like_note": "This looks like a note under the table, not a row of data.",
    "looks_like_example": "This is the example row of the template. Delete it.",
}

WARNING_MESSAGES: dict[str, str] = {
    "read_as_cp1252": "The file is not UTF-8; it was read as Windows-1252. Check names with accents.",
    "extension_differs": "The file is named %(filename)s, but its content is %(kind)s; it was read as %(kind)s.",
    "column_without_header": "A column without a header was left out.",
    "merged_cells": "Cells are merged, such as %(range)s. Only the first of them has the value; the others count as empty.",
    "numbers_by_cells": "%(example)s is read as %(reading)s, because other cells of the file are written that way.",
    "numbers_by_locale": "%(example)s is read as %(reading)s: no cell of the file says otherwise.",
    "numbers_as_before": "%(example)s is read as %(reading)s, as in the file that the rows came from.",
    "numbers_in_conflict": "The file writes numbers in two ways, so cells such as %(example)s are refused.",
    "identifier_was_number": "The cell is a number; zeros in front may be lost. Format the column as text.",
    "nik_unknown_province": "The first two digits of the NIK are no known province.",
    "nik_birth_date_differs": "The NIK and the birth date differ.",
}

MESSAGES: dict[str, str] = {**FILE_MESSAGES, **CELL_MESSAGES, **WARNING_MESSAGES}


def sentence(code: str, params: Params) -> str:
    """The English sentence of a code, filled in."""
    return MESSAGES[code] % params


class SpreadsheetRefused(DomainError):
    """The whole file is refused. Faces translate `template % params`; `str()` is the English sentence."""

    code: str  # type: ignore[misc]  # one class, a code per refusal: the table above is the list

    def __init__(self, code: str, **params: str | float) -> None:
        super().__init__(sentence(code, params))
        self.code = code
        self.params: dict[str, str | float] = params
        self.template = MESSAGES[code]

    @property
    def sheets(self) -> list[str]:
        """The sheets to choose from, if there are several."""
        return str(self.params["sheets"]).split(BETWEEN_SHEETS) if self.code == "several_sheets" else []


@dataclass(frozen=True, slots=True, kw_only=True)
class CellRefusal:
    """What is wrong with one cell."""

    code: str
    params: Params = field(default_factory=dict)

    @property
    def message(self) -> str:
        return MESSAGES[self.code]

    @property
    def sentence(self) -> str:
        return self.message % self.params


@dataclass(frozen=True, slots=True, kw_only=True)
class FileWarning:
    """Something to look at; it refuses nothing."""

    code: str
    params: Params = field(default_factory=dict)

    @property
    def message(self) -> str:
        return MESSAGES[self.code]

    @property
    def sentence(self) -> str:
        return self.message % self.params


def shown(value: object) -> str | float:
    """A cell as a message quotes it: short, on one line. A fraction stays a number, for each language has its own mark in it."""
    if isinstance(value, float) and math.isfinite(value):
        if not value.is_integer():
            return value
        value = int(value)
    text = " ".join(str(value).split())
    return f"{text[:37]}..." if len(text) > 40 else text  # noqa: PLR2004 as much as a message can carry
