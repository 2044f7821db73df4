"""What every part of the house may say when it refuses."""

from collections.abc import Mapping
from typing import ClassVar


class DomainError(Exception):
    """
    A refusal a clerk can read: a stable code for programs and one sentence for people.

    Subclasses are named for what is wrong and live beside their raiser. `status` is the HTTP status the API
    answers with; `fields` points at what to mend, by field name.
    """

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 422

    def __init__(self, message: str, *, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.fields = dict(fields or {})

    def __str__(self) -> str:
        return str(self.message)
