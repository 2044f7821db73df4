"""Two approvers at once are one approval. See two_approvers.py for what is done."""

import json
import os
import subprocess
import sys

import pytest

from tests.jobs.test_killed_workers import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


def test_of_several_approvers_at_once_one_approves(own_database, tmp_path):
    settings = {"DJANGO_SETTINGS_MODULE": "bprs.settings", "BPRS_DATA_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "tests.scoring.two_approvers"]

    ended = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **own_database, **settings}, capture_output=True, text=True, check=False
    )

    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout) == {
        "answers": ["approved", "too late", "too late", "too late"],
        "in_force": "standard-2",
        "approved": 1,
    }
