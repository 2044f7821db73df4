"""
Are the translations complete? `python -m tests.translations` says what is missing; `--write` adds it and compiles.

Without GNU gettext: Babel extracts from Python, Django turns its templates into what Babel reads.
"""

import io
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

from bprs.spreadsheets import MESSAGES
from scoring.engine import REFUSAL_MESSAGES, STANDARD_1

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("bprs", "customers", "loans", "scoring", "templates")
PO = ROOT / "locale/id/LC_MESSAGES/django.po"
KEYWORDS = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop", "N_"), None),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), ((1, "c"), 2, 3)),
}


def main() -> int:
    catalog = read_po(io.BytesIO(PO.read_bytes()), locale="id") if PO.exists() else Catalog(locale="id")
    source = _extract_all()
    if "--write" in sys.argv:
        catalog.update(source, no_fuzzy_matching=True)
        catalog.obsolete.clear()
        _save(catalog)
    problems = [*_missing(source, catalog), *_out_of_date(catalog)]
    print("\n".join(problems) or f"All {len(source)} messages are translated.")  # noqa: T201 a command's output
    return 1 if problems else 0


def _extract_all() -> Catalog:
    catalog = Catalog(locale="id")
    for origin, texts in _of_pure_rooms().items():
        for text in texts:
            catalog.add(text, locations=[(origin, 0)], flags=["python-format"] if "%(" in text else [])
    for path in _sources():
        text = path.read_text()
        if path.suffix != ".py":
            text = templatize(text, origin=str(path))
        for line, message, _comments, context in extract("python", io.BytesIO(text.encode()), keywords=KEYWORDS):
            flags = ["python-format"] if "%(" in str(message) else []
            catalog.add(message, locations=[(str(path.relative_to(ROOT)), line)], context=context, flags=flags)
    return catalog


def _of_pure_rooms() -> dict[str, list[str]]:
    """The engine and the intake know no gettext: their sentences stand in tables, and the faces translate them."""
    labels = [text for part in STANDARD_1["characteristics"] for text in (part["label"], *_bin_labels(part))]
    return {
        "bprs/spreadsheets/refusals.py": list(MESSAGES.values()),
        "scoring/engine/refusals.py": list(REFUSAL_MESSAGES.values()),
        "scoring/engine/standard.py": [label for label in labels if any(map(str.isalpha, label))],
    }


def _bin_labels(characteristic: dict[str, Any]) -> list[str]:
    return [bin_["label"] for bin_ in characteristic["bins"]]


def _sources() -> Iterator[Path]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*")):
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
        elif any(_placeholders(text) - _placeholders(_all_forms(wanted.id)) for text in texts):
            yield f"unknown placeholder in the translation of {wanted.id!r} ({where})"


def _out_of_date(catalog: Catalog) -> Iterator[str]:
    mo = PO.with_suffix(".mo")
    if not mo.exists() or mo.read_bytes() != _compiled(catalog):
        yield f"{mo.relative_to(ROOT)} is not what django.po compiles to: run `python -m tests.translations --write`"


def _save(catalog: Catalog) -> None:
    buffer = io.BytesIO()
    write_po(buffer, catalog, width=120, sort_output=True, include_lineno=False, omit_header=False)
    text = re.sub(rb'"(POT-Creation-Date|PO-Revision-Date|Generated-By):[^"]*"\n', b"", buffer.getvalue())
    PO.parent.mkdir(parents=True, exist_ok=True)
    PO.write_bytes(text)
    PO.with_suffix(".mo").write_bytes(_compiled(catalog))


def _compiled(catalog: Catalog) -> bytes:
    stable = Catalog(locale="id", header_comment="", project="BPRS Scoring", version="1", charset="utf-8")
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
