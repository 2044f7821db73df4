"""What there is to say about a column, and when two headers are the same."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["money", "whole", "date", "identifier", "nik", "name", "text", "choice"]
Language = Literal["id", "en"]
NUMBERS: frozenset[Kind] = frozenset({"money", "whole"})

EXAMPLE_NAMES: dict[Language, str] = {"id": "Contoh: hapus baris ini", "en": "Example: delete this row"}

# What a header may say that its column is counted in, although only full rupiah and months are read.
OTHER_UNITS: dict[Kind, frozenset[str]] = {
    "money": frozenset(
        [
            "juta",
            "jutaan",
            "jt",
            "ribu",
            "ribuan",
            "rb",
            "miliar",
            "milyar",
            "miliaran",
            "million",
            "millions",
            "thousand",
            "thousands",
            "billion",
            "mio",
        ]
    ),
    "whole": frozenset(["tahun", "thn", "th", "years", "year", "yrs", "yr"]),
}

_BRACKETS = re.compile(r"[(\[]([^()\[\]]*)[)\]]")


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnSpec:
    """
    A column by its canonical name. `units` may follow a header in brackets; any other bracket is part of the name,
    so that an amount in millions or a tenor in years is never taken for something else.
    """

    name: str
    kind: Kind
    aliases: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    title_id: str = ""
    title_en: str = ""
    minimum: int | None = None
    maximum: int | None = None
    is_positive: bool = False
    max_length: int | None = None
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    words_id: Mapping[str, str] = field(default_factory=dict)
    example: str | int = ""

    def words(self, language: Language) -> tuple[str, ...]:
        """The choices as a template offers them; each is read back as the stored word."""
        return tuple(self.words_id.get(word, word) if language == "id" else word for word in self.choices)

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, *self.aliases)

    @property
    def folded_units(self) -> frozenset[str]:
        return frozenset(fold(unit) for unit in self.units)


def fold(header: str) -> str:
    """A header without case, accents, punctuation and spaces."""
    decomposed = unicodedata.normalize("NFKD", header)
    return "".join(char for char in decomposed.casefold() if char.isalnum())


def folded_alternatives(header: str) -> tuple[tuple[str, frozenset[str]], ...]:
    """The header whole, and the header without its brackets beside what stood in them."""
    units = frozenset(fold(unit) for unit in _BRACKETS.findall(header)) - {""}
    return (fold(header), frozenset()), (fold(_BRACKETS.sub(" ", header)), units)


def other_unit(header: str, kind: Kind) -> str:
    """The unit that a header names and that is not read for such a column, as it stands there; else ""."""
    words = re.findall(r"[^\W\d_]+", header)
    return next((word for word in words if word.casefold() in OTHER_UNITS.get(kind, ())), "")
