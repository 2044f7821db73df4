"""Two versions beside each other: what tells them apart, bin by bin."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bprs.display import exact_percentage, signed
from loans.models import Segment
from scoring.engine import Difference, MarginMethod, ScorecardError, differences
from scoring.engine.diff import Value
from scoring.messages import COVERS, DIRECTIONS, FACT_LABELS, METHOD_LABELS, shown_label
from scoring.models import ScorecardVersion

WORDS = {
    "name": _("Name"),
    "base_points": _("Base points"),
    "lowest": _("Lowest score"),
    "highest": _("Highest score"),
    "margin_method": _("Margin is charged"),
    "margin_rate": _("Margin rate"),
    "order": _("Order"),
    "characteristic": _("The whole characteristic"),
    "label": _("Name"),
    "fact": _("Fact"),
    "direction": _("Declared direction"),
    "unlisted": _("Words no bin lists"),
    "bin": _("Bin, with its points"),
    "points": _("Points"),
    "cover": _("What it covers"),
    "pd_band": _("Probability of default"),
    "segment_band": _("Risk segment"),
}
VALUES = {**DIRECTIONS, **COVERS, "refuse": _("refused")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    kind: str
    bin: str
    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The differences of one characteristic, or of the card as a whole where `characteristic` is empty."""

    characteristic: str
    lines: tuple[Line, ...]


def compare_cards(request: HttpRequest, version_id: int) -> HttpResponse:
    if not request.user.has_perm("scoring.view_scorecardversion"):
        raise PermissionDenied
    versions = {each.pk: each for each in ScorecardVersion.objects.order_by("name", "number")}
    version = versions.get(version_id)
    if version is None:
        raise Http404
    other = versions.get(_other_of(request, version)) or version
    page = {"version": version, "other": other, "others": [each for each in versions.values() if each != version]}
    try:
        page["groups"] = groups_of(differences(other.card, version.card))
    except ScorecardError:
        page["refusal"] = gettext("One of the two cannot be used yet: mend it before you compare.")
    title = gettext("%(card)s beside %(other)s") % {"card": version, "other": other}
    return TemplateResponse(
        request, "scoring/card_compare.html", {**admin.site.each_context(request), "title": title, **page}
    )


def _other_of(request: HttpRequest, version: ScorecardVersion) -> int:
    """Unless somebody says, what it was made from, or the card in force."""
    asked = request.GET.get("with", "")
    if asked.isdecimal():
        return int(asked)
    in_force = ScorecardVersion.objects.in_force_or_none(timezone.now())
    return version.based_on_id or (in_force.pk if in_force else version.pk)


def groups_of(found: tuple[Difference, ...]) -> list[Group]:
    by_characteristic = groupby(found, key=lambda each: each.characteristic)
    return [
        Group(characteristic=shown_label(name), lines=tuple(_line(each) for each in some))
        for name, some in by_characteristic
    ]


def _line(difference: Difference) -> Line:
    return Line(
        kind=difference.kind.value,
        bin=shown_label(difference.bin),
        what=str(WORDS[difference.what]),
        before=_shown(difference.what, difference.before),
        after=_shown(difference.what, difference.after),
    )


def _shown(what: str, value: Value) -> str:
    return "" if value is None else READERS.get(what, _words)(str(value))


def _points(text: str) -> str:
    return signed(int(text))


def _words(text: str) -> str:
    return ", ".join(str(VALUES.get(part) or shown_label(part)) for part in text.split(", "))


def _whole_characteristic(text: str) -> str:
    parts = (part.rpartition(": ") for part in text.split("; "))
    return "; ".join(f"{shown_label(label)}: {_points(points)}" for label, _colon, points in parts)


def _share(text: str) -> str:
    return exact_percentage(Decimal(text))


def _band(meaning: Callable[[str], str]) -> Callable[[str], str]:
    """From "≥ 750: 0.01" to what it means to people."""

    def read(text: str) -> str:
        start, _colon, means = text.partition(": ")
        return f"{start}: {meaning(means)}"

    return read


def _segment(segment: str) -> str:
    return str(Segment(segment).label) if segment in Segment.values else segment


READERS: dict[str, Callable[[str], str]] = {
    "points": _points,
    "bin": _points,
    "margin_rate": _share,
    "margin_method": lambda text: str(METHOD_LABELS[MarginMethod(text)]),
    "fact": lambda text: str(FACT_LABELS[text]),
    "pd_band": _band(_share),
    "segment_band": _band(_segment),
    "characteristic": _whole_characteristic,
}
