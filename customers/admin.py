"""The customers of the user's branches."""

from collections.abc import Sequence
from typing import Any, ClassVar, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from simple_history.models import ModelChange, ModelDelta
from unfold.contrib.filters.admin import RangeDateTimeFilter
from unfold.decorators import display

from bprs.access.admin_base import (
    BranchScopedAdmin,
    HistoryMixin,
    ReadableDelta,
    sees_several_branches,
    user_of,
)
from bprs.access.admin_filters import VisibleBranchFilter
from bprs.access.lockout import address_of
from bprs.access.models import Branch
from bprs.badges import badge
from bprs.display import HIDDEN, masked_phone, rupiah
from bprs.form_fields import MoneyField, NikField
from bprs.importing.admin import SpreadsheetImportMixin
from bprs.importing.filters import ImportedNotice, ImportFilter
from bprs.lists.desk import ListDesk
from bprs.spreadsheets.texts import nik_birth_dates
from customers.models import Customer, CustomerQuerySet, nik_in, phones_meant_by
from customers.resources import CustomerResource
from customers.services import CustomerValues, add_customer, change_customer, show_identity

SEE_IDENTITY = "customers.view_identity"


class CustomerForm(forms.ModelForm):  # type: ignore[type-arg]  # Django takes no parameter when it runs
    nik = NikField(label=_("NIK"), required=False)
    monthly_income = MoneyField(
        label=_("Monthly income"), required=False, help_text=_("Leave blank if unknown: unknown is not zero.")
    )
    assets_value = MoneyField(
        label=_("Assets value"), required=False, help_text=_("Leave blank if unknown: unknown is not zero.")
    )

    class Meta:
        model = Customer
        fields = (
            "customer_number",
            "full_name",
            "birth_date",
            "phone",
            "address",
            "branch",
            "monthly_income",
            "assets_value",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "nik" in self.fields and self.instance.masked_nik:
            self.fields["nik"].help_text = _("On file: %(nik)s. Leave blank to keep it.") % {
                "nik": self.instance.masked_nik
            }

        if self.instance.phone:
            self.initial["phone"] = self.instance.masked_phone

    def clean_phone(self) -> str:
        """As it was shown, the one on file stays."""
        phone: str = self.cleaned_data["phone"]
        if self.instance.phone and phone == self.instance.masked_phone:
            return self.instance.phone
        if HIDDEN in phone:
            raise forms.ValidationError(_("Write the whole phone number."))
        return phone

    def clean_nik(self) -> str:
        nik: str = self.cleaned_data["nik"]
        if nik and Customer.objects.with_nik(nik).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(_("Another customer has this NIK. Search for it before adding a new customer."))
        return nik

    def values(self) -> CustomerValues:
        """What the officer filled in; a blank NIK keeps the one on file."""
        values = {name: self.cleaned_data[name] for name in self.fields}
        if not values.get("nik"):
            values.pop("nik", None)
        return cast("CustomerValues", values)

    def is_at_odds_with_nik(self) -> bool:
        nik, birth_date = self.cleaned_data.get("nik") or self.instance.nik, self.cleaned_data.get("birth_date")
        return bool(nik and birth_date and birth_date not in nik_birth_dates(nik))


class CustomerDelta(ReadableDelta):
    """Says that a NIK or a phone number changed without saying more of it than the lists do."""

    def prepare_delta_change_value(self, change: ModelChange, value: Any) -> Any:
        shown = super().prepare_delta_change_value(change, value)
        return masked_phone(shown) if change.field == "phone" else shown

    def context_for_delta_changes(self, delta: ModelDelta) -> list[dict[str, Any]]:
        changes: list[dict[str, Any]] = super().context_for_delta_changes(delta)
        old, new = delta.old_record.nik_ciphertext, delta.new_record.nik_ciphertext
        if old != new:
            masked = {"old": Customer(nik_ciphertext=old).masked_nik, "new": Customer(nik_ciphertext=new).masked_nik}
            changes.append({"field": _("NIK"), **masked})
        return changes


@admin.register(Customer)
class CustomerAdmin(SpreadsheetImportMixin, ImportedNotice, HistoryMixin, ListDesk, BranchScopedAdmin):
    import_kinds = ("customers", "applications")
    export_resource_class = CustomerResource
    form = CustomerForm
    delta_class = CustomerDelta
    change_form_outer_before_template = "customers/identity_button.html"
    fieldsets = (
        (_("Identity"), {"fields": (("customer_number", "full_name"), ("nik", "birth_date"))}),
        (_("Contact"), {"fields": (("branch", "phone"), "address")}),
        (_("Means"), {"fields": (("monthly_income", "assets_value"),)}),
    )
    list_display: tuple[str, ...] = ("full_name", "customer_number", "nik", "branch", "income", "assets")
    columns_offered: ClassVar[Sequence[str]] = (*list_display, "masked_phone", "address", "birth_date", "added_on")
    list_filter = (ImportFilter, ("branch", VisibleBranchFilter), ("created_at", RangeDateTimeFilter))
    list_select_related = ("branch",)
    search_fields = (
        "full_name",
        "customer_number",
        "phone",
    )  # that there is a search; what it finds, get_search_results says
    search_help_text = _("Name, CIF, phone or the 16 digits of the NIK")
    ordering = ("full_name", "pk")

    readonly_fields = ("masked_phone",)
    column_aliases: ClassVar[dict[str, str]] = {"masked_phone": "phone"}
    closed_lookups = frozenset({"phone", "nik_ciphertext", "nik_hash"})

    def may_see_identities(self, request: HttpRequest) -> bool:
        return request.user.has_perm(SEE_IDENTITY)

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(require_POST(self.identity_view))
        return [path("<int:object_id>/identity/", page, name="customers_customer_identity"), *super().get_urls()]

    def identity_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """The whole NIK and phone number of one customer, once, and never without a line in the log."""
        if not self.may_see_identities(request):
            raise PermissionDenied
        customer = get_object_or_404(self.get_queryset(request), pk=object_id)
        identity = show_identity(
            customer=customer, shown_to=user_of(request), shown_at=timezone.now(), remote_address=address_of(request)
        )
        context = {"title": str(customer), "opts": self.opts, "original": customer, "identity": identity}
        return TemplateResponse(
            request, "customers/identity.html", {**self.admin_site.each_context(request), **context}
        )

    def get_fieldsets(self, request: HttpRequest, obj: Customer | None = None) -> Any:
        """Who only looks gets no form that masks the phone number, so that it is masked before."""
        if obj is None or self.has_change_permission(request, obj):
            return super().get_fieldsets(request, obj)
        identity, _masked, means = self.fieldsets
        return (identity, (_("Contact"), {"fields": (("branch", "masked_phone"), "address")}), means)

    @display(description=_("phone"))
    def masked_phone(self, customer: Customer) -> str:
        return customer.masked_phone or self.empty_value_display

    @display(description=_("NIK"))
    def nik(self, customer: Customer) -> str:
        return customer.masked_nik or self.empty_value_display

    @display(description=_("monthly income"), ordering="monthly_income")
    def income(self, customer: Customer) -> str | SafeString:
        return money_or_unknown(customer.monthly_income)

    @display(description=_("assets"), ordering="assets_value")
    def assets(self, customer: Customer) -> str | SafeString:
        return money_or_unknown(customer.assets_value)

    def standard_columns(self, request: HttpRequest) -> Sequence[str]:
        columns = super().standard_columns(request)
        return columns if sees_several_branches(request) else tuple(name for name in columns if name != "branch")

    @display(description=_("added on"), ordering="created_at")
    def added_on(self, customer: Customer) -> str:
        return date_format(timezone.localtime(customer.created_at), "j M Y")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Customer], search_term: str
    ) -> tuple[QuerySet[Customer], bool]:
        """Also by whole phone number, for who may see them: nobody finds one out digit by digit."""
        term, customers = search_term.strip(), cast("CustomerQuerySet", queryset)
        if not term:
            return queryset, False
        found = customers.found_by(term)
        phones = phones_meant_by(term) if self.may_see_identities(request) and not nik_in(term) else []
        if not phones:
            return found, False
        return customers.filter(Q(pk__in=found.order_by().values("pk")) | Q(phone__in=phones)), False

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Most officers work in one branch."""
        branches = list(Branch.objects.visible_to(user_of(request))[:2])
        return {
            **({"branch": branches[0].pk} if len(branches) == 1 else {}),
            **super().get_changeform_initial_data(request),
        }

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "branch":
            kwargs["queryset"] = Branch.objects.visible_to(user_of(request)).order_by("code")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """A branch is chosen here, not made or mended in passing."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "branch" and field:
            field.widget.can_add_related = field.widget.can_change_related = field.widget.can_view_related = False
        return field

    def save_model(self, request: HttpRequest, obj: Customer, form: CustomerForm, change: bool) -> None:
        officer = user_of(request)
        if change:
            change_customer(customer=obj, values=form.values(), changed_by=officer)
        else:
            obj.pk = add_customer(values=form.values(), added_by=officer).pk
        if form.is_at_odds_with_nik():
            self.message_user(
                request,
                _("The birth date differs from the one in the NIK. Compare the identity card."),
                messages.WARNING,
            )


def money_or_unknown(amount: Any) -> str | SafeString:
    return badge(_("unknown"), tone="warning", icon="help") if amount is None else rupiah(amount)
