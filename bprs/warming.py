"""What a long-lived process loads before somebody waits for it."""

import pyarrow as pa
from django.conf import settings
from django.urls import get_resolver
from django.utils.module_loading import import_string


def warm_up() -> None:
    """Load the pages, the kinds of jobs, and pandas, which pyarrow looks for at its first array: about a second."""
    assert get_resolver().url_patterns  # noqa: S101 asking for them imports every face
    for work in settings.JOB_HANDLERS.values():
        import_string(work)
    pa.array([""])
