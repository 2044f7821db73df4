"""What the customer's letter may never say, whatever was asked for, scored and written; and that any text can be printed."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal

from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from bprs.access.models import Branch, User
from customers.models import Customer
from loans.models import Akad, Loan, Purpose
from scoring.engine import ANNUAL_1, RESCALED_1, STANDARD_1
from scoring.models import Decision, DecisionReason, ScorecardVersion
from scoring.paper.blocks import Facts, Letterhead, Listing, Paper, Prose, Row, Signatures
from scoring.paper.letter import customer_letter
from scoring.paper.pdf import pdf_of
from scoring.services.what_if import preview
from tests.factories import NOW
from tests.scoring.decided import LATER

SECRETS = (
    "Rina Rahasia",
    "Hendra Rahasia",
    "Catatan Intern AO",
    "Catatan Intern Pemutus",
    "Kode Intern",
    "kartu-rahasia",
)
INTERNAL = re.compile(
    r"\b(skor|poin|segmen|risiko|probabilitas|gagal bayar|kartu skor|scorecard|points?|score|PD)\b", re.I
)
AMOUNT = re.compile(r"Rp[0-9.,]+")
rupiah = st.integers(1, 10**12)
applications = st.fixed_dictionaries(
    {
        "monthly_income": rupiah | st.just(0),
        "assets_value": rupiah | st.just(0),
        "loan_amount": rupiah,
        "tenor_months": st.integers(1, 360),
        "akad": st.sampled_from(Akad.values),
        "purpose": st.sampled_from(Purpose.values),
    }
)


def words_of(block):
    """All that a block of a letter says."""
    if isinstance(block, Facts):
        return [word for row in block.rows for word in (row.label, row.value)] + [block.title, block.note]
    if isinstance(block, Listing):
        return [block.title, *block.items]
    if isinstance(block, Signatures):
        return [word for place in block.places for word in place]
    assert isinstance(block, Prose), block
    return [block.text]


def letter_about(definition, facts, outcome):
    """A letter on rows that are stored nowhere."""
    version = ScorecardVersion(name="kartu-rahasia", number=1, definition=definition)
    explained = preview(values=facts, version=version)
    with translation.override("id"):
        reasons = [{"source": "score", "code": "x", "text": each.text} for each in explained.told_to_applicant()]
    branch = Branch(code="001", name="Kantor Pusat Bogor", city="Bogor")
    loan = Loan(
        loan_number="PB1",
        customer=Customer(full_name="Siti Aminah", branch=branch),
        akad=facts["akad"],
        purpose=facts["purpose"],
        application_date=date(2026, 11, 2),
        account_officer=User(first_name=SECRETS[0]),
    )
    score = explained.score
    score.facts = {**facts, "loan_amount": f"{facts['loan_amount']:.2f}"}
    decision = Decision(
        pk=1,
        loan=loan,
        score=score,
        amount=Decimal(facts["loan_amount"]),
        segment=score.segment,
        note=SECRETS[2],
        decision_note=SECRETS[3],
        recommended_by=User(first_name=SECRETS[0]),
        recommended_at=NOW,
        decided_by=User(first_name=SECRETS[1]),
        decided_at=LATER,
        outcome=outcome,
        reason=DecisionReason(kind="low_side", code="x", text=SECRETS[4]),
        customer_reasons=reasons if outcome == "rejected" else [],
    )
    return customer_letter(loan, decision, printed_at=LATER + timedelta(days=1))


@settings(max_examples=100, deadline=None)
@given(
    definition=st.sampled_from([STANDARD_1, RESCALED_1, ANNUAL_1]),
    facts=applications,
    outcome=st.sampled_from(["approved", "rejected"]),
)
def test_a_letter_tells_no_score_no_points_no_notes_and_no_names(definition, facts, outcome):
    paper = letter_about(definition, facts, outcome)

    said = [paper.name, paper.title, paper.foot, paper.letterhead.name, *paper.letterhead.lines]
    said += [word for block in paper.blocks for word in words_of(block)]
    text = "\n".join(said)
    assert [word for word in SECRETS if word in text] == []
    assert INTERNAL.findall(text) == []
    beside_reasons = [word for block in paper.blocks if not isinstance(block, Listing) for word in words_of(block)]
    numbers = set(re.findall(r"[0-9]+", AMOUNT.sub("", " ".join(beside_reasons))))
    assert numbers - {str(facts["tenor_months"])} == {"000001", "001", "2026", "23", "1", "2"} - {
        str(facts["tenor_months"])
    }
    if outcome == "rejected":
        assert len([block for block in paper.blocks if isinstance(block, Listing)]) == 1


def anything(text, name="x"):
    return Paper(
        name="x",
        language="id",
        letterhead=Letterhead(name=name, lines=(name,)),
        title=name,
        state=name,
        blocks=(Facts(title=name, rows=(Row(label=name, value=text),), note=text), Prose(text=text)),
        foot=name,
        page="%(number)d/%(count)d",
        made_at=NOW,
    )


@settings(max_examples=20, deadline=None)
@given(text=st.text(max_size=400), name=st.text(max_size=60))
def test_whatever_was_written_can_be_printed(text, name):
    assert pdf_of(anything(text, name)).startswith(b"%PDF")


def test_many_can_print_at_once_and_each_gets_their_own():
    papers = [anything("".join(chr(0x41 + (n * 7 + i) % 500) for i in range(400))) for n in range(8)]
    alone = [pdf_of(paper) for paper in papers]

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(pdf_of, papers * 4)) == alone * 4
