"""Money as the database keeps it."""

from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import DecimalValidator
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.expressions import Expression
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

MAX_DIGITS = 17
DECIMALS = 2


@lru_cache(maxsize=50_000)
def rupiah_of(sen: int) -> Decimal:
    """Amounts repeat: a salary, a round sum."""
    return Decimal(sen).scaleb(-DECIMALS)


if TYPE_CHECKING:
    # The same to whoever uses it; mypy's plugin knows of Django's own fields when they may be null.
    RupiahField = models.DecimalField
else:

    class RupiahField(models.Field):
        """
        Rupiah with two decimals, below 10^15: a Decimal in Python, whole sen (bigint) in the database.

        Exact on every database; SQLite keeps a DecimalField as a double and returns 15 digits of it.
        """

        description = _("Rupiah")
        empty_strings_allowed = False

        def get_internal_type(self) -> str:
            return "BigIntegerField"

        def to_python(self, value: Any) -> Decimal | None:
            if value is None:
                return None
            try:
                return Decimal(str(value))
            except InvalidOperation:
                raise ValidationError(_("“%(value)s” is not an amount."), params={"value": value}) from None

        def get_prep_value(self, value: Any) -> int | None:
            """:raises ValueError: for a fraction of a sen"""
            amount = self.to_python(super().get_prep_value(value))
            if amount is None:
                return None
            sen = amount.scaleb(DECIMALS)
            if sen != sen.to_integral_value():
                raise ValueError(f"{amount} has more than {DECIMALS} decimals")
            return int(sen)

        def from_db_value(self, value: Any, expression: Expression, connection: BaseDatabaseWrapper) -> Decimal | None:
            return None if value is None else rupiah_of(value)

        @cached_property
        def validators(self) -> list[Any]:
            return [*super().validators, DecimalValidator(MAX_DIGITS, DECIMALS)]

        def value_to_string(self, obj: models.Model) -> str:
            value = self.value_from_object(obj)
            return "" if value is None else str(value)

        def formfield(self, **kwargs: Any) -> Any:
            return super().formfield(
                **{"form_class": forms.DecimalField, "max_digits": MAX_DIGITS, "decimal_places": DECIMALS, **kwargs}
            )
