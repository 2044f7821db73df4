"""The first page: what waits for the officer, and what the portfolio looks like."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bprs.access.admin_base import user_of
from bprs.access.models import Branch, User
from loans.models import Loan, LoanQuerySet, Segment
from loans.selectors import Queue, queue_counts
from scoring.authority import FOR_ME, for_decision_by
from scoring.models import CardProposal, Overview, OverviewCell, ScorecardVersion, ScoringRun
from scoring.overview import NOTHING, NPF, Scope, Series, tallies, whole

admin.site.index_title = _("Today's work")
QUEUE_LOOKS: dict[Queue, tuple[str, str | Promise]] = {
    Queue.COMPLETE: ("edit_note", _("Amount, tenor, income or assets are missing.")),
    Queue.SUBMIT: ("send", _("Drafts that are complete.")),
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
        context["portfolio"] = _portfolio(user)
        context["as_of"] = Overview.objects.values_list("as_of", flat=True).first()
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


def _portfolio(user: User) -> list[SegmentRow]:
    """Running financing by segment as the overview last counted it, from low risk to high, what was never scored last."""
    found = tallies(Scope(user=user), OverviewCell.Chart.PORTFOLIO)
    amounts = sum((whole(series).amount for series in found.values()), Decimal(0)) or Decimal(1)
    return [_row(segment, found[segment], amounts) for segment in (*Segment.values, "") if segment in found]


def _row(segment: str, series: Series, amounts: Decimal) -> SegmentRow:
    running = whole(series)
    return SegmentRow(
        segment=segment,
        count=running.count,
        exposure=running.amount,
        non_performing=series.get(NPF, NOTHING).amount,
        share=float(100 * running.amount / amounts),
    )
