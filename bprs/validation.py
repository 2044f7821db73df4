"""Turning what a model refuses into a refusal a clerk can read."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _

from bprs.errors import DomainError
from bprs.spreadsheets.dates import EARLIEST

EASTERNMOST = ZoneInfo("Asia/Jayapura")


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


def latest_day(at: datetime) -> date:
    """The day that it is in the east of the country: nobody's today is refused."""
    return timezone.localdate(at, EASTERNMOST)


def since_1900_until_today(day: date) -> None:
    """
    A day that a spreadsheet can hold, and is not yet to come.

    :raises ValidationError: if it is none
    """
    if day < EARLIEST:
        raise ValidationError(_("The date is before 1900."), code="before_1900")
    if day > latest_day(timezone.now()):
        raise ValidationError(_("The date is in the future."), code="in_the_future")
