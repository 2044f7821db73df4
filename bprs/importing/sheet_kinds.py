"""The kinds of sheets there are, by the names that `settings.IMPORT_SHEETS` gives them."""

from typing import cast

from django.conf import settings
from django.utils.module_loading import import_string

from bprs.importing.resources import SheetResource


def resource_of(kind: str) -> type[SheetResource]:
    return cast(type[SheetResource], import_string(settings.IMPORT_SHEETS[kind]))
