"""What can be told to other programs, and who may hear it."""

from collections.abc import Collection

from django.db import models
from django.utils.translation import gettext_lazy as _


class Event(models.TextChoices):
    RUN_FINISHED = "scoring.run_finished", _("Scoring finished")
    LOAN_DECIDED = "loan.decided", _("Financing decided on")
    JOB_FINISHED = "job.finished", _("Background work finished")
    SCORECARD_ACTIVATED = "scorecard.activated", _("Scorecard in force")


TEST = "webhook.test"  # sent on request alone, whatever else is wished for
SENT = [*Event.choices, (TEST, _("Test"))]

# What its owner must be allowed to read: a webhook tells nothing that the API would not.
_NEEDS: dict[Event, tuple[str, ...]] = {
    Event.RUN_FINISHED: ("scoring.view_scoringrun", "scoring.view_score"),
    Event.LOAN_DECIDED: ("scoring.view_decision",),
    Event.JOB_FINISHED: ("jobs.view_job",),
    Event.SCORECARD_ACTIVATED: ("scoring.view_scorecardversion",),
}


def rights_to_hear(events: Collection[str]) -> list[str]:
    """The permissions that hearing of all of these takes."""
    return sorted({right for event in events for right in _NEEDS[Event(event)]})
