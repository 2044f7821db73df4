"""Scorecards, as rows."""

import json
from functools import lru_cache

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bprs.errors import DomainError
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
