"""The forms of financing: all that may be typed, and the next step alone."""

from typing import Any, cast

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bprs.form_fields import MoneyField
from bprs.validation import Invalid
from loans.models import Loan, Status
from loans.progress import TERMS, are_terms_fixed, steps_by_hand
from loans.services import LoanValues


class LoanForm(forms.ModelForm):  # type: ignore[type-arg]  # Django takes no parameter when it runs
    principal_amount = MoneyField(label=_("Financing amount"), required=False)

    class Meta:
        model = Loan
        fields = (
            "loan_number",
            "customer",
            "akad",
            "purpose",
            "principal_amount",
            "tenor_months",
            "status",
            "account_officer",
            "application_date",
            "disbursed_date",
            "collectibility",
            "days_past_due",
        )

    may_record_history = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer what may be set by hand; what was recommended or decided is shown, and stays."""
        super().__init__(*args, **kwargs)
        if self.may_record_history:
            return
        status = self.instance.status if self.instance.pk else None
        if "status" in self.fields:
            steps = steps_by_hand(status)
            self.fields["status"].choices = [(step, label) for step, label in Status.choices if step in steps]  # type: ignore[attr-defined]
        for name in TERMS if are_terms_fixed(status) else ():
            if name in self.fields:
                self.fields[name].disabled = True

    def values(self) -> LoanValues:
        return cast("LoanValues", {name: self.cleaned_data[name] for name in self.fields})


class StepForm(forms.Form):
    """Which step, and where it is paid out, on which day."""

    status = forms.ChoiceField(choices=[(step, step) for step in (Status.SUBMITTED, Status.DISBURSED)])
    disbursed_date = forms.DateField(required=False)

    def values(self) -> LoanValues:
        """:raises Invalid: if it is no step, or no day"""
        if not self.is_valid() or (self.cleaned_data["status"] == Status.DISBURSED and not self.data["disbursed_date"]):
            raise Invalid(gettext("Say on which day it was paid out."))
        day = self.cleaned_data["disbursed_date"]
        return {"status": self.cleaned_data["status"], **({"disbursed_date": day} if day else {})}
