"""Webhooks in the back office: which there are, and how they fare."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import BooleanRadioFilter, RelatedDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from bprs.access.admin_base import BranchScopedAdmin, HistoryMixin, user_of
from bprs.access.models import User
from bprs.access.standing import holders_of_keys_made_by
from bprs.badges import badge
from bprs.errors import DomainError
from bprs.webhooks.addresses import UrlRefused, check_url
from bprs.webhooks.events import SENT, Event, rights_to_hear
from bprs.webhooks.message_admin import MessageAdmin, state_badge
from bprs.webhooks.models import Endpoint, Message
from bprs.webhooks.services import add_endpoint, change_endpoint, rotate_secret, send_test
from bprs.wording import sentence_of

HEARD = dict(SENT)


class EndpointForm(forms.ModelForm):  # type: ignore[type-arg]  # Django takes no parameter when it runs
    events = forms.MultipleChoiceField(
        label=_("Events"),
        choices=Event.choices,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("Of what its owner may see, and while the owner may log in."),
    )

    class Meta:
        model = Endpoint
        fields = ("owner", "url", "events", "is_active")

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"]
        try:
            check_url(url, allow_private=settings.WEBHOOK_ALLOW_PRIVATE)
        except UrlRefused as refusal:
            raise forms.ValidationError(refusal.message) from None
        return url

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or {}
        owner: User | None = cleaned.get("owner") or (self.instance.owner if self.instance.pk else None)
        if owner is not None and not owner.has_perms(rights_to_hear(cleaned.get("events", []))):
            sentence = _("%(name)s may not read what these events tell.") % {"name": owner.known_as}
            self.add_error("events", sentence)
        return cleaned


@admin.register(Endpoint)
class EndpointAdmin(HistoryMixin, BranchScopedAdmin):
    """Nobody sees a secret twice, and nobody takes a colleague's events to an address of their own."""

    form = EndpointForm
    list_display = ("url", "whose", "heard", "how_it_stands", "last_result")
    list_filter = (("is_active", BooleanRadioFilter), ("owner", RelatedDropdownFilter))
    list_select_related = ("owner",)
    search_fields = ("url", "owner__username", "owner__first_name", "owner__last_name")
    ordering = ("owner__username", "pk")
    autocomplete_fields = ("owner",)
    actions = ("send_test_to_selected", "rotate_secret_of_selected")
    fieldsets = (
        (None, {"fields": ("owner", "url", "events", "is_active")}),
        (_("How it fares"), {"fields": ("how_it_stands", "failing_since", "switched_off_at", "created_at")}),
    )
    add_fieldsets = ((None, {"fields": ("owner", "url", "events")}),)

    def get_queryset(self, request: HttpRequest) -> Any:
        latest = Message.objects.filter(endpoint=OuterRef("pk")).order_by("-created_at", "-pk")
        return super().get_queryset(request).annotate(last_state=Subquery(latest.values("state")[:1]))

    def get_fieldsets(self, request: HttpRequest, obj: Endpoint | None = None) -> Any:
        return self.add_fieldsets if obj is None else self.fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: Endpoint | None = None) -> Any:
        return () if obj is None else ("owner", *self.fieldsets[1][1]["fields"])

    def has_change_permission(self, request: HttpRequest, obj: Endpoint | None = None) -> bool:
        is_theirs = obj is None or _may_manage(user_of(request), obj)
        return is_theirs and bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Endpoint | None = None) -> bool:
        """It is put out of use, and its deliveries stay to be seen."""
        return False

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "owner":
            kwargs["queryset"] = holders_of_keys_made_by(user_of(request))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @display(description=_("owner"), ordering="owner__username")
    def whose(self, endpoint: Endpoint) -> str:
        return endpoint.owner.known_as

    @display(description=_("events"))
    def heard(self, endpoint: Endpoint) -> str:
        return ", ".join(str(HEARD.get(event, event)) for event in endpoint.events)

    @display(description=_("state"), ordering="is_active")
    def how_it_stands(self, endpoint: Endpoint) -> SafeString:
        if endpoint.switched_off_because:
            return badge(endpoint.get_switched_off_because_display(), tone="danger", icon="power_off")
        if not endpoint.is_active:
            return badge(_("not in use"), icon="block")
        if not endpoint.is_told:
            return badge(_("its owner is not told"), tone="warning", icon="person_off")
        is_failing = endpoint.failing_since is not None
        tone, icon = ("warning", "warning") if is_failing else ("success", "check")
        return badge(_("failing") if is_failing else _("in use"), tone=tone, icon=icon)

    @display(description=_("last delivery"))
    def last_result(self, endpoint: Endpoint) -> str | SafeString:
        state = getattr(endpoint, "last_state", None)
        return state_badge(state) if state else self.empty_value_display

    def save_model(self, request: HttpRequest, obj: Endpoint, form: forms.ModelForm, change: bool) -> None:  # type: ignore[type-arg]
        said, user = form.cleaned_data, user_of(request)
        if change:
            change_endpoint(
                endpoint=obj, changed_by=user, url=said["url"], events=said["events"], is_active=said["is_active"]
            )
            return
        made = add_endpoint(
            owner=said["owner"], url=said["url"], events=said["events"], added_by=user, created_at=timezone.now()
        )
        obj.pk = made.endpoint.pk
        self._show(request, made.endpoint, made.secret)

    def response_add(self, request: HttpRequest, obj: Endpoint, post_url_continue: str | None = None) -> HttpResponse:
        return self.response_post_save_add(request, obj)

    @admin.action(description=_("Send a test event"), permissions=["change"])
    def send_test_to_selected(self, request: HttpRequest, queryset: QuerySet[Endpoint]) -> None:
        def send(endpoint: Endpoint) -> None:
            send_test(endpoint=endpoint, at=timezone.now())
            sentence = _("A test is on its way to %(url)s: see the deliveries.")
            self.message_user(request, sentence % {"url": endpoint.url}, messages.SUCCESS)

        self._each(request, queryset, send)

    @admin.action(description=_("Rotate the secret"), permissions=["change"])
    def rotate_secret_of_selected(self, request: HttpRequest, queryset: QuerySet[Endpoint]) -> None:
        """The old one signs beside the new for a day."""

        def rotate(endpoint: Endpoint) -> None:
            secret = rotate_secret(endpoint=endpoint, rotated_by=user_of(request), at=timezone.now())
            self._show(request, endpoint, secret)

        self._each(request, queryset, rotate)

    def _each(self, request: HttpRequest, queryset: QuerySet[Endpoint], act: Callable[[Endpoint], None]) -> None:
        for endpoint in queryset.select_related("owner"):
            try:
                if self.has_change_permission(request, endpoint):
                    act(endpoint)
                    continue
                sentence: Any = _("A colleague's webhook is theirs to manage.")
            except DomainError as refusal:
                sentence = sentence_of(refusal)
            self.message_user(request, f"{endpoint}: {sentence}", messages.WARNING)

    def _show(self, request: HttpRequest, endpoint: Endpoint, secret: str) -> None:
        said = format_html(
            '<p>{}</p><p>{}</p><p><code class="bprs-secret" data-testid="webhook-secret">{}</code></p>',
            endpoint.url,
            _("Copy this secret now and keep it safe: it is shown only this once."),
            secret,
        )
        self.message_user(request, said, messages.WARNING)


def _may_manage(user: User, endpoint: Endpoint) -> bool:
    """As with keys: one's own, and those of programs that do not stand above one."""
    return user == endpoint.owner or holders_of_keys_made_by(user).filter(pk=endpoint.owner_id).exists()


admin.site.register(Message, MessageAdmin)
