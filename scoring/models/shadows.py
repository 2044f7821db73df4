"""A challenger scored beside the card in force: since when, by whom, and what it made of each score. Kept apart from officers."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.utils.translation import gettext_lazy as _

from scoring.engine import Scorecard
from scoring.models.cards import ScorecardVersion, card_of
from scoring.models.runs import ScoringRun
from scoring.models.scores import Score


class ShadowQuerySet(models.QuerySet["Shadow"]):
    def running(self, at: datetime) -> Self:
        return self.filter(Q(until__isnull=True) | Q(until__gt=at), ended_at__isnull=True, begun_at__lte=at)


class Shadow(models.Model):
    """
    A challenger: its definition as it was when it began, whatever becomes of the draft.

    It scores what runs score from `begun_at` up to, and not including, its end. One at a time: what is past its
    `until` is ended before another begins.
    """

    version = models.ForeignKey(
        ScorecardVersion, verbose_name=_("scorecard"), on_delete=models.PROTECT, related_name="shadows"
    )
    content_hash = models.CharField(_("content hash"), max_length=64)
    definition = models.JSONField(_("definition"))
    reason = models.TextField(_("reason"))
    begun_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("begun by"), on_delete=models.PROTECT, related_name="+"
    )
    begun_at = models.DateTimeField(_("begun at"))
    until = models.DateTimeField(_("until"), null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("ended by"), on_delete=models.PROTECT, related_name="+", null=True
    )
    ended_at = models.DateTimeField(_("ended at"), null=True)

    objects = ShadowQuerySet.as_manager()

    class Meta:
        verbose_name = _("shadow")
        verbose_name_plural = _("shadows")
        default_permissions = ("view",)
        permissions = [("shadow_card", _("Can have a scorecard score in the shadow"))]
        constraints = [
            models.UniqueConstraint(
                Case(When(ended_at__isnull=True, then=Value(1)), output_field=models.SmallIntegerField()),
                name="shadow_one_at_a_time",
                violation_error_message=_("Another scorecard is in the shadow; end that first."),
            ),
            models.CheckConstraint(
                name="shadow_ends_after_it_began",
                condition=(Q(until__isnull=True) | Q(until__gt=F("begun_at")))
                & (Q(ended_at__isnull=True) | Q(ended_at__gte=F("begun_at"))),
            ),
            models.CheckConstraint(
                name="shadow_ended_by_nobody_while_it_runs",
                condition=Q(ended_at__isnull=False) | Q(ended_by__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return str(self.version)

    @property
    def card(self) -> Scorecard:
        return card_of(self.definition)

    @property
    def end(self) -> datetime | None:
        """When it stops, or stopped."""
        return self.ended_at or self.until


class ShadowRun(models.Model):
    """A run all of whose scores the challenger has scored too. Written once."""

    shadow = models.ForeignKey(Shadow, on_delete=models.PROTECT, related_name="runs", db_index=False)
    run = models.ForeignKey(ScoringRun, on_delete=models.PROTECT, related_name="shadows")
    scored_count = models.PositiveIntegerField(_("scored"))
    refused_count = models.PositiveIntegerField(_("rejected"))
    covered_at = models.DateTimeField(_("scored at"))

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["shadow", "run"], name="shadow_once_per_run")]

    def __str__(self) -> str:
        return f"{self.shadow_id} {self.run_id}"


class ShadowScore(models.Model):
    """
    What the challenger made of the facts a score rests on; or why nothing, as «field code». Written once.

    No decision rests on it, and no officer sees it.
    """

    shadow = models.ForeignKey(Shadow, on_delete=models.PROTECT, related_name="scores", db_index=False)
    score = models.ForeignKey(Score, on_delete=models.PROTECT, related_name="shadows")
    raw_score = models.IntegerField(_("raw score"), null=True)
    credit_score = models.PositiveSmallIntegerField(_("credit score"), null=True)
    default_probability = models.DecimalField(_("probability of default"), max_digits=7, decimal_places=6, null=True)
    segment = models.CharField(_("risk segment"), max_length=50, blank=True)
    points = models.JSONField(_("points"), default=dict)
    bins = models.JSONField(_("bins"), default=dict)
    refusal = models.CharField(_("refusal"), max_length=101, blank=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["shadow", "score"], name="shadow_once_per_score"),
            models.CheckConstraint(
                name="shadow_score_or_refusal",
                condition=Q(
                    refusal="", credit_score__isnull=False, raw_score__isnull=False, default_probability__isnull=False
                )
                | (~Q(refusal="") & Q(credit_score__isnull=True, raw_score__isnull=True, segment="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.credit_score} {self.segment}" if self.refusal == "" else self.refusal
