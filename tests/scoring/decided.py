"""Applications on their way to a decision, for tests of what comes of it."""

from datetime import timedelta
from decimal import Decimal

from scoring.models import Source
from scoring.services.decisions import Grounds, decide_loan, reasons_coded, recommend_loan
from scoring.services.score_loans import score_loan
from tests.factories import NOW, make_branch, make_customer, make_loan, make_user

LATER = NOW + timedelta(hours=1)
LOW, MEDIUM, HIGH = Decimal(5_000_000), Decimal(10_000_000), Decimal(200_000_000)


class Desk:
    """A branch with an account officer and a supervisor."""

    def __init__(self):
        self.branch = make_branch()
        self.officer = make_user(is_staff=True, group="Account officer", branches=[self.branch])
        self.supervisor = make_user(is_staff=True, group="Supervisor", branches=[self.branch])

    def scored(self, amount=MEDIUM, **values):
        """By default 10 million of 5 million income and 20 million assets: 600 points, a medium risk."""
        customer = values.pop("customer", None) or make_customer(branch=self.branch)
        values = {"account_officer": self.officer, **values}
        loan = make_loan(customer=customer, principal_amount=amount, **values)
        self.score(loan)
        loan.refresh_from_db()
        return loan

    def high_risk(self, **values):
        return self.scored(Decimal(25_000_000), tenor_months=3, **values)

    def score(self, loan):
        return score_loan(loan_id=loan.pk, scored_by=self.officer, scored_at=NOW, source=Source.ADMIN)

    def recommended(self, amount=MEDIUM, advice="approve", **values):
        loan = self.scored(amount, **values)
        self.recommend(loan, advice)
        return loan

    def recommend(self, loan, advice="approve", note="Usaha berjalan lima tahun.", by=None):
        by = by or self.officer
        return recommend_loan(loan_id=loan.pk, advice=advice, note=note, recommended_by=by, recommended_at=NOW)

    def decide(self, loan, outcome="approved", by=None, **grounds):
        by = by or self.supervisor
        return decide_loan(
            loan_id=loan.pk, outcome=outcome, grounds=Grounds(**grounds), decided_by=by, decided_at=LATER
        )


def reason(kind, code):
    return reasons_coded([code], kind=kind)[0]
