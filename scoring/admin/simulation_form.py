"""Asking what a card would do: beside which other one, to which financing, with which loss."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from bprs.access.models import Branch, User
from bprs.errors import DomainError
from bprs.wording import sentence_of
from loans.models import Akad, Purpose, Status
from scoring.models import ScorecardVersion
from scoring.models.simulations import USUAL_LOSS
from scoring.portfolio import DATES, LABELS, LISTS, Portfolio


class Ticks(forms.MultipleChoiceField):
    """Some of a few; none of them means all."""

    def __init__(self, name: str, choices: Any) -> None:
        super().__init__(label=LABELS[name], choices=choices, required=False, widget=forms.CheckboxSelectMultiple)


class Day(forms.DateField):
    def __init__(self, name: str) -> None:
        widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "class": "bprs-select"})
        super().__init__(label=LABELS[name], required=False, widget=widget, input_formats=["%Y-%m-%d"])


class SimulationForm(forms.Form):
    against = forms.ModelChoiceField(
        label=_("Compare with"),
        queryset=ScorecardVersion.objects.none(),
        empty_label=None,
        widget=UnfoldAdminSelectWidget,
    )
    branches = Ticks("branches", [])
    akads = Ticks("akads", Akad.choices)
    purposes = Ticks("purposes", Purpose.choices)
    statuses = Ticks("statuses", Status.choices)
    applied_from = Day("applied_from")
    applied_to = Day("applied_to")
    disbursed_from = Day("disbursed_from")
    disbursed_to = Day("disbursed_to")
    loss_percent = forms.DecimalField(
        label=_("Loss given default, in percent"),
        min_value=0,
        max_value=100,
        decimal_places=2,
        initial=USUAL_LOSS * 100,
        localize=True,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("What is lost of the amount once financing defaults. It is an assumption, and the result says so."),
    )

    def __init__(self, data: Any, *, version: ScorecardVersion, officer: User, initial: dict[str, Any]) -> None:
        super().__init__(data, initial=initial)
        others = ScorecardVersion.objects.exclude(pk=version.pk)
        self.fields["against"].queryset = others.order_by("name", "number")  # type: ignore[attr-defined]
        branches = Branch.objects.visible_to(officer).order_by("code")
        self.fields["branches"].choices = [(branch.code, str(branch)) for branch in branches]  # type: ignore[attr-defined]

    @property
    def ticks(self) -> list[forms.BoundField]:
        return [self[name] for name in LISTS]

    @property
    def days(self) -> list[forms.BoundField]:
        return [self[name] for name in DATES]

    @property
    def portfolio(self) -> Portfolio:
        chosen = self.cleaned_data
        lists = {name: tuple(chosen[name]) for name in LISTS}
        return Portfolio(**lists, **{name: chosen[name] for name in DATES})  # type: ignore[arg-type]  # each by its name

    @property
    def loss_given_default(self) -> Decimal:
        return Decimal(self.cleaned_data["loss_percent"]) / 100

    def refuse(self, refusal: DomainError) -> None:
        """Put what the service says where it belongs."""
        for name, reason in refusal.fields.items() or {"": sentence_of(refusal)}.items():
            self.add_error(name if name in self.fields else None, reason)
