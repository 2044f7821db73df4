"""Long work, looked at."""

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django_q.models import Failure, OrmQ, Schedule, Success
from unfold.contrib.filters.admin import ChoicesCheckboxFilter
from unfold.decorators import display

from bprs.access.admin_base import BranchScopedAdmin, ReadOnlyMixin
from bprs.badges import badge
from bprs.jobs.models import Job

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
    list_display = ("created_at", "kind", "progress_state", "done", "owner", "finished_at")
    list_filter = (("state", ChoicesCheckboxFilter),)
    list_select_related = ("owner",)
    ordering = ("-created_at",)
    fields = ("kind", "owner", "progress_state", "done", "attempts", "created_at", "started_at", "finished_at", "error")

    @display(description=_("state"), ordering="state")
    def progress_state(self, job: Job) -> SafeString:
        tone, icon = TONES[Job.State(job.state)]
        return badge(Job.State(job.state).label, tone=tone, icon=icon)

    @display(description=_("rows done"))
    def done(self, job: Job) -> str:
        return str(job.done_count) if job.total_count is None else f"{job.done_count} / {job.total_count}"


# The queue's own pages say nothing to people that Job does not say better.
for model in (Schedule, Success, Failure, OrmQ):
    if admin.site.is_registered(model):
        admin.site.unregister(model)
