"""
The baseline of the import: django-import-export as an engineer who knows it would set it up.

    python -m bench.library_import FILE each|cached

`use_bulk`, batches of 1,000, no diffs, history with simple_history's bulk helper, customers found in a dict instead of
by a query each, the score computed before the loan is saved so that no loan is written twice. It checks next to nothing
of what it reads. `each` looks every row up, as the library does unless told otherwise; `cached` reads all rows beforehand.
"""

import os
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bprs.settings")
django.setup()

# ruff: noqa: E402, TID251 - Django is set up first; this is a face, and reads the clock
import tablib
from django.db import transaction
from django.utils import timezone
from import_export import fields, widgets
from import_export.instance_loaders import CachedInstanceLoader, ModelInstanceLoader
from import_export.resources import ModelResource
from simple_history.utils import bulk_create_with_history

from bench.engine import FLOATS, score_row
from bench.process import Stopwatch, tell
from bprs.access.models import Branch, User
from customers.models import Customer
from loans.models import Loan
from scoring.models import Score, ScorecardVersion, ScoringRun, Source

BATCH = 1_000
LOADER = {"each": ModelInstanceLoader, "cached": CachedInstanceLoader}[sys.argv[2]]


class BulkMeta:
    use_bulk = True
    batch_size = BATCH
    skip_diff = True
    use_transactions = True
    instance_loader_class = LOADER


class WithHistory(ModelResource):  # type: ignore[misc]  # the library is untyped
    user: User

    def bulk_create(self, *_args: Any, **_kwargs: Any) -> None:
        bulk_create_with_history(self.create_instances, self._meta.model, batch_size=BATCH, default_user=self.user)
        self.created()
        self.create_instances.clear()

    def created(self) -> None:
        """The instances have their keys now."""


class Customers(WithHistory):
    nik = fields.Field(attribute="nik", column_name="nik")
    monthly_income = fields.Field(attribute="monthly_income", widget=widgets.DecimalWidget())
    assets_value = fields.Field(attribute="assets_value", widget=widgets.DecimalWidget())

    class Meta(BulkMeta):
        model = Customer
        import_id_fields = ("customer_number",)
        fields = ("customer_number", "full_name", "nik", "birth_date", "phone", "monthly_income", "assets_value")

    def __init__(self, user: User, branch: Branch) -> None:
        super().__init__()
        self.user, self.branch = user, branch

    def before_save_instance(self, instance: Customer, row: Any, **kwargs: Any) -> None:
        instance.branch = self.branch


class Loans(WithHistory):
    principal_amount = fields.Field(
        attribute="principal_amount", column_name="loan_amount", widget=widgets.DecimalWidget()
    )
    tenor_months = fields.Field(attribute="tenor_months", widget=widgets.IntegerWidget())

    class Meta(BulkMeta):
        model = Loan
        import_id_fields = ("loan_number",)
        fields = ("loan_number", "principal_amount", "tenor_months", "akad", "application_date", "status")

    def __init__(self, user: User, run: ScoringRun) -> None:
        super().__init__()
        self.user, self.run = user, run
        self.customers = {each.customer_number: each for each in Customer.objects.all()}
        self.outcomes: dict[str, Any] = {}

    def before_save_instance(self, instance: Loan, row: Any, **kwargs: Any) -> None:
        instance.customer = self.customers[row["customer_number"]]
        outcome = score_row(_facts(instance), FLOATS, float)
        self.outcomes[instance.loan_number] = outcome
        instance.credit_score, instance.segment = outcome["credit_score"], outcome["segment"]
        instance.default_probability = Decimal(str(outcome["default_probability"]))
        instance.scored_at = self.run.scored_at

    def created(self) -> None:
        scores = [self._score(loan, self.outcomes[loan.loan_number]) for loan in self.create_instances]
        Score.objects.bulk_create(scores, batch_size=BATCH)
        self.run.rows_read += len(scores)
        self.run.scored_count += len(scores)

    def _score(self, loan: Loan, outcome: dict[str, Any]) -> Score:
        return Score(
            run=self.run,
            loan=loan,
            facts={
                "monthly_income": loan.customer.monthly_income,
                "assets_value": loan.customer.assets_value,
                "loan_amount": loan.principal_amount,
                "tenor_months": loan.tenor_months,
            },
            raw_score=outcome["raw_score"],
            credit_score=outcome["credit_score"],
            default_probability=Decimal(str(outcome["default_probability"])),
            segment=outcome["segment"],
            debt_service_ratio=outcome["dsr"],
            monthly_installment=Decimal(str(round(outcome["monthly_installment"], 2))),
            points=outcome["points"],
            bins=dict.fromkeys(outcome["points"], 0),
        )


def _facts(loan: Loan) -> tuple[int, int, int, int]:
    money = (loan.customer.monthly_income, loan.customer.assets_value, loan.principal_amount)
    income, assets, amount = (int((value or 0) * 100) for value in money)
    return income, assets, amount, loan.tenor_months or 0


@transaction.atomic
def import_and_score(path: Path, user: User, branch: Branch) -> int:
    """Import customers, then their financing with scores; say how much financing was new or changed."""
    dataset = tablib.Dataset().load(path.read_text(), format="csv", delimiter=";")
    Customers(user, branch).import_data(dataset, raise_errors=True, use_transactions=True)
    run = ScoringRun(
        version=ScorecardVersion.objects.in_force(timezone.now()),
        scored_by=user,
        scored_at=timezone.now(),
        source=Source.IMPORT,
    )
    loans = Loans(user, run)
    # The run is written once, with its totals: its scores refer to it at the end of the transaction.
    loans.import_data(dataset, raise_errors=True, use_transactions=True)
    if run.rows_read:
        run.is_complete = True
        run.save(force_insert=True)
    return run.rows_read


def main(path: Path) -> None:
    user = User.objects.create_superuser("bench", password="bench-only-0000")  # noqa: S106 thrown away
    branch = Branch.objects.create(code="001", name="Bench")
    watch = Stopwatch()
    touched = import_and_score(path, user, branch)
    taken = watch.read()
    rows = {Loan.objects.count(), Loan.history.count(), Score.objects.count(), Customer.history.count(), touched}
    if len(rows) != 1:
        raise SystemExit(f"The library left its work undone: {rows}.")
    tell(**taken)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
