"""
Are the translations complete? `python -m tests.translations` says what is missing; `--write` adds it and compiles.

Two catalogs: our own messages, and those of packages that bring no Indonesian.
Without GNU gettext: Babel extracts from Python, Django turns its templates into what Babel reads.
"""

import io
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import django
import import_export
import simple_history
import unfold
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

from bprs.access.roles import ROLES
from bprs.spreadsheets import MESSAGES
from scoring.engine import ANNUAL_1, CARD_MESSAGES, FINDING_MESSAGES, REFUSAL_MESSAGES, RESCALED_1, STANDARD_1

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("bprs", "customers", "loans", "scoring", "templates")
PO = ROOT / "locale/id/LC_MESSAGES/django.po"
PACKAGES_PO = ROOT / "locale_third_party/id/LC_MESSAGES/django.po"
PACKAGES = tuple(Path(package.__file__).parent for package in (unfold, import_export, simple_history))
DJANGO = Path(django.__file__).parent
IN_INDONESIAN = (DJANGO / "conf", *((DJANGO / "contrib" / name) for name in ("admin", "auth")), *PACKAGES)
NEEDLESS_HEADERS = re.compile(rb'"(Report|POT|PO|Last|Language-Team|Generated)[\w-]*:[^"]*"\n')
KEYWORDS = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop", "N_"), None),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), ((1, "c"), 2, 3)),
}


def main() -> int:
    ours = _ours()
    problems = [*_problems(PO, ours), *_problems(PACKAGES_PO, _of_packages(ours))]
    print("\n".join(problems) or f"All {len(ours)} messages are translated, and those of the packages.")  # noqa: T201 a command's output
    return 1 if problems else 0


def _problems(po: Path, source: Catalog) -> Iterator[str]:
    catalog = _read(po)
    if "--write" in sys.argv:
        catalog.update(source, no_fuzzy_matching=True)
        catalog.obsolete.clear()
        _save(catalog, po)
    yield from _missing(source, catalog)
    yield from _out_of_date(catalog, po)


def _ours() -> Catalog:
    catalog = _extracted(_sources(ROOT / room for room in ROOMS))
    for origin, texts in _of_pure_rooms().items():
        for text in texts:
            catalog.add(text, locations=[(origin, 0)], flags=_flags(text))
    return catalog


def _of_packages(ours: Catalog) -> Catalog:
    """What the packages say that neither they, nor Django, nor we have in Indonesian."""
    known = {_key(message) for catalog in (ours, *_catalogs_of_packages()) for message in catalog}
    missing = _empty()
    for message in _extracted(_sources(PACKAGES)):
        if _key(message) not in known:
            missing[message.id] = message
    return missing


def _catalogs_of_packages() -> Iterator[Catalog]:
    for room in IN_INDONESIAN:
        for mo in room.glob("locale/id/LC_MESSAGES/django.mo"):
            yield read_mo(io.BytesIO(mo.read_bytes()))


