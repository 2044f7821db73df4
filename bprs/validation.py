"""Turning what a model refuses into a refusal a clerk can read."""

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models
from django.utils.translation import gettext as _

from bprs.errors import DomainError


class Invalid(DomainError):
    """Values that the model's own rules refuse; `fields` says which and why."""

    code = "invalid"
    status = 422


def check(instance: models.Model) -> None:
    """
    Apply the model's field, uniqueness and constraint rules.

    :raises Invalid: naming every field that is wrong
    """
    try:
        instance.full_clean()
    except ValidationError as error:
        raise refusal_of(error) from None


def refusal_of(error: ValidationError) -> Invalid:
    """Translate Django's error; what belongs to no field stands in the sentence alone."""
    messages = error.message_dict
    general = messages.pop(NON_FIELD_ERRORS, [])
    fields = {field: " ".join(texts) for field, texts in messages.items()}
    return Invalid(" ".join(general) or _("Please correct the marked fields."), fields=fields)
