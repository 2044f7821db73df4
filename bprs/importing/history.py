"""Finding again what an import wrote."""

from typing import Any
from uuid import UUID

from bprs.importing.models import IMPORTED


def imported_ids(model: Any, batch_id: UUID) -> Any:
    """The primary keys of the records of a model with a history that the import added or changed, as a subquery."""
    return model.history.filter(history_change_reason=f"{IMPORTED}{batch_id}").order_by().values("id")
