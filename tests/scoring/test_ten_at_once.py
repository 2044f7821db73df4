"""The same file, ten times at the same moment, is one run. See ten_at_once.py for what is done."""

import json
import os
import subprocess
import sys

import pytest

from tests.jobs.test_killed_workers import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.mark.parametrize(
    ("rows_at_once", "jobs", "rows"),
    [pytest.param("20000", 0, 20_000, id="small"), pytest.param("19999", 1, 0, id="large")],
)
def test_ten_uploads_at_once_make_one_run(own_database, tmp_path, rows_at_once, jobs, rows):
    settings = {"DJANGO_SETTINGS_MODULE": "bprs.settings", "BPRS_DATA_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "tests.scoring.ten_at_once", rows_at_once]
    environment = {**os.environ, **own_database, **settings}

    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout) == {
        "answers": 10,
        "different": 1,
        "runs": 1,
        "jobs": jobs,
        "rows": rows,
        "folders": 1 if rows else 0,
    }
