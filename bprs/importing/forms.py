"""What the pages of an import ask for."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.functional import lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from bprs.access.models import Branch, User
from bprs.errors import DomainError
from bprs.files.services import refuse_larger_than_allowed
from bprs.importing.choices import RunChoices
from bprs.importing.services import ImportOptions
from bprs.importing.sheet_kinds import resource_of
from bprs.spreadsheets.amounts import Locale
from bprs.spreadsheets.refusals import FILE_MESSAGES

LOCALES: Sequence[tuple[Locale, Any]] = (
    ("id", _("Indonesian: 5.000 is five thousand")),
    ("en", _("English: 5,000 is five thousand")),
)
__all__ = ["ColumnsForm", "ExportForm", "LocaleForm", "RunForm", "SheetForm", "UploadForm"]


class LocaleForm(forms.Form):
    locale = forms.ChoiceField(
        label=_("Numbers such as 5.000 and 5,000"),
        choices=LOCALES,
        initial="id",
        widget=UnfoldAdminSelectWidget,
        help_text=_("Asked only where the file itself does not show how it groups digits."),
    )


class SheetForm(LocaleForm):
    """How to read the sheet and where to put it."""

    kind = forms.ChoiceField(label=_("What the rows are"), widget=forms.RadioSelect)
    branch = forms.ModelChoiceField(
        Branch.objects.none(),
        label=_("Branch"),
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text=_("For new customers whose row names no branch."),
    )
    sheet = forms.CharField(
        label=_("Sheet"),
        required=False,
        max_length=100,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Left blank, you are asked if the workbook has several sheets with content."),
    )

    def __init__(self, *args: Any, kinds: Sequence[str], user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = self.fields["kind"]
        assert isinstance(named, forms.ChoiceField)  # noqa: S101 for the type checker: it is declared above
        named.choices = [(kind, resource_of(kind).get_display_name()) for kind in kinds]
        if kinds and "kind" not in self.initial:
            self.initial["kind"] = kinds[0]
        self._offer_branches(user)

    def _offer_branches(self, user: User) -> None:
        branches = Branch.objects.visible_to(user).order_by("code")
        field: Any = self.fields["branch"]
        field.queryset = branches
        few = list(branches[:2])
        if len(few) == 1:
            self.initial.setdefault("branch", few[0].pk)
        self.has_several_branches = len(few) > 1

    @property
    def options(self) -> ImportOptions:
        chosen = self.cleaned_data
        return ImportOptions(
            kind=chosen["kind"], branch=chosen["branch"], sheet=chosen["sheet"], locale=chosen["locale"]
        )

    @property
    def carried_over(self) -> dict[str, str]:
        """What the next page must say again."""
        branch = self.cleaned_data["branch"]
        return {
            "kind": self.cleaned_data["kind"],
            "branch": str(branch.pk) if branch else "",
            "locale": self.cleaned_data["locale"],
        }


class UploadForm(SheetForm):
    import_file = forms.FileField(
        label=_("File"),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv,.txt,.tsv", "class": "bprs-drop__input"}),
        error_messages={"empty": lazy(gettext, str)(FILE_MESSAGES["empty_file"])},
    )

    def clean_import_file(self) -> Any:
        upload = self.cleaned_data["import_file"]
        try:
            refuse_larger_than_allowed(upload.size or 0)
        except DomainError as refusal:
            raise forms.ValidationError(str(refusal)) from refusal
        return upload


class ColumnsForm:
    """One choice per header, by the place of the header: headers are whatever people wrote."""

    def __init__(self, data: Mapping[str, Any], headers: Sequence[str]) -> None:
        self.mapping = {
            header: str(data[name])
            for index, header in enumerate(headers)
            if (name := f"column-{index}") in data and header
        }


class ExportForm(forms.Form):
    layout = forms.ChoiceField(
        label=_("Columns"),
        choices=[
            ("shown", _("Those the list shows, under the same headings")),
            ("again", _("All those an import reads back: to change them and import them again")),
        ],
        initial="shown",
        widget=forms.RadioSelect,
    )
    file_format = forms.ChoiceField(
        label=_("File"), choices=[("xlsx", "Excel (.xlsx)"), ("csv", "CSV")], initial="xlsx", widget=forms.RadioSelect
    )


class RunForm(forms.Form):
    is_scored = forms.BooleanField(required=False)
    is_all_or_nothing = forms.BooleanField(required=False)

    @property
    def choices(self) -> RunChoices:
        return RunChoices(**self.cleaned_data)
