"""Loan rows as the engine's columns: the only mapping between the two."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from django.db import connections
from django.db.models import FloatField
from django.db.models.functions import Cast

from bprs.access.models import User
from bprs.prepared import Prepared
from loans.models import CLOSED, Loan
from scoring.engine import RAW_FACTS, FactKind, Facts, Scorecard

FACT_FIELDS = {
    "monthly_income": "customer__monthly_income",
    "assets_value": "customer__assets_value",
    "loan_amount": "principal_amount",
    "tenor_months": "tenor_months",
    "akad": "akad",
    "purpose": "purpose",
}
ANY_FACT = "%"  # of a fact that a score does not rest on
# A stored customer whose income or assets are not known is scored as with zero, and the score says so.
ASSUMED_ZERO = ("monthly_income", "assets_value")

# Score, probability, segment and `Loan.scored_facts`: None, None, "" and "" before the first.
LatestScore = tuple[int | None, float | None, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanFacts:
    """
    What was read of some loans, as it is stored.

    `latest` is what they carry of their latest score, `closed` marks those for which it was the last.
    """

    loan_ids: list[int]
    customer_ids: list[int]
    closed: list[bool]
    latest: list[LatestScore]
    values: Mapping[str, Sequence[Any]]

    def __len__(self) -> int:
        return len(self.loan_ids)

    def facts(self) -> Facts:
        return facts_of_columns(self.values)


def read_loans(loans: Any) -> LoanFacts:
    """Read and lock the loans, in one query, in the order of their primary keys."""
    return _found(_stored(_asked(loans)))


def read_loan(loan_id: int, *, reader: User) -> LoanFacts:
    """Read and lock one loan, if the reader may see it. As `read_loans`, for what is asked on every call."""
    if reader.has_every_branch():
        return _found(_OF_ANY_BRANCH.stored_rows(loan_id=loan_id))
    return _found(_OF_OWN_BRANCHES.stored_rows(loan_id=loan_id, reader_id=reader.pk))


def _stored(asked: Any) -> list[tuple[Any, ...]]:
    """Ask without turning every amount into a Decimal and every date into a datetime."""
    with connections[asked.db].cursor() as cursor:
        cursor.execute(*asked.query.sql_with_params())
        return list(cursor.fetchall())


def _asked(loans: Any) -> Any:
    return loans.select_for_update(of=("self",)).order_by("pk").values_list(*_READ)


def _of_any_branch(*, loan_id: int) -> Any:
    return _asked(Loan.objects.filter(pk=loan_id))


def _of_own_branches(*, loan_id: int, reader_id: int) -> Any:
    return _asked(Loan.objects.visible_to(User(pk=reader_id)).filter(pk=loan_id))


_LATEST = ("credit_score", Cast("default_probability", FloatField()), "segment", "scored_facts")
_READ = ("pk", "customer_id", "status", *_LATEST, *FACT_FIELDS.values())
_OF_ANY_BRANCH = Prepared(_of_any_branch, loan_id=int)
_OF_OWN_BRANCHES = Prepared(_of_own_branches, loan_id=int, reader_id=int)


def _found(rows: Iterable[tuple[Any, ...]]) -> LoanFacts:
    columns = list(zip(*rows, strict=True)) or [() for _ in _READ]
    keys, customers, statuses, scores = columns[:4]
    return LoanFacts(
        loan_ids=list(keys),
        customer_ids=list(customers),
        closed=[score is not None and status in CLOSED for status, score in zip(statuses, scores, strict=True)],
        latest=list(zip(*columns[3:7], strict=True)),
        values=dict(zip(FACT_FIELDS, columns[7:], strict=True)),
    )


def facts_of(loan: Loan) -> dict[str, Any]:
    """The facts of one loan as they are now, in the form scores keep them."""
    values = dict(
        zip(FACT_FIELDS, Loan.objects.filter(pk=loan.pk).values_list(*FACT_FIELDS.values()).get(), strict=True)
    )
    return {name: None if value is None else _kept(name)(value) for name, value in values.items()}


def columns_of(loans: Any, fields: Sequence[str]) -> dict[str, Sequence[Any]]:
    """
    Read plain columns, in one query: the facts under their names, fields under theirs.

    Everything is as it is stored, amounts in sen: no value goes through Python one by one.
    """
    names = (*FACT_FIELDS, *fields)
    asked = loans.order_by().values_list(*FACT_FIELDS.values(), *fields)
    columns: list[Sequence[Any]] = list(zip(*_stored(asked), strict=True)) or [() for _ in names]
    return dict(zip(names, columns, strict=True))


def facts_of_columns(columns: Mapping[str, Sequence[Any]]) -> Facts:
    """The facts among columns that are as they are stored."""
    numbers = [name for name, kind in RAW_FACTS.items() if kind is not FactKind.CATEGORY]
    gaps = {name: pa.array(columns[name], pa.int64()) for name in numbers if None in columns[name]}
    return Facts(
        columns={
            name: gaps[name].fill_null(0).to_numpy()
            if name in gaps
            else np.array(columns[name], dtype=np.int64 if name in numbers else np.object_)
            for name in RAW_FACTS
        },
        missing={name: column.is_null().to_numpy(zero_copy_only=False) for name, column in gaps.items()},
    )


def facts_behind(card: Scorecard) -> frozenset[str]:
    """What a score of this card rests on: the numbers, and the words that it asks for."""
    numbers = (name for name, kind in RAW_FACTS.items() if kind is not FactKind.CATEGORY)
    return frozenset((*numbers, *(each.fact for each in card.characteristics if each.is_categorical)))


def changed_facts(scored: Mapping[str, Any], now: Mapping[str, Any], card: Scorecard) -> list[str]:
    """The facts a score of this card rests on that are something else now, in the form scores keep them."""
    behind = facts_behind(card)
    return [name for name, value in scored.items() if name in behind and now.get(name) != value]


def scored_facts(facts: Facts, card: Scorecard) -> list[str]:
    """The facts of each row as `Loan.scored_facts` keeps them."""
    behind = facts_behind(card)
    columns = [_pattern(facts, name) if name in behind else [ANY_FACT] * len(facts) for name in FACT_FIELDS]
    return ["|".join(row) for row in zip(*columns, strict=True)]


def _pattern(facts: Facts, name: str) -> list[str]:
    texts = [str(value) for value in facts.columns[name].tolist()]
    if name not in facts.missing:
        return texts
    return ["" if gone else text for gone, text in zip(facts.missing[name].tolist(), texts, strict=True)]


def _kept(name: str) -> Callable[[Any], Any]:
    return (lambda value: f"{value:.2f}") if RAW_FACTS[name] is FactKind.MONEY else (lambda value: value)
