"""What lies on the desk: which financing waits for what."""

from uuid import UUID

from django.db import models
from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _

from bprs.access.models import User
from bprs.importing.history import imported_ids
from customers.models import Customer
from customers.selectors import FOUND_AT_MOST
from loans.models import Collectibility, Loan, LoanQuerySet, Status

NON_PERFORMING = (Collectibility.SUBSTANDARD, Collectibility.DOUBTFUL, Collectibility.LOSS)
# How financing went: what was settled or is of collectibility 1 or 2 has not defaulted so far.
DEFAULTED = Q(status=Status.WRITTEN_OFF) | Q(collectibility__in=NON_PERFORMING)
OUTCOME_KNOWN = Q(status__in=[Status.WRITTEN_OFF, Status.SETTLED]) | Q(collectibility__isnull=False)

_LACKS_DATA = (
    Q(principal_amount__isnull=True)
    | Q(tenor_months__isnull=True)
    | Q(customer__monthly_income__isnull=True)
    | Q(customer__assets_value__isnull=True)
)
OPEN = (Status.DRAFT, Status.SUBMITTED, Status.RETURNED, Status.RECOMMENDED, Status.APPROVED)


class Queue(models.TextChoices):
    """The work of the desk, in the order it is done. A returned file has its own queue until it is submitted again."""

    COMPLETE = "complete", _("To complete")
    SUBMIT = "submit", _("To submit")
    SCORE = "score", _("To score")
    RECOMMEND = "recommend", _("To recommend")
    RETURNED = "returned", _("Returned for mending")
    STALE = "stale", _("Changed since scored")
    DECIDE = "decide", _("Awaiting a decision")
    DISBURSE = "disburse", _("To disburse")


_IN_QUEUE = {
    Queue.COMPLETE: Q(status__in=[Status.DRAFT, Status.SUBMITTED]) & _LACKS_DATA,
    Queue.SUBMIT: Q(status=Status.DRAFT) & ~_LACKS_DATA,
    Queue.SCORE: Q(status=Status.SUBMITTED, credit_score__isnull=True),
    Queue.RECOMMEND: Q(status=Status.SUBMITTED, credit_score__isnull=False, is_stale=False) & ~_LACKS_DATA,
    Queue.RETURNED: Q(status=Status.RETURNED),
    Queue.STALE: Q(status__in=[Status.SUBMITTED, Status.RECOMMENDED, Status.APPROVED], is_stale=True),
    Queue.DECIDE: Q(status=Status.RECOMMENDED),
    Queue.DISBURSE: Q(status=Status.APPROVED),
}


class NextStep(models.TextChoices):
    COMPLETE = "complete", _("Complete the data")
    SUBMIT = "submit", _("Submit")
    SCORE = "score", _("Score now")
    RECOMMEND = "recommend", _("Recommend")
    MEND = "mend", _("Mend and submit again")
    DECIDE = "decide", _("Decide")
    DISBURSE = "disburse", _("Disburse")
    NOTHING = "", ""


def in_queue(loans: LoanQuerySet, queue: Queue) -> LoanQuerySet:
    return loans.filter(_IN_QUEUE[queue])


def queue_counts(loans: LoanQuerySet) -> dict[Queue, int]:
    """How much waits in each queue, in one query over what is not paid out yet."""
    counted = loans.filter(status__in=OPEN).aggregate(
        **{queue.value: Count("pk", filter=_IN_QUEUE[queue]) for queue in Queue}
    )
    return {queue: counted[queue.value] for queue in Queue}


def imported_by(loans: LoanQuerySet, batch_id: UUID) -> LoanQuerySet:
    """The financing that an import added or changed, or whose customer it changed."""
    return loans.filter(Q(pk__in=imported_ids(Loan, batch_id)) | Q(customer__in=imported_ids(Customer, batch_id)))


def missing_data(loan: Loan) -> list[str]:
    """The names of what is needed for a complete score and is not there yet."""
    needed = {
        "principal_amount": loan.principal_amount,
        "tenor_months": loan.tenor_months,
        "monthly_income": loan.customer.monthly_income,
        "assets_value": loan.customer.assets_value,
    }
    return [name for name, value in needed.items() if value is None]


_STEPS = {
    Status.RETURNED: NextStep.MEND,
    Status.RECOMMENDED: NextStep.DECIDE,
    Status.APPROVED: NextStep.DISBURSE,
}


def next_step(loan: Loan) -> NextStep:
    """What is done next with this financing."""
    if loan.status in {Status.DRAFT, Status.SUBMITTED}:
        return NextStep.COMPLETE if missing_data(loan) else _step_when_complete(loan)
    return _STEPS.get(Status(loan.status), NextStep.NOTHING)


def _step_when_complete(loan: Loan) -> NextStep:
    if loan.status == Status.DRAFT:
        return NextStep.SUBMIT
    return NextStep.SCORE if loan.credit_score is None or loan.is_stale else NextStep.RECOMMEND


def find_loans(*, user: User, term: str) -> list[Loan]:
    """The newest few that are meant, of the user's branches."""
    found = Loan.objects.visible_to(user).found_by(term).select_related("customer__branch")
    return list(found.order_by("-application_date", "-pk")[:FOUND_AT_MOST])
