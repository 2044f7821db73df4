"""The quick faults, once, on the database of this run: `make faults` plays all of them."""

import subprocess
import sys

import pytest
from django.db import connection

from tests.sites import ROOT

pytestmark = pytest.mark.slow


def test_whatever_happens_what_was_acknowledged_is_there_once():
    flag = {"sqlite": "--sqlite", "postgresql": "--postgres"}[connection.vendor]

    played = subprocess.run(
        [sys.executable, "-m", "tests.faults", "--quick", flag], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert played.returncode == 0, played.stdout + played.stderr
    assert played.stdout.count("kept") == 4, played.stdout  # two faults, each told when it is over and in the table
