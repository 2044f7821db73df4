"""Staff, roles, branches and keys."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from bprs.access.admin_base import BaseModelAdmin, BranchScopedAdmin, user_of
from bprs.access.disclosure_admin import DisclosureAdmin
from bprs.access.login_actions import LoginActions
from bprs.access.models import ApiKey, Branch, Disclosure, User
from bprs.access.scopes import Scope
from bprs.access.services import create_api_key, revoke_api_key, revoke_keys_of
from bprs.access.staff_form import RolesFilter, StaffForm
from bprs.access.standing import holders_of_keys_made_by, stands_above
from bprs.badges import badge


@admin.register(User)
class UserAdmin(LoginActions, DjangoUserAdmin, BaseModelAdmin):  # type: ignore[misc, type-arg]  # Django and unfold declare the same options
    form = StaffForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "full_name", "roles", "works_in", "is_active", "second_step", "last_login")
    list_select_related = ("authenticator",)
    list_filter = (("groups", RolesFilter), ("branches", RelatedDropdownFilter))
    search_fields = ("username", "first_name", "last_name", "email")
    ordering = ("username",)
    filter_horizontal = ()
    readonly_fields = ("second_step", "last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("username", "password", "second_step")}),
        (_("Person"), {"fields": ("first_name", "last_name", "email")}),
        (_("What they may do"), {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
        (_("What they see"), {"fields": ("sees_all_branches", "branches")}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )

    add_fieldsets = (
        (
            None,
            {
                "fields": (
                    "username",
                    ("first_name", "last_name"),
                    "is_staff",
                    "usable_password",
                    "password1",
                    "password2",
                )
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("groups", "branches")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Most are colleagues; programs are not staff."""
        return {"is_staff": True, **super().get_changeform_initial_data(request)}

    @display(description=_("name"), ordering="first_name")
    def full_name(self, user: User) -> str:
        return user.get_full_name() or self.empty_value_display

    @display(description=_("roles"))
    def roles(self, user: User) -> str:
        names = [str(_("superuser"))] if user.is_superuser else []
        return ", ".join([*names, *(gettext(group.name) for group in user.groups.all())]) or self.empty_value_display

    @display(description=_("works in"))
    def works_in(self, user: User) -> str:
        if user.has_every_branch():
            return str(_("every branch"))
        return ", ".join(str(branch) for branch in user.branches.all()) or self.empty_value_display

    @display(description=_("second step"))
    def second_step(self, user: User) -> str | SafeString:
        authenticator = getattr(user, "authenticator", None)
        if authenticator is None or authenticator.confirmed_at is None:
            return self.empty_value_display
        return badge(_("in force"), tone="success", icon="phonelink_lock")

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if "is_staff" in form.changed_data and form.instance.is_staff:
            revoke_keys_of(user=form.instance, revoked_at=timezone.now())
        if "branches" in form.cleaned_data:
            form.instance.branches.set(form.cleaned_data["branches"])
        if change:
            self._tell_what_is_lacking(request, form.instance)

    def _tell_what_is_lacking(self, request: HttpRequest, user: User) -> None:
        if not (user.is_superuser or user.groups.exists()):
            self.message_user(request, _("Without a role they may do nothing yet: choose one."), messages.WARNING)
        if not (user.has_every_branch() or user.branches.exists()):
            self.message_user(request, _("Without a branch they see nobody yet: choose one."), messages.WARNING)

    def get_form(self, request: HttpRequest, obj: User | None = None, **kwargs: Any) -> Any:  # type: ignore[override]  # Django passes `change` by name
        form: Any = super().get_form(request, obj, **kwargs)
        form.changed_by = user_of(request)
        return form

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002 Django's name
        """One's own takes the old one, so that a login that somebody left open gives nobody more than the moment."""
        if id == str(user_of(request).pk) and self.has_change_permission(request):
            return redirect("admin:password_change")
        return super().user_change_password(request, id, form_url)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Who left is made inactive: what they did stays under their name."""
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Only a superuser makes another."""
        fields = super().get_readonly_fields(request, obj)
        return fields if user_of(request).is_superuser else (*fields, "is_superuser")

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Nobody changes who stands above them: a new password would be a way in."""
        is_above = obj is not None and stands_above(obj, user_of(request))
        return not is_above and bool(super().has_change_permission(request, obj))


admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, BaseModelAdmin):  # type: ignore[misc]  # Django and unfold declare the same options
    list_display = ("role", "member_count")
    ordering = ("name",)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(members=Count("user"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return user_of(request).is_superuser

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        """Who could change a role could give themselves any right: this is left to superusers."""
        return user_of(request).is_superuser

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return user_of(request).is_superuser

    @display(description=_("role"), ordering="name")
    def role(self, group: Group) -> str:
        return gettext(group.name)

    @display(description=_("members"), ordering="members")
    def member_count(self, group: Group) -> int:
        return int(getattr(group, "members", 0))


class BranchForm(forms.ModelForm):  # type: ignore[type-arg]  # Django takes no parameter when it runs
    changed_by: User  # set by the page

    def clean_officers(self) -> Any:
        officers, user = self.cleaned_data["officers"], self.changed_by
        was_there = self.instance.pk is not None and self.instance.officers.contains(user)
        if (user in officers) != was_there and not user.is_superuser:
            raise forms.ValidationError(_("Nobody changes their own branches: ask another administrator."))
        return officers


@admin.register(Branch)
class BranchAdmin(BranchScopedAdmin):
    form = BranchForm
    list_display = ("code", "name", "city", "officer_count")
    list_display_links = ("code", "name")
    search_fields = ("code", "name", "city")
    autocomplete_fields = ("officers",)
    ordering = ("code",)

    def get_queryset(self, request: HttpRequest) -> Any:
        """Visible first, counted afterwards: the officers counted are all of them."""
        visible = super().get_queryset(request).values("pk")
        return Branch.objects.filter(pk__in=visible).annotate(officer_total=Count("officers"))

    def get_form(self, request: HttpRequest, obj: Branch | None = None, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, **kwargs)
        form.changed_by = user_of(request)
        if "officers" in form.base_fields:  # no cross to clear them all at once: it breaks the list for screen readers
            form.base_fields["officers"].widget.widget.is_required = True
        return form

    @display(description=_("officers"), ordering="officer_total")
    def officer_count(self, branch: Branch) -> int:
        return int(getattr(branch, "officer_total", 0))


class NewApiKeyForm(forms.ModelForm):  # type: ignore[type-arg]  # Django takes no parameter when it runs
    scopes = forms.MultipleChoiceField(
        label=_("Scopes"),
        choices=Scope.choices,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("A key never may do more than its user; scopes only narrow it."),
    )

    class Meta:
        model = ApiKey
        fields = ("name", "user", "scopes", "expires_at")

    def clean_expires_at(self) -> Any:
        expires_at = self.cleaned_data["expires_at"]
        if expires_at is not None and expires_at <= timezone.now():
            raise forms.ValidationError(_("This moment has passed."))
        return expires_at


@admin.register(ApiKey)
class ApiKeyAdmin(BaseModelAdmin):
    """Keys are made and revoked; nobody changes one, and nobody sees its secret twice."""

    form = NewApiKeyForm
    list_display = ("name", "begins_with", "user", "granted", "state", "expires_at", "last_used_at")
    list_filter = (("user", RelatedDropdownFilter),)
    list_select_related = ("user",)
    closed_lookups = frozenset({"secret_sha256"})
    search_fields = ("name", "prefix", "user__username")
    ordering = ("-created_at",)
    autocomplete_fields = ("user",)
    actions = ("revoke_selected",)
    fieldsets = (
        (None, {"fields": ("name", "begins_with", "user", "granted")}),
        (_("Dates"), {"fields": ("state", "created_at", "expires_at", "last_used_at", "revoked_at")}),
    )
    add_fieldsets = ((None, {"fields": ("name", "user", "scopes", "expires_at")}),)

    def get_queryset(self, request: HttpRequest) -> Any:
        """Login tokens come and go by themselves."""
        return super().get_queryset(request).filter(kind=ApiKey.Kind.KEY)

    def get_readonly_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> Any:
        return () if obj is None else (*self.fieldsets[0][1]["fields"], *self.fieldsets[1][1]["fields"])

    def has_change_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        return obj is None and bool(super().has_change_permission(request, obj))

    def has_view_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        return bool(super().has_view_permission(request, obj)) or request.user.has_perm("access.change_apikey")

    def has_delete_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        """A revoked key stays to be seen."""
        return False

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "user":
            kwargs["queryset"] = holders_of_keys_made_by(user_of(request))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @display(description=_("begins with"))
    def begins_with(self, key: ApiKey) -> SafeString:
        return format_html("<code>{}…</code>", key.prefix)

    @display(description=_("scopes"))
    def granted(self, key: ApiKey) -> str:
        return ", ".join(str(Scope(scope).label) for scope in key.known_scopes())

    @display(description=_("state"))
    def state(self, key: ApiKey) -> SafeString:
        if key.revoked_at is not None:
            return badge(_("revoked"), icon="block")
        if key.expires_at is not None and key.expires_at <= timezone.now():
            return badge(_("expired"), icon="timer_off")
        return badge(_("valid"), tone="success", icon="key")

    def save_model(self, request: HttpRequest, obj: ApiKey, form: forms.ModelForm, change: bool) -> None:  # type: ignore[type-arg]
        values = form.cleaned_data
        made = create_api_key(
            user=values["user"],
            name=values["name"],
            scopes=values["scopes"],
            created_at=timezone.now(),
            expires_at=values["expires_at"],
        )
        obj.pk, obj.prefix = made.key.pk, made.key.prefix
        self.message_user(
            request,
            format_html(
                '<p>{}</p><p><code class="bprs-secret" data-testid="api-key">{}</code></p>',
                _("Copy this key now and keep it safe: it is shown only this once."),
                made.secret,
            ),
            messages.WARNING,
        )

    def response_add(self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None) -> HttpResponse:
        return self.response_post_save_add(request, obj)

    @admin.action(description=_("Revoke selected keys"), permissions=["revoke"])
    def revoke_selected(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        now = timezone.now()
        keys = list(queryset)
        for key in keys:
            revoke_api_key(key=key, revoked_at=now)
        sentence = ngettext("Revoked %(count)d key.", "Revoked %(count)d keys.", len(keys))
        self.message_user(request, sentence % {"count": len(keys)}, messages.SUCCESS)

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("access.change_apikey")


admin.site.register(Disclosure, DisclosureAdmin)
