"""Scoring runs and the scores they made: written by the program, read by people."""

from collections.abc import Callable
from typing import Any, cast, get_args
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesCheckboxFilter, RangeDateTimeFilter
from unfold.decorators import display

from bprs.access.admin_base import BaseModelAdmin, BranchScopedAdmin, ReadOnlyMixin, user_of
from bprs.access.lockout import address_of
from bprs.access.models import User
from bprs.badges import badge
from bprs.display import percentage, rupiah
from bprs.errors import DomainError
from bprs.http.downloads import file_answer
from bprs.jobs.models import Job
from bprs.wording import screen_language, sentence_of
from loans.badges import segment_badge, stale_badge
from loans.models import Loan
from scoring.admin.bulk_scoring import score_file_view, template_view
from scoring.admin.refusals import reason_of, refusals_of
from scoring.admin.run_page import account_context, file_context, run_context, table_context
from scoring.admin.score_panel import row_score
from scoring.models import Score, ScoringRun
from scoring.result_parts import ResultsChanged
from scoring.selectors import of_visible_loans
from scoring.services.run_files import Taking, rejected_file
from scoring.services.run_workbooks import DownloadFormat, results_file

REFUSALS_LISTED = 500
DONE_LOOK = ("success", "check_circle", _("Complete"))
LOOKS = {
    Job.State.QUEUED: ("plain", "schedule", _("Waiting")),
    Job.State.RUNNING: ("info", "progress_activity", _("Being scored")),
    Job.State.FAILED: ("danger", "error", _("Not finished")),
    Job.State.CANCELLED: ("warning", "cancel", _("Cancelled")),
}
INCOMPLETE_LOOK = ("warning", "rule", _("Incomplete"))


@admin.register(ScoringRun)
class ScoringRunAdmin(ReadOnlyMixin, BranchScopedAdmin):
    list_display = (
        "what",
        "when",
        "by",
        "rows_read",
        "scored_count",
        "rejected",
        "high_risk_count",
        "standing",
    )
    list_filter = (("source", ChoicesCheckboxFilter), ("scored_at", RangeDateTimeFilter))
    list_select_related = ("scored_by", "version", "stored_file", "job")
    search_fields = (
        "stored_file__filename",
        "scored_by__username",
        "scored_by__first_name",
        "scored_by__last_name",
    )
    ordering = ("-scored_at",)
    change_form_template = "scoring/run.html"
    warn_unsaved_form = False

    def get_urls(self) -> list[URLPattern]:
        def page(route: str, view: Callable[..., HttpResponseBase], name: str) -> URLPattern:
            return path(route, self.admin_site.admin_view(view), name=f"scoring_scoringrun_{name}")

        return [
            page("score-file/", score_file_view, "score_file"),
            page("score-file/template/", template_view, "template"),
            page("<uuid:run_id>/progress/", self.progress_view, "progress"),
            page("<uuid:run_id>/row/<int:row_index>/", self.row_view, "row"),
            page("<uuid:run_id>/download/<str:file_format>/", self.download_view, "download"),
            page("<uuid:run_id>/rejected/", self.rejected_view, "rejected"),
            *super().get_urls(),
        ]

    @display(description=_("what was scored"), ordering="stored_file__filename", header=True)
    def what(self, run: ScoringRun) -> tuple[str, str]:
        return title_of_run(run), f"{run.get_source_display()} · {run.version.label}"

    @display(description=_("scored at"), ordering="scored_at")
    def when(self, run: ScoringRun) -> str:
        return date_format(timezone.localtime(run.scored_at), "j M Y, H:i")

    @display(description=_("scored by"), ordering="scored_by__first_name")
    def by(self, run: ScoringRun) -> str:
        return run.scored_by.known_as

    @display(description=_("rejected"), ordering="rejected_count")
    def rejected(self, run: ScoringRun) -> str | SafeString:
        return badge(number_format(run.rejected_count), tone="warning", icon="error") if run.rejected_count else "0"

    @display(description=_("state"), ordering="is_complete")
    def standing(self, run: ScoringRun) -> SafeString:
        return standing_badge(run)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        run = self.get_object(request, object_id) if self.has_view_permission(request) else None
        context = dict(extra_context or {})
        if run is not None and run.stored_file_id and request.headers.get("HX-Target") == "rows":
            return TemplateResponse(request, "scoring/run_rows.html", {"run": run, **table_context(request, run)})
        if run is not None:
            context |= self._shown(request, run)
        return super().change_view(request, object_id, form_url, context)

    def progress_view(self, request: HttpRequest, run_id: UUID) -> HttpResponse:
        """The account of a run that is being done; once it is over, the page is drawn anew with all its figures."""
        run = self._run(request, run_id)
        if run.job is None or run.job.is_over:
            return HttpResponse(headers={"HX-Refresh": "true"})
        return TemplateResponse(request, "scoring/run_account.html", {**head_of(run), **account_context(run)})

    def row_view(self, request: HttpRequest, run_id: UUID, row_index: int) -> HttpResponse:
        """Why a row of a file has the score it has."""
        run = self._run(request, run_id)
        try:
            latest = row_score(run, row_index) if run.stored_file_id else None
        except ResultsChanged as refusal:
            return self._told(request, run, sentence_of(refusal), messages.ERROR)
        if latest is None:
            raise Http404
        row_number = request.GET.get("row", "")
        context = {"run": run, "latest": latest, "title": gettext("Row %(number)s") % {"number": row_number}}
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "scoring/run_row.html", {**self.admin_site.each_context(request), **context})

    def download_view(self, request: HttpRequest, run_id: UUID, file_format: str) -> HttpResponseBase:
        run = self._run(request, run_id)
        if file_format not in get_args(DownloadFormat):
            raise Http404
        try:
            content = results_file(
                run,
                cast(DownloadFormat, file_format),
                language=screen_language(),
                taken=_taking(request),
            )
        except DomainError as refusal:
            return self._told(request, run, sentence_of(refusal), messages.ERROR)
        if isinstance(content, Job):
            self.message_user(request, gettext("So large a workbook takes a while. Download it once it is made."))
            return redirect("admin:jobs_job_change", content.pk)
        return file_answer(content, f"{run.name}-{gettext('scored')}.{file_format}")

    def rejected_view(self, request: HttpRequest, run_id: UUID) -> HttpResponseBase:
        run = self._run(request, run_id)
        try:
            return file_answer(rejected_file(run, taken=_taking(request)), f"{run.name}-{gettext('rejected')}.xlsx")
        except DomainError as refusal:
            return self._told(request, run, sentence_of(refusal), messages.ERROR)

    def _told(self, request: HttpRequest, run: ScoringRun, sentence: str, level: int) -> HttpResponse:
        self.message_user(request, sentence, level)
        return redirect("admin:scoring_scoringrun_change", run.pk)

    def _run(self, request: HttpRequest, run_id: UUID) -> ScoringRun:
        run = self.get_object(request, str(run_id)) if self.has_view_permission(request) else None
        if run is None:
            raise Http404
        return run

    def _shown(self, request: HttpRequest, run: ScoringRun) -> dict[str, Any]:
        known = head_of(run)
        try:
            others = file_context(request, run) if run.stored_file_id else loans_refused(run, user_of(request))
            return {**known, **run_context(run), **others}
        except ResultsChanged as refusal:
            return {**known, "unreadable": sentence_of(refusal)}


