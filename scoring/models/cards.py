"""Scorecards and what puts one in force: numbered versions, and the proposals two people decide on."""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Subquery, Value, When
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from bprs.errors import DomainError
from bprs.prepared import Prepared
from scoring.engine import Scorecard


class NoActiveScorecard(DomainError):
    code = "no_active_scorecard"
    status = 409


class CardStatus(models.TextChoices):
    """Where a version stands at some instant: it follows from its proposals, and is written nowhere."""

    DRAFT = "draft", _("Draft")
    PROPOSED = "proposed", _("Proposed")
    APPROVED = "approved", _("Approved")
    IN_FORCE = "in_force", _("In force")
    RETIRED = "retired", _("Retired")


class ScorecardVersionQuerySet(models.QuerySet["ScorecardVersion"]):
    def in_force(self, at: datetime) -> "ScorecardVersion":
        """
        Return the version scores are made with at this instant. One query.

        :raises NoActiveScorecard: if none is in force
        """
        version = self.in_force_or_none(at)
        if version is None:
            raise NoActiveScorecard(gettext("No scorecard is in force; ask risk staff to activate one."))
        return version

    def in_force_or_none(self, at: datetime) -> "ScorecardVersion | None":
        for values in _IN_FORCE.rows(at=at):
            return ScorecardVersion.from_db(None, VERSION_FIELDS, values)
        return None

    def with_status(self, at: datetime) -> Self:
        """Add `status`, a CardStatus, as it is at this instant."""
        own = CardProposal.objects.filter(version=OuterRef("pk"))
        approved = own.filter(outcome=CardProposal.Outcome.APPROVED)
        latest = CardProposal.objects.in_effect(at).values("version")[:1]
        status = Case(
            When(pk=Subquery(latest), then=Value(CardStatus.IN_FORCE)),
            When(Exists(approved.filter(effective_from__lte=at)), then=Value(CardStatus.RETIRED)),
            When(Exists(approved), then=Value(CardStatus.APPROVED)),
            When(Exists(own.filter(outcome=CardProposal.Outcome.PENDING)), then=Value(CardStatus.PROPOSED)),
            default=Value(CardStatus.DRAFT),
            output_field=models.CharField(),
        )
        return self.annotate(status=status)


