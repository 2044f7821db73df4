"""What an import is about to do. Making a plan writes nothing; carrying it out does."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from bprs.access.models import Branch, User
from bprs.importing.entries import Fate, Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Importer:
    """
    Who imports, when, and into which branch what names none.

    `is_final` locks the records that are looked at; a preview does not. `reason` stands in the history of what is
    written, so that it can be found again.
    """

    user: User
    branch: Branch | None
    at: datetime
    is_final: bool
    reason: str = ""


class Plan(Protocol):
    """A plan for a sheet whose rows all are good; rows are named by their place in it."""

    @property
    def generated(self) -> Collection[int]:
        """The rows for which numbers are made."""

    @property
    def fates(self) -> Sequence[Fate]:
        """What becomes of each row that is not refused."""

    @property
    def groups(self) -> Sequence[str]:
        """What each row must be written together with: rows of one group look at the same record."""

    def before(self, row: int, name: str) -> Any:
        """What the value of a field of the row replaces.

        :raises KeyError: if it replaces nothing
        """

    def tallies(self) -> Sequence[Tally]:
        """What `write` will add and change of each kind of record, in the order of the resource's `records`."""

    def write(self) -> list[int]:
        """Write what is new and changed in the rows that were not refused; return the loans concerned."""
