"""What a key may be used for. A scope never gives its user more rights than they have; it only narrows them."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Scope(models.TextChoices):
    ALL = "all", _("everything its user may do")
    CUSTOMERS_READ = "customers:read", _("read customers")
    CUSTOMERS_WRITE = "customers:write", _("add and change customers")
    LOANS_READ = "loans:read", _("read financing")
    LOANS_WRITE = "loans:write", _("add and change financing")
    DECISIONS_WRITE = "decisions:write", _("recommend and decide")
    FILES_WRITE = "files:write", _("upload files")
    PREDICTIONS_WRITE = "predictions:write", _("score loans and files")
    SCORECARDS_READ = "scorecards:read", _("read scorecards")
    SCORECARDS_SIMULATE = "scorecards:simulate", _("simulate scorecards")
    WEBHOOKS_WRITE = "webhooks:write", _("set up webhooks")


_GRANTS: dict[Scope, frozenset[str]] = {
    Scope.CUSTOMERS_READ: frozenset({"customers.view_customer"}),
    Scope.CUSTOMERS_WRITE: frozenset({"customers.add_customer", "customers.change_customer"}),
    Scope.LOANS_READ: frozenset({"loans.view_loan", "scoring.view_score", "scoring.view_decision"}),
    Scope.LOANS_WRITE: frozenset({"loans.add_loan", "loans.change_loan"}),
    Scope.DECISIONS_WRITE: frozenset({"scoring.recommend_loan", "scoring.decide_loan"}),
    Scope.FILES_WRITE: frozenset({"files.add_storedfile"}),
    Scope.PREDICTIONS_WRITE: frozenset(
        {"scoring.score_loan", "scoring.view_scoringrun", "jobs.view_job", "jobs.change_job"}
    ),
    Scope.SCORECARDS_READ: frozenset({"scoring.view_scorecardversion"}),
    Scope.SCORECARDS_SIMULATE: frozenset(
        {"scoring.simulate_card", "scoring.view_simulation", "scoring.view_scorecardversion", "jobs.view_job"}
    ),
    Scope.WEBHOOKS_WRITE: frozenset(
        {
            "webhooks.view_endpoint",
            "webhooks.add_endpoint",
            "webhooks.change_endpoint",
            "webhooks.delete_endpoint",
            "webhooks.view_message",
        }
    ),
}
SCOPES: dict[Scope, frozenset[str]] = {**_GRANTS, Scope.ALL: frozenset().union(*_GRANTS.values())}
