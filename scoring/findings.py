"""What the lint finds of a card, in sentences for people."""

import re
from collections.abc import Callable
from decimal import Decimal

from django.utils.translation import gettext, gettext_noop

from bprs.display import exact_percentage
from loans.models import Akad, Purpose, Segment
from scoring.engine import CARD_MESSAGES, FINDING_MESSAGES, Examination, Finding, Terms, examine
from scoring.messages import shown_label, shown_stretches

SENTENCES = {**CARD_MESSAGES, **FINDING_MESSAGES}
TERMS = Terms(segments=tuple(Segment.values), words={"akad": tuple(Akad.values), "purpose": tuple(Purpose.values)})


def examine_card(card: object) -> Examination:
    """What is to be said of a card, written or built, that scores this bank's applications."""
    return examine(card, TERMS)


def finding_sentence(finding: Finding) -> str:
    """The finding in the reader's language, with segments and labels as people see them."""
    readable = {name: _readable(name, value) for name, value in finding.params.items()}
    sentence = gettext(SENTENCES[finding.code]) % readable
    return sentence[:1].upper() + sentence[1:]


def _readable(name: str, value: object) -> object:
    return READINGS[name](str(value)) if name in READINGS else value


def _segment_name(segment: str) -> str:
    return str(Segment(segment).label) if segment in Segment.values else segment


def _where(where: str) -> str:
    """From the engine's «“at_most” of a bin of dsr» to the same in the reader's language."""
    for pattern, template in WHERE_PATTERNS:
        named = pattern.fullmatch(where)
        if named:
            return gettext(template) % {name: _where(part) for name, part in named.groupdict().items()}
    return shown_label(where)


def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"%\\\((\w+)\\\)s", r"(?P<\1>.+)", re.escape(template)), re.DOTALL)


def _labels(labels: str) -> str:
    return ", ".join(shown_label(label) for label in labels.split(", "))


def _segment_names(segments: str) -> str:
    return ", ".join(_segment_name(segment) for segment in segments.split(", "))


def _share(probability: str) -> str:
    return exact_percentage(Decimal(probability))


def _quoted_labels(bins: str) -> str:
    """From the engine's «“no income”, > 0.40» to the labels people see."""
    return shown_stretches(re.sub("“(.+?)”", lambda quoted: f"“{gettext(quoted[1])}”", bins))


def _counts(counts: str) -> str:
    """From the engine's «low 0, medium 4» to «Low risk 0, Medium risk 4»."""
    parts = (part.rpartition(" ") for part in counts.split(", "))
    return ", ".join(f"{_segment_name(segment)} {count}" for segment, _space, count in parts)


# Where a card is wrong: the engine's words, for the translators.
WHERES = (
    gettext_noop("the card"),
    gettext_noop("the name of the card"),
    gettext_noop("the version of the card"),
    gettext_noop("the base points"),
    gettext_noop("the score range"),
    gettext_noop("the lowest score"),
    gettext_noop("the highest score"),
    gettext_noop("the margin"),
    gettext_noop("the margin rate"),
    gettext_noop("the list of characteristics"),
    gettext_noop("a characteristic"),
    gettext_noop("the name of a characteristic"),
    gettext_noop("the label of %(name)s"),
    gettext_noop("the fact of %(name)s"),
    gettext_noop("the bins of %(name)s"),
    gettext_noop("a bin of %(name)s"),
    gettext_noop("the label of a bin"),
    gettext_noop("the points of “%(name)s”"),
    gettext_noop("the values of %(name)s"),
    gettext_noop("a value of “%(name)s”"),
    gettext_noop("“%(key)s” of %(name)s"),
    gettext_noop("the list of PD bands"),
    gettext_noop("a PD band"),
    gettext_noop("where a PD band begins"),
    gettext_noop("a probability of default"),
    gettext_noop("the list of segment bands"),
    gettext_noop("a segment band"),
    gettext_noop("where a segment band begins"),
    gettext_noop("the name of a segment"),
    gettext_noop("segment"),
)
WHERE_PATTERNS = [(_pattern(each), each) for each in sorted(WHERES, key=lambda each: each.count("%("))]
# The labels of new bins, which people see translated until they write their own.
NEW_LABELS = (gettext_noop("some words"), gettext_noop("others"), gettext_noop("not known"))
READINGS: dict[str, Callable[[str], str]] = {
    "where": _where,
    "bands": gettext,
    "segment": _segment_name,
    "worse_segment": _segment_name,
    "better_segment": _segment_name,
    "known": _segment_names,
    "probability": _share,
    "upper": _share,
    "lower": _share,
    "counts": _counts,
    "bins": _quoted_labels,
    "label": shown_label,
    "other": shown_label,
    "others": _labels,
    "bin": shown_label,
    "other_bin": shown_label,
    "worse_bin": shown_label,
    "better_bin": shown_label,
}
