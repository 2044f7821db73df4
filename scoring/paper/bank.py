"""Whose paper it is."""

from django.conf import settings

from bprs.access.models import Branch
from scoring.paper.blocks import Letterhead


def letterhead(branch: Branch) -> Letterhead:
    lines = (branch.name, settings.BANK_ADDRESS, settings.BANK_CONTACT)
    return Letterhead(name=settings.BANK_NAME, lines=tuple(line for line in lines if line))
