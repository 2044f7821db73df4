"""What a long-lived process loads before somebody waits for it."""

import pyarrow as pa
from django.conf import settings
from django.urls import get_resolver
from django.utils.module_loading import import_string

from bprs.spreadsheets.reader_process import READERS


def warm_up() -> None:
    """
    Load the pages, the kinds of jobs, and pandas, which pyarrow looks for at its first array: about a second.

    The next workbook finds its reader started.
    """
    assert get_resolver().url_patterns  # noqa: S101 asking for them imports every face
    for work in settings.JOB_HANDLERS.values():
        import_string(work)
    pa.array([""])
    READERS.keep_one_ready()
