"""What the import page asks for, and what the confirmation carries over from it."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.contrib.import_export.forms import ExportForm
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from bprs.access.models import Branch, User
from bprs.importing.resources import SheetResource
from bprs.spreadsheets.amounts import Locale

LOCALES: Sequence[tuple[Locale, Any]] = (
    ("id", _("Indonesian: 5.000 is five thousand")),
    ("en", _("English: 5,000 is five thousand")),
)
__all__ = ["ConfirmForm", "ExportForm", "SheetForm", "UploadForm"]


class SheetForm(forms.Form):
    """How to read the sheet and where to put it."""

    resource = forms.ChoiceField(label=_("What the rows are"), widget=UnfoldAdminSelectWidget)
    branch = forms.ModelChoiceField(
        Branch.objects.none(),
        label=_("Branch"),
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text=_("For new customers whose row names no branch."),
    )
    locale = forms.ChoiceField(
        label=_("Numbers such as 5.000 and 5,000"),
        choices=LOCALES,
        initial="id",
        widget=UnfoldAdminSelectWidget,
        help_text=_("Asked only where the file itself does not show how it groups digits."),
    )
    sheet = forms.CharField(
        label=_("Sheet"),
        required=False,
        max_length=100,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Only if the workbook has several sheets with content."),
    )

    def __init__(self, *args: Any, resources: Sequence[type[SheetResource]], user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._resources = resources
        self._choices("resource").choices = [
            (str(index), resource.get_display_name()) for index, resource in enumerate(resources)
        ]
        branches = Branch.objects.visible_to(user).order_by("code")
        self._branches().queryset = branches
        few = list(branches[:2])
        self._branches().initial = few[0] if len(few) == 1 else None

    def _choices(self, name: str) -> forms.ChoiceField:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 for the type checker: it is declared above
        return field

    def _branches(self) -> Any:
        return self.fields["branch"]

    @property
    def chosen_resource(self) -> type[SheetResource]:
        return self._resources[int(self.cleaned_data["resource"])]

    @property
    def carried_over(self) -> dict[str, Any]:
        """What the confirmation must say again."""
        branch = self.cleaned_data["branch"]
        return {
            "resource": self.cleaned_data["resource"],
            "branch": branch.pk if branch else "",
            "locale": self.cleaned_data["locale"],
            "sheet": self.cleaned_data["sheet"],
        }


class UploadForm(SheetForm):
    import_file = forms.FileField(
        label=_("File"), widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".xlsx,.csv,.txt"})
    )
    field_order = ("resource", "import_file", "branch", "locale", "sheet")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if len(self._resources) == 1:
            self.fields["resource"].widget = forms.HiddenInput()
            self.fields["resource"].initial = "0"


class ConfirmForm(SheetForm):
    """The file is named by its token; nobody but who uploaded it can confirm."""

    token = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("resource", "branch", "locale", "sheet"):
            self.fields[name].widget = forms.HiddenInput()
