"""Reading scores back, and saying why they are what they are."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from bprs.access.models import User
from bprs.wording import warning_sentence
from loans.models import Loan
from scoring.engine import (
    RAW_FACTS,
    Contribution,
    FactKind,
    Remark,
    Scorecard,
    contributions,
    reasons,
    recommendation,
    remark,
    strengths,
)
from scoring.messages import sentence
from scoring.models import Score, ScoringRun
from scoring.reasons import applicant_sentence, reason_sentence, strength_sentence
from scoring.result_pages import rejected_page, rejected_parts, scored_row


def of_visible_loans(user: User) -> Q:
    """Scores and refusals of the branches the user works in today, whoever they scored for before; and of financing removed since."""
    if user.has_every_branch():
        return Q()
    return Q(loan__pk__isnull=True) | Q(loan__in=Loan.objects.visible_to(user))


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one characteristic gave, and a sentence on it; `code` says why it was not more, "" where nothing gives more."""

    given: Contribution
    code: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A score and why: what each characteristic gave, where points were lost, and where there is no better bin."""

    score: Score
    card: Scorecard
    card_label: str
    base_points: int
    lowest_score: int
    highest_score: int
    characteristics: tuple[Contribution, ...]
    recommendation: str

    @property
    def reasons(self) -> tuple[Contribution, ...]:
        """The characteristics that lost points, most first, ties in card order."""
        return reasons(self.characteristics)

    @property
    def strengths(self) -> tuple[Contribution, ...]:
        """The characteristics with their best bin, what gained most first, ties in card order."""
        return strengths(self.characteristics)

    def told_reasons(self) -> list[Told]:
        """The reasons, with the applicant's own figures and the nearest that would give more."""
        return [self._told(each, reason_sentence) for each in self.reasons]

    def told_to_applicant(self) -> list[Told]:
        """The reasons as a letter may say them: no points, no card."""
        return [self._told(each, applicant_sentence) for each in self.reasons]

    def told_strengths(self) -> list[Told]:
        return [self._told(each, strength_sentence) for each in self.strengths]

    def _told(self, given: Contribution, sentence: Callable[[Remark], str]) -> Told:
        seen = remark(self.card, given.name, bin_label=given.bin_label, facts=self.score.facts)
        return Told(given=given, code=seen.fault.value if seen.fault else "", text=sentence(seen))

    @property
    def incomplete(self) -> list[str]:
        return list(self.score.incomplete)


def explain(score: Score) -> Explanation:
    """Say what each characteristic of the card it was made with gave, and what it could have given."""
    version = score.run.version
    card = version.card
    return Explanation(
        score=score,
        card=card,
        card_label=version.label,
        base_points=card.base_points,
        lowest_score=card.score_range.lowest,
        highest_score=card.score_range.highest,
        characteristics=contributions(card, score),
        recommendation=recommendation(segment=score.segment, dsr=score.debt_service_ratio),
    )


def file_warnings(run: ScoringRun) -> list[dict[str, str]]:
    """What to look at again in the file of a run, each with its code and its sentence."""
    return [
        {"code": warning["code"], "message": warning_sentence(warning["code"], warning["params"])}
        for warning in run.warnings
    ]


def latest_score(loan: Loan) -> Score | None:
    """The newest score of the loan, with its run and card; None if it has none."""
    return loan.scores.select_related("run__version").order_by("-id").first()


@dataclass(frozen=True, slots=True, kw_only=True)
class FileError:
    """What is wrong with a row of a file, for people. A column the file does not have is named by its field."""

    row_index: int
    row_number: int
    column: str
    code: str
    reason: str


def file_error_page(run: ScoringRun, *, limit: int, offset: int = 0) -> list[FileError]:
    """
    Read a page of what is wrong with the rejected rows of a scored file, in its order.

    :raises ResultsChanged: if the results are not what was written
    """
    return file_errors_of(rejected_page(run, offset=offset, limit=limit))


def file_errors(run: ScoringRun) -> Iterator[list[FileError]]:
    """
    Read all of it, one part in memory at a time.

    :raises ResultsChanged: if the results are not what was written
    """
    return (file_errors_of(part.to_pylist()) for part in rejected_parts(run))


def explain_row(run: ScoringRun, row_index: int) -> Explanation | None:
    """
    Explain the score of one row of a scored file; None if the row was not scored.

    :raises ResultsChanged: if the results are not what was written
    """
    row = scored_row(run, row_index)
    return None if row is None else explain(_score_of_row(run, row))


def file_errors_of(rows: Sequence[Mapping[str, Any]]) -> list[FileError]:
    """The same fault is put into words once."""
    reasons = {key: sentence(key[0], json.loads(key[1])) for key in {(row["code"], row["params"]) for row in rows}}
    return [
        FileError(
            row_index=row["row_index"],
            row_number=row["row_number"],
            column=row["column"] or row["field"],
            code=row["code"],
            reason=reasons[row["code"], row["params"]],
        )
        for row in rows
    ]


def _score_of_row(run: ScoringRun, row: Mapping[str, Any]) -> Score:
    """As if it were a row of the database, which it is not and never becomes."""
    names = [each.name for each in run.version.card.characteristics]
    return Score(
        run=run,
        facts={name: _fact(name, row[name]) for name in RAW_FACTS if name in row},
        raw_score=row["raw_score"],
        credit_score=row["credit_score"],
        default_probability=row["default_probability"],
        segment=row["segment"],
        debt_service_ratio=row["dsr"],
        monthly_installment=row["monthly_installment"],
        points={name: row[f"points_{name}"] for name in names},
        bins={name: row[f"bin_{name}"] for name in names},
    )


def _fact(name: str, value: Any) -> Any:
    return f"{value:.2f}" if RAW_FACTS[name] is FactKind.MONEY and value is not None else value
