"""What is typed with a recommendation or a decision; what it needs is for the services to ask."""

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from scoring.models import Decision, DecisionReason
from scoring.services.decisions import Grounds, active_reasons, reasons_coded

LONGEST_NOTE = 2_000


class NoteForm(forms.Form):
    note = forms.CharField(label=_("Note"), required=False, strip=True, max_length=LONGEST_NOTE)


class RecommendForm(NoteForm):
    advice = forms.ChoiceField(
        label=_("Recommendation"),
        choices=Decision.Advice.choices,
        error_messages={"required": _("Choose whether you recommend to approve or to reject.")},
    )


class DecideForm(NoteForm):
    """
    :param segment: decides on whether a reason code is asked for, and for what
    """

    reason = forms.CharField(required=False)
    told = forms.MultipleChoiceField(required=False)

    def __init__(self, data: QueryDict | None, *, segment: str) -> None:
        super().__init__(data)
        self.codes = active_reasons(_CODES_FOR[segment]) if segment in _CODES_FOR else []
        self.told_reasons = active_reasons(DecisionReason.Kind.REJECTION)
        self._kind = _CODES_FOR.get(segment, "")
        told: Any = self.fields["told"]
        told.choices = [(reason.code, reason.text) for reason in self.told_reasons]

    def grounds(self) -> Grounds:
        """
        :raises SayWhy: if a code is not, or no longer, in use
        """
        typed = self.cleaned_data
        code = [typed["reason"]] if typed["reason"] and self._kind else []
        return Grounds(
            note=typed["note"],
            reason=next(iter(reasons_coded(code, kind=self._kind)), None),
            told=reasons_coded(typed["told"], kind=DecisionReason.Kind.REJECTION, field="told"),
        )


_CODES_FOR = {"high": DecisionReason.Kind.LOW_SIDE, "low": DecisionReason.Kind.HIGH_SIDE}
