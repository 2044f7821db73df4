"""Financing over HTTP."""

from datetime import date, datetime
from typing import Any, cast

from django.db import transaction
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from ninja import Status as Answer
from pydantic import ConfigDict, Field, JsonValue

from bprs.access.auth import Needs, Request
from bprs.http.fields import NOT_SENT, Day, Id, MoneyIn, MoneyOut, Text, Whole
from bprs.http.pages import Page, PageOf, PageQuery, ordered
from bprs.http.renaming import fields_named
from bprs.validation import Invalid
from customers.models import Customer
from loans import services
from loans.models import Akad, Loan, LoanQuerySet, Purpose, Segment, Status

router = Router(tags=["loans"])
ORDERINGS = (
    *("id", "loan_number", "application_date", "principal_amount", "tenor_months"),
    *("status", "credit_score", "segment", "scored_at", "created_at", "updated_at"),
)
FIELD_NAMES = {"customer": "customer_id"}
EXAMPLE: dict[str, JsonValue] = {
    "loan_number": "PB900001",
    "customer_id": 1,
    "principal_amount": 10000000,
    "tenor_months": 12,
    "akad": "murabahah",
}


class LoanPatch(Schema):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"tenor_months": 18}]})

    loan_number: Text = Field(NOT_SENT, min_length=1, max_length=30)
    customer_id: Id = Field(NOT_SENT)
    principal_amount: MoneyIn | None = Field(NOT_SENT, description="Rupiah. Only a draft may lack it.")
    tenor_months: Whole | None = Field(NOT_SENT, description="Whole months, 1 to 360. Only a draft may lack it.")
    akad: Akad = Field(NOT_SENT)
    purpose: Purpose = Field(NOT_SENT)
    status: Status = Field(NOT_SENT)
    application_date: Day = Field(NOT_SENT, description="Today, if left out.")
    disbursed_date: Day | None = None
    collectibility: Whole | None = Field(NOT_SENT, description="Kolektibilitas, 1 to 5.")
    days_past_due: Whole | None = None


class LoanIn(LoanPatch):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE]})

    loan_number: Text = Field(min_length=1, max_length=30)
    customer_id: Id


class LoanOut(Schema):
    id: int = Field(examples=[1])
    loan_number: str = Field(examples=["PB900001"])
    customer_id: int = Field(examples=[1])
    customer_number: str = Field(alias="customer.customer_number", examples=["CIF900001"])
    principal_amount: MoneyOut | None
    tenor_months: int | None = Field(examples=[12])
    akad: Akad
    purpose: Purpose
    status: Status
    account_officer: str | None = Field(description="User name of whose file it is.")
    application_date: date
    disbursed_date: date | None
    collectibility: int | None
    days_past_due: int | None
    credit_score: int | None = Field(description="Of the latest scoring; null before.", examples=[600])
    default_probability: float | None = Field(examples=[0.15])
    segment: Segment | None = Field(description="The risk: low is good. Null before scoring.", examples=["medium"])
    scored_at: datetime | None
    is_stale: bool = Field(description="Whether what the score rests on has changed since: score again.")
    created_at: datetime
    updated_at: datetime

    @staticmethod
    def resolve_account_officer(loan: Loan) -> str | None:
        return loan.account_officer.username if loan.account_officer else None

    @staticmethod
    def resolve_segment(loan: Loan) -> str | None:
        return loan.segment or None


