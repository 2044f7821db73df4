"""Form fields that read what officers type, in every language of the screen alike."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import EMPTY_VALUES
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from bprs.display import grouped_amount
from bprs.spreadsheets.amounts import SEN, NumberStyle, parse_money
from bprs.spreadsheets.texts import parse_nik

INDONESIAN = NumberStyle(group=".", reason="numbers_by_locale")


class MoneyInput(UnfoldAdminTextInputWidget):
    """A text box with Rp before it, whose amount is shown in groups of three: 5.000.000."""

    def __init__(self) -> None:
        super().__init__(attrs={"class": "bprs-money", "inputmode": "decimal", "autocomplete": "off", "data-money": ""})

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        context["widget"]["prefix"] = "Rp"
        return context

    def format_value(self, value: Any) -> str | None:
        """What was typed stays as typed; what is stored is grouped."""
        if value in EMPTY_VALUES:
            return None
        return value if isinstance(value, str) else grouped_amount(value)


class MoneyField(forms.Field):
    """An amount in rupiah by the grammar of the spreadsheets: 5000000, 5.000.000, Rp 5.000.000,50."""

    widget = MoneyInput
    default_error_messages = {"invalid": _("Write an amount in rupiah, such as 5.000.000.")}

    def to_python(self, value: Any) -> Decimal | None:
        if value in EMPTY_VALUES:
            return None
        if isinstance(value, Decimal):  # of a disabled field Django gives what is stored
            return value
        sen = parse_money(value, INDONESIAN)
        if not isinstance(sen, int):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return Decimal(sen) / SEN

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(data) != initial)
        except ValidationError:
            return True


class NikField(forms.CharField):
    """Sixteen digits with a real date of birth; spaces and dots between them are forgiven."""

    widget = UnfoldAdminTextInputWidget
    default_error_messages = {
        "length": _("A NIK has 16 digits."),
        "date": _("Digits 7 to 12 of a NIK are a date of birth; these are not. Compare it with the identity card."),
    }

    def clean(self, value: Any) -> str:
        text = str(super().clean(value) or "").replace(" ", "").replace(".", "")
        if not text:
            return ""
        nik = parse_nik(text)
        if isinstance(nik, str):
            return nik
        code = "date" if nik is not None and nik.code == "nik_not_a_date" else "length"
        raise ValidationError(self.error_messages[code], code=code)
