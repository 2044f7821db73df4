"""Financing: its list, its page and the search from anywhere."""

from collections.abc import Sequence
from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.contrib.filters.admin import ChoicesCheckboxFilter, RangeDateFilter
from unfold.decorators import display

from bprs.access.admin_base import BranchScopedAdmin, HistoryMixin, sees_several_branches, user_of
from bprs.access.admin_filters import VisibleBranchFilter
from bprs.admin_menu import pages_named
from bprs.badges import badge
from bprs.display import percentage, rupiah
from bprs.errors import DomainError
from bprs.importing.admin import SpreadsheetImportMixin
from bprs.importing.filters import ImportedNotice
from bprs.lists.desk import ListDesk
from bprs.wording import reasons_of
from customers.models import Customer
from customers.selectors import find_customers
from loans.admin.filters import ImportedLoansFilter, OfficerFilter, QueueFilter, ScoredFilter
from loans.admin.forms import LoanForm, StepForm
from loans.badges import segment_badge, stale_badge, status_badge
from loans.models import Loan, LoanQuerySet
from loans.progress import RECORD_HISTORY
from loans.resources import LoanResource
from loans.selectors import NextStep, find_loans, next_step
from loans.services import add_loan, change_loan

SHORTEST_TERM = 2


@admin.register(Loan)
class LoanAdmin(SpreadsheetImportMixin, ImportedNotice, HistoryMixin, ListDesk, BranchScopedAdmin):
    is_long = True
    import_kinds = ("applications", "loans")
    export_resource_class = LoanResource
    form = LoanForm
    fieldsets = (
        (
            _("Application"),
            {"fields": (("loan_number", "application_date"), "customer", ("akad", "purpose"), "account_officer")},
        ),
        (_("Terms"), {"fields": (("principal_amount", "tenor_months"),)}),
        (_("Progress"), {"fields": (("status", "disbursed_date"), ("collectibility", "days_past_due"))}),
    )
    list_display = ("loan_number", "applicant", "akad", "amount", "tenor", "state", "score", "next")
    columns_offered = (
        *("loan_number", "applicant", "branch", "akad", "purpose", "amount", "tenor", "state", "score"),
        *("probability", "scored_on", "next", "officer", "application_date", "disbursed_date"),
        *("collectibility", "days_past_due"),
    )
    column_aliases = {"applicant_and_branch": "applicant"}
    list_filter: tuple[Any, ...] = (
        ImportedLoansFilter,
        QueueFilter,
        OfficerFilter,
        ScoredFilter,
        ("customer__branch", VisibleBranchFilter),
        ("application_date", RangeDateFilter),
        ("status", ChoicesCheckboxFilter),
        ("segment", ChoicesCheckboxFilter),
        ("akad", ChoicesCheckboxFilter),
        ("collectibility", ChoicesCheckboxFilter),
    )
    list_select_related = ("customer__branch",)
    autocomplete_fields = ("customer",)
    search_fields = ("loan_number", "customer__full_name", "customer__customer_number")
    search_help_text = _("Financing number, customer's name, CIF or NIK")
    ordering = ("-application_date", "-pk")

    @display(description=_("customer"), ordering="customer__full_name", header=True)
    def applicant(self, loan: Loan) -> tuple[str, str]:
        return loan.customer.full_name, loan.customer.customer_number

    @display(description=_("customer and branch"), ordering="customer__full_name", header=True)
    def applicant_and_branch(self, loan: Loan) -> tuple[str, str]:
        return loan.customer.full_name, f"{loan.customer.customer_number} · {loan.customer.branch.name}"

    @display(description=_("amount"), ordering="principal_amount")
    def amount(self, loan: Loan) -> str:
        return self.empty_value_display if loan.principal_amount is None else rupiah(loan.principal_amount)

    @display(description=_("tenor"), ordering="tenor_months")
    def tenor(self, loan: Loan) -> str:
        if loan.tenor_months is None:
            return self.empty_value_display
        return ngettext("%(count)d month", "%(count)d months", loan.tenor_months) % {"count": loan.tenor_months}

    @display(description=_("status"), ordering="status")
    def state(self, loan: Loan) -> SafeString:
        return status_badge(loan.status)

    @display(description=_("score"), ordering="credit_score")
    def score(self, loan: Loan) -> str | SafeString:
        if loan.credit_score is None:
            return badge(_("Not scored yet"))
        return format_html(
            '<span class="bprs-two"><span><b class="bprs-points">{}</b> {}</span><small>{}</small></span>',
            loan.credit_score,
            segment_badge(loan.segment),
            stale_badge() if loan.is_stale else date_format(timezone.localtime(loan.scored_at), "j M Y"),
        )

    @display(description=_("branch"), ordering="customer__branch__code")
    def branch(self, loan: Loan) -> str:
        return loan.customer.branch.name

    @display(description=_("probability of default"), ordering="default_probability")
    def probability(self, loan: Loan) -> str:
        if loan.default_probability is None:
            return self.empty_value_display
        return percentage(loan.default_probability)

    @display(description=_("scored on"), ordering="scored_at")
    def scored_on(self, loan: Loan) -> str:
        return date_format(timezone.localtime(loan.scored_at), "j M Y") if loan.scored_at else self.empty_value_display

    @display(description=_("account officer"), ordering="account_officer__first_name")
    def officer(self, loan: Loan) -> str:
        return loan.account_officer.known_as if loan.account_officer else self.empty_value_display

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        columns = super().get_list_display(request)
        if "branch" in columns or not sees_several_branches(request):
            return columns
        return tuple("applicant_and_branch" if name == "applicant" else name for name in columns)

    def get_list_select_related(self, request: HttpRequest) -> Sequence[str]:
        """The officer's name is another table's: looked for where it is shown."""
        officer = ["account_officer"] if "officer" in self.get_list_display(request) else []
        return [*self.list_select_related, *officer]

    @display(description=_("next step"))
    def next(self, loan: Loan) -> str | SafeString:
        step = next_step(loan)
        if step is NextStep.NOTHING:
            return self.empty_value_display
        if step in {NextStep.COMPLETE, NextStep.MEND}:
            url = reverse("admin:loans_loan_change", args=[loan.pk])
            return format_html('<a class="bprs-link" href="{}">{}</a>', url, step.label)
        return str(step.label)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Loan], search_term: str
    ) -> tuple[QuerySet[Loan], bool]:
        return cast("LoanQuerySet", queryset).found_by(search_term) if search_term.strip() else queryset, False

    def get_urls(self) -> list[URLPattern]:
        find = path("find/", self.admin_site.admin_view(self.find_view), name="loans_loan_find")
        step = path("<int:loan_id>/step/", self.admin_site.admin_view(self.step_view), name="loans_loan_step")
        return [find, step, *super().get_urls()]

    def step_view(self, request: HttpRequest, loan_id: int) -> HttpResponse:
        """The button of the next step: submit it, or pay it out."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.has_change_permission(request):
            raise PermissionDenied
        loan = get_object_or_404(Loan.objects.visible_to(user_of(request)), pk=loan_id)
        form = StepForm(request.POST)
        try:
            change_loan(loan=loan, values=form.values(), changed_by=user_of(request))
        except DomainError as refusal:
            self.message_user(request, reasons_of(refusal), messages.ERROR)
        else:
            self.message_user(request, f"{loan}: {loan.get_status_display()}.", messages.SUCCESS)
        return redirect("admin:loans_loan_change", loan_id)

    def find_view(self, request: HttpRequest) -> HttpResponse:
        """Customers, financing and pages by what was typed anywhere: sent as a form, for addresses are kept and NIKs are not."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        term, user = request.POST.get("term", "").strip()[:100], user_of(request)
        is_asked = len(term) >= SHORTEST_TERM
        customers = (
            find_customers(user=user, term=term) if is_asked and user.has_perm("customers.view_customer") else []
        )
        may_see = is_asked and user.has_perm("loans.view_loan")
        loans = find_loans(user=user, term=term) if may_see else []
        pages = pages_named(request, term) if is_asked else []
        context = {"customers": customers, "loans": loans, "pages": pages, "is_asked": is_asked}
        return render(request, "loans/found.html", context)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"application_date": timezone.localdate(), **super().get_changeform_initial_data(request)}

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        form = super().get_form(request, *args, **kwargs)
        form.may_record_history = request.user.has_perm(RECORD_HISTORY)
        return form

    def get_readonly_fields(self, request: HttpRequest, obj: Loan | None = None) -> Any:
        """Who oversees others hands files over; the others' are their own."""
        fields = super().get_readonly_fields(request, obj)
        return (*fields, "officer") if self._only_reads_officer(request) else fields

    def get_fieldsets(self, request: HttpRequest, obj: Loan | None = None) -> Any:
        """The name alone where it is not for choosing: Django would make it a link to a page that few may open."""
        fieldsets = super().get_fieldsets(request, obj)
        if not self._only_reads_officer(request):
            return fieldsets
        (title, options), *others = fieldsets
        fields = [name if name != "account_officer" else "officer" for name in options["fields"]]
        return [(title, {**options, "fields": fields}), *others]

    def _only_reads_officer(self, request: HttpRequest) -> bool:
        return user_of(request).sees_only_own_work() or not self.has_change_permission(request)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        user = user_of(request)
        if db_field.name == "customer":
            kwargs["queryset"] = Customer.objects.visible_to(user).select_related("branch")
        if db_field.name == "account_officer":
            kwargs["queryset"] = user.whose_work_is_seen().filter(is_staff=True, is_active=True).order_by("first_name")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Loan, form: LoanForm, change: bool) -> None:
        officer = user_of(request)
        if change:
            change_loan(loan=obj, values=form.values(), changed_by=officer)
        else:
            obj.pk = add_loan(values=form.values(), added_by=officer).pk
