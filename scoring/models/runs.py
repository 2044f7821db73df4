"""Acts of scoring. Written once; triggers see to that."""

import uuid
from pathlib import PurePath
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bprs.access.models import User
from bprs.files.models import StoredFile
from bprs.jobs.models import Job
from scoring.models.cards import ScorecardVersion


class Source(models.TextChoices):
    """The door a run came through."""

    ADMIN = "admin", _("back office")
    API = "api", _("API")
    IMPORT = "import", _("import")
    FILE = "file", _("file")
    COMMAND = "command", _("command line")


class ScoringRunQuerySet(models.QuerySet["ScoringRun"]):
    def visible_to(self, user: User) -> Self:
        return self.all() if user.has_every_branch() else self.filter(scored_by__in=user.whose_work_is_seen())


class ScoringRun(models.Model):
    """
    One act of scoring: who, when, through which door, with which card, and how many rows became what.

    Its row is written last, with the final counts; long work writes it first and completes it once. The results of a
    file stand in its parts, those of stored loans in Score and Refusal.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    version = models.ForeignKey(
        ScorecardVersion, verbose_name=_("scorecard"), on_delete=models.PROTECT, related_name="runs"
    )
    scored_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("scored by"), on_delete=models.PROTECT, related_name="scoring_runs"
    )
    scored_at = models.DateTimeField(_("scored at"))
    source = models.CharField(_("door"), max_length=10, choices=Source)
    stored_file = models.ForeignKey(
        StoredFile,
        verbose_name=_("file"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="runs",
    )
    sheet = models.CharField(_("sheet"), max_length=255, blank=True, default="")
    locale = models.CharField(_("numbers written as in"), max_length=2, default="id")
    job = models.ForeignKey(
        Job,
        verbose_name=_("job"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="runs",
    )
    # The same file, card and choices of one user are one run.
    batch_key = models.CharField(max_length=64, blank=True, default="", editable=False)
    rows_read = models.PositiveIntegerField(_("read"), default=0)
    scored_count = models.PositiveIntegerField(_("scored"), default=0)
    rejected_count = models.PositiveIntegerField(_("rejected"), default=0)
    blank_count = models.PositiveIntegerField(_("blank"), default=0)
    high_risk_count = models.PositiveIntegerField(_("high risk"), default=0)
    is_complete = models.BooleanField(_("complete"), default=False)
    # What to look at again in the file as a whole: [{"code": …, "params": {…}}].
    warnings = models.JSONField(_("warnings"), default=list)

    objects = ScoringRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("scoring run")
        verbose_name_plural = _("scoring runs")
        constraints = [
            models.CheckConstraint(
                name="run_accounts_for_every_row",
                condition=Q(is_complete=False)
                | Q(rows_read=models.F("scored_count") + models.F("rejected_count") + models.F("blank_count")),
            ),
            models.UniqueConstraint(
                fields=["scored_by", "batch_key"], condition=~Q(batch_key=""), name="run_once_per_user_and_batch"
            ),
        ]
        # Most runs are of one loan and have neither file nor job: they write nothing into the last two.
        indexes = [
            models.Index(fields=["-scored_at"], name="run_scored_at"),
            models.Index(fields=["stored_file"], condition=Q(stored_file__isnull=False), name="run_of_file"),
            models.Index(fields=["job"], condition=Q(job__isnull=False), name="run_of_job"),
        ]

    def __str__(self) -> str:
        return self.stored_file.filename if self.stored_file else str(self.pk)[:8]

    @property
    def name(self) -> str:
        """What files that are made of it are named after: the file that was scored, without its ending."""
        return PurePath(str(self)).stem


class RunPart(models.Model):
    """
    Some rows of a scored file, in their order, and the hashes of the two files that hold what came of them.

    A hash is empty where there was nothing to write. Written once.
    """

    run = models.ForeignKey(
        ScoringRun, verbose_name=_("run"), on_delete=models.PROTECT, related_name="parts", db_index=False
    )
    index = models.PositiveIntegerField(_("number"))
    start = models.PositiveBigIntegerField(_("rows before it"))
    rows_read = models.PositiveIntegerField(_("read"))
    scored_count = models.PositiveIntegerField(_("scored"))
    rejected_count = models.PositiveIntegerField(_("rejected"))
    blank_count = models.PositiveIntegerField(_("blank"))
    high_risk_count = models.PositiveIntegerField(_("high risk"))
    error_count = models.PositiveIntegerField(_("errors"))
    scored_sha256 = models.CharField(_("SHA-256 of the scored rows"), max_length=64, blank=True)
    rejected_sha256 = models.CharField(_("SHA-256 of the rejected rows"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("part of a run")
        verbose_name_plural = _("parts of a run")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["run", "index"], name="part_once_per_run"),
            models.CheckConstraint(
                name="part_accounts_for_every_row",
                condition=Q(rows_read=models.F("scored_count") + models.F("rejected_count") + models.F("blank_count")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.index}"
