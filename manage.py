#!/usr/bin/env python
"""The operators' door."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import OperationalError

NOT_DONE, INTERRUPTED = 2, 130

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bprs.settings")
    try:
        execute_from_command_line(sys.argv)
    except OperationalError as error:  # of a command that has no sentence of its own for it
        sys.stderr.write(f"The database does not answer, or not now: {str(error).strip()}\n")
        sys.exit(NOT_DONE)
    except ImproperlyConfigured as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(NOT_DONE)
    except KeyboardInterrupt:  # before the command began, which has a sentence for it
        sys.exit(INTERRUPTED)
