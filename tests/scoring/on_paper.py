"""Papers as tests read them."""

from io import BytesIO

from django.utils import translation
from pypdf import PdfReader

from loans.models import Loan
from scoring.paper.letter import letter_of
from scoring.paper.pdf import pdf_of
from scoring.paper.sheet import decision_sheet
from scoring.services.decisions import return_loan
from tests.scoring.decided import LATER


def as_read(loan):
    return Loan.objects.select_related("customer__branch", "account_officer").get(pk=loan.pk)


def sheet(desk, loan, at=LATER):
    return decision_sheet(as_read(loan), printed_by=desk.officer, printed_at=at)


def letter(loan, at=LATER):
    return letter_of(as_read(loan), printed_at=at)


def read(content):
    """The text of the PDF with its breaks taken out, and the pages."""
    pages = PdfReader(BytesIO(content)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split()), pages


def text_of(paper):
    return read(pdf_of(paper))[0]


def in_english(desk, loan):
    with translation.override("en"):
        return text_of(sheet(desk, loan))


def sent_back(desk, loan, note):
    return_loan(loan_id=loan.pk, note=note, returned_by=desk.supervisor, returned_at=LATER)
