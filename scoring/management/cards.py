"""Which scorecard an operator means."""

from datetime import datetime

from django.utils.translation import gettext as _

from bprs.errors import DomainError
from scoring.models import ScorecardVersion


class UnknownScorecard(DomainError):
    code = "unknown_scorecard"
    status = 404


def card_labelled(label: str, *, at: datetime) -> ScorecardVersion:
    """
    Find a card by its label, such as "standard-1"; the card in force at this instant if the label is empty.

    :raises UnknownScorecard: naming those there are
    :raises NoActiveScorecard: if none is named and none is in force
    """
    if not label:
        return ScorecardVersion.objects.in_force(at)
    versions = {version.label: version for version in ScorecardVersion.objects.order_by("name", "number")}
    if label not in versions:
        raise UnknownScorecard(
            _("There is no scorecard %(label)s; there are %(labels)s.")
            % {"label": label, "labels": ", ".join(versions)}
        )
    return versions[label]
