"""
The roles a bank starts with: groups made by migration, which an administrator may change afterwards.

Branches narrow them further: see `visible_to`.
"""

_READ = (
    "access.view_branch",
    "customers.view_customer",
    "loans.view_loan",
    "scoring.view_scorecardversion",
    "scoring.view_cardproposal",
    "scoring.view_scoringrun",
    "scoring.view_score",
    "scoring.view_refusal",
    "scoring.view_decision",
    "scoring.view_decisionlimit",
    "scoring.view_decisionreason",
    "jobs.view_job",
)
_HANDLE_APPLICATIONS = (
    "customers.add_customer",
    "customers.change_customer",
    "customers.view_identity",
    "loans.add_loan",
    "loans.change_loan",
    "files.add_storedfile",
    "files.view_storedfile",
    "scoring.score_loan",
    "scoring.recommend_loan",
    "jobs.change_job",
)
# The same people propose and approve; that nobody does both with one card is seen to by a constraint.
_KEEP_CARDS = (
    "scoring.add_scorecardversion",
    "scoring.change_scorecardversion",
    "scoring.propose_card",
    "scoring.approve_card",
    "scoring.simulate_card",
    "scoring.view_simulation",
    "scoring.shadow_card",
    "scoring.view_shadow",
)
_SET_AUTHORITY = (
    "scoring.add_decisionlimit",
    "scoring.change_decisionlimit",
    "scoring.delete_decisionlimit",
    "scoring.add_decisionreason",
    "scoring.change_decisionreason",
)
_SEE_WEBHOOKS = ("webhooks.view_endpoint", "webhooks.view_message")
_KEEP_WEBHOOKS = ("webhooks.add_endpoint", "webhooks.change_endpoint", "webhooks.delete_endpoint", *_SEE_WEBHOOKS)

ROLES: dict[str, tuple[str, ...]] = {
    "Account officer": (*_READ, *_HANDLE_APPLICATIONS),
    "Supervisor": (*_READ, *_HANDLE_APPLICATIONS, "access.oversee_branch", "lists.share_view", "scoring.decide_loan"),
    "Risk staff": (
        *_READ,
        *_KEEP_CARDS,
        "lists.share_view",
        "files.add_storedfile",
        "files.view_storedfile",
        "scoring.score_loan",
        "jobs.change_job",
    ),
    "Auditor": (
        *_READ,
        "scoring.view_simulation",
        "scoring.view_shadow",
        "files.view_storedfile",
        "access.view_user",
        "access.view_apikey",
        "access.view_disclosure",
        "customers.view_identity",
        *_SEE_WEBHOOKS,
    ),
    "API client": (
        *_READ,
        *(right for right in _HANDLE_APPLICATIONS if right != "customers.view_identity"),
        "scoring.simulate_card",
        "scoring.view_simulation",
        *_KEEP_WEBHOOKS,
    ),
    "Administrator": (
        *_READ,
        "jobs.change_job",
        "access.add_user",
        "access.change_user",
        "access.view_user",
        "access.add_branch",
        "access.change_branch",
        "access.add_apikey",
        "access.change_apikey",
        "access.view_apikey",
        "access.view_disclosure",
        "auth.view_group",
        *_SET_AUTHORITY,
        *_KEEP_WEBHOOKS,
    ),
}