class LoanFilters(Schema):
    q: Text = Field(
        "", max_length=200, description="Beginning or end of the financing number, or what finds its customer."
    )
    loan_number: Text = Field("", max_length=30)
    status: list[Status] = Field([], max_length=20, description="May be given more than once.")
    segment: list[Segment] = Field([], max_length=20, description="May be given more than once.")
    akad: list[Akad] = Field([], max_length=20, description="May be given more than once.")
    customer_id: int | None = Field(None, ge=1, le=2**63 - 1)
    customer_number: Text = Field("", max_length=30)
    branch: Text = Field("", max_length=10, description="A branch's code.")
    min_score: int | None = Field(None, ge=0, le=1000)
    max_score: int | None = Field(None, ge=0, le=1000)
    is_scored: bool | None = None
    is_stale: bool | None = Field(None, description="Whether what the score rests on has changed since.")
    applied_from: Day | None = Field(None, description="Application date, inclusive.")
    applied_to: Day | None = Field(None, description="Application date, inclusive.")
    ordering: Text = Field(
        "", max_length=100, description=f"Comma-separated, minus for descending: {', '.join(ORDERINGS)}."
    )

    def of(self, loans: LoanQuerySet) -> LoanQuerySet:
        conditions = {lookup: value for lookup, value in self._conditions().items() if value not in (None, "", [])}
        loans = loans.filter(**conditions)
        return loans.found_by(self.q) if self.q else loans

    def _conditions(self) -> dict[str, Any]:
        return {
            "loan_number": self.loan_number,
            "status__in": self.status,
            "segment__in": self.segment,
            "akad__in": self.akad,
            "customer_id": self.customer_id,
            "customer__customer_number": self.customer_number,
            "customer__branch__code": self.branch,
            "credit_score__gte": self.min_score,
            "credit_score__lte": self.max_score,
            "credit_score__isnull": None if self.is_scored is None else not self.is_scored,
            "is_stale": self.is_stale,
            "application_date__gte": self.applied_from,
            "application_date__lte": self.applied_to,
        }


def _visible(request: Request) -> LoanQuerySet:
    return Loan.objects.visible_to(request.auth.user).select_related("customer", "account_officer")


@router.get("", auth=Needs("loans.view_loan"), response=Page[LoanOut], summary="List financing")
def list_loans(request: Request, filters: Query[LoanFilters], page: Query[PageQuery]) -> PageOf[Loan]:
    """Financing of customers of the branches the caller works in."""
    return page.of(ordered(filters.of(_visible(request)), filters.ordering, allowed=ORDERINGS))


@router.post("", auth=Needs("loans.add_loan"), response={201: LoanOut}, summary="Add an application")
def add_loan(request: Request, loan: LoanIn) -> Answer[Loan]:
    values = _values(request, loan)
    values.setdefault("application_date", timezone.localdate())
    with fields_named(FIELD_NAMES):
        return Answer(201, services.add_loan(values=values, added_by=request.auth.user))


@router.get("/{int:loan_id}", auth=Needs("loans.view_loan"), response=LoanOut, summary="Get a financing")
def get_loan(request: Request, loan_id: int) -> Loan:
    return get_object_or_404(_visible(request), pk=loan_id)


@router.patch("/{int:loan_id}", auth=Needs("loans.change_loan"), response=LoanOut, summary="Change a financing")
@transaction.atomic
def change_loan(request: Request, loan_id: int, changes: LoanPatch) -> Loan:
    """Change the fields that are sent; the others stay. A score stays as it was; `is_stale` says whether to renew it."""
    loan = get_object_or_404(_visible(request).select_for_update(of=("self",)), pk=loan_id)
    with fields_named(FIELD_NAMES):
        return services.change_loan(loan=loan, values=_values(request, changes), changed_by=request.auth.user)


def _values(request: Request, sent: LoanPatch) -> services.LoanValues:
    values = cast(services.LoanValues, sent.model_dump(exclude_unset=True, exclude={"customer_id"}))
    if "customer_id" in sent.model_fields_set:
        values["customer"] = _visible_customer(request, sent.customer_id)
    return values


def _visible_customer(request: Request, customer_id: int) -> Customer:
    customer = Customer.objects.visible_to(request.auth.user).filter(pk=customer_id).first()
    if customer is None:
        sentence = _("There is no such customer, or you may not see it.")
        raise Invalid(sentence, fields={"customer_id": sentence})
    return customer
