"""Several who decide at once make one decision. See two_deciders.py for what is done."""

import json
import os
import subprocess
import sys

import pytest

from tests.jobs.test_killed_workers import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


def test_of_several_deciders_at_once_one_decides(own_database, tmp_path):
    settings = {"DJANGO_SETTINGS_MODULE": "bprs.settings", "BPRS_DATA_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "tests.scoring.two_deciders"]

    ended = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **own_database, **settings}, capture_output=True, text=True, check=False
    )

    assert ended.returncode == 0, ended.stderr
    came = json.loads(ended.stdout)
    assert came["outcome"] == came["status"]
    assert came["answers"] == sorted([came["outcome"], *["too late"] * 5])
