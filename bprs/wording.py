"""A refusal's sentence in the reader's language."""

from django.utils.translation import gettext

from bprs.errors import DomainError
from bprs.spreadsheets.refusals import SpreadsheetRefused


def sentence_of(refusal: DomainError) -> str:
    """The spreadsheet intake knows no Django, so its sentences are translated here."""
    if isinstance(refusal, SpreadsheetRefused):
        return gettext(refusal.template) % refusal.params
    return str(refusal)
