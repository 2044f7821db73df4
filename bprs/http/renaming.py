"""A refusal speaks of the model's fields; a face may call them otherwise."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from bprs.errors import DomainError


@contextmanager
def fields_named(names: Mapping[str, str]) -> Iterator[None]:
    """Let a refusal that passes through point at the names the caller knows."""
    try:
        yield
    except DomainError as refusal:
        refusal.fields = {names.get(field, field): text for field, text in refusal.fields.items()}
        raise
