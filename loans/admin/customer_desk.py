"""Customers, with the financing they have."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, OuterRef, Subquery
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from bprs.access.admin_base import user_of
from bprs.lookups import is_key
from customers.admin import CustomerAdmin
from customers.models import Customer
from loans.models import Loan
from loans.resources import CustomerDeskResource


class CustomerDesk(CustomerAdmin):
    """The customers, with the financing they have."""

    export_resource_class = CustomerDeskResource
    list_display: tuple[str, ...] = (*CustomerAdmin.list_display, "financing_count")
    columns_offered = (*CustomerAdmin.columns_offered, "financing_count")
    change_form_outer_after_template = "loans/customer_loans.html"

    def get_queryset(self, request: HttpRequest) -> Any:
        """The count belongs to the page shown: a sub-query runs for its rows only."""
        loans = Loan.objects.filter(customer=OuterRef("pk")).order_by().values("customer")
        return super().get_queryset(request).annotate(financing=Subquery(loans.annotate(n=Count("pk")).values("n")))

    @display(description=_("financing"))
    def financing_count(self, customer: Customer) -> str | SafeString:
        return str(getattr(customer, "financing", None) or self.empty_value_display)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {
            "customer_loans": self._loans_of(request, object_id),
            "may_add_loan": request.user.has_perm("loans.add_loan"),
            **(extra_context or {}),
        }
        return super().change_view(request, object_id, form_url, context)

    def _loans_of(self, request: HttpRequest, object_id: str) -> list[Loan]:
        if not request.user.has_perm("loans.view_loan") or not is_key(object_id):
            return []
        loans = Loan.objects.visible_to(user_of(request)).filter(customer_id=object_id)
        return list(loans.order_by("-application_date", "-pk")[:100])


admin.site.unregister(Customer)
admin.site.register(Customer, CustomerDesk)
