"""What is kept of every change, and by what it is found again."""

from typing import Any

from django.db import models
from simple_history.models import HistoricalRecords


class ChangeHistory(HistoricalRecords):  # type: ignore[misc]  # the library is untyped
    """
    History that can be asked what one import wrote: by the reason of the change.

    The library indexes a copy of every unique column as well. Nobody looks there by number or NIK, and keeping
    those indices is most of what writing history costs.
    """

    def copy_fields(self, model: type[models.Model]) -> dict[str, Any]:
        fields: dict[str, Any] = super().copy_fields(model)
        for name, field in fields.items():
            original = model._meta.get_field(name)
            if isinstance(original, models.Field) and original.unique and not original.primary_key:
                field.db_index = False
        return fields

    def get_meta_options(self, model: type[models.Model]) -> dict[str, Any]:
        by_reason = models.Index(
            fields=["history_change_reason", "id"],
            name=f"{model._meta.model_name}_history_reason",
            condition=models.Q(history_change_reason__gt=""),
        )
        return {**super().get_meta_options(model), "indexes": [by_reason]}
