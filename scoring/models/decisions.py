"""What was decided on financing: who recommended what, who decided, resting on which score."""

from collections.abc import Collection
from decimal import Decimal
from typing import Self

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from bprs.access.models import User, users_named
from bprs.fields import RupiahField
from loans.models import Loan, Segment
from scoring.models.scores import Score


class DecisionReason(models.Model):
    """A reason code of the bank's, in the bank's words. Those for a rejection are read by the customer."""

    class Kind(models.TextChoices):
        LOW_SIDE = "low_side", _("Approved though the score fails")
        HIGH_SIDE = "high_side", _("Rejected though the score passes")
        REJECTION = "rejection", _("Rejection, told to the customer")

    kind = models.CharField(_("for"), max_length=10, choices=Kind)
    code = models.SlugField(_("code"), max_length=40)
    text = models.CharField(_("text"), max_length=200)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("reason of decisions")
        verbose_name_plural = _("reasons of decisions")
        constraints = [models.UniqueConstraint(fields=["kind", "code"], name="decision_reason_unique")]

    def __str__(self) -> str:
        return self.text


class DecisionLimitQuerySet(models.QuerySet["DecisionLimit"]):
    def of(self, user: User) -> Self:
        """Those of the person, and of the roles they have."""
        return self.filter(Q(user=user) | Q(group__user=user)).distinct()


