"""Long work that a worker does after the answer has gone out, part after part."""

import uuid
from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bprs.access.models import User

MAX_ATTEMPTS = 3


class JobQuerySet(models.QuerySet["Job"]):
    def visible_to(self, user: User) -> Self:
        return self.all() if user.has_every_branch() else self.filter(owner__in=user.whose_work_is_seen())


class Job(models.Model):
    class State(models.TextChoices):
        QUEUED = "queued", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        PARTLY_DONE = "partly_done", _("partly done")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    UNFINISHED = (State.QUEUED, State.RUNNING)
    RETRIABLE = (State.PARTLY_DONE, State.FAILED, State.CANCELLED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("kind"), max_length=50)
    subject = models.CharField(_("subject"), max_length=255, blank=True, default="")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("owner"), on_delete=models.PROTECT, related_name="jobs"
    )
    params = models.JSONField(_("parameters"), default=dict)
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.QUEUED)
    # How often a worker began without getting as far as a part; given up after MAX_ATTEMPTS.
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    # How often its worker was killed or fell silent, and another one went on.
    interruptions = models.PositiveSmallIntegerField(_("interruptions"), default=0)
    done_count = models.PositiveIntegerField(_("rows done"), default=0)
    # What was done already when this attempt began: the pace is that of this attempt.
    begun_count = models.PositiveIntegerField(default=0, editable=False)
    total_count = models.PositiveIntegerField(_("rows in all"), null=True, blank=True)
    result = models.JSONField(_("result"), default=dict, blank=True)
    error = models.JSONField(_("error"), default=dict, blank=True)
    created_at = models.DateTimeField(_("created at"))
    queued_at = models.DateTimeField(_("waiting since"))
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    cancel_asked_at = models.DateTimeField(_("cancelled at"), null=True, blank=True)
    cancel_asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("cancelled by"),
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    # Who runs it now, until when that is believed without a sign of life, and the token that fences all others.
    runner = models.CharField(max_length=200, blank=True, default="", editable=False)
    lease_token = models.UUIDField(null=True, editable=False)
    leased_until = models.DateTimeField(null=True, editable=False)

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        constraints = [
            models.CheckConstraint(
                name="job_finished_when_over",
                condition=Q(state__in=["queued", "running"], finished_at__isnull=True)
                | Q(state__in=["done", "partly_done", "failed", "cancelled"], finished_at__isnull=False),
            ),
            models.CheckConstraint(
                name="job_leased_while_running",
                condition=Q(state="running", lease_token__isnull=False, leased_until__isnull=False)
                | (~Q(state="running") & Q(lease_token__isnull=True, leased_until__isnull=True)),
            ),
        ]
        indexes = [models.Index(fields=["state", "leased_until"], name="job_state_leased")]

    def __str__(self) -> str:
        return self.subject or f"{self.kind} {self.id}"

    @property
    def language(self) -> str:
        """Of who asked for it: its sentences are for them."""
        return str(self.params.get("language", settings.LANGUAGE_CODE))

    @property
    def is_over(self) -> bool:
        return self.state not in self.UNFINISHED

    @property
    def progress(self) -> float | None:
        """0 to 1; None while it is not known."""
        if self.state == self.State.DONE:
            return 1.0
        return min(round(self.done_count / self.total_count, 3), 1.0) if self.total_count else None

    def seconds_left(self, now: datetime) -> int | None:
        """At the pace of this attempt; None while there is none to judge by."""
        done = self.done_count - self.begun_count
        if self.state != self.State.RUNNING or not self.total_count or done <= 0 or self.started_at is None:
            return None
        left = max(self.total_count - self.done_count, 0)
        return round((now - self.started_at).total_seconds() / done * left)


class WorkerPulse(models.Model):
    """When a worker last said that it lives, wherever it is. One that ends in order takes its pulse along."""

    runner = models.CharField(max_length=200, unique=True)
    began_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.runner


class JobChunk(models.Model):
    """A part of the work: done in one transaction, or set aside with its reason."""

    class State(models.TextChoices):
        PENDING = "pending", _("waiting")
        DONE = "done", _("done")
        SET_ASIDE = "set_aside", _("set aside")

    job = models.ForeignKey(Job, verbose_name=_("job"), on_delete=models.CASCADE, related_name="chunks")
    index = models.PositiveIntegerField(_("number"))
    start = models.PositiveIntegerField(_("rows before it"))
    rows = models.PositiveIntegerField(_("rows"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    result = models.JSONField(_("result"), default=dict, blank=True)
    error = models.JSONField(_("error"), default=dict, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        verbose_name = _("part of a job")
        verbose_name_plural = _("parts of a job")
        constraints = [
            models.UniqueConstraint(name="job_chunk_once", fields=["job", "index"]),
            models.CheckConstraint(
                name="job_chunk_finished_when_over",
                condition=Q(state="pending", finished_at__isnull=True)
                | Q(state__in=["done", "set_aside"], finished_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.job_id} {self.index}"

    @property
    def first_row(self) -> int:
        return self.start + 1

    @property
    def last_row(self) -> int:
        return self.start + self.rows
