"""What a card would do to stored financing, beside another one. Written once; triggers see to that."""

import uuid
from decimal import Decimal
from typing import Any, Self

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from bprs.access.models import User
from bprs.jobs.models import Job
from scoring.engine import Comparison, Scorecard, content_hash_of
from scoring.models.cards import ScorecardVersion, card_of
from scoring.models.shadows import Shadow

USUAL_LOSS = Decimal("0.45")
CONTENTS = ("definition", "against_definition", "results")


class SimulationQuerySet(models.QuerySet["Simulation"]):
    def visible_to(self, user: User) -> Self:
        return self.all() if user.has_every_branch() else self.filter(asked_by__in=user.whose_work_is_seen())

    def without_contents(self) -> Self:
        """For lists: the cards and the results of each are large."""
        return self.defer(*CONTENTS)

    def of(self, version: ScorecardVersion) -> Self:
        """Those that are done, of the card as it is now: what was edited since is another content. The newest first."""
        same = self.filter(content_hash=content_hash_of(version.definition), is_complete=True)
        return same.select_related("against", "asked_by").order_by("-asked_at")

    def outdated_for(self, version: ScorecardVersion) -> Self:
        """Those of the card as it was before somebody edited it."""
        return self.filter(version=version, is_complete=True).exclude(content_hash=content_hash_of(version.definition))


class Simulation(models.Model):
    """
    What `version` would make of some financing, beside what `against` makes of it.

    With a `shadow` it is of the facts that its scores rest on; otherwise of those that the financing in `portfolio` has
    when it is computed. Its row is written when it is asked for, with both cards as they are then, and completed once. `results` is a
    Comparison, `portfolio` a Portfolio.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    version = models.ForeignKey(
        ScorecardVersion, verbose_name=_("scorecard"), on_delete=models.PROTECT, related_name="simulations"
    )
    content_hash = models.CharField(_("content hash"), max_length=64, db_index=True)
    definition = models.JSONField(_("definition"))
    against = models.ForeignKey(
        ScorecardVersion, verbose_name=_("compared with"), on_delete=models.PROTECT, related_name="+"
    )
    against_hash = models.CharField(_("content hash of the other"), max_length=64)
    against_definition = models.JSONField(_("definition of the other"))
    shadow = models.ForeignKey(
        Shadow, verbose_name=_("shadow"), on_delete=models.PROTECT, related_name="simulations", null=True, blank=True
    )
    portfolio = models.JSONField(_("financing"), default=dict, encoder=DjangoJSONEncoder)
    loss_given_default = models.DecimalField(
        _("loss given default"),
        max_digits=5,
        decimal_places=4,
        default=USUAL_LOSS,
        validators=[MinValueValidator(0), MaxValueValidator(1)],
    )
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("asked for by"), on_delete=models.PROTECT, related_name="simulations"
    )
    asked_at = models.DateTimeField(_("asked for"))
    job = models.ForeignKey(
        Job, verbose_name=_("job"), on_delete=models.PROTECT, null=True, blank=True, related_name="simulations"
    )
    loan_count = models.PositiveIntegerField(_("financings"), default=0)
    results: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField(_("results"), default=dict)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    is_complete = models.BooleanField(_("complete"), default=False)

    objects = SimulationQuerySet.as_manager()

    class Meta:
        verbose_name = _("simulation")
        verbose_name_plural = _("simulations")
        default_permissions = ("view",)
        permissions = [("simulate_card", _("Can simulate a scorecard"))]
        constraints = [
            models.CheckConstraint(
                name="simulation_complete_with_results",
                condition=Q(is_complete=False, finished_at__isnull=True)
                | Q(is_complete=True, finished_at__isnull=False),
            ),
            models.CheckConstraint(name="simulation_of_two_cards", condition=~Q(content_hash=F("against_hash"))),
            models.CheckConstraint(
                name="simulation_loss_is_a_share",
                condition=Q(loss_given_default__gte=0, loss_given_default__lte=1),
                violation_error_message=_("The loss given default is from 0 to 100%."),
            ),
        ]
        indexes = [models.Index(fields=["-asked_at"], name="simulation_asked_at")]

    def __str__(self) -> str:
        return f"{self.version} / {self.against}"

    @property
    def cards(self) -> tuple[Scorecard, Scorecard]:
        """The other card and this one, as they were when the simulation was asked for."""
        return card_of(self.against_definition), card_of(self.definition)

    @property
    def comparison(self) -> Comparison:
        return Comparison.from_dict(self.results)
