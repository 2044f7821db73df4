"""Ten imports of one file at once, and one whose runner is killed: nothing is lost and nothing is there twice."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
pytestmark = pytest.mark.slow
FIRST, AGAIN = [300, 0, 0, 0, 0, "done"], [0, 0, 300, 0, 0, "done"]


@pytest.fixture
def found(own_database, tmp_path) -> Callable[..., dict[str, Any]]:
    """What a scene of together.py ends with."""

    def play(scene: str, seed: int = 1) -> dict[str, Any]:
        own = {"DJANGO_SETTINGS_MODULE": "bprs.settings", "BPRS_DATA_DIR": str(tmp_path), "LOG_LEVEL": "CRITICAL"}
        command = [sys.executable, "-m", "tests.importing.together", scene, str(seed)]
        environment = {**os.environ, **own_database, **own}
        ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stderr
        answer: dict[str, Any] = json.loads(ended.stdout)
        return answer

    return play


def test_one_file_ten_times_through_the_wizard_is_one_import_and_nine_that_change_nothing(found):
    seen = found("ten_through_the_wizard")

    assert seen["batches"] == sorted([FIRST, *[AGAIN] * 9])
    assert (seen["customers"], seen["loans"], seen["history"]) == (300, 300, [300, 300])


def test_one_batch_confirmed_ten_times_is_imported_once(found):
    seen = found("one_is_confirmed_ten_times")

    assert (seen["batches"], len(seen["jobs"])) == ([FIRST], 2)
    assert (seen["customers"], seen["loans"], seen["history"]) == (300, 300, [300, 300])


def test_ten_jobs_of_one_file_add_every_row_once(found):
    seen = found("ten_run_as_jobs")

    assert [sum(batch[place] for batch in seen["batches"]) for place in range(5)] == [300, 0, 2700, 0, 0]
    assert (seen["customers"], seen["loans"], seen["history"]) == (300, 300, [300, 300])
    assert seen["scores"][0] == 300


def test_a_runner_killed_at_random_moments_loses_nothing_and_repeats_nothing(found):
    seen = found("killed_at_random_moments", 7)

    assert seen["kills"] > 3
    assert seen["batches"] == [[3000, 0, 0, 0, 0, "done"]]
    assert (seen["customers"], seen["loans"], seen["history"]) == (3000, 3000, [3000, 3000])
    assert seen["scores"] == [3000, 3000]
