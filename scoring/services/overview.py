"""Counting for the overview: all of its charts in one statement, so that they are of one moment."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import (
    BigIntegerField,
    Case,
    Count,
    DateField,
    DecimalField,
    DurationField,
    F,
    Q,
    QuerySet,
    Sum,
    TextField,
    Value,
    When,
)
from django.db.models.expressions import Combinable, ExpressionWrapper
from django.db.models.functions import (
    Cast,
    Coalesce,
    Concat,
    ExtractMonth,
    ExtractQuarter,
    ExtractYear,
    LPad,
    TruncDate,
    TruncMonth,
)

from bprs.fields import RupiahField
from loans.models import Loan, Status
from loans.selectors import DEFAULTED, NON_PERFORMING, OUTCOME_KNOWN
from scoring.models import Decision, Overview, OverviewCell

STEP = 25  # points in a column of the distribution
Chart = OverviewCell.Chart
_GROUPS = ("branch", "akad", "month", "key", "series")
_SUMS = ("rows", "sum_amount", "sum_waited", "sum_expected")
_NO_SERIES = Value("", output_field=TextField())


@transaction.atomic
def refresh_overview(*, at: datetime) -> Overview:
    """Count everything anew. Of several who do so at once the others wait, and find it done."""
    Overview.objects.get_or_create(pk=1)
    overview = Overview.objects.select_for_update().get(pk=1)
    if overview.as_of is not None and overview.as_of >= at:
        return overview
    OverviewCell.objects.all().delete()
    _count_all()
    overview.as_of = at
    overview.save()
    return overview


def refresh_when_old(*, at: datetime) -> None:
    """What a worker does while no job waits."""
    as_of = Overview.objects.values_list("as_of", flat=True).first()
    if as_of is None or at - as_of >= timedelta(minutes=settings.OVERVIEW_MINUTES):
        refresh_overview(at=at)


def _count_all() -> None:
    selects: list[str] = []
    params: list[Any] = []
    columns = ", ".join(f"counted.{name}" for name in (*_GROUPS, *_SUMS))
    for chart, rows in _charts().items():
        sql, values = rows.query.sql_with_params()
        selects.append(f"SELECT '{chart.value}', {columns} FROM ({sql}) counted")  # noqa: S608 names are ours
        params += values
    into = ", ".join(["chart", "branch_id", *_GROUPS[1:], "count", "amount", "waited", "expected"])
    table = connection.ops.quote_name(OverviewCell._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} ({into}) {' UNION ALL '.join(selects)}", params)


def _charts() -> Mapping[OverviewCell.Chart, Any]:
    running = Loan.objects.filter(status=Status.DISBURSED)
    standing = _words({"npf": Q(collectibility__in=NON_PERFORMING)}, otherwise="performing")
    decided = Decision.objects.filter(outcome__in=[Decision.Outcome.APPROVED, Decision.Outcome.REJECTED])
    judged = Loan.objects.filter(OUTCOME_KNOWN, credit_score__isnull=False)
    scored = Loan.objects.filter(credit_score__isnull=False)
    return {
        Chart.PORTFOLIO: _of_loans(running, F("segment"), standing),
        Chart.VINTAGE: _of_loans(running, _quarter("disbursed_date"), standing),
        Chart.SCORES: _of_loans(scored, _text(F("credit_score") - F("credit_score") % STEP)),
        Chart.DECISIONS: _of_decisions(
            decided, _text(Coalesce(F("loan__account_officer_id"), 0, output_field=BigIntegerField())), _outcome()
        ),
        Chart.SPEED: _of_decisions(decided, _month("decided_at")),
        Chart.DEFAULTS: _of_loans(
            judged, _text(F("default_probability")), _words({"default": DEFAULTED}, otherwise="good")
        ),
    }


def _of_loans(loans: QuerySet[Loan], key: Combinable, series: Combinable = _NO_SERIES) -> Any:
    groups = {"branch": F("customer__branch_id"), "month": _month_of("application_date"), "key": key, "series": series}
    return (
        loans.order_by()
        .annotate(**groups)
        .values(*_GROUPS)
        .annotate(
            rows=Count("pk"),
            sum_amount=Coalesce(Sum("principal_amount"), Value(0), output_field=RupiahField()),
            sum_waited=Value(timedelta(0), output_field=DurationField()),
            sum_expected=Coalesce(Sum("default_probability"), Value(0), output_field=DecimalField()),
        )
    )


def _of_decisions(decisions: QuerySet[Decision], key: Combinable, series: Combinable = _NO_SERIES) -> Any:
    """Days are counted from calendar day to calendar day, as the bank writes them."""
    waited = ExpressionWrapper(TruncDate("decided_at") - F("loan__application_date"), output_field=DurationField())
    groups = {"branch": F("loan__customer__branch_id"), "month": _month_of("loan__application_date"), "key": key}
    return (
        decisions.order_by()
        .annotate(**groups, series=series, akad=F("loan__akad"))
        .values(*_GROUPS)
        .annotate(rows=Count("pk"), sum_amount=Sum("amount"), sum_waited=Sum(waited), sum_expected=Value(0))
    )


def _words(cases: Mapping[str, Q], *, otherwise: str) -> Case:
    whens = [When(condition, then=_word(word)) for word, condition in cases.items()]
    return Case(*whens, default=_word(otherwise), output_field=TextField())


def _outcome() -> Case:
    """An override by its side, any other decision by its outcome."""
    return Case(When(override="", then=F("outcome")), default=F("override"), output_field=TextField())


def _word(word: str) -> Value:
    return Value(word, output_field=TextField())


def _text(value: Combinable) -> Cast:
    return Cast(value, TextField())


def _month_of(field: str) -> TruncMonth:
    return TruncMonth(field, output_field=DateField())


def _quarter(field: str) -> Case:
    """«2025-3»; "" where there is no date."""
    named = Concat(_text(ExtractYear(field)), _word("-"), _text(ExtractQuarter(field)))
    return Case(When(**{f"{field}__isnull": False}, then=named), default=_word(""), output_field=TextField())


def _month(field: str) -> Concat:
    """«2026-09»."""
    return Concat(
        _text(ExtractYear(field)), _word("-"), LPad(_text(ExtractMonth(field)), 2, _word("0"), output_field=TextField())
    )
