"""The way through the back office: by task, showing to each what they may open."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Item = dict[str, Any]


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    return [
        {
            "items": [
                _item(_("Today's work"), "today", "index"),
                _item(_("Overview"), "monitoring", "scoring_overview_changelist", "loans.view_loan"),
            ]
        },
        {
            "title": _("Customers and financing"),
            "separator": True,
            "items": [
                _item(_("Customers"), "group", "customers_customer_changelist", "customers.view_customer"),
                _item(_("Financing"), "request_quote", "loans_loan_changelist", "loans.view_loan"),
                _item(_("Decisions"), "gavel", "scoring_decision_changelist", "scoring.view_decision"),
                _item(_("Imports"), "upload_file", "importing_importbatch_changelist", "loans.view_loan"),
            ],
        },
        {
            "title": _("Scoring"),
            "separator": True,
            "items": [
                _item(_("Score a file"), "upload_file", "scoring_scoringrun_score_file", "scoring.score_loan"),
                _item(_("Scoring runs"), "speed", "scoring_scoringrun_changelist", "scoring.view_scoringrun")
                | {"active": _is_among_runs},
                _item(_("Scorecards"), "rule", "scoring_scorecardversion_changelist", "scoring.view_scorecardversion"),
                _item(_("Simulations"), "compare_arrows", "scoring_simulation_changelist", "scoring.view_simulation"),
                _item(_("Shadow"), "visibility_off", "scoring_shadow_changelist", "scoring.view_shadow"),
                _item(_("Background work"), "pending_actions", "jobs_job_changelist", "jobs.view_job"),
            ],
        },
        {
            "title": _("Administration"),
            "separator": True,
            "items": [
                _item(_("Staff"), "badge", "access_user_changelist", "access.view_user"),
                _item(_("Roles"), "shield_person", "auth_group_changelist", "auth.view_group"),
                _item(_("Branches"), "apartment", "access_branch_changelist", "access.view_user"),
                _item(
                    _("Decision limits"), "gavel", "scoring_decisionlimit_changelist", "scoring.change_decisionlimit"
                ),
                _item(_("Reason codes"), "label", "scoring_decisionreason_changelist", "scoring.change_decisionreason"),
                _item(_("Disclosures"), "visibility", "access_disclosure_changelist", "access.view_disclosure"),
                _item(_("API keys"), "key", "access_apikey_changelist", "access.view_apikey"),
                _item(_("Webhooks"), "webhook", "webhooks_endpoint_changelist", "webhooks.view_endpoint"),
                _item(_("Webhook deliveries"), "outbox", "webhooks_message_changelist", "webhooks.view_message"),
            ],
        },
    ]


def _item(title: str | Promise, icon: str, page: str, permission: str = "") -> Item:
    return {"title": title, "icon": icon, "link": reverse(f"admin:{page}"), "permission": _may(permission)}


def pages_named(request: HttpRequest, term: str) -> list[Item]:
    """The entries of the menu whose name holds the term, of those the user may open."""
    items = [item for group in navigation(request) for item in group["items"]]
    return [item for item in items if term.lower() in str(item["title"]).lower() and item["permission"](request)]


def _is_among_runs(request: HttpRequest) -> bool:
    """The page that scores a file has an entry of its own, though its address begins as that of the runs."""
    runs, score_file = reverse("admin:scoring_scoringrun_changelist"), reverse("admin:scoring_scoringrun_score_file")
    return request.path.startswith(runs) and not request.path.startswith(score_file)


def _may(permission: str) -> Callable[[HttpRequest], bool]:
    return lambda request: not permission or request.user.has_perm(permission)


def tabs(request: HttpRequest) -> list[dict[str, Any]]:
    """The work queues, as tabs over the list of financing."""
    chosen = request.GET.get("queue", "")
    queues = [
        ("", _("All")),
        ("complete", _("To complete")),
        ("submit", _("To submit")),
        ("score", _("To score")),
        ("recommend", _("To recommend")),
        ("returned", _("Returned")),
        ("stale", _("Changed since scored")),
        ("decide", _("Awaiting a decision")),
        *([("for_me", _("For me to decide"))] if request.user.has_perm("scoring.decide_loan") else []),
    ]
    url = reverse("admin:loans_loan_changelist")
    own = "&officer=me" if request.GET.get("officer") == "me" else ""
    items = [
        {"title": title, "link": f"{url}?{f'queue={queue}' if queue else 'view=0'}{own}", "active": queue == chosen}
        for queue, title in queues
    ]
    return [{"models": ["loans.loan"], "items": items}]
