"""The row face of django-import-export, on whole columns: a sheet is read, planned, and written at once."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any, ClassVar

import tablib
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import localize, number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from import_export.exceptions import ImportError as RowsRefused
from import_export.resources import Resource
from import_export.results import Error, InvalidRow

from bprs.access.models import Branch, User
from bprs.importing.entries import Fate
from bprs.importing.exports import ExportColumn, rows_out, word_for
from bprs.importing.faults import Fault
from bprs.importing.plans import Importer, Plan
from bprs.importing.prospects import Prospect
from bprs.importing.results import ROWS_SHOWN, RejectedRow, SheetResult, ShownCell, ShownRow
from bprs.importing.sheets import Sheet, SheetSource, read_sheet, source_of_rows
from bprs.importing.undoable import Undoable
from bprs.spreadsheets import COLUMNS, ColumnsMissing, SpreadsheetRefused
from bprs.wording import did_you_mean, sentence_of, title_of

NIK_ENDS = 4


class SheetResource(Resource):
    """
    Imports the columns `wanted` of a sheet; a row without one of `required` is refused.

    `records` are what it writes, each after those it points at. `exported` goes out to come back; `shown` says for every
    column a list may show what goes out for it.

    Unlike the library's it looks up, writes and records history for all rows at once, and its preview writes nothing.
    """

    name: ClassVar[str | Promise]
    explanation: ClassVar[str | Promise]
    wanted: ClassVar[Sequence[str]]
    required: ClassVar[Collection[str]]
    permissions: ClassVar[Sequence[str]]
    records: ClassVar[Sequence[Undoable]] = ()
    exported: ClassVar[Sequence[ExportColumn]] = ()
    shown: ClassVar[Mapping[str, Sequence[ExportColumn]]] = {}
    template_columns: ClassVar[Sequence[str]] = ()

    def plan(self, sheet: Sheet, importer: Importer) -> Plan:
        """Find out what to do with every row of a sheet of good rows; refuse in it what cannot stand."""
        raise NotImplementedError

    @classmethod
    def get_display_name(cls) -> str:
        return str(cls.name)

    def import_data(  # noqa: PLR0913 the library's signature
        self,
        dataset: tablib.Dataset | SheetSource,
        dry_run: bool = False,  # noqa: FBT002 the library's signature
        raise_errors: bool = False,  # noqa: FBT002 the library's signature
        use_transactions: bool | None = None,
        collect_failed_rows: bool = False,  # noqa: FBT002 see the workbook of rejected rows
        rollback_on_validation_errors: bool = False,  # noqa: FBT002 the library's signature
        *,
        user: User,
        branch: Branch | None = None,
        **_metadata: object,
    ) -> SheetResult:
        """
        Import a sheet, or say what an import would do.

        :param branch: for rows that name none
        """
        importer = Importer(user=user, branch=branch, at=timezone.now(), is_final=not dry_run)
        result = SheetResult()
        try:
            self._import(as_source(dataset), importer, result, is_all_or_nothing=rollback_on_validation_errors)
        except SpreadsheetRefused as refusal:
            result.refusal = " ".join([sentence_of(refusal), *_suggestions(refusal)])
        except IntegrityError:
            result.refusal = _("Someone else changed the same records in this moment. Nothing was imported; try again.")
        if result.refusal:
            result.append_base_error(Error(ValueError(result.refusal)))
        if raise_errors and (result.has_errors() or result.has_validation_errors()):
            raise RowsRefused(result.refusal or result.invalid_rows[0].error)
        return result

    @transaction.atomic
    def _import(self, source: SheetSource, importer: Importer, result: SheetResult, *, is_all_or_nothing: bool) -> None:
        prospect = self.prospect_of(self.read(source), importer)
        self._account(prospect, result)
        if importer.is_final and not (is_all_or_nothing and prospect.sheet.faults):
            result.touched = prospect.plan.write()

    def prospect(self, source: SheetSource, *, user: User, branch: Branch | None) -> Prospect:
        """What an import would do, and everything that speaks against its rows.

        :raises SpreadsheetRefused: if the sheet cannot be read
        """
        importer = Importer(user=user, branch=branch, at=timezone.now(), is_final=False)
        return self.prospect_of(self.read(source), importer)

    def prospect_of(self, sheet: Sheet, importer: Importer) -> Prospect:
        """Plan for the rows that can be read; refuse in the sheet those that cannot stand."""
        rows = sheet.good_rows()
        good = sheet.take(rows)
        plan = self.plan(good, importer)
        sheet.faults |= {rows[place]: faults for place, faults in good.faults.items()}
        return Prospect(sheet=sheet, rows=rows, plan=plan)

    @classmethod
    def titles(cls, names: Collection[str]) -> list[str]:
        return [title_of(name) for name in cls.wanted if name in names]

    def read(self, source: SheetSource) -> Sheet:
        return read_sheet(source, wanted=self.wanted, required=self.required)

    def export(self, queryset: "QuerySet[Any] | None" = None, **_metadata: object) -> tablib.Dataset:
        """The rows as they are, in the order of the queryset; numbers and dates stay what they are."""
        if queryset is None:
            raise ValueError("say which rows to export")
        dataset = tablib.Dataset(headers=[str(column.title) for column in self.exported])
        for row in rows_out(queryset, self.exported):
            dataset.append(row)
        return dataset

    def _account(self, prospect: Prospect, result: SheetResult) -> None:
        sheet, fates = prospect.sheet, prospect.fates()
        names = [name for name in self.wanted if sheet.has(name)]
        result.notes = sheet.notes
        result.headers = [title_of(name) for name in names]
        result.diff_headers = result.headers
        result.count(fates)
        result.shown = [_shown(prospect, row, fate, names) for row, fate in islice(prospect.planned(), ROWS_SHOWN)]
        for row in sorted(sheet.faults):
            self._reject(sheet, row, sheet.faults[row], result)
        result.generated_count = prospect.generated_count

    def _reject(self, sheet: Sheet, row: int, faults: list[Fault], result: SheetResult) -> None:
        number = sheet.row_numbers[row]
        result.rejected.append(RejectedRow(number=number, faults=faults))
        error = ValidationError(
            [f"{fault.column}: {fault.sentence}" if fault.column else fault.sentence for fault in faults]
        )
        result.invalid_rows.append(InvalidRow(number=number, validation_error=error, values=()))


def as_source(dataset: tablib.Dataset | SheetSource) -> SheetSource:
    if isinstance(dataset, SheetSource):
        return dataset
    rows = [[str(cell) if isinstance(cell, Decimal) else cell for cell in row] for row in dataset]
    return source_of_rows(dataset.headers, rows)


def _suggestions(refusal: SpreadsheetRefused) -> Iterator[str]:
    if isinstance(refusal, ColumnsMissing):
        for unmatched in refusal.match.unmatched:
            if unmatched.suggestions and unmatched not in refusal.guesses:
                yield did_you_mean(unmatched)


def _shown(prospect: Prospect, row: int, fate: Fate, names: Sequence[str]) -> ShownRow:
    return ShownRow(
        number=prospect.sheet.row_numbers[row],
        fate=fate,
        cells=[_cell(name, prospect, row) for name in names],
    )


def _cell(name: str, prospect: Prospect, row: int) -> ShownCell:
    text = shown_text(name, prospect.sheet.column(name)[row])
    try:
        return ShownCell(text=text, before=shown_text(name, prospect.before(row, name)))
    except KeyError:
        return ShownCell(text=text)


def shown_text(name: str, value: Any) -> str:
    """A value in the language of the screen; of a NIK no more than lists show."""
    kind = COLUMNS[name].kind
    if value in (None, ""):
        return ""
    return word_for(name, value) if kind == "choice" else _SHOWN_AS.get(kind, str)(value)


def _masked(nik: str) -> str:
    return f"{nik[:NIK_ENDS]}••••••••{nik[-NIK_ENDS:]}"


def _local(day: date) -> str:
    return str(localize(day))


def _grouped(amount: Any) -> str:
    """As the screen's language writes it, for here 5.000 may have been five: sen are shown only where there are some."""
    return number_format(amount, decimal_pos=0 if amount == int(amount) else 2, force_grouping=True)


_SHOWN_AS: Mapping[str, Callable[[Any], str]] = {"money": _grouped, "date": _local, "nik": _masked}