class ScorecardVersion(models.Model):
    """
    One numbered version of a named card.

    Its definition changes only while nothing proposes it: a trigger sees to that. What anybody changed is in its history.
    """

    name = models.CharField(_("name"), max_length=50)
    number = models.PositiveIntegerField(_("version"))
    definition = models.JSONField(_("definition"))
    content_hash = models.CharField(_("content hash"), max_length=64)
    based_on = models.ForeignKey(
        "self", verbose_name=_("based on"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(_("created at"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("created by"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    last_edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("last edited by"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )

    status: str  # by `with_status`

    objects = ScorecardVersionQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("scorecard")
        verbose_name_plural = _("scorecards")
        constraints = [models.UniqueConstraint(fields=["name", "number"], name="scorecard_version_unique")]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        return f"{self.name}-{self.number}"

    @property
    def card(self) -> Scorecard:
        """The card itself, built once per process and content."""
        return card_of(self.definition)


def card_of(definition: Mapping[str, Any]) -> Scorecard:
    """Build the card that is written down so, once per process and content."""
    return _card_of(json.dumps(definition, sort_keys=True))


@lru_cache(maxsize=32)
def _card_of(definition_json: str) -> Scorecard:
    return Scorecard.from_dict(json.loads(definition_json))


class CardProposalQuerySet(models.QuerySet["CardProposal"]):
    def pending(self) -> Self:
        return self.filter(outcome=CardProposal.Outcome.PENDING)

    def freezing(self) -> Self:
        """Those whose version must stay as it is."""
        return self.filter(outcome__in=[CardProposal.Outcome.PENDING, CardProposal.Outcome.APPROVED])

    def in_effect(self, at: datetime) -> Self:
        """Those that have taken effect, the one in force first."""
        taken = self.filter(outcome=CardProposal.Outcome.APPROVED, effective_from__lte=at)
        return taken.order_by("-effective_from")


class CardProposal(models.Model):
    """
    To put a version in force from some instant on; the same for a draft and for one that was in force before.

    In force at t is the version whose approved proposal took effect last before t: so there is always exactly one,
    and nothing needs to happen when its time comes. Whoever proposed or last edited it cannot approve it. The
    founding one, which the software came with, has no people.
    """

    class Outcome(models.TextChoices):
        PENDING = "pending", _("Waiting for approval")
        APPROVED = "approved", _("Approved")
        REJECTED = "rejected", _("Rejected")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        CANCELLED = "cancelled", _("Cancelled before it took effect")

    version = models.ForeignKey(
        ScorecardVersion, verbose_name=_("scorecard"), on_delete=models.PROTECT, related_name="proposals"
    )
    content_hash = models.CharField(_("content hash"), max_length=64)
    last_edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("last edited by"),
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
    )
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("proposed by"), on_delete=models.PROTECT, null=True, related_name="+"
    )
    proposed_at = models.DateTimeField(_("proposed at"))
    reason = models.TextField(_("reason"))
    wanted_from = models.DateTimeField(_("wanted from"), null=True)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome, default=Outcome.PENDING)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("decided by"), on_delete=models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(_("decided at"), null=True)
    decision_reason = models.TextField(_("reason of the decision"), blank=True)
    # What the card would do, as it was known when it was proposed, and in the end when it was decided on.
    simulation = models.ForeignKey(
        "scoring.Simulation", verbose_name=_("simulation"), on_delete=models.PROTECT, null=True, related_name="+"
    )
    # The warnings the approver took note of, as their English sentences at that time.
    acknowledged: "models.JSONField[list[str], list[str]]" = models.JSONField(_("warnings taken note of"), default=list)
    effective_from = models.DateTimeField(_("in force from"), null=True)
    cancelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("cancelled by"), on_delete=models.PROTECT, null=True, related_name="+"
    )
    cancelled_at = models.DateTimeField(_("cancelled at"), null=True)
    cancel_reason = models.TextField(_("reason of the cancellation"), blank=True)

    objects = CardProposalQuerySet.as_manager()

    class Meta:
        verbose_name = _("proposal of a scorecard")
        verbose_name_plural = _("proposals of scorecards")
        default_permissions = ("view",)
        permissions = [
            ("propose_card", _("Can propose a scorecard")),
            ("approve_card", _("Can approve a scorecard")),
        ]
        constraints = [
            models.CheckConstraint(
                name="proposal_four_eyes",
                condition=Q(proposed_by__isnull=True)
                | ~Q(outcome__in=["approved", "rejected", "cancelled"])
                | (
                    ~Q(decided_by=F("proposed_by"))
                    & (Q(last_edited_by__isnull=True) | Q(outcome="rejected") | ~Q(decided_by=F("last_edited_by")))
                ),
                violation_error_message=_("Whoever proposed or last edited a scorecard cannot approve it."),
            ),
            models.CheckConstraint(
                name="proposal_decided_by_somebody",
                condition=Q(outcome="pending", decided_by__isnull=True, decided_at__isnull=True)
                | (~Q(outcome="pending") & Q(decided_by__isnull=False, decided_at__isnull=False))
                | Q(outcome="approved", proposed_by__isnull=True),
            ),
            models.CheckConstraint(
                name="proposal_takes_effect_after_its_approval",
                condition=Q(effective_from__gte=F("decided_at"), outcome__in=["approved", "cancelled"])
                | (Q(effective_from__isnull=True) & ~Q(outcome__in=["approved", "cancelled"]))
                | Q(proposed_by__isnull=True, effective_from__isnull=False),
            ),
            models.CheckConstraint(
                name="proposal_cancelled_before_its_time",
                condition=(
                    Q(outcome="cancelled", cancelled_by__isnull=False, cancelled_at__lt=F("effective_from"))
                    | (~Q(outcome="cancelled") & Q(cancelled_by__isnull=True, cancelled_at__isnull=True))
                ),
            ),
            models.UniqueConstraint(
                fields=["version"], condition=Q(outcome="pending"), name="proposal_pending_once_per_card"
            ),
            models.UniqueConstraint(
                fields=["effective_from"], condition=Q(outcome="approved"), name="proposal_one_takes_effect_at_a_time"
            ),
            models.UniqueConstraint(
                fields=["outcome"], condition=Q(proposed_by__isnull=True), name="proposal_founding_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version} {self.outcome}"


class CardActivation(models.Model):
    """That other programs were told of a proposal that took effect. Nothing else happens at that instant."""

    proposal = models.OneToOneField(CardProposal, on_delete=models.CASCADE, related_name="activation")
    announced_at = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.proposal)


def _in_force(*, at: datetime) -> models.QuerySet[CardProposal, tuple[Any, ...]]:
    return CardProposal.objects.in_effect(at).values_list(*(f"version__{name}" for name in VERSION_FIELDS))[:1]


VERSION_FIELDS = [field.attname for field in ScorecardVersion._meta.concrete_fields]
_IN_FORCE = Prepared(_in_force, at=datetime)
