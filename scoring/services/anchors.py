"""The head of the chain of seals, written down where nobody who can change the database can change it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from bprs.errors import DomainError
from scoring.models import Seal
from scoring.services.findings import Finding
from scoring.services.sealed_rows import moment

FORMAT = "bprs-seal-1"


class NotAnAnchor(DomainError):
    code = "not_an_anchor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """The head of the chain, as it was when it was written down elsewhere."""

    format: str
    number: int
    hash: str
    hmac: str

    def __post_init__(self) -> None:
        if self.format != FORMAT or type(self.number) is not int:
            raise ValueError(self.format)


def export_head() -> dict[str, object] | None:
    """The last seal; None if there is none yet."""
    seal = Seal.objects.order_by("-number").first()
    if seal is None:
        return None
    names = ("number", "hash", "hmac", "key_id", "entry_count", "row_count")
    said = {name: getattr(seal, name) for name in names}
    return {"format": FORMAT, **said, "sealed_at": moment(seal.sealed_at)}


def read_anchor(text: str | bytes) -> Anchor:
    """:raises NotAnAnchor: if this is not what `export_head` gave"""
    try:
        said = json.loads(text)
        anchor = Anchor(**{name: said[name] for name in ("format", "number", "hash", "hmac")})
    except (ValueError, KeyError, TypeError):
        raise NotAnAnchor(_("This is not a file that manage.py export_seal wrote.")) from None
    return anchor


def anchor_findings(anchor: Anchor) -> Iterator[Finding]:
    seal = Seal.objects.filter(number=anchor.number).first()
    if seal is None:
        last = Seal.objects.order_by("-number").values_list("number", flat=True).first() or 0
        sentence = _("The chain ends at seal %(last)s; the anchor is seal %(seal)s. Its tail was cut off.")
        yield Finding(code="anchor_missing", sentence=sentence % {"seal": anchor.number, "last": last})
    elif (seal.hash, seal.hmac) != (anchor.hash, anchor.hmac):
        sentence = _("Seal %(seal)s is not the one of the anchor. The chain was rewritten, or signed anew.")
        yield Finding(code="anchor_differs", sentence=sentence % {"seal": anchor.number})
