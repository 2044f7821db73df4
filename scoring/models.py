"""How applications are judged, and what came of it. Runs and scores are written once; triggers see to that."""

import json
import uuid
from functools import lru_cache
from pathlib import PurePath
from typing import Any, Self

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.db.models.deletion import Collector
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bprs.access.models import User
from bprs.errors import DomainError
from bprs.fields import RupiahField
from bprs.files.models import StoredFile
from bprs.jobs.models import Job
from loans.models import Loan, Segment
from scoring.engine import Scorecard


class NoActiveScorecard(DomainError):
    code = "no_active_scorecard"
    status = 409


class ScorecardVersionQuerySet(models.QuerySet["ScorecardVersion"]):
    def in_force(self) -> "ScorecardVersion":
        """
        Return the version scores are made with today.

        :raises NoActiveScorecard: if none is in force
        """
        try:
            return self.get(status=ScorecardVersion.Status.IN_FORCE)
        except self.model.DoesNotExist:
            raise NoActiveScorecard(gettext("No scorecard is in force; ask risk staff to activate one.")) from None


class ScorecardVersion(models.Model):
    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PROPOSED = "proposed", _("Proposed")
        APPROVED = "approved", _("Approved")
        IN_FORCE = "in_force", _("In force")
        RETIRED = "retired", _("Retired")

    name = models.CharField(_("name"), max_length=50)
    number = models.PositiveIntegerField(_("version"))
    definition = models.JSONField(_("definition"))
    content_hash = models.CharField(_("content hash"), max_length=64)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DRAFT)
    created_at = models.DateTimeField(_("created at"))

    objects = ScorecardVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("scorecard")
        verbose_name_plural = _("scorecards")
        constraints = [
            models.UniqueConstraint(fields=["name", "number"], name="scorecard_version_unique"),
            models.UniqueConstraint(
                fields=["status"],
                condition=Q(status="in_force"),
                name="scorecard_one_in_force",
                violation_error_message=_("Another scorecard is in force; retire it first."),
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        return f"{self.name}-{self.number}"

    @property
    def card(self) -> Scorecard:
        """The card itself, built once per process and content."""
        return _card_of(json.dumps(self.definition, sort_keys=True))


@lru_cache(maxsize=32)
def _card_of(definition_json: str) -> Scorecard:
    return Scorecard.from_dict(json.loads(definition_json))


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
        StoredFile, verbose_name=_("file"), on_delete=models.PROTECT, null=True, blank=True, related_name="runs"
    )
    sheet = models.CharField(_("sheet"), max_length=255, blank=True, default="")
    locale = models.CharField(_("numbers written as in"), max_length=2, default="id")
    job = models.ForeignKey(
        Job, verbose_name=_("job"), on_delete=models.PROTECT, null=True, blank=True, related_name="runs"
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
        indexes = [models.Index(fields=["-scored_at"], name="run_scored_at")]

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


def keep_loan(collector: Collector, field: Any, scores: Any, using: str) -> None:
    """
    Refuse to delete a scored loan, as PROTECT does.

    Undoing the import that created the loan is no deletion in this sense: it removes the rows below the ORM, and asks
    only for relations that say PROTECT themselves.
    """
    models.PROTECT(collector, field, scores, using)


class Score(models.Model):
    """
    One outcome of a stored loan, with the facts it rests on. Written once.

    It outlives a loan that an undone import removed, and `loan` is None then.

    `facts` holds money as decimal strings and unknown as null; `points` and `bins` are keyed by characteristic.
    """

    # No index of their own: the constraints and the index below begin with them.
    run = models.ForeignKey(
        ScoringRun, verbose_name=_("run"), on_delete=models.PROTECT, related_name="scores", db_index=False
    )
    loan = models.ForeignKey(
        Loan,
        verbose_name=_("financing"),
        on_delete=keep_loan,
        db_constraint=False,
        null=True,
        related_name="scores",
        db_index=False,
    )
    facts = models.JSONField(_("facts as scored"), encoder=DjangoJSONEncoder)
    raw_score = models.IntegerField(_("raw score"))
    credit_score = models.PositiveSmallIntegerField(_("credit score"))
    default_probability = models.DecimalField(_("probability of default"), max_digits=7, decimal_places=6)
    segment = models.CharField(_("risk segment"), max_length=6, choices=Segment)
    debt_service_ratio = models.FloatField(_("DSR"), null=True, blank=True)
    monthly_installment = RupiahField(_("monthly installment (Rp)"))
    points = models.JSONField(_("points"))
    bins = models.JSONField(_("bins"))
    incomplete = models.JSONField(_("facts that were unknown"), default=list)

    class Meta:
        verbose_name = _("score")
        verbose_name_plural = _("scores")
        default_permissions = ("view",)
        permissions = [("score_loan", _("Can score financing"))]
        constraints = [
            models.CheckConstraint(name="score_of_a_loan", condition=Q(loan__isnull=False)),
            models.UniqueConstraint(
                fields=["run", "loan"], condition=Q(loan__isnull=False), name="score_once_per_run_and_loan"
            ),
        ]
        indexes = [models.Index(fields=["loan", "-id"], name="score_of_loan")]

    def __str__(self) -> str:
        return f"{self.credit_score} {self.segment}"


class Refusal(models.Model):
    """A stored loan that was not scored, with the reason. Written once."""

    run = models.ForeignKey(ScoringRun, verbose_name=_("run"), on_delete=models.PROTECT, related_name="refusals")
    loan = models.ForeignKey(
        Loan,
        verbose_name=_("financing"),
        on_delete=keep_loan,
        db_constraint=False,
        null=True,
        related_name="refusals",
    )
    field = models.CharField(_("field"), max_length=50, blank=True)
    code = models.CharField(_("code"), max_length=50)
    params: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField(_("details"), default=dict)

    class Meta:
        verbose_name = _("refusal")
        verbose_name_plural = _("refusals")
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.field}: {self.code}"


class LoanSelection(models.Model):
    """Stored loans that one part of a job scores: picked when it was asked for, whatever the filters match later."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="loan_selections", db_index=False)
    index = models.PositiveIntegerField()
    loan_ids: "models.JSONField[list[int], list[int]]" = models.JSONField()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["job", "index"], name="loan_selection_once")]

    def __str__(self) -> str:
        return f"{self.job_id} {self.index}"
