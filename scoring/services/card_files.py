"""A scorecard as a file: JSON to keep and to bring back, a sheet of points to print, SQL for other systems."""

import io
import json
from collections.abc import Iterator
from typing import Any, Final, Literal

from django.utils.translation import gettext as _

from bprs.errors import DomainError
from scoring.engine import Level, Scorecard, canonical_json, is_exact_in_sql, scorecard_sql
from scoring.findings import examine_card, finding_sentence
from scoring.models import ScorecardVersion
from scoring.services.card_sheet import write_card_sheet

CardFormat = Literal["json", "xlsx", "sql"]
CARD_FORMATS: Final[tuple[CardFormat, ...]] = ("json", "xlsx", "sql")
LARGEST_FILE: Final = 2 * 1024 * 1024
FAULTS_NAMED: Final = 20


class CardFileUnreadable(DomainError):
    code = "card_file_unreadable"


class CardUnfinished(DomainError):
    code = "card_unfinished"
    status = 409


class CardNotInSql(DomainError):
    code = "card_not_in_sql"
    status = 409


def card_file(version: ScorecardVersion, file_format: CardFormat) -> bytes:
    """
    Write a version as a file. The SHA-256 of the JSON is the content hash of the version.

    :raises CardUnfinished: if a draft that is no card yet is wanted as anything but JSON
    :raises CardNotInSql: if no SQL decides it exactly
    """
    if file_format == "json":
        return canonical_json(version.definition).encode()
    card = _finished(version)
    if file_format == "xlsx":
        return _sheet(version, card)
    if not is_exact_in_sql(card):
        raise CardNotInSql(
            _("The installment of an annuity cannot be computed exactly in SQL. Score a file or use the API instead.")
        )
    return scorecard_sql(card).encode()


def card_filename(version: ScorecardVersion, file_format: CardFormat) -> str:
    return f"{version.label}.{file_format}"


def read_card_file(content: bytes) -> dict[str, Any]:
    """
    Read a card that was written as JSON, by this software or by hand.

    :raises CardFileUnreadable: if it is no such file, or no card: then naming all that is wrong with it
    """
    if len(content) > LARGEST_FILE:
        raise CardFileUnreadable(_("A scorecard is never larger than 2 MB; this file is."))
    examination = examine_card(_json(content))
    faults = [finding_sentence(each) for each in examination.findings if each.level is Level.BLOCKING]
    if examination.card is None or faults:
        raise CardFileUnreadable(
            _("This scorecard cannot be used. %(reasons)s") % {"reasons": " ".join(_first(faults))}
        )
    return examination.card.to_dict()


def _first(faults: list[str]) -> Iterator[str]:
    yield from faults[:FAULTS_NAMED]
    if len(faults) > FAULTS_NAMED:
        yield _("And %(count)s more.") % {"count": len(faults) - FAULTS_NAMED}


def _json(content: bytes) -> object:
    try:
        return json.loads(content.decode("utf-8-sig"), object_pairs_hook=_object, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise CardFileUnreadable(_("This file is not JSON. Choose a scorecard that was downloaded as JSON.")) from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A key that stands there twice would lose one of its values without a word."""
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(key for place, (key, _value) in enumerate(pairs) if key in dict(pairs[:place]))
        raise CardFileUnreadable(_("“%(key)s” stands twice in one object of this file.") % {"key": twice})
    return found


def _no_number(name: str) -> float:
    raise ValueError(name)


def _finished(version: ScorecardVersion) -> Scorecard:
    card = examine_card(version.definition).card
    if card is None:
        raise CardUnfinished(_("This draft is not finished. Only its JSON can be downloaded."))
    return card


def _sheet(version: ScorecardVersion, card: Scorecard) -> bytes:
    target = io.BytesIO()
    write_card_sheet(target, version, card)
    return target.getvalue()
