"""What an import is about to do. Making a plan writes nothing; carrying it out does."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from bprs.access.models import Branch, User
from bprs.importing.entries import Fate


@dataclass(frozen=True, slots=True, kw_only=True)
class Importer:
    """
    Who imports, when, and into which branch what names none.

    `is_final` locks the records that are looked at; a preview does not.
    """

    user: User
    branch: Branch | None
    at: datetime
    is_final: bool


class Plan(Protocol):
    @property
    def generated(self) -> Collection[int]:
        """The rows for which numbers are made."""

    def fate(self, row: int) -> Fate:
        """What becomes of a row that is not refused."""

    def before(self, row: int, name: str) -> Any:
        """What the value of a field of the row replaces.

        :raises KeyError: if it replaces nothing
        """

    def write(self) -> list[int]:
        """Write what is new and changed; return the primary keys of the loans concerned."""
