"""The first page: what waits for the officer, and what the portfolio looks like."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import Count, Q, Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bprs.access.admin_base import user_of
from bprs.access.models import Branch, User
from loans.models import Loan, LoanQuerySet, Segment, Status
from loans.selectors import NON_PERFORMING, Queue, queue_counts
from scoring.authority import FOR_ME, for_decision_by
from scoring.models import CardProposal, ScorecardVersion, ScoringRun

admin.site.index_title = _("Today's work")
QUEUE_LOOKS: dict[Queue, tuple[str, str | Promise]] = {
    Queue.COMPLETE: ("edit_note", _("Amount, tenor, income or assets are missing.")),
    Queue.SCORE: ("speed", _("Submitted and complete, not scored yet.")),
    Queue.RECOMMEND: ("recommend", _("Scored: recommend approval or rejection.")),
    Queue.RETURNED: ("undo", _("Sent back: mend and submit again.")),
    Queue.STALE: ("sync_problem", _("Data changed: score again.")),
    Queue.DECIDE: ("gavel", _("Recommended: somebody with authority decides.")),
    Queue.DISBURSE: ("payments", _("Approved, not paid out yet.")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueCard:
    queue: Queue
    count: int
    icon: str
    hint: str | Promise
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentRow:
    """`segment` is empty for what was never scored."""

    segment: str
    count: int
    exposure: Decimal
    non_performing: Decimal
    share: float

    @property
    def non_performing_share(self) -> Decimal | None:
        return self.non_performing / self.exposure if self.exposure else None


def home(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What unfold shows on the first page, of what the user may see."""
    user = user_of(request)
    context["branches"] = [] if user.has_every_branch() else list(Branch.objects.visible_to(user).order_by("code"))
    if user.has_perm("loans.view_loan"):
        loans = Loan.objects.visible_to(user)
        context["is_own_work"] = _is_own_work(request, user)
        context["queues"] = _queue_cards(loans, user, own=context["is_own_work"])
        context["portfolio"] = _portfolio(loans)
    if user.has_perm("scoring.view_scoringrun"):
        runs = ScoringRun.objects.visible_to(user).select_related("scored_by", "version")
        context["runs"] = list(runs.order_by("-scored_at")[:5])
        context["card_in_force"] = ScorecardVersion.objects.in_force_or_none(timezone.now())
    if user.has_perm("scoring.approve_card"):
        pending = CardProposal.objects.pending().exclude(proposed_by=user).exclude(last_edited_by=user)
        context["proposals"] = list(pending.select_related("version", "proposed_by").order_by("pk"))
    return context


def _is_own_work(request: HttpRequest, user: User) -> bool:
    """An account officer begins with their own files, and may look at the branch's; the others the other way round."""
    return request.GET.get("work", "own" if user.sees_only_own_work() else "all") == "own"


def _queue_cards(loans: LoanQuerySet, user: User, *, own: bool) -> list[QueueCard]:
    """Two queries: what waits in each queue, and what waits for this user to decide."""
    counts = queue_counts(loans.filter(account_officer=user) if own else loans)
    links = {queue: {"queue": queue.value, **({"officer": "me"} if own else {})} for queue in Queue}
    if user.has_perm("scoring.decide_loan"):
        counts = {Queue.DECIDE: 0, **counts, Queue.DECIDE: for_decision_by(loans, user).count()}
        links[Queue.DECIDE] = {"queue": FOR_ME}
    return [_card(queue, count, links[queue]) for queue, count in counts.items()]


def _card(queue: Queue, count: int, asked: dict[str, str]) -> QueueCard:
    icon, hint = QUEUE_LOOKS[queue]
    if asked["queue"] == FOR_ME:
        hint = _("Recommended, and within what you may decide.")
    url = f"{reverse('admin:loans_loan_changelist')}?{urlencode(asked)}"
    return QueueCard(queue=queue, count=count, icon=icon, hint=hint, url=url)


def _portfolio(loans: LoanQuerySet) -> list[SegmentRow]:
    """Running financing by segment, from low risk to high, what was never scored last."""
    sums = (
        loans.filter(status=Status.DISBURSED)
        .order_by()
        .values("segment")
        .annotate(
            count=Count("pk"),
            exposure=Sum("principal_amount"),
            non_performing=Sum("principal_amount", filter=Q(collectibility__in=NON_PERFORMING)),
        )
    )
    found = {row["segment"]: row for row in sums}
    whole = sum(row["exposure"] or 0 for row in found.values()) or 1
    return [
        SegmentRow(
            segment=segment,
            count=found[segment]["count"],
            exposure=found[segment]["exposure"] or Decimal(0),
            non_performing=found[segment]["non_performing"] or Decimal(0),
            share=float(100 * (found[segment]["exposure"] or 0) / whole),
        )
        for segment in (*Segment.values, "")
        if segment in found
    ]
