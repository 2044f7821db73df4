"""Customers over HTTP."""

from datetime import date, datetime
from typing import Annotated, cast

from django.db import transaction
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Schema, Status
from pydantic import AfterValidator, ConfigDict, Field, JsonValue
from pydantic_core import PydanticCustomError

from bprs.access.auth import Needs, Request
from bprs.access.services import branch_to_use
from bprs.display import HIDDEN
from bprs.http.fields import NOT_SENT, Day, MoneyIn, MoneyOut, Text
from bprs.http.pages import Page, PageOf, PageQuery, ordered
from bprs.http.renaming import fields_named
from bprs.spreadsheets.refusals import CellRefusal
from bprs.spreadsheets.texts import parse_nik
from customers import services
from customers.models import Customer, CustomerQuerySet

router = Router(tags=["customers"])
ORDERINGS = ("id", "customer_number", "full_name", "monthly_income", "assets_value", "created_at", "updated_at")
FIELD_NAMES = {"nik_hash": "nik"}
EXAMPLE: dict[str, JsonValue] = {
    "customer_number": "CIF900001",
    "full_name": "Siti Aminah",
    "nik": "3174095708900001",
    "branch": "001",
    "monthly_income": 5000000,
    "assets_value": 20000000,
}


def _checked_nik(nik: str) -> str:
    result = parse_nik(nik) if nik else ""
    if isinstance(result, CellRefusal):
        raise PydanticCustomError(result.code, "{value}", dict(result.params) or {"value": ""})
    if result is None:
        raise PydanticCustomError("nik_not_16_digits", "not a NIK")
    return result


def _whole_phone(phone: str) -> str:
    """What was answered masked is not taken for a number when it is sent back."""
    if HIDDEN in phone:
        raise PydanticCustomError("masked_phone", "not a phone number")
    return phone


class CustomerPatch(Schema):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"monthly_income": 7500000}]})

    customer_number: Text = Field(NOT_SENT, min_length=1, max_length=30, description="CIF.")
    full_name: Text = Field(NOT_SENT, min_length=1, max_length=200)
    nik: Annotated[Text, AfterValidator(_checked_nik)] = Field(
        NOT_SENT, description="16 digits; empty to remove it. Stored encrypted, answered masked."
    )
    phone: Annotated[Text, AfterValidator(_whole_phone)] = Field(
        NOT_SENT, max_length=30, description="Answered masked."
    )
    address: Text = Field(NOT_SENT, max_length=1000)
    birth_date: Day | None = None
    branch: Text = Field(
        NOT_SENT, max_length=10, description="The branch's code. May be left out by who works in one only."
    )
    monthly_income: MoneyIn | None = Field(NOT_SENT, description="Rupiah; null if it is not known.")
    assets_value: MoneyIn | None = Field(NOT_SENT, description="Rupiah; null if it is not known.")


class CustomerIn(CustomerPatch):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE]})

    customer_number: Text = Field(min_length=1, max_length=30, description="CIF.")
    full_name: Text = Field(min_length=1, max_length=200)


class CustomerOut(Schema):
    id: int = Field(examples=[1])
    customer_number: str = Field(examples=["CIF900001"])
    full_name: str
    nik: str = Field(alias="masked_nik", description="Masked.", examples=["3174••••••••0001"])
    phone: str = Field(alias="masked_phone", description="Masked.", examples=["0812••••••89"])
    address: str
    birth_date: date | None
    branch: str = Field(alias="branch.code", description="The branch's code.", examples=["001"])
    monthly_income: MoneyOut | None
    assets_value: MoneyOut | None
    created_at: datetime
    updated_at: datetime


class CustomerFilters(Schema):
    q: Text = Field(
        "",
        max_length=200,
        description="Beginnings of words of the name, or of the customer number (or its end), or a whole NIK.",
    )
    customer_number: Text = Field("", max_length=30)
    branch: Text = Field("", max_length=10, description="A branch's code.")
    ordering: Text = Field(
        "", max_length=100, description=f"Comma-separated, minus for descending: {', '.join(ORDERINGS)}."
    )

    def of(self, customers: CustomerQuerySet) -> CustomerQuerySet:
        if self.q:
            customers = customers.found_by(self.q)
        if self.customer_number:
            customers = customers.filter(customer_number=self.customer_number)
        if self.branch:
            customers = customers.filter(branch__code=self.branch)
        return customers


def _visible(request: Request) -> CustomerQuerySet:
    return Customer.objects.visible_to(request.auth.user).select_related("branch")


@router.get("", auth=Needs("customers.view_customer"), response=Page[CustomerOut], summary="List customers")
def list_customers(request: Request, filters: Query[CustomerFilters], page: Query[PageQuery]) -> PageOf[Customer]:
    """Customers of the branches the caller works in."""
    return page.of(ordered(filters.of(_visible(request)), filters.ordering, allowed=ORDERINGS))


@router.post("", auth=Needs("customers.add_customer"), response={201: CustomerOut}, summary="Add a customer")
def add_customer(request: Request, customer: CustomerIn) -> Status[Customer]:
    values = _values(customer)
    values["branch"] = branch_to_use(code=customer.branch, user=request.auth.user)
    with fields_named(FIELD_NAMES):
        return Status(201, services.add_customer(values=values, added_by=request.auth.user))


@router.get("/{int:customer_id}", auth=Needs("customers.view_customer"), response=CustomerOut, summary="Get a customer")
def get_customer(request: Request, customer_id: int) -> Customer:
    return get_object_or_404(_visible(request), pk=customer_id)


@router.patch(
    "/{int:customer_id}", auth=Needs("customers.change_customer"), response=CustomerOut, summary="Change a customer"
)
@transaction.atomic
def change_customer(request: Request, customer_id: int, changes: CustomerPatch) -> Customer:
    """Change the fields that are sent; the others stay."""
    customer = get_object_or_404(_visible(request).select_for_update(of=("self",)), pk=customer_id)
    values = _values(changes)
    if "branch" in changes.model_fields_set:
        values["branch"] = branch_to_use(code=changes.branch, user=request.auth.user)
    with fields_named(FIELD_NAMES):
        return services.change_customer(customer=customer, values=values, changed_by=request.auth.user)


def _values(sent: CustomerPatch) -> services.CustomerValues:
    return cast(services.CustomerValues, sent.model_dump(exclude_unset=True, exclude={"branch"}))
