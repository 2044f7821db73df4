"""The score a decision may rest on."""

from django.utils.translation import gettext as _

from bprs.errors import DomainError
from loans.models import Loan
from scoring.facts import changed_facts, facts_of
from scoring.models import Score
from scoring.selectors import latest_score


class NotScored(DomainError):
    code = "not_scored"
    status = 409


class ScoreStale(DomainError):
    """What the score rests on has changed since."""

    code = "score_stale"
    status = 409


class ScoreIncomplete(DomainError):
    """Facts that nobody knew were taken as zero."""

    code = "score_incomplete"
    status = 409


def score_to_decide_on(loan: Loan) -> Score:
    """
    Return the latest score, if a decision may rest on it. Two queries.

    The facts themselves are compared, not the mark that lists go by. It holds for as long as the caller's transaction
    keeps the loan locked: whoever changes what the score rests on, be it the customer's income, waits for that lock. A
    score made with a card that was retired since stands.

    :raises NotScored: if it has none
    :raises ScoreStale: if its facts changed since
    :raises ScoreIncomplete: if it counts unknown facts as zero
    """
    score = latest_score(loan)
    if score is None:
        raise NotScored(_("The financing has no score yet. Score it before deciding."))
    if changed_facts(score.facts, facts_of(loan), score.run.version.card):
        raise ScoreStale(_("The data changed since the financing was scored. Score it again before deciding."))
    if score.incomplete:
        raise ScoreIncomplete(_("The score counts unknown facts as zero. Complete the data and score again."))
    return score