def _key(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _extracted(paths: Iterable[Path]) -> Catalog:
    catalog = _empty()
    for path in paths:
        for line, message, _comments, context in extract("python", io.BytesIO(_python_of(path)), keywords=KEYWORDS):
            catalog.add(message, locations=[(_name(path), line)], context=context, flags=_flags(message))
    return catalog


def _python_of(path: Path) -> bytes:
    """A template becomes calls of gettext, a line each where it stood, without the indentation of the tags."""
    if path.suffix == ".py":
        return path.read_bytes()
    return re.sub(r"^[ \t]+", "", templatize(path.read_text(), origin=str(path)), flags=re.MULTILINE).encode()


def _name(path: Path) -> str:
    """From the repository, or from the folder the package is installed in."""
    return str(path).removeprefix(f"{ROOT}/").rpartition("site-packages/")[2]


def _flags(message: object) -> list[str]:
    return ["python-format"] if "%(" in str(message) else []


def _of_pure_rooms() -> dict[str, list[str]]:
    """Some sentences and names stand in tables that know no gettext; whoever shows them translates them."""
    return {
        "bprs/access/roles.py": list(ROLES),
        "bprs/spreadsheets/refusals.py": list(MESSAGES.values()),
        "scoring/engine/errors.py": list(CARD_MESSAGES.values()),
        "scoring/engine/findings.py": list(FINDING_MESSAGES.values()),
        "scoring/engine/refusals.py": list(REFUSAL_MESSAGES.values()),
        "scoring/engine/standard.py": [
            text
            for card in (STANDARD_1, RESCALED_1, ANNUAL_1)
            for text in _words_of(card)
            if re.search(r"[a-z.]", text)
        ],
    }


def _words_of(card: Mapping[str, Any]) -> Iterator[str]:
    yield card["name"]
    for characteristic in card["characteristics"]:
        yield characteristic["label"]
        yield from (bin_["label"] for bin_ in characteristic["bins"])


def _sources(rooms: Iterable[Path]) -> Iterator[Path]:
    for room in rooms:
        for path in sorted(room.rglob("*")):
            if path.suffix in {".py", ".html", ".txt"} and "migrations" not in path.parts:
                yield path


def _missing(source: Catalog, catalog: Catalog) -> Iterator[str]:
    for wanted in source:
        if not wanted.id:
            continue
        known = catalog.get(wanted.id[0] if wanted.pluralizable else wanted.id, wanted.context)
        texts = (known.string if isinstance(known.string, tuple | list) else (known.string,)) if known else ("",)
        where = ", ".join(f"{name}:{line}" for name, line in wanted.locations[:2])
        if not all(texts) or (known and known.fuzzy):
            yield f"not translated: {wanted.id!r} ({where})"
        elif any(_placeholders(text or "") - _placeholders(_all_forms(wanted.id)) for text in texts):
            yield f"unknown placeholder in the translation of {wanted.id!r} ({where})"


def _out_of_date(catalog: Catalog, po: Path) -> Iterator[str]:
    mo = po.with_suffix(".mo")
    if not mo.exists() or mo.read_bytes() != _compiled(catalog):
        yield f"{mo.relative_to(ROOT)} is not what django.po compiles to: run `python -m tests.translations --write`"


def _empty() -> Catalog:
    catalog = Catalog(
        locale="id", header_comment="#", project="BPRS Scoring", version="1", charset="utf-8", fuzzy=False
    )
    catalog.mime_headers = [("Plural-Forms", "nplurals=1; plural=0;")]  # Babel thinks of two
    return catalog


def _read(po: Path) -> Catalog:
    catalog = _empty()
    for message in read_po(io.BytesIO(po.read_bytes()), locale="id") if po.exists() else ():
        if message.id:
            catalog[message.id] = message
    return catalog


def _save(catalog: Catalog, po: Path) -> None:
    buffer = io.BytesIO()
    write_po(buffer, catalog, width=120, sort_output=True, include_lineno=False, omit_header=False)
    text = NEEDLESS_HEADERS.sub(b"", buffer.getvalue())
    po.parent.mkdir(parents=True, exist_ok=True)
    po.write_bytes(text)
    po.with_suffix(".mo").write_bytes(_compiled(catalog))


def _compiled(catalog: Catalog) -> bytes:
    stable = _empty()
    for message in catalog:
        if message.id and message.string:
            stable.add(message.id, message.string, context=message.context, flags=message.flags)
    stable.creation_date = stable.revision_date = datetime(2026, 1, 1, tzinfo=UTC)
    buffer = io.BytesIO()
    write_mo(buffer, stable)
    return buffer.getvalue()


def _placeholders(text: str) -> set[str]:
    return set(re.findall(r"%\(\w+\)[a-z]|%[sd]|\{\w*\}", text))


def _all_forms(message_id: object) -> str:
    return " ".join(message_id) if isinstance(message_id, list | tuple) else str(message_id)


if __name__ == "__main__":
    sys.exit(main())
