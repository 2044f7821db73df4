"""The buttons on the page of a card: what each says is done by one service, which may refuse."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext

from bprs.access.admin_base import user_of
from bprs.errors import DomainError
from bprs.wording import sentence_of
from scoring.models import ScorecardVersion
from scoring.services.card_drafts import create_draft, delete_draft
from scoring.services.card_life import approve_card, cancel_approval, propose_card, reject_card, withdraw_card


class ActForm(forms.Form):
    """What somebody says with an act; what it needs is for the services to ask."""

    reason = forms.CharField(required=False, strip=True)
    wanted_from = forms.DateTimeField(required=False, input_formats=["%Y-%m-%dT%H:%M"])
    name = forms.CharField(required=False)
    proposal = forms.IntegerField(required=False)


Typed = dict[str, Any]


def act_on_card(request: HttpRequest, version_id: int) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    right, act = ACTS.get(request.POST.get("what", ""), ("", None))
    version = ScorecardVersion.objects.filter(pk=version_id).first()
    if act is None or version is None:
        raise Http404
    if not request.user.has_perm(right):
        raise PermissionDenied
    form = ActForm(request.POST)
    if not form.is_valid():
        messages.error(request, gettext("Write the time as a date and an hour."))
        return redirect("admin:scoring_scorecardversion_change", version_id)
    asked = form.cleaned_data["proposal"]
    if asked is not None and not version.proposals.filter(pk=asked).exists():
        raise Http404
    try:
        shown = act(request, version, form.cleaned_data)
    except DomainError as refusal:
        messages.error(request, sentence_of(refusal))
        return redirect("admin:scoring_scorecardversion_change", version_id)
    return shown


def _copy(request: HttpRequest, version: ScorecardVersion, typed: Typed) -> HttpResponse:
    draft = create_draft(
        name=typed["name"] or version.name,
        definition=version.definition,
        based_on=version,
        created_by=user_of(request),
        created_at=timezone.now(),
        reason=typed["reason"],
    )
    return redirect("admin:scoring_scorecardversion_edit", draft.pk)


def _delete(request: HttpRequest, version: ScorecardVersion, _typed: Typed) -> HttpResponse:
    delete_draft(version_id=version.pk, deleted_by=user_of(request))
    messages.success(request, gettext("Threw away draft %(card)s.") % {"card": version})
    return redirect("admin:scoring_scorecardversion_changelist")


def _propose(request: HttpRequest, version: ScorecardVersion, typed: Typed) -> HttpResponse:
    propose_card(
        version_id=version.pk,
        proposed_by=user_of(request),
        proposed_at=timezone.now(),
        reason=typed["reason"],
        wanted_from=typed["wanted_from"],
    )
    return _told(request, version, gettext("Proposed %(card)s; somebody else approves it."))


def _approve(request: HttpRequest, version: ScorecardVersion, typed: Typed) -> HttpResponse:
    approve_card(
        proposal_id=typed["proposal"],
        approved_by=user_of(request),
        approved_at=timezone.now(),
        reason=typed["reason"],
        acknowledged=request.POST.getlist("acknowledged"),
    )
    return _told(request, version, gettext("Approved %(card)s."))


def _reject(request: HttpRequest, version: ScorecardVersion, typed: Typed) -> HttpResponse:
    reject_card(
        proposal_id=typed["proposal"], rejected_by=user_of(request), rejected_at=timezone.now(), reason=typed["reason"]
    )
    return _told(request, version, gettext("Rejected %(card)s."))


def _withdraw(request: HttpRequest, version: ScorecardVersion, typed: Typed) -> HttpResponse:
    withdraw_card(
        proposal_id=typed["proposal"],
        withdrawn_by=user_of(request),
        withdrawn_at=timezone.now(),
        reason=typed["reason"],
    )
    return _told(request, version, gettext("Withdrew the proposal of %(card)s."))


def _cancel(request: HttpRequest, version: ScorecardVersion, typed: Typed) -> HttpResponse:
    cancel_approval(
        proposal_id=typed["proposal"],
        cancelled_by=user_of(request),
        cancelled_at=timezone.now(),
        reason=typed["reason"],
    )
    return _told(request, version, gettext("Cancelled %(card)s before it took effect."))


def _told(request: HttpRequest, version: ScorecardVersion, sentence: str) -> HttpResponse:
    messages.success(request, sentence % {"card": version})
    return redirect("admin:scoring_scorecardversion_change", version.pk)


ACTS: dict[str, tuple[str, Callable[[HttpRequest, ScorecardVersion, Typed], HttpResponse]]] = {
    "copy": ("scoring.add_scorecardversion", _copy),
    "delete": ("scoring.change_scorecardversion", _delete),
    "propose": ("scoring.propose_card", _propose),
    "approve": ("scoring.approve_card", _approve),
    "reject": ("scoring.approve_card", _reject),
    "withdraw": ("scoring.propose_card", _withdraw),
    "cancel": ("scoring.approve_card", _cancel),
}
