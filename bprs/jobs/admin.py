"""Long work, looked at while it is done."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_q import admin as queue_admin
from django_q.models import Failure, OrmQ, Schedule, Success
from unfold.contrib.filters.admin import ChoicesCheckboxFilter
from unfold.decorators import display

from bprs.access.admin_base import BranchScopedAdmin, ReadOnlyMixin, user_of
from bprs.badges import badge
from bprs.errors import DomainError
from bprs.jobs import services
from bprs.jobs.models import Job
from bprs.jobs.panel import panel_of, rows_done, time_left
from bprs.jobs.work import title_of_kind
from bprs.wording import sentence_of

TONES = {
    Job.State.QUEUED: ("plain", "schedule"),
    Job.State.RUNNING: ("info", "progress_activity"),
    Job.State.DONE: ("success", "check_circle"),
    Job.State.PARTLY_DONE: ("warning", "rule"),
    Job.State.FAILED: ("danger", "error"),
    Job.State.CANCELLED: ("plain", "cancel"),
}


@admin.register(Job)
class JobAdmin(ReadOnlyMixin, BranchScopedAdmin):
    list_display = ("what", "progress_state", "done", "by", "when")
    list_filter = (("state", ChoicesCheckboxFilter),)
    list_select_related = ("owner",)
    search_fields = ("subject", "owner__username", "owner__first_name", "owner__last_name")
    ordering = ("-created_at",)
    change_form_template = "bprs/jobs/job.html"
    warn_unsaved_form = False

    def get_urls(self) -> list[URLPattern]:
        return [
            self._path("progress", self.progress_view),
            self._path("cancel", self.cancel_view),
            self._path("retry", self.retry_view),
            *super().get_urls(),
        ]

    def _path(self, name: str, view: Callable[..., HttpResponse]) -> URLPattern:
        return path(f"<uuid:job_id>/{name}/", self.admin_site.admin_view(view), name=f"jobs_job_{name}")

    @display(description=_("work"), ordering="kind", header=True)
    def what(self, job: Job) -> tuple[str, str]:
        return title_of_kind(job.kind), job.subject

    @display(description=_("state"), ordering="state")
    def progress_state(self, job: Job) -> SafeString:
        return state_badge(job)

    @display(description=_("rows done"))
    def done(self, job: Job) -> str | SafeString:
        if job.progress is None or job.is_over:
            return rows_done(job) if job.done_count else "—"
        return format_html(
            '<span class="bprs-two"><span>{}</span>'
            '<span class="bprs-progress" aria-hidden="true"><i style="width:{}%"></i></span><small>{}</small></span>',
            rows_done(job),
            round(job.progress * 100),
            time_left(job, at=timezone.now()),
        )

    @display(description=_("owner"), ordering="owner__first_name")
    def by(self, job: Job) -> str:
        return job.owner.known_as

    @display(description=_("asked for"), ordering="created_at")
    def when(self, job: Job) -> str:
        return date_format(timezone.localtime(job.created_at), "j M Y, H:i")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        job = self.get_object(request, object_id) if self.has_view_permission(request) else None
        context = dict(extra_context or {})
        if job is not None:
            context |= self._panel(request, job) | {"title": context.get("title", title_of_kind(job.kind))}
        return super().change_view(request, object_id, form_url, context)

    def progress_view(self, request: HttpRequest, job_id: str) -> HttpResponse:
        """
        Nothing if nothing has changed, the figures alone, or the whole panel once more than they have changed.

        What is replaced every second can neither move smoothly nor be clicked in peace.
        """
        context = self._panel(request, self._job(request, job_id))
        if request.GET.get("shown") == context["panel"].shown:
            if request.GET.get("figures") == context["panel"].figures_shown:
                return HttpResponse(status=204)
            return TemplateResponse(request, "bprs/jobs/figures.html", context)
        headers = {"HX-Retarget": "#job-panel", "HX-Reswap": "outerHTML"}
        return TemplateResponse(request, "bprs/jobs/panel.html", context, headers=headers)

    def cancel_view(self, request: HttpRequest, job_id: str) -> HttpResponse:
        def cancel(job: Job) -> None:
            services.cancel(job=job, by=user_of(request), at=timezone.now())

        return self._steer(request, job_id, cancel)

    def retry_view(self, request: HttpRequest, job_id: str) -> HttpResponse:
        def retry(job: Job) -> None:
            services.retry(job=job, at=timezone.now())

        return self._steer(request, job_id, retry)

    def _steer(self, request: HttpRequest, job_id: str, change: Callable[[Job], None]) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        job = self._job(request, job_id)
        if not request.user.has_perm("jobs.change_job"):
            raise PermissionDenied
        try:
            change(job)
        except DomainError as refusal:
            self.message_user(request, sentence_of(refusal), messages.WARNING)
        return redirect("admin:jobs_job_change", job.pk)

    def _job(self, request: HttpRequest, job_id: str) -> Job:
        if not self.has_view_permission(request):
            raise PermissionDenied
        job = self.get_object(request, str(job_id))
        if job is None:
            raise Http404(gettext("There is no such thing here, or you may not see it."))
        return job

    def _panel(self, request: HttpRequest, job: Job) -> dict[str, Any]:
        panel = panel_of(job, reader=user_of(request), at=timezone.now())
        return {"panel": panel, "job": job, "state_badge": state_badge(job)}


def state_badge(job: Job) -> SafeString:
    tone, icon = TONES[Job.State(job.state)]
    return badge(Job.State(job.state).label, tone=tone, icon=icon)


# The queue's own pages say nothing to people that Job does not say better. Importing them has registered them.
for model in (Schedule, Success, Failure, OrmQ):
    if queue_admin.admin.site.is_registered(model):
        admin.site.unregister(model)
