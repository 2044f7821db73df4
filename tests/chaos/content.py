"""
Everything that is in the database, so that two banks can be compared row by row.

Keys, times and tokens differ between any two banks, and how often something was attempted is what chaos changes: they
are left out, and a reference is given in words.
"""

import re
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db.models import DateTimeField, Field, FileField, ForeignKey, Model, UUIDField

from customers.models import Customer
from loans.models import Loan

UUIDS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
NOT_OF_THE_BANK = {"sessions", "contenttypes", "admin", "django_q", "auth"}
SEALS = {"scoring.Seal", "scoring.SealEntry"}  # hashes over keys and times
SIGNS_OF_LIFE = {"jobs.WorkerPulse", "access.CallCount"}
COUNTED_AT_LEISURE = {"scoring.Overview", "scoring.OverviewCell"}  # as of when a worker had nothing else to do
LEFT_OUT = {"token", "runner", "lease_token", "attempts", "begun_count", "interruptions", "password", "history_id"}
NAMED_BY: dict[type[Model], str] = {Customer: "customer_number", Loan: "loan_number"}


def content() -> dict[str, list[str]]:
    """Table -> its rows, as text and in one order."""
    models = (model for model in apps.get_models() if model._meta.app_label not in NOT_OF_THE_BANK)
    models = (model for model in models if model._meta.label not in SEALS | COUNTED_AT_LEISURE | SIGNS_OF_LIFE)
    return {model._meta.label: sorted(_rows(model)) for model in models}


def _rows(model: type[Model]) -> Iterator[str]:
    fields = [field for field in model._meta.concrete_fields if _is_compared(model, field)]
    names = {field.attname: _names_of(field.related_model) for field in fields if isinstance(field, ForeignKey)}
    for values in model._base_manager.values(*(field.attname for field in fields)).iterator():
        yield UUIDS.sub("<uuid>", repr({name: _said(names, name, value) for name, value in values.items()}))


def _is_compared(model: type[Model], field: "Field[Any, Any]") -> bool:
    is_key_of_history = hasattr(model, "instance_type") and field.name == "id"
    is_own = field.primary_key or is_key_of_history or field.name in LEFT_OUT
    return not (is_own or isinstance(field, DateTimeField | FileField | UUIDField))


def _names_of(model: Any) -> dict[Any, str] | None:
    """Of what the bank has a name for; of the rest it is enough that there is a reference."""
    name = NAMED_BY.get(model)
    return dict(model._base_manager.values_list("pk", name)) if name else None


def _said(names: dict[str, dict[Any, str] | None], name: str, value: Any) -> Any:
    if name not in names or value is None:
        return bytes(value) if isinstance(value, memoryview) else value
    known = names[name]
    return known.get(value, "<gone>") if known else "<reference>"
