"""Who may decide on what: limits by amount and risk segment, set by the bank."""

from decimal import Decimal

from django.db.models import Exists, OuterRef, Q

from bprs.access.models import User
from loans.models import Loan, LoanQuerySet, Status
from scoring.models import Decision, DecisionLimit

NO_LIMIT = None
FOR_ME = "for_me"


def limits_of(user: User) -> dict[str, Decimal | None]:
    """Risk segment -> the largest amount the user may decide on, None for any; a segment that is absent, nothing. One query."""
    largest: dict[str, Decimal | None] = {}
    for segment, amount in DecisionLimit.objects.of(user).values_list("segment", "max_amount"):
        known = largest.get(segment, amount)
        largest[segment] = NO_LIMIT if amount is NO_LIMIT or known is NO_LIMIT else max(amount, known)
    return largest


def was_ever_file_of(loan: Loan, user: User) -> bool:
    """Whether it is the file of this account officer, or was before it was handed over."""
    return loan.account_officer_id == user.pk or loan.history.filter(account_officer=user).exists()


def for_decision_by(loans: LoanQuerySet, user: User) -> LoanQuerySet:
    """The recommended financing this user may decide on: within their limits, by other hands than theirs, on fresh data."""
    if not user.has_perm("scoring.decide_loan"):
        return loans.none()
    within = Q(pk__in=[])
    for segment, amount in limits_of(user).items():
        within |= Q(segment=segment) if amount is NO_LIMIT else Q(segment=segment, amount__lte=amount)
    once_theirs = Loan.history.filter(id=OuterRef("loan"), account_officer=user)
    theirs = Q(recommended_by=user) | Q(file_of=user, file_of__isnull=False) | Exists(once_theirs)
    waiting = Decision.objects.pending().filter(within).exclude(theirs)
    return loans.filter(pk__in=waiting.values("loan"), status=Status.RECOMMENDED, is_stale=False)
