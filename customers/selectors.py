"""Which customers are asked for."""

from uuid import UUID

from django.db.models import Q

from bprs.access.models import User
from bprs.importing.history import imported_ids
from bprs.spreadsheets.texts import NIK_DIGITS
from customers.models import Customer, CustomerQuerySet

FOUND_AT_MOST = 8


def imported_by(customers: CustomerQuerySet, batch_id: UUID) -> CustomerQuerySet:
    """The customers that an import added or changed."""
    return customers.filter(pk__in=imported_ids(Customer, batch_id))


def nik_in(term: str) -> str:
    digits = term.replace(" ", "").replace(".", "")
    return digits if len(digits) == NIK_DIGITS and digits.isascii() and digits.isdigit() else ""


def find_customers(*, user: User, term: str) -> list[Customer]:
    """The first few whose name holds the term, whose number begins with it, or whose NIK it is; of the user's branches."""
    visible = Customer.objects.visible_to(user).select_related("branch")
    if nik := nik_in(term):
        return list(visible.with_nik(nik))
    wanted = Q(full_name__icontains=term) | Q(customer_number__startswith=term.upper())
    return list(visible.filter(wanted).order_by("full_name", "pk")[:FOUND_AT_MOST])
