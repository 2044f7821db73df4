"""What verifying says."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that is not as it was written: a stable code, and a sentence that names it. A note only wants to be known."""

    code: str
    sentence: str
    is_note: bool = False
