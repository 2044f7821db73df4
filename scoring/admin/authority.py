"""Who may decide on what, and the reason codes: set by the bank."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesCheckboxFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget

from bprs.access.admin_base import BaseModelAdmin, HistoryMixin, user_of
from bprs.access.models import User
from bprs.badges import badge
from bprs.display import rupiah
from bprs.form_fields import MoneyField
from loans.badges import segment_badge
from scoring.models import Decision, DecisionLimit, DecisionReason


class RoleField(forms.ModelChoiceField):  # type: ignore[type-arg]  # generic for mypy alone
    """Roles are stored under English names, and shown in the language of the screen."""

    def label_from_instance(self, obj: Any) -> str:
        return gettext(obj.name)


class PersonField(forms.ModelChoiceField):  # type: ignore[type-arg]  # generic for mypy alone
    def label_from_instance(self, obj: Any) -> str:
        return str(obj.known_as)


class LimitForm(forms.ModelForm):  # type: ignore[type-arg]  # Django takes no parameter when it runs
    group = RoleField(
        label=_("Role"), queryset=Group.objects.order_by("name"), required=False, widget=UnfoldAdminSelectWidget
    )
    user = PersonField(
        label=_("or person"),
        queryset=User.objects.filter(is_active=True, is_staff=True).order_by("first_name", "username"),
        required=False,
        widget=UnfoldAdminSelectWidget,
    )
    max_amount = MoneyField(label=_("Largest amount"), required=False, help_text=_("Leave blank for no limit."))

    changed_by: User  # set by the page

    class Meta:
        model = DecisionLimit
        fields = ("group", "user", "segment", "max_amount")

    def clean(self) -> dict[str, Any] | None:
        """Nobody raises themselves, neither by name nor by a role of theirs."""
        cleaned = super().clean() or {}
        if is_own(DecisionLimit(group=cleaned.get("group"), user=cleaned.get("user")), self.changed_by):
            raise forms.ValidationError(_("Nobody sets their own limit: ask another administrator."))
        return cleaned


def is_own(limit: DecisionLimit, user: User) -> bool:
    if user.is_superuser:
        return False
    return limit.user == user or (limit.group is not None and user.groups.contains(limit.group))


@admin.register(DecisionLimit)
class DecisionLimitAdmin(HistoryMixin, BaseModelAdmin):
    form = LimitForm
    list_display = ("whose", "risk", "up_to")
    list_filter = (("segment", ChoicesCheckboxFilter),)
    list_select_related = ("group", "user")
    ordering = ("group__name", "user__first_name", "pk")
    fieldsets = ((None, {"fields": (("group", "user"), ("segment", "max_amount"))}),)

    def get_form(self, request: HttpRequest, obj: DecisionLimit | None = None, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, **kwargs)
        form.changed_by = user_of(request)
        return form

    def has_change_permission(self, request: HttpRequest, obj: DecisionLimit | None = None) -> bool:
        is_others = obj is None or not is_own(obj, user_of(request))
        return is_others and bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: DecisionLimit | None = None) -> bool:
        is_others = obj is None or not is_own(obj, user_of(request))
        return is_others and bool(super().has_delete_permission(request, obj))

    @display(description=_("role or person"))
    def whose(self, limit: DecisionLimit) -> str:
        return gettext(limit.group.name) if limit.group else limit.user.known_as if limit.user else ""

    @display(description=_("risk segment"), ordering="segment")
    def risk(self, limit: DecisionLimit) -> SafeString:
        return segment_badge(limit.segment)

    @display(description=_("may decide up to"), ordering="max_amount")
    def up_to(self, limit: DecisionLimit) -> str:
        return str(_("any amount")) if limit.max_amount is None else rupiah(limit.max_amount)


@admin.register(DecisionReason)
class DecisionReasonAdmin(BaseModelAdmin):
    """Codes are put out of use, and stay: decisions name them."""

    list_display = ("text", "kind", "code", "in_use")
    list_filter = (("kind", ChoicesCheckboxFilter),)
    ordering = ("kind", "pk")
    fieldsets = ((None, {"fields": ("kind", ("code", "is_active"), "text")}),)

    @display(description=_("in use"), ordering="is_active")
    def in_use(self, reason: DecisionReason) -> SafeString:
        return badge(_("in use"), tone="success", icon="check") if reason.is_active else badge(_("not in use"))

    def get_readonly_fields(self, request: HttpRequest, obj: DecisionReason | None = None) -> Any:
        """What it is for and its code are in the records of decisions, and so is its text once a decision gave it."""
        if obj is None:
            return ()
        is_given = Decision.objects.filter(reason=obj).exists()
        return ("kind", "code", "text") if is_given else ("kind", "code")

    def has_delete_permission(self, request: HttpRequest, obj: DecisionReason | None = None) -> bool:
        return False
