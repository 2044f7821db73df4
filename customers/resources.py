"""Customers as rows of a spreadsheet."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bprs.display import masked_phone
from bprs.importing.entries import Tally
from bprs.importing.exports import ExportColumn, outgoing
from bprs.importing.plans import Importer
from bprs.importing.resources import SheetResource
from bprs.importing.sheets import Sheet
from bprs.importing.undoable import Undoable
from customers.intake import CUSTOMER_FIELDS, CustomerRows
from customers.models import Customer

CUSTOMERS = Undoable(model=Customer, number="customer_number")
IMPORT_CUSTOMERS = ("customers.add_customer", "customers.change_customer")


MASKED_NIK = ExportColumn(
    title=_("NIK (masked)"), source="nik_ciphertext", read=lambda text: Customer(nik_ciphertext=text).masked_nik
)


MASKED_PHONE = ExportColumn(title=_("Phone (masked)"), source="phone", read=masked_phone)


class CustomerPlan:
    generated = frozenset[int]()

    def __init__(self, sheet: Sheet, importer: Importer) -> None:
        self._customers = CustomerRows(sheet, importer, generated={})
        self._customers.check(is_combined=False)
        self.fates = self._customers.fates
        self.groups = self._customers.keys

    def before(self, row: int, name: str) -> Any:
        return self._customers.before(row, name)

    def tallies(self) -> Sequence[Tally]:
        return [self._customers.tally]

    def write(self) -> list[int]:
        self._customers.write()
        return []


class CustomerResource(SheetResource):
    name = _("Customers")
    explanation = _(
        "The customer number decides: a new number adds a customer and needs a name, a known number changes what the "
        "row says. A blank cell changes nothing; unknown income or assets may stay blank."
    )
    wanted = CUSTOMER_FIELDS
    required = ("customer_number",)
    permissions = IMPORT_CUSTOMERS
    records = (CUSTOMERS,)
    exported = (
        outgoing("customer_number"),
        outgoing("full_name"),
        MASKED_NIK,
        outgoing("birth_date"),
        replace(outgoing("phone"), masked=MASKED_PHONE),
        outgoing("address"),
        outgoing("branch", "branch__code"),
        outgoing("monthly_income"),
        outgoing("assets_value"),
    )
    shown: ClassVar[Mapping[str, Sequence[ExportColumn]]] = {
        "full_name": (ExportColumn(source="full_name"),),
        "customer_number": (ExportColumn(source="customer_number"),),
        "nik": (MASKED_NIK,),
        "branch": (ExportColumn(source=("branch__code", "branch__name"), read=lambda code, name: f"{code} {name}"),),
        "income": (ExportColumn(source="monthly_income", kind="money"),),
        "assets": (ExportColumn(source="assets_value", kind="money"),),
        "masked_phone": (MASKED_PHONE,),
        "address": (ExportColumn(source="address"),),
        "birth_date": (ExportColumn(source="birth_date", kind="date"),),
        "added_on": (ExportColumn(source="created_at", kind="date", read=timezone.localdate),),
    }

    def plan(self, sheet: Sheet, importer: Importer) -> CustomerPlan:
        return CustomerPlan(sheet, importer)
