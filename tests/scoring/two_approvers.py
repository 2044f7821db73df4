"""
Two people approve the same proposal at the same moment, on a real database; prints what came of it as JSON.

Run by test_two_approvers.py, in a process of its own.
"""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import django

django.setup()

from django.core.management import call_command  # noqa: E402 after setup
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from bprs.access.models import User  # noqa: E402
from scoring.engine import RESCALED_1  # noqa: E402
from scoring.models import CardProposal, ScorecardVersion  # noqa: E402
from scoring.services.card_drafts import create_draft  # noqa: E402
from scoring.services.card_life import NotPending, approve_card, propose_card, warnings_of  # noqa: E402

APPROVERS = 4
together = Barrier(APPROVERS)


def approve(user: User, proposal: CardProposal, warnings: list[str]) -> str:
    try:
        together.wait()
        approve_card(
            proposal_id=proposal.pk, approved_by=user, approved_at=timezone.now(), reason="x", acknowledged=warnings
        )
    except NotPending:
        return "too late"
    else:
        return "approved"
    finally:
        connection.close()


def main() -> None:
    call_command("migrate", verbosity=0)
    proposer, *approvers = (User.objects.create_user(f"risk{number}") for number in range(APPROVERS + 1))
    draft = create_draft(name="standard", definition=RESCALED_1, created_by=proposer, created_at=timezone.now())
    proposal = propose_card(version_id=draft.pk, proposed_by=proposer, proposed_at=timezone.now(), reason="Low")
    warnings = [*warnings_of(draft)]
    with ThreadPoolExecutor(APPROVERS) as pool:
        answers = pool.map(approve, approvers, [proposal] * APPROVERS, [warnings] * APPROVERS)
    in_force = ScorecardVersion.objects.in_force(timezone.now()).label
    decided = CardProposal.objects.filter(version=draft, outcome="approved", decided_by__isnull=False).count()
    sys.stdout.write(json.dumps({"answers": sorted(answers), "in_force": in_force, "approved": decided}))


main()
