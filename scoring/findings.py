"""What the lint finds of a card, in sentences for people."""

import re
from collections.abc import Callable
from decimal import Decimal

from django.utils.translation import gettext

from bprs.display import percentage
from loans.models import Segment
from scoring.engine import CARD_MESSAGES, FINDING_MESSAGES, Finding

SENTENCES = {**CARD_MESSAGES, **FINDING_MESSAGES}


def finding_sentence(finding: Finding) -> str:
    """The finding in the reader's language, with segments and labels as people see them."""
    template = SENTENCES[finding.code]
    return gettext(template) % {name: _readable(name, value) for name, value in finding.params.items()}


def _readable(name: str, value: object) -> object:
    return READINGS[name](str(value)) if name in READINGS else value


def _segment_name(segment: str) -> str:
    return str(Segment(segment).label) if segment in Segment.values else segment


def _share(probability: str) -> str:
    return percentage(Decimal(probability), 0)


def _quoted_labels(bins: str) -> str:
    """From the engine's «“no income”, > 0.40» to the labels people see."""
    return re.sub("“(.+?)”", lambda quoted: f"“{gettext(quoted[1])}”", bins)


def _counts(counts: str) -> str:
    """From the engine's «low 0, medium 4» to «Low risk 0, Medium risk 4»."""
    parts = (part.rpartition(" ") for part in counts.split(", "))
    return ", ".join(f"{_segment_name(segment)} {count}" for segment, _space, count in parts)


READINGS: dict[str, Callable[[str], str]] = {
    "segment": _segment_name,
    "probability": _share,
    "upper": _share,
    "lower": _share,
    "counts": _counts,
    "bins": _quoted_labels,
    "label": gettext,
    "bin": gettext,
}
