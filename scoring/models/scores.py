"""What came of scoring stored loans. Written once; triggers see to that."""

from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.db.models.deletion import Collector
from django.utils.translation import gettext_lazy as _

from bprs.fields import RupiahField
from bprs.jobs.models import Job
from loans.models import Loan, Segment
from scoring.models.runs import ScoringRun


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
            models.UniqueConstraint(fields=["run", "loan"], name="score_once_per_run_and_loan"),
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
