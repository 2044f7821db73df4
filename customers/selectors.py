"""Which customers are asked for."""

from uuid import UUID

from bprs.importing.history import imported_ids
from customers.models import Customer, CustomerQuerySet


def imported_by(customers: CustomerQuerySet, batch_id: UUID) -> CustomerQuerySet:
    """The customers that an import added or changed."""
    return customers.filter(pk__in=imported_ids(Customer, batch_id))
