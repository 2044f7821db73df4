"""Which customers are asked for."""

from uuid import UUID

from bprs.access.models import User
from bprs.importing.history import imported_ids
from customers.models import Customer, CustomerQuerySet

FOUND_AT_MOST = 8


def imported_by(customers: CustomerQuerySet, batch_id: UUID) -> CustomerQuerySet:
    """The customers that an import added or changed."""
    return customers.filter(pk__in=imported_ids(Customer, batch_id))


def find_customers(*, user: User, term: str) -> list[Customer]:
    """The first few that are meant, of the user's branches."""
    found = Customer.objects.visible_to(user).found_by(term).select_related("branch")
    return list(found.order_by("full_name", "pk")[:FOUND_AT_MOST])
