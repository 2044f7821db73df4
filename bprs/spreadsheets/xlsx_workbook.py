"""The sheets of an unpacked workbook: which one to read, and whether it is safe to lay out."""

import posixpath
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from xml.etree import ElementTree as ET

import numpy as np
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from bprs.spreadsheets.cells import is_blank
from bprs.spreadsheets.limits import Limits
from bprs.spreadsheets.refusals import BETWEEN_SHEETS, SpreadsheetRefused
from bprs.spreadsheets.xlsx_archive import RELATIONSHIPS, WORKBOOK, Unpacked
from bprs.spreadsheets.xlsx_survey import Survey, joined

EXPLANATION_SHEETS = frozenset({"petunjuk", "instructions"})  # of the template; tests hold them together


@dataclass(frozen=True, slots=True, kw_only=True)
class Workbook:
    """calamine's workbook beside what the survey saw of each sheet, by the name of the sheet."""

    calamine: CalamineWorkbook
    surveys: dict[str, Survey]
    string_lengths: np.ndarray[tuple[int], np.dtype[np.int64]]
    limits: Limits

    def choose(self, wanted: str | None) -> str:
        """
        The sheet that was asked for, else the only visible one with content.

        :raises SpreadsheetRefused: if there is none, or more than one
        """
        if wanted is not None:
            if wanted not in self.surveys:
                raise SpreadsheetRefused("unknown_sheet", sheet=wanted, sheets=BETWEEN_SHEETS.join(self.surveys))
            return wanted
        names = self._visible_with_content()
        if len(names) > 1:
            raise SpreadsheetRefused("several_sheets", sheets=BETWEEN_SHEETS.join(names))
        if not names:
            raise SpreadsheetRefused("no_sheet")
        return names[0]

    def _visible_with_content(self) -> list[str]:
        sheets = self.calamine.sheets_metadata
        visible = [sheet.name for sheet in sheets if sheet.visible == SheetVisibleEnum.Visible]
        names = [name for name in visible if name in self.surveys and self.surveys[name].cells]
        tables = [name for name in names if name.casefold() not in EXPLANATION_SHEETS] or names
        return tables if len(tables) == 1 else [name for name in tables if self._has_content(name)]

    def _has_content(self, name: str) -> bool:
        survey = self.surveys[name]
        if len(survey.errors) or len(survey.uncalculated):
            return True
        return any(not is_blank(cell) for row in self.load(name).iter_rows() for cell in row)

    def has_no_long_text(self, name: str) -> bool:
        """Whether no cell can be too long, by what the survey saw. If not, the cells have to be looked at."""
        longest = int(self.string_lengths.max(initial=0))
        return longest <= self.limits.max_cell_chars and not self.surveys[name].has_inline_text

    def load(self, name: str) -> CalamineSheet:
        """
        Lay the sheet out in memory, after a look at how much that takes.

        :raises SpreadsheetRefused: if it takes too much, or calamine cannot read it
        """
        survey = self.surveys[name]
        if survey.rows * survey.width > self.limits.max_cells:
            raise SpreadsheetRefused("sheet_too_sparse", sheet=name)
        if survey.shown_bytes(self.string_lengths) > self.limits.max_inflated_bytes:
            raise SpreadsheetRefused("inflates_too_far")
        with _readable():
            return self.calamine.get_sheet_by_name(name)


@contextmanager
def open_workbook(parts: Unpacked, limits: Limits) -> Iterator[Workbook]:
    """
    Open an unpacked workbook with calamine.

    :raises SpreadsheetRefused: if its parts do not fit together
    """
    with _readable():
        calamine = CalamineWorkbook.from_path(parts.path)
    with calamine:
        yield Workbook(
            calamine=calamine,
            surveys=_surveys_by_sheet(calamine, parts),
            string_lengths=joined([survey.string_lengths for survey in parts.surveys.values()]),
            limits=limits,
        )


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except (CalamineError, OSError, ValueError) as error:
        raise SpreadsheetRefused("broken_workbook") from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # pyo3 raises a BaseException when Rust panics
            raise
        raise SpreadsheetRefused("broken_workbook") from error


def _surveys_by_sheet(calamine: CalamineWorkbook, parts: Unpacked) -> dict[str, Survey]:
    paths = part_names_of_sheets(parts.parts)
    names = [sheet.name for sheet in calamine.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
    try:
        return {name: parts.surveys[paths[name]] for name in names}
    except KeyError as error:
        raise SpreadsheetRefused("broken_workbook") from error


def part_names_of_sheets(parts: Mapping[str, bytes]) -> dict[str, str]:
    """
    Where each sheet stands in the archive, by its name.

    :raises SpreadsheetRefused: if the parts do not say so
    """
    try:
        relationships = ET.fromstring(parts[RELATIONSHIPS])  # noqa: S314 no DTD, bounded size
        workbook = ET.fromstring(parts[WORKBOOK])  # noqa: S314 no DTD, bounded size
    except (KeyError, ET.ParseError) as error:
        raise SpreadsheetRefused("broken_workbook") from error
    targets = {each.get("Id", ""): each.get("Target", "") for each in relationships}
    sheets = [each for each in workbook.iter() if each.tag.rpartition("}")[2] == "sheet"]
    return {each.get("name", ""): _part_name(targets.get(_relationship_id(each), "")) for each in sheets}


def _relationship_id(sheet: ET.Element) -> str:
    return next((value for key, value in sheet.attrib.items() if key.endswith("}id")), "")


def _part_name(target: str) -> str:
    return posixpath.normpath(posixpath.join("/xl", target)).lstrip("/").lower()
