"""Which financing was not scored, and why."""

from django.db.models import Case, QuerySet, When
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext

from scoring.messages import CLOSED_CODE, sentence
from scoring.models import Refusal, ScoringRun

NAMED_REFUSALS = 10


def reason_of(refusal: Refusal) -> str:
    return sentence(refusal.code, {"field": refusal.field, **refusal.params})


def refusals_of(run: ScoringRun) -> QuerySet[Refusal]:
    """What can be mended first; closed financing, of which there may be hundreds, last."""
    return run.refusals.select_related("loan").order_by(Case(When(code=CLOSED_CODE, then=1), default=0), "pk")


def refusals_shown(run: ScoringRun) -> SafeString:
    """The first refusals by name; the others as a number, with the way to all of them."""
    first = list(refusals_of(run)[:NAMED_REFUSALS])
    rows = format_html_join("", "<li>{}: {}</li>", [(_link(refusal), reason_of(refusal)) for refusal in first])
    others = run.rejected_count - len(first)
    more = format_html("<li>{}</li>", _more(run, others)) if others else ""
    return format_html('{}<ul class="bprs-refusals">{}{}</ul>', gettext("Not scored:"), rows, more)


def _link(refusal: Refusal) -> SafeString | str:
    if refusal.loan is None:
        return gettext("Financing removed")
    url = reverse("admin:loans_loan_change", args=[refusal.loan.pk])
    return format_html('<a class="bprs-message-link" href="{}">{}</a>', url, refusal.loan.loan_number)


def _more(run: ScoringRun, count: int) -> SafeString:
    url = reverse("admin:scoring_scoringrun_change", args=[run.pk])
    label = ngettext("and %(count)d other", "and %(count)d others", count) % {"count": count}
    return format_html('<a class="bprs-message-link" href="{}">{}</a>', url, label)