class DecisionLimit(models.Model):
    """Up to what amount a role, or one person, may decide on financing of a risk segment. The largest that applies counts."""

    group = models.ForeignKey(
        Group, verbose_name=_("role"), on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("person"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
    )
    segment = models.CharField(_("risk segment"), max_length=6, choices=Segment)
    max_amount = RupiahField(
        _("largest amount (Rp)"),
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(1))],
        help_text=_("Leave blank for no limit."),
    )

    objects = DecisionLimitQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("decision limit")
        verbose_name_plural = _("decision limits")
        constraints = [
            models.CheckConstraint(
                name="decision_limit_of_role_or_person",
                condition=Q(group__isnull=False, user__isnull=True) | Q(group__isnull=True, user__isnull=False),
                violation_error_message=_("Name a role or a person, and not both."),
            ),
            models.UniqueConstraint(
                fields=["group", "segment"],
                condition=Q(group__isnull=False),
                name="decision_limit_once_per_role",
                violation_error_message=_("This role has a limit for this segment already."),
            ),
            models.UniqueConstraint(
                fields=["user", "segment"],
                condition=Q(user__isnull=False),
                name="decision_limit_once_per_person",
                violation_error_message=_("This person has a limit for this segment already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.group or self.user}: {self.get_segment_display()}"


class DecisionQuerySet(models.QuerySet["Decision"]):
    def visible_to(self, user: User, *, branch_ids: Collection[int] | None = None) -> Self:
        """Those on financing of the branches the user works in, as `LoanQuerySet.visible_to`."""
        if user.has_every_branch():
            return self.all()
        return self.filter(loan__customer__branch__in=user.branches.all() if branch_ids is None else branch_ids)

    def pending(self) -> Self:
        return self.filter(outcome=Decision.Outcome.PENDING)

    def found_by(self, term: str) -> Self:
        """Those on the financing that is meant, and those that somebody of this name recommended or decided."""
        meant = Decision.objects.filter(loan__in=Loan.objects.found_by(term)).values("pk")
        people = list(users_named(term).values_list("pk", flat=True))
        theirs = Decision.objects.filter(Q(recommended_by__in=people) | Q(decided_by__in=people)).values("pk")
        return self.filter(pk__in=meant.union(theirs) if people else meant)


class Decision(models.Model):
    """
    A recommendation and what became of it, resting on one score.

    Whoever recommended it, or whose file it was, decides nothing about it: they may withdraw it. What was recommended and
    what was decided stays as it is written: triggers see to that.
    """

    class Advice(models.TextChoices):
        APPROVE = "approve", _("Approval")
        REJECT = "reject", _("Rejection")

    class Outcome(models.TextChoices):
        PENDING = "pending", _("Awaiting a decision")
        APPROVED = "approved", _("Approved")
        REJECTED = "rejected", _("Rejected")
        RETURNED = "returned", _("Returned")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    class Override(models.TextChoices):
        NONE = "", _("With the score")
        LOW_SIDE = "low_side", _("Approved though the score fails")
        HIGH_SIDE = "high_side", _("Rejected though the score passes")

    loan = models.ForeignKey(Loan, verbose_name=_("financing"), on_delete=models.PROTECT, related_name="decisions")
    score = models.ForeignKey(Score, verbose_name=_("score"), on_delete=models.PROTECT, related_name="decisions")
    amount = RupiahField(_("financing amount (Rp)"))
    segment = models.CharField(_("risk segment"), max_length=6, choices=Segment)
    file_of = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("account officer"),
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
    )
    advice = models.CharField(_("recommendation"), max_length=7, choices=Advice)
    note = models.TextField(_("note"))
    recommended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("recommended by"), on_delete=models.PROTECT, related_name="+"
    )
    recommended_at = models.DateTimeField(_("recommended at"))
    outcome = models.CharField(_("outcome"), max_length=9, choices=Outcome, default=Outcome.PENDING)
    override = models.CharField(_("against the score"), max_length=9, choices=Override, blank=True)
    reason = models.ForeignKey(
        DecisionReason, verbose_name=_("reason code"), on_delete=models.PROTECT, null=True, related_name="+"
    )
    # What the customer is told, as it was in the words of that day: {"source": "score" or "bank", "code", "text"}.
    customer_reasons: "models.JSONField[list[dict[str, str]], list[dict[str, str]]]" = models.JSONField(
        _("reasons for the customer"), default=list
    )
    decision_note = models.TextField(_("note of the decision"), blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("decided by"), on_delete=models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(_("decided at"), null=True)

    objects = DecisionQuerySet.as_manager()

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        default_permissions = ("view",)
        permissions = [
            ("recommend_loan", _("Can recommend financing")),
            ("decide_loan", _("Can decide on financing")),
        ]
        constraints = [
            models.CheckConstraint(
                name="decision_four_eyes",
                condition=Q(outcome="pending")
                | Q(outcome="withdrawn", decided_by=F("recommended_by"))
                | (
                    ~Q(outcome="withdrawn")
                    & ~Q(decided_by=F("recommended_by"))
                    & (Q(file_of__isnull=True) | ~Q(decided_by=F("file_of")))
                ),
                violation_error_message=_("Nobody decides on their own recommendation or their own file."),
            ),
            models.CheckConstraint(
                name="decision_made_by_somebody",
                condition=Q(outcome="pending", decided_by__isnull=True, decided_at__isnull=True)
                | (~Q(outcome="pending") & Q(decided_by__isnull=False, decided_at__gte=F("recommended_at"))),
            ),
            models.CheckConstraint(
                name="decision_against_the_score_says_why",
                condition=Q(override="", reason__isnull=True)
                | (Q(reason__isnull=False) & ~Q(decision_note="") & ~Q(override="")),
            ),
            models.CheckConstraint(
                name="decision_override_is_what_it_says",
                condition=Q(override="low_side", outcome="approved", segment="high")
                | Q(override="high_side", outcome="rejected", segment="low")
                | (Q(override="") & ~Q(outcome="approved", segment="high") & ~Q(outcome="rejected", segment="low")),
            ),
            models.CheckConstraint(name="decision_amount_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(name="decision_segment_known", condition=Q(segment__in=["low", "medium", "high"])),
            models.UniqueConstraint(
                fields=["loan"], condition=Q(outcome="pending"), name="decision_pending_once_per_loan"
            ),
            models.UniqueConstraint(
                fields=["loan"], condition=Q(outcome__in=["approved", "rejected"]), name="decision_once_per_loan"
            ),
        ]
        indexes = [models.Index(fields=["decided_at"], name="decision_decided_at")]

    def __str__(self) -> str:
        return f"{self.loan} {self.outcome}"

    def as_advised(self) -> bool:
        """Whether it was decided as it was recommended."""
        advised = self.Outcome.APPROVED if self.advice == self.Advice.APPROVE else self.Outcome.REJECTED
        return self.outcome == advised
