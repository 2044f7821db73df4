"""What a score says on paper: on the facts and the card it was made with, whatever they are today."""

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bprs.display import percentage, rupiah, short_rupiah, signed
from loans.models import Loan, Segment
from scoring.facts import facts_behind
from scoring.messages import FACT_LABELS
from scoring.models import Score
from scoring.paper.bars import bar_of
from scoring.paper.blocks import Beside, Block, Facts, Listing, Points, Result, Row, Terms
from scoring.paper.terms_map import map_of, ranges_of
from scoring.reasons import dsr_text, fact_text, in_words
from scoring.selectors import Explanation
from scoring.services.records import SEN
from scoring.services.what_if import LoanWhatIf

ALWAYS_SAID = ("akad", "purpose")
UNSAID = "-"


def customer_and_request(loan: Loan, score: Score) -> Beside:
    customer = loan.customer
    officer = loan.account_officer.known_as if loan.account_officer else UNSAID
    who = (
        (_("Name"), customer.full_name),
        (_("CIF"), customer.customer_number),
        (_("NIK"), customer.masked_nik or UNSAID),
        (_("Branch"), customer.branch.name),
        (_("Account officer"), officer),
        (_("Financing number"), loan.loan_number),
        (_("Application date"), date_format(loan.application_date, "j F Y")),
    )
    return Beside(left=_facts(_("Customer"), who), right=_facts(_("Request, as scored"), _request(score)))


def result(explanation: Explanation) -> Result:
    score = explanation.score
    scale = {"low": explanation.lowest_score, "high": explanation.highest_score}
    return Result(
        score=score.credit_score,
        segment=score.segment,
        title=str(Segment(score.segment).label),
        lines=(
            in_words(score),
            f"{_('Probability of default')} {percentage(score.default_probability, 0)} · "
            + _("on a scale from %(low)s to %(high)s, higher is better") % scale,
        ),
    )


def points(explanation: Explanation) -> Points:
    score = explanation.score
    feet = [(_("Base points"), signed(explanation.base_points)), (_("Sum"), str(score.raw_score))]
    if score.raw_score != score.credit_score:
        scale = {"low": explanation.lowest_score, "high": explanation.highest_score}
        held = _("the scale runs from %(low)s to %(high)s, so the score is") % scale
        feet.append((held, str(score.credit_score)))
    return Points(
        title=_("Points by characteristic"),
        head=(_("Characteristic"), _("Bin"), _("Points"), _("Most")),
        bars=tuple(bar_of(each) for each in explanation.characteristics),
        feet=tuple(feet),
    )


def reasons_told(explanation: Explanation) -> list[Block]:
    """Why it is not higher, and what speaks for it."""
    why = tuple(told.text for told in explanation.told_reasons())
    strong = tuple(told.text for told in explanation.told_strengths())
    blocks: list[Block] = [
        Listing(
            title=_("Why not higher"),
            items=why or (_("Every characteristic has its best points."),),
            is_numbered=bool(why),
        )
    ]
    return [*blocks, Listing(title=_("What speaks for it"), items=strong)] if strong else blocks


def terms(score: Score) -> Terms:
    """The segment of other amounts and tenors under the card of the score."""
    asked = LoanWhatIf(score.facts, score.run.version)
    drawn = map_of(asked, asked.map())
    bands = asked.version.card.segment_bands
    amounts, tenors = drawn.terms.amounts, drawn.terms.tenors
    return Terms(
        title=_("Segment by amount and tenor"),
        map=drawn,
        lowest=short_rupiah(amounts[0]),
        highest=short_rupiah(amounts[-1]),
        shortest=_months(tenors[0]),
        longest=_months(tenors[-1]),
        asked_for=_("as asked for"),
        legend=tuple((band.segment, str(Segment(band.segment).label)) for band in bands),
        head=(_("To reach"), _("Largest amount at this tenor"), _("Tenors at this amount")),
        rows=tuple(_reach(asked, band.segment, band.at_least) for band in bands[:-1]),
    )


def proof(score: Score) -> Facts:
    run = score.run
    entry = getattr(run, "seal_entry", None)
    seal = f"{entry.seal.number} · {date_format(localtime(entry.seal.sealed_at), 'j F Y, H:i')}" if entry else ""
    rows = [
        (_("Scorecard"), run.version.label),
        (_("Content hash"), run.version.content_hash),
        (_("Scored at"), f"{date_format(localtime(run.scored_at), 'j F Y, H:i')} · {run.scored_by.known_as}"),
        (_("Scoring run"), str(run.pk)),
        (_("Seal"), seal or _("not sealed yet")),
    ]
    if entry:
        rows.append((_("Merkle root of the seal"), entry.seal.root))
    return _facts(_("What proves it"), rows, is_code=True)


def _facts(title: str, rows: "list[tuple[str, str]] | tuple[tuple[str, str], ...]", *, is_code: bool = False) -> Facts:
    return Facts(title=title, rows=tuple(Row(label=label, value=value) for label, value in rows), is_code=is_code)


def _request(score: Score) -> list[tuple[str, str]]:
    """The facts it rests on and the words it was asked with, in their own order; and the installment."""
    said = facts_behind(score.run.version.card) | set(ALWAYS_SAID)
    rows = [(str(FACT_LABELS[name]), fact_text(name, value)) for name, value in score.facts.items() if name in said]
    installment = rupiah(score.monthly_installment)
    return [*rows, (_("Monthly installment"), installment), (_("Debt service ratio (DSR)"), dsr_text(score))]


def _reach(asked: LoanWhatIf, segment: str, at_least: int) -> tuple[str, ...]:
    answer = asked.reaching(at_least)
    largest = _("none") if answer.largest_amount is None else rupiah(answer.largest_amount // SEN)
    tenors = _("%(count)s months") % {"count": ranges_of(answer.tenors)} if answer.tenors else _("none")
    return str(Segment(segment).label), largest, tenors


def _months(count: int) -> str:
    return ngettext("%(count)d month", "%(count)d months", count) % {"count": count}
