"""A challenger in the shadow: begun on the page of a card, ended and compared here. Officers never see it."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from bprs.access.admin_base import BaseModelAdmin, ReadOnlyMixin, user_of
from bprs.badges import badge
from bprs.errors import DomainError
from bprs.wording import sentence_of
from scoring.models import ScorecardVersion, Shadow, Simulation
from scoring.services.shadow import begin_shadow, champions, compare_shadow, end_shadow, runs_to_cover

COMPARISONS_LISTED = 20


class ShadowForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2, "class": "bprs-input"})
    )
    until = forms.DateTimeField(
        label=_("Until (empty: until somebody ends it)"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "class": "bprs-input"}),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
    )


@admin.register(Shadow)
class ShadowAdmin(ReadOnlyMixin, BaseModelAdmin):
    """Those who see every branch: what it scores is of all of them."""

    list_display = ("card_label", "by", "since", "up_to", "standing")
    list_select_related = ("version", "begun_by")
    ordering = ("-begun_at",)
    change_form_template = "scoring/shadow.html"
    warn_unsaved_form = False

    def get_queryset(self, request: HttpRequest) -> Any:
        shadows = super().get_queryset(request).defer("definition")
        return shadows if user_of(request).has_every_branch() else shadows.none()

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("new/<int:version_id>/", view(self.begin_view), name="scoring_shadow_begin"),
            path("<int:shadow_id>/end/", view(self.end_view), name="scoring_shadow_end"),
            path("<int:shadow_id>/compare/", view(self.compare_view), name="scoring_shadow_compare"),
            *super().get_urls(),
        ]

    @display(description=_("scorecard"), ordering="version__name")
    def card_label(self, shadow: Shadow) -> str:
        return shadow.version.label

    @display(description=_("begun by"), ordering="begun_by__first_name")
    def by(self, shadow: Shadow) -> str:
        return shadow.begun_by.known_as

    @display(description=_("begun at"), ordering="begun_at")
    def since(self, shadow: Shadow) -> str:
        return _moment(shadow.begun_at)

    @display(description=_("until"))
    def up_to(self, shadow: Shadow) -> str:
        return _moment(shadow.end) if shadow.end else self.empty_value_display

    @display(description=_("state"))
    def standing(self, shadow: Shadow) -> SafeString:
        return _standing(shadow, timezone.now())

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        shadow = self.get_object(request, object_id) if self.has_view_permission(request) else None
        context = dict(extra_context or {})
        if shadow is not None:
            context |= _shown(shadow, timezone.now()) | {"title": gettext("%(card)s in the shadow") % {"card": shadow}}
        return super().change_view(request, object_id, form_url, context)

    def begin_view(self, request: HttpRequest, version_id: int) -> HttpResponse:
        officer = _who_may(request)
        version = get_object_or_404(ScorecardVersion, pk=version_id)
        form = ShadowForm(request.POST or None)
        if form.is_valid():
            try:
                shadow = begin_shadow(version=version, begun_by=officer, begun_at=timezone.now(), **form.cleaned_data)
            except DomainError as refusal:
                for name, reason in refusal.fields.items() or {"": sentence_of(refusal)}.items():
                    form.add_error(name or None, reason)
            else:
                return redirect("admin:scoring_shadow_change", shadow.pk)
        request.current_app = self.admin_site.name
        title = gettext("%(card)s in the shadow") % {"card": version.label}
        page = {**self.admin_site.each_context(request), "title": title, "version": version, "form": form}
        return TemplateResponse(request, "scoring/shadow_begin.html", page)

    def end_view(self, request: HttpRequest, shadow_id: int) -> HttpResponse:
        shadow, officer = self._shadow(request, shadow_id), _who_may(request)
        try:
            end_shadow(shadow_id=shadow.pk, ended_by=officer, ended_at=timezone.now())
        except DomainError as refusal:
            self.message_user(request, sentence_of(refusal), messages.WARNING)
        return redirect("admin:scoring_shadow_change", shadow.pk)

    def compare_view(self, request: HttpRequest, shadow_id: int) -> HttpResponse:
        if not request.user.has_perm("scoring.simulate_card"):
            raise PermissionDenied
        shadow = self._shadow(request, shadow_id)
        asked = request.POST.get("against", "")
        against = next((card for card in champions(shadow) if str(card.pk) == asked), None)
        if against is None:
            raise Http404
        try:
            simulation = compare_shadow(
                shadow=shadow, against=against, asked_by=user_of(request), asked_at=timezone.now()
            )
        except DomainError as refusal:
            self.message_user(request, sentence_of(refusal), messages.WARNING)
            return redirect("admin:scoring_shadow_change", shadow.pk)
        if simulation.job is None:
            return redirect("admin:scoring_simulation_change", simulation.pk)
        return redirect("admin:jobs_job_change", simulation.job.pk)

    def _shadow(self, request: HttpRequest, shadow_id: int) -> Shadow:
        """Only by a form, and only by those who see it."""
        if request.method != "POST" or not self.has_view_permission(request):
            raise PermissionDenied
        shadow = self.get_object(request, str(shadow_id))
        if shadow is None:
            raise Http404
        return shadow


def _who_may(request: HttpRequest) -> Any:
    officer = user_of(request)
    if not officer.has_perm("scoring.shadow_card") or not officer.has_every_branch():
        raise PermissionDenied
    return officer


def _shown(shadow: Shadow, at: datetime) -> dict[str, Any]:
    compared = Simulation.objects.filter(shadow=shadow).without_contents().select_related("against", "asked_by", "job")
    return {
        "shadow": shadow,
        "standing": _standing(shadow, at),
        "is_running": _is_running(shadow, at),
        "counts": shadow.runs.aggregate(scored=Sum("scored_count", default=0), refused=Sum("refused_count", default=0)),
        "waiting": runs_to_cover(shadow).aggregate(scores=Sum("scored_count", default=0))["scores"],
        "champions": champions(shadow),
        "comparisons": compared.order_by("-asked_at")[:COMPARISONS_LISTED],
    }


def _is_running(shadow: Shadow, at: datetime) -> bool:
    return shadow.ended_at is None and (shadow.until is None or shadow.until > at)


def _standing(shadow: Shadow, at: datetime) -> SafeString:
    if _is_running(shadow, at):
        return badge(_("In the shadow"), tone="info", icon="visibility_off")
    return badge(_("Ended"), tone="plain", icon="stop_circle")


def _moment(at: datetime) -> str:
    return str(date_format(timezone.localtime(at), "j M Y, H:i"))
