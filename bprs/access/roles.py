"""
The roles a bank starts with: groups made by migration, which an administrator may change afterwards.

Branches narrow them further: see `visible_to`.
"""

_READ = (
    "access.view_branch",
    "customers.view_customer",
    "loans.view_loan",
    "scoring.view_scorecardversion",
    "scoring.view_scoringrun",
    "scoring.view_score",
    "scoring.view_refusal",
    "jobs.view_job",
)
_HANDLE_APPLICATIONS = (
    "customers.add_customer",
    "customers.change_customer",
    "loans.add_loan",
    "loans.change_loan",
    "files.add_storedfile",
    "files.view_storedfile",
    "scoring.score_loan",
    "jobs.change_job",
)

ROLES: dict[str, tuple[str, ...]] = {
    "Account officer": (*_READ, *_HANDLE_APPLICATIONS),
    "Supervisor": (*_READ, *_HANDLE_APPLICATIONS, "access.oversee_branch"),
    "Risk staff": (*_READ, "files.add_storedfile", "files.view_storedfile", "scoring.score_loan", "jobs.change_job"),
    "Auditor": (*_READ, "files.view_storedfile", "access.view_user", "access.view_apikey"),
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
        "auth.view_group",
    ),
}
