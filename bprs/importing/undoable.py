"""What an import writes, said so that it can be taken back."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Undoable:
    """
    A kind of record that imports write: its model with a history, the field people know it by, and a column whose
    time says that it was used after it was written.
    """

    model: Any
    number: str
    used_at: str = ""
