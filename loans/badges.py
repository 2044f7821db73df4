"""Words with an icon and a colour for what lists show of financing."""

from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from bprs.badges import badge
from loans.models import Segment, Status

STATUS_TONES = {
    Status.DRAFT: ("plain", "edit_note"),
    Status.SUBMITTED: ("info", "outbox"),
    Status.RECOMMENDED: ("info", "gavel"),
    Status.RETURNED: ("warning", "undo"),
    Status.APPROVED: ("success", "task_alt"),
    Status.REJECTED: ("plain", "block"),
    Status.DISBURSED: ("success", "payments"),
    Status.SETTLED: ("plain", "done_all"),
    Status.WRITTEN_OFF: ("danger", "money_off"),
}
SEGMENT_TONES = {
    Segment.LOW: ("low", "shield"),
    Segment.MEDIUM: ("medium", "balance"),
    Segment.HIGH: ("high", "warning"),
}


def segment_badge(segment: str) -> SafeString:
    tone, icon = SEGMENT_TONES[Segment(segment)]
    return badge(Segment(segment).label, tone=tone, icon=icon)


def stale_badge() -> SafeString:
    """Of a score whose facts have changed since."""
    return badge(_("Data changed"), tone="warning", icon="sync_problem")


def status_badge(status: str) -> SafeString:
    tone, icon = STATUS_TONES[Status(status)]
    return badge(Status(status).label, tone=tone, icon=icon)
