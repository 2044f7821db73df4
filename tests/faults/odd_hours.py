"""
Settings of a site each of whose processes has a clock of its own that steps an hour back and forth while it answers.

What goes through Django or the standard library for the time is told the wrong one: pages, calls, keys, sessions, jobs.
"""

import os
import time

from django.utils import timezone

from bprs.settings import *  # noqa: F403 settings are meant to be taken whole
from tests.faults.stepping import stepping

_off = stepping(f"{os.environ['CLOCK_SEED']}-{os.getpid()}")
_right_now, _right_time = timezone.now, time.time
timezone.now = lambda: _right_now() + _off()
time.time = lambda: _right_time() + _off().total_seconds()
