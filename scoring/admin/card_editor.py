"""
The editor of a draft: its tables, edited in place, and beside them what the card can and cannot do while one types.

The draft being edited travels with the page, signed; nothing is written before it is saved.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.core import signing
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bprs.access.admin_base import user_of
from bprs.errors import DomainError
from bprs.wording import sentence_of
from loans.models import Segment
from scoring.admin.card_lint import card_lint
from scoring.admin.card_sheet import Sheet, fields_at, sheet_of, write_typed
from scoring.engine import RAW_FACTS, DerivedFact, MarginMethod
from scoring.engine.editing import (
    CannotEdit,
    Written,
    add_bin,
    add_characteristic,
    merge,
    move,
    remove_bin,
    split,
)
from scoring.messages import FACT_LABELS, METHOD_LABELS
from scoring.models import CardProposal, ScorecardVersion
from scoring.services.card_drafts import save_draft

SALT = "scoring.card_editor"
SAVE = "save"
REFUSED = {
    "nothing_to_split": _("There is nothing to split here: it is not a stretch of numbers with an end."),
    "no_room_to_split": _("There is no whole number between the two ends: nothing to split."),
    "nothing_to_merge": _("There is no neighbour to merge with: a characteristic needs two stretches of numbers."),
    "nowhere_to_move": _("It stands at the end already."),
    "merge_instead": _("Numbers cannot be taken out: merge the bin with its neighbour."),
    "bin_there_already": _("There is such a bin already."),
}
FACTS = (*RAW_FACTS, *(fact.value for fact in DerivedFact))


@dataclass(frozen=True, slots=True, kw_only=True)
class EditorPage:
    version: ScorecardVersion
    sheet: Sheet
    state: str
    refusal: str = ""

    @property
    def facts(self) -> list[tuple[str, str]]:
        return [(fact, str(FACT_LABELS[fact])) for fact in FACTS]

    @property
    def segments(self) -> list[tuple[str, str]]:
        return [(segment.value, str(segment.label)) for segment in Segment]

    @property
    def methods(self) -> list[tuple[str, str]]:
        return [(method.value, str(METHOD_LABELS[method])) for method in MarginMethod]


def edit_card(request: HttpRequest, version_id: int) -> HttpResponse:
    """Show a draft to be edited; take what was typed; check it, change its shape, or save it."""
    if not request.user.has_perm("scoring.change_scorecardversion"):
        raise PermissionDenied
    version = ScorecardVersion.objects.filter(pk=version_id).first()
    if version is None:
        raise Http404
    if CardProposal.objects.freezing().filter(version=version).exists():
        messages.warning(request, gettext("What was proposed stays as it is. Make a new version of it to change it."))
        return redirect("admin:scoring_scorecardversion_change", version_id)
    if request.method != "POST":
        return _page(request, version, version.definition, seen_hash=version.content_hash)
    return _typed(request, version)


def _typed(request: HttpRequest, version: ScorecardVersion) -> HttpResponse:
    card, seen_hash = _state_of(request.POST, version)
    write_typed(card, request.POST)
    if "check" in request.GET:  # htmx names the button that was pressed last, whatever it asks now
        return TemplateResponse(request, "scoring/card_lint.html", lint_of(card))
    what, refusal = request.POST.get("what", SAVE), ""
    if what == SAVE:
        return _save(request, version, card, seen_hash)
    try:
        _change_shape(card, what)
    except CannotEdit as cannot:
        refusal = str(REFUSED[cannot.args[0]])
    except (LookupError, TypeError, ValueError):
        raise SuspiciousOperation("the editor has no such button") from None
    return _page(request, version, card, seen_hash=seen_hash, refusal=refusal)


def _save(request: HttpRequest, version: ScorecardVersion, card: Written, seen_hash: str) -> HttpResponse:
    try:
        save_draft(
            version_id=version.pk,
            definition=card,
            seen_hash=seen_hash,
            edited_by=user_of(request),
            edited_at=timezone.now(),
            reason=request.POST.get("reason", "").strip(),
        )
    except DomainError as refusal:
        return _page(request, version, card, seen_hash=seen_hash, refusal=sentence_of(refusal))
    messages.success(request, gettext("Saved draft %(card)s.") % {"card": version})
    url = reverse("admin:scoring_scorecardversion_change", args=[version.pk])
    return redirect(url)


def _page(
    request: HttpRequest, version: ScorecardVersion, card: Written, *, seen_hash: str, refusal: str = ""
) -> HttpResponse:
    state = signing.dumps({"card": card, "pk": version.pk, "seen": seen_hash}, salt=SALT, compress=True)
    page = EditorPage(version=version, sheet=sheet_of(card), state=state, refusal=refusal)
    is_part = bool(request.headers.get("HX-Request"))
    template = "scoring/card_editor_form.html" if is_part else "scoring/card_editor.html"
    return TemplateResponse(
        request, template, {"page": page, **lint_of(card), **({} if is_part else _frame(request, version))}
    )


def lint_of(card: Written) -> dict[str, Any]:
    """What the panel beside the tables shows, and the fields it speaks of."""
    lint = card_lint(card)
    return {"lint": lint, "faulty": " ".join(fields_at(card, lint.faults))}


def _frame(request: HttpRequest, version: ScorecardVersion) -> dict[str, Any]:
    return {**admin.site.each_context(request), "title": gettext("Edit scorecard %(card)s") % {"card": version}}


def _state_of(posted: QueryDict, version: ScorecardVersion) -> tuple[Written, str]:
    try:
        state = signing.loads(posted.get("state", ""), salt=SALT)
    except signing.BadSignature:
        raise SuspiciousOperation("the state of the editor was not made here") from None
    if state["pk"] != version.pk:
        raise SuspiciousOperation("the state of the editor is another card's")
    return state["card"], state["seen"]


def _change_shape(card: Written, what: str) -> None:
    """`what` names a change and where: "split c0 b2", "merge", "up", "down", "remove", "add c0 missing", "fact akad"."""
    verb, *where = what.split()
    SHAPES[verb](card, *where)


def _characteristic(card: Written, place: str) -> Written:
    found: Written = card["characteristics"][int(place)]
    return found


def _add_band(card: Written, kind: str) -> None:
    bands = card[kind]
    top = bands[0]["at_least"]
    begins = top + 50 if isinstance(top, int) else card["score_range"]["highest"]
    means = {"probability": "0.01"} if kind == "pd_bands" else {"segment": _free_segment(bands)}
    bands.insert(0, {"at_least": begins, **means})


def _free_segment(bands: list[Written]) -> str:
    taken = {band["segment"] for band in bands}
    return next((value for value in Segment.values if value not in taken), Segment.LOW)


SHAPES: dict[str, Callable[..., None]] = {
    "split": lambda card, at, bin_: split(_characteristic(card, at), int(bin_)),
    "merge": lambda card, at, bin_: merge(_characteristic(card, at), int(bin_)),
    "up": lambda card, at, bin_: move(_characteristic(card, at)["bins"], int(bin_), -1),
    "down": lambda card, at, bin_: move(_characteristic(card, at)["bins"], int(bin_), 1),
    "remove": lambda card, at, bin_: remove_bin(_characteristic(card, at), int(bin_)),
    "add": lambda card, at, kind: add_bin(_characteristic(card, at), kind),
    "earlier": lambda card, at: move(card["characteristics"], int(at), -1),
    "later": lambda card, at: move(card["characteristics"], int(at), 1),
    "drop": lambda card, at: card["characteristics"].pop(int(at)),
    "fact": add_characteristic,
    "band": _add_band,
    "unband": lambda card, kind, at: card[kind].pop(int(at)),
}
