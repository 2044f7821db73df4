"""Commands as their operators see them."""

import io
from pathlib import Path
from typing import Any

from django.core.management import CommandError, call_command
from django.utils import translation


def run(*arguments: str | Path, **options: Any) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a command."""
    out, err = io.StringIO(), io.StringIO()
    try:
        with translation.override("id"):
            call_command(*map(str, arguments), stdout=out, stderr=err, **options)
    except CommandError as error:
        return error.returncode, out.getvalue(), f"{err.getvalue()}{error}"
    except SystemExit as end:
        return int(end.code or 0), out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()
