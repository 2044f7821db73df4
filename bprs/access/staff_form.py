"""The form of a member of staff."""

from typing import Any

from django import forms
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.forms import UserChangeForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from bprs.access.models import Branch, User
from bprs.access.standing import roles_given_by

STANDING = {"is_active", "is_staff", "is_superuser", "groups", "sees_all_branches", "branches"}


class RolesField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # generic for mypy alone
    """Roles are stored under English names, and shown in the language of the screen."""

    def label_from_instance(self, obj: Any) -> str:
        return gettext(obj.name)


class RolesFilter(RelatedDropdownFilter):
    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        return [(pk, gettext(name)) for pk, name in super().field_choices(field, request, model_admin)]


class StaffForm(UserChangeForm):
    groups = RolesField(
        label=_("Roles"),
        queryset=Group.objects.order_by("name"),
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )
    branches = forms.ModelMultipleChoiceField(
        label=_("Branches"),
        queryset=Branch.objects.order_by("code"),
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("Sees the customers and financing of these branches."),
    )

    changed_by: User  # set by the page

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Nobody gives a role that administers more than they do, nor themselves anything."""
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["branches"].initial = self.instance.branches.all()
        if "groups" in self.fields:
            self.fields["groups"].queryset = roles_given_by(self.changed_by)
        if self.instance == self.changed_by and not self.changed_by.is_superuser:
            for name in STANDING & self.fields.keys():
                self.fields[name].disabled = True
