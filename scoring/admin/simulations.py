"""Simulations: asked for on the page of a card, looked at here by those who decide on it."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from bprs.access.admin_base import BranchScopedAdmin, ReadOnlyMixin, user_of
from bprs.badges import badge
from bprs.errors import DomainError
from bprs.jobs.admin import state_badge
from scoring.admin.simulation_form import SimulationForm
from scoring.models import ScorecardVersion, Simulation
from scoring.models.simulations import CONTENTS
from scoring.portfolio import Portfolio
from scoring.services.simulate import simulate
from scoring.simulation_page import head_context, results_context


@admin.register(Simulation)
class SimulationAdmin(ReadOnlyMixin, BranchScopedAdmin):
    list_display = ("cards", "what", "loan_count", "by", "when", "standing")
    list_select_related = ("version", "against", "asked_by", "job")
    search_fields = ("version__name", "against__name", "asked_by__username", "asked_by__first_name")
    ordering = ("-asked_at",)
    change_form_template = "scoring/simulation.html"
    warn_unsaved_form = False

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).without_contents()

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.ask_view)
        return [path("new/<int:version_id>/", view, name="scoring_simulation_ask"), *super().get_urls()]

    @display(description=_("scorecards"), ordering="version__name", header=True)
    def cards(self, simulation: Simulation) -> tuple[str, str]:
        beside = gettext("compared with %(card)s") % {"card": simulation.against.label}
        return simulation.version.label, beside

    @display(description=_("financing"))
    def what(self, simulation: Simulation) -> str:
        if simulation.shadow_id:
            return gettext("What was scored in the shadow")
        choices = Portfolio.from_dict(simulation.portfolio).choices()
        return "; ".join(value for _label, value in choices) or gettext("All financing")

    @display(description=_("asked for by"), ordering="asked_by__first_name")
    def by(self, simulation: Simulation) -> str:
        return simulation.asked_by.known_as

    @display(description=_("asked for"), ordering="asked_at")
    def when(self, simulation: Simulation) -> str:
        return date_format(timezone.localtime(simulation.asked_at), "j M Y, H:i")

    @display(description=_("state"), ordering="is_complete")
    def standing(self, simulation: Simulation) -> SafeString:
        return standing_badge(simulation)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        simulation = self.get_object(request, object_id) if self.has_view_permission(request) else None
        context = dict(extra_context or {})
        if simulation is not None:
            simulation.refresh_from_db(fields=CONTENTS)
            context |= head_context(simulation) | {"title": str(simulation), "standing": standing_badge(simulation)}
            context |= results_context(simulation, user_of(request)) if simulation.is_complete else {}
        return super().change_view(request, object_id, form_url, context)

    def ask_view(self, request: HttpRequest, version_id: int) -> HttpResponse:
        if not request.user.has_perm("scoring.simulate_card"):
            raise PermissionDenied
        version, officer, now = get_object_or_404(ScorecardVersion, pk=version_id), user_of(request), timezone.now()
        initial = {"against": ScorecardVersion.objects.in_force_or_none(now)}
        form = SimulationForm(request.POST or None, version=version, officer=officer, initial=initial)
        if form.is_valid():
            try:
                simulation = simulate(
                    version=version,
                    against=form.cleaned_data["against"],
                    portfolio=form.portfolio,
                    loss_given_default=form.loss_given_default,
                    asked_by=officer,
                    asked_at=now,
                )
            except DomainError as refusal:
                form.refuse(refusal)
            else:
                return self._led_to(request, simulation)
        return self._ask_page(request, version, form)

    def _led_to(self, request: HttpRequest, simulation: Simulation) -> HttpResponse:
        if simulation.job is None:
            return redirect("admin:scoring_simulation_change", simulation.pk)
        loans = number_format(simulation.loan_count, force_grouping=True)
        self.message_user(
            request, gettext("%(loans)s financings are being simulated.") % {"loans": loans}, messages.INFO
        )
        return redirect("admin:jobs_job_change", simulation.job.pk)

    def _ask_page(self, request: HttpRequest, version: ScorecardVersion, form: SimulationForm) -> HttpResponse:
        request.current_app = self.admin_site.name
        page = {
            **self.admin_site.each_context(request),
            "title": gettext("Simulate %(card)s") % {"card": version.label},
            "version": version,
            "form": form,
        }
        return TemplateResponse(request, "scoring/simulation_ask.html", page)


def standing_badge(simulation: Simulation) -> SafeString:
    if simulation.is_complete or simulation.job is None:
        return badge(_("Complete"), tone="success", icon="check_circle")
    return state_badge(simulation.job)