def _taking(request: HttpRequest) -> Taking:
    return Taking(by=user_of(request), at=timezone.now(), remote_address=address_of(request))


def head_of(run: ScoringRun) -> dict[str, Any]:
    return {"run": run, "title": title_of_run(run), "standing": standing_badge(run)}


def title_of_run(run: ScoringRun) -> str:
    return run.stored_file.filename if run.stored_file else gettext("Stored financing")


def standing_badge(run: ScoringRun) -> SafeString:
    look = DONE_LOOK
    if not run.is_complete:
        look = LOOKS.get(Job.State(run.job.state), INCOMPLETE_LOOK) if run.job else INCOMPLETE_LOOK
    tone, icon, label = look
    return badge(label, tone=tone, icon=icon)


def loans_refused(run: ScoringRun, reader: User) -> dict[str, Any]:
    visible = refusals_of(run).filter(of_visible_loans(reader))
    refusals, count = list(visible[:REFUSALS_LISTED]), visible.count()
    return {
        "refusals": [(refusal.loan, reason_of(refusal)) for refusal in refusals],
        "refusals_unlisted": count - len(refusals) if run.is_complete else 0,
        "scores_url": f"{reverse('admin:scoring_score_changelist')}?run__id__exact={run.pk}",
    }


@admin.register(Score)
class ScoreAdmin(ReadOnlyMixin, BaseModelAdmin):
    """The scores of the loans the user may see, and in the runs they may see of loans that were removed since."""

    list_display = ("what", "customer", "total", "pd", "dsr", "installment", "card", "when")
    list_display_links = None
    list_filter = (("run__scored_at", RangeDateTimeFilter), ("segment", ChoicesCheckboxFilter))
    list_select_related = ("loan__customer", "run__version")
    search_fields = ("loan__loan_number", "loan__customer__full_name")
    ordering = ("-pk",)

    def get_queryset(self, request: HttpRequest) -> Any:
        user = user_of(request)
        scores = super().get_queryset(request)
        if user.has_every_branch():
            return scores
        removed = Q(loan__pk__isnull=True, run__in=ScoringRun.objects.visible_to(user))
        return scores.filter(removed | Q(loan__in=Loan.objects.visible_to(user)))

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        return lookup == "run__id__exact" or bool(super().lookup_allowed(lookup, value, request))

    @display(description=_("financing"))
    def what(self, score: Score) -> str | SafeString:
        if score.loan is None:
            return gettext("Financing removed")
        url = reverse("admin:loans_loan_change", args=[score.loan.pk])
        return format_html('<a class="bprs-link" href="{}">{}</a>', url, score.loan.loan_number)

    @display(description=_("customer"))
    def customer(self, score: Score) -> str:
        return self.empty_value_display if score.loan is None else score.loan.customer.full_name

    @display(description=_("score"), ordering="credit_score")
    def total(self, score: Score) -> SafeString:
        """A score that is not the latest of its financing is what it was."""
        loan = score.loan
        is_stale = loan is not None and loan.is_stale and loan.scored_at == score.run.scored_at
        mark = stale_badge() if is_stale else ""
        return format_html(
            '<b class="bprs-points">{}</b> {} {}', score.credit_score, segment_badge(score.segment), mark
        )

    @display(description=_("PD"), ordering="default_probability")
    def pd(self, score: Score) -> str:
        return percentage(score.default_probability, 0)

    @display(description=_("DSR"), ordering="debt_service_ratio")
    def dsr(self, score: Score) -> str:
        return self.empty_value_display if score.debt_service_ratio is None else percentage(score.debt_service_ratio)

    @display(description=_("installment"), ordering="monthly_installment")
    def installment(self, score: Score) -> str:
        return rupiah(score.monthly_installment)

    @display(description=_("scorecard"))
    def card(self, score: Score) -> str:
        return score.run.version.label

    @display(description=_("scored at"), ordering="run__scored_at")
    def when(self, score: Score) -> str:
        return date_format(timezone.localtime(score.run.scored_at), "j M Y, H:i")
