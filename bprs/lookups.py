"""
What can be asked of columns beyond what Django knows, on both databases alike.

`name__among=[...]`: any number of values in one parameter, where `__in` takes one parameter a value.
`name__begins_word="ami"` finds «Siti Aminah»; `numbered("number", "0042")` what begins or ends with it.
"""

import json
import re
import string
from collections.abc import Collection, Sequence
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Field, Lookup, Q
from django.db.models.functions import Reverse
from django.db.models.lookups import StartsWith
from django.db.models.sql.compiler import SQLCompiler

# Where PostgreSQL would see an address, a path or a number with a sign, people see words.
LONGEST_TERM, MOST_WORDS, KEY_DIGITS = 200, 8, 18
_BREAKS = string.punctuation.replace("%", "") + "’“”–—"  # noqa: RUF001 people write these; a percent sign needs no help


class Among(Lookup):
    """Equal to one of many texts or whole numbers."""

    lookup_name = "among"

    def get_prep_lookup(self) -> list[Any]:
        return list(self.rhs)

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[str | int, ...]]:
        left, params = self.process_lhs(compiler, connection)
        test, values = among(self.rhs, connection)
        return f"{left} {test}", (*params, values)


def among(values: Collection[Any], connection: BaseDatabaseWrapper) -> tuple[str, Any]:
    """What follows the name of a column in SQL, and its one parameter."""
    if connection.vendor == "postgresql":
        return "= ANY(%s)", as_array(values)
    return "IN (SELECT value FROM json_each(%s))", json.dumps(list(values))


def as_array(values: Collection[Any]) -> list[Any] | str:
    """What PostgreSQL takes for an array: of whole numbers its text, for the driver would adapt each of them in Python."""
    if all(type(value) is int for value in values):
        return "{" + ",".join(map(str, values)) + "}"
    return list(values)


class BeginsWord(Lookup):
    """A word of the text begins with this one, which is letters and digits, in capitals or not."""

    lookup_name = "begins_word"

    def get_prep_lookup(self) -> str:
        word = str(self.rhs)
        if not word.isalnum():
            raise ValueError(f"{word!r} is no word.")
        return word

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        left, params = self.process_lhs(compiler, connection)
        if connection.vendor == "postgresql":
            return f"{_words_in(left)} @@ to_tsquery('simple', %s)", (*params, f"'{self.rhs}':*")
        likely, sure = f"%{self.rhs}%", rf"(?i)(^|[\W_]){self.rhs}"
        return f"({left} LIKE %s AND {left} REGEXP %s)", (*params, likely, *params, sure)


def searched_words(term: str) -> list[str]:
    """What is looked for, between blanks; the first few of what nobody would type."""
    return term.replace("\0", " ")[:LONGEST_TERM].split()[:MOST_WORDS]


def words_of(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text)


def numbered(field: str, number: str) -> Q:
    """Whose number begins or ends like this, also where it was typed without capitals."""
    found = Q(pk__in=[])
    for written in {number, number.upper()}:
        found |= Q(**{f"{field}__startswith": written}) | Q(StartsWith(Reverse(field), written[::-1]))
    return found


def index_words(editor: BaseDatabaseSchemaEditor, *, table: str, column: str) -> None:
    """What `begins_word` needs on a large table; SQLite reads it whole."""
    if editor.connection.vendor == "postgresql":
        editor.execute(f"CREATE INDEX {table}_{column}_words ON {table} USING gin ({_words_in(column)})")


def index_endings(editor: BaseDatabaseSchemaEditor, *, table: str, column: str) -> None:
    """What `numbered` needs beside the index that Django makes for a unique text."""
    if editor.connection.vendor == "postgresql":
        editor.execute(f"CREATE INDEX {table}_{column}_ends ON {table} (reverse({column}) text_pattern_ops)")


def drop_indices(editor: BaseDatabaseSchemaEditor, *, table: str, columns: Sequence[str], unique: bool = False) -> None:
    """
    Drop what Django made for each of the columns and nobody asks for: every row that is written would pay for it.

    :param unique: of a unique text only the index for its beginnings goes, which one reads by no beginning
    """
    if editor.connection.vendor != "postgresql":
        return
    with editor.connection.cursor() as cursor:
        made = editor.connection.introspection.get_constraints(cursor, table)
    for name, index in made.items():
        ours = index["index"] and not index["unique"] and index["columns"] in [[column] for column in columns]
        if ours and (not unique or name.endswith("_like")):
            editor.execute(f"DROP INDEX {editor.quote_name(name)}")


def _words_in(column: str) -> str:
    return f"to_tsvector('simple', translate({column}, {_quoted(_BREAKS)}, '{' ' * len(_BREAKS)}'))"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def is_key(text: str) -> bool:
    """Whether it could be the key of a row: digits, and no more than a database counts to."""
    return text.isascii() and text.isdigit() and len(text) <= KEY_DIGITS


def register_lookups() -> None:
    Field.register_lookup(Among)
    Field.register_lookup(BeginsWord)
