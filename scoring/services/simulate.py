"""Simulating a card: what it would make of stored financing, beside another card."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import numpy as np
import pyarrow as pa
from django.conf import settings
from django.db import transaction
from django.db.models import Count, Max, Min, QuerySet
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bprs.access.models import User
from bprs.errors import DomainError
from bprs.jobs.services import enqueue, run_now
from loans.models import Collectibility, LoanQuerySet, Status
from scoring.engine import Book, Comparison, Facts, ScorecardError, compare, content_hash_of
from scoring.facts import ASSUMED_ZERO, columns_of, facts_of_columns
from scoring.models import ScorecardVersion, Simulation
from scoring.models.simulations import USUAL_LOSS
from scoring.portfolio import Portfolio
from scoring.services.card_life import UnusableCard

SIMULATE: Final = "simulate"
LOANS_AT_ONCE: Final = 50_000  # financings in one part of the job
MOST_PARTS: Final = 1_000
GROUPS: Final = {"branch": "customer__branch__code", "akad": "akad"}
BOOK_FIELDS: Final = ("pk", "status", "collectibility", *GROUPS.values())
NON_PERFORMING: Final = Collectibility.SUBSTANDARD


class SameCard(DomainError):
    """Both cards say the same: there is nothing to see."""

    code = "same_card"


class NothingToSimulate(DomainError):
    code = "nothing_to_simulate"


@transaction.atomic
def simulate(
    *,
    version: ScorecardVersion,
    against: ScorecardVersion,
    portfolio: Portfolio,
    asked_by: User,
    asked_at: datetime,
    loss_given_default: Decimal = USUAL_LOSS,
) -> Simulation:
    """
    Simulate at once what is little. Of more than `SIMULATE_LOANS_AT_ONCE` financings, the simulation has a job.

    :raises SameCard: if both versions have the same content
    :raises UnusableCard: if one of them is not finished
    :raises PortfolioRefused: if the choices are none of this user's
    :raises NothingToSimulate: if no financing fits them
    """
    refuse_unusable(version)
    seen = portfolio.seen_by(asked_by)
    return open_simulation(
        Simulation(
            version=version,
            content_hash=content_hash_of(version.definition),
            definition=version.definition,
            against=against,
            portfolio=seen.to_dict(),
            loss_given_default=loss_given_default,
            asked_by=asked_by,
            asked_at=asked_at,
        ),
        seen.loans(),
    )


def open_simulation(simulation: Simulation, rows: "QuerySet[Any, Any]") -> Simulation:
    """
    Write down what is asked for, beside the other card as it is now, and have it done.

    :param rows: what is scored with both cards
    :raises SameCard: if both versions have the same content
    :raises UnusableCard: if the other card is not finished
    :raises NothingToSimulate: if there are no rows
    """
    against = simulation.against
    refuse_unusable(against)
    simulation.against_hash, simulation.against_definition = content_hash_of(against.definition), against.definition
    if simulation.content_hash == simulation.against_hash:
        raise SameCard(
            _("%(card)s and %(other)s say the same. Choose another scorecard to compare with.")
            % {"card": simulation.version.label, "other": against.label}
        )
    found = rows.order_by().aggregate(count=Count("pk"), first=Min("pk"), last=Max("pk"))
    if not found["count"]:
        raise _nothing(simulation)
    simulation.loan_count = found["count"]
    simulation.save(force_insert=True)
    return _done_or_queued(simulation, found, at_once=found["count"] <= settings.SIMULATE_LOANS_AT_ONCE)


def compare_loans(simulation: Simulation, loans: LoanQuerySet) -> Comparison:
    """Score the facts that the loans have today with both cards, and compare. One query."""
    columns = columns_of(loans, BOOK_FIELDS)
    facts = facts_of_columns(columns)
    before, after = (card.score(facts, assume_zero_for=ASSUMED_ZERO) for card in simulation.cards)
    return compare(before=before, after=after, book=book_of(columns, facts))


def book_of(columns: Mapping[str, Sequence[Any]], facts: Facts) -> Book:
    """What is known of the loans besides their facts: `columns` are `BOOK_FIELDS`."""
    status = np.array(columns["status"], dtype=np.object_)
    classes = pa.array(columns["collectibility"], pa.int64())
    known_class, collectibility = classes.is_valid().to_numpy(zero_copy_only=False), classes.fill_null(0).to_numpy()
    is_default = (status == Status.WRITTEN_OFF) | (known_class & (collectibility >= NON_PERFORMING))
    return Book(
        keys=np.array(columns["pk"], dtype=np.int64),
        amounts=np.where(facts.missing.get("loan_amount", False), 0, facts.columns["loan_amount"]),
        is_known=is_default | (status == Status.SETTLED) | known_class,
        is_default=is_default,
        groups={by: _grouped(columns[field]) for by, field in GROUPS.items()},
    )


def refuse_unusable(version: ScorecardVersion) -> None:
    """:raises UnusableCard: if nothing can be scored with it: a draft may be unfinished"""
    try:
        version.card  # noqa: B018 building it is the test
    except ScorecardError:
        raise UnusableCard(_("Scorecard %(card)s is not finished; mend it first.") % {"card": version}) from None


def stretches(first: int, last: int) -> list[tuple[int, int]]:
    """Stretches of keys, both ends in them, that are the same in every attempt."""
    step = max(LOANS_AT_ONCE, -(-(last - first + 1) // MOST_PARTS))
    return [(start, min(start + step - 1, last)) for start in range(first, last + 1, step)]


@transaction.atomic
def close_simulation(
    *, simulation_id: UUID, results: Sequence[Mapping[str, Any]], finished_at: datetime, is_whole: bool
) -> Simulation:
    """Write down what came of it, for good, once all of it is there."""
    simulation = Simulation.objects.select_for_update(of=("self",)).get(pk=simulation_id)
    if not is_whole or simulation.is_complete:
        return simulation
    first, *others = [Comparison.from_dict(result) for result in results]
    simulation.results = sum(others, first).to_dict()
    simulation.finished_at, simulation.is_complete = finished_at, True
    simulation.save(update_fields=["results", "finished_at", "is_complete"])
    return simulation


def _nothing(simulation: Simulation) -> NothingToSimulate:
    if simulation.shadow is None:
        return NothingToSimulate(_("There is no financing that fits these choices."))
    return NothingToSimulate(
        _("Nothing has been scored with both %(card)s and %(other)s yet.")
        % {"card": simulation.version.label, "other": simulation.against.label}
    )


def _done_or_queued(simulation: Simulation, found: Mapping[str, int], *, at_once: bool) -> Simulation:
    count = found["count"]
    financings = ngettext("%(loans)s financing", "%(loans)s financings", count) % {
        "loans": number_format(count, force_grouping=True)
    }
    work: dict[str, Any] = {
        "kind": SIMULATE,
        "params": {"simulation_id": str(simulation.pk), "first": found["first"], "last": found["last"]},
        "owner": simulation.asked_by,
        "created_at": simulation.asked_at,
        "total_count": count,
        "subject": f"{simulation.version.label} / {simulation.against.label}: {financings}",
    }
    if at_once:
        run_now(**work)
        simulation.refresh_from_db()
        return simulation
    simulation.job = enqueue(**work)
    simulation.save(update_fields=["job"])
    return simulation


def _grouped(words: Sequence[str]) -> Any:
    encoded = pa.array(words, pa.string()).dictionary_encode()
    return encoded.indices.to_numpy().astype(np.intp), encoded.dictionary.to_pylist()
