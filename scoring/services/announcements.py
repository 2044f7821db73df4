"""What scoring tells other programs of: numbers and keys, and nothing of who the customer is."""

import logging
from collections.abc import Mapping
from datetime import datetime

from django.db import IntegrityError, transaction

from bprs.webhooks.events import Event
from bprs.webhooks.outbox import About, announce, is_listened_to, moment
from loans.models import Loan
from scoring.models import CardActivation, CardProposal, Decision, ScoringRun

logger = logging.getLogger(__name__)


def announce_run(run: ScoringRun, *, at: datetime) -> None:
    """One message for the run, however much it scored, to who may see the run."""
    announce(Event.RUN_FINISHED, _counts(run), about=About(worker_id=run.scored_by_id), at=at)


def announce_score(run: ScoringRun, *, loan_id: int, at: datetime) -> None:
    """The run of one loan, with its score, to who may see the loan."""
    if not is_listened_to():
        return
    loan = Loan.objects.select_related("customer").get(pk=loan_id)
    data = {**_counts(run), **_score_of(loan)}
    announce(Event.RUN_FINISHED, data, about=About(branch_id=loan.customer.branch_id), at=at)


def announce_decision(decision: Decision, *, at: datetime) -> None:
    loan = decision.loan
    data = {
        "loan_id": loan.pk,
        "loan_number": loan.loan_number,
        "outcome": decision.outcome,
        "override": decision.override or None,
        "decided_at": moment(at),
    }
    if is_listened_to():
        announce(Event.LOAN_DECIDED, data, about=About(branch_id=loan.customer.branch_id), at=at)


def announce_activations(*, at: datetime) -> int:
    """
    Tell of the scorecards that took effect meanwhile, each once; return how many. A chore of the workers.

    Of two who do so at once, one is told by the database that it was done, and takes back what it said.
    """
    taken = CardProposal.objects.in_effect(at).filter(activation__isnull=True).order_by("effective_from")
    told = 0
    for proposal in taken.select_related("version"):
        try:
            _announce_activation(proposal, at=at)
        except IntegrityError:
            logger.info("Somebody else told that %s is in force", proposal.version)
            return told
        told += 1
    return told


@transaction.atomic
def _announce_activation(proposal: CardProposal, *, at: datetime) -> None:
    CardActivation.objects.create(proposal=proposal, announced_at=at)
    since = proposal.effective_from or at
    data = {
        "label": proposal.version.label,
        "content_hash": proposal.content_hash,
        "effective_from": moment(since),
    }
    announce(Event.SCORECARD_ACTIVATED, data, about=About(), at=since)


def _counts(run: ScoringRun) -> Mapping[str, object]:
    return {
        "run_id": str(run.pk),
        "source": run.source,
        "scored": run.scored_count,
        "rejected": run.rejected_count,
    }


def _score_of(loan: Loan) -> Mapping[str, object]:
    probability = loan.default_probability
    return {
        "loan_id": loan.pk,
        "loan_number": loan.loan_number,
        "credit_score": loan.credit_score,
        "segment": loan.segment,
        "default_probability": None if probability is None else float(probability),
    }
