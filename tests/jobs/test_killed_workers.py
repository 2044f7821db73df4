"""Workers are killed, whenever: in the end there is what there would have been. See killing.py for what is done."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent.parent
pytestmark = pytest.mark.slow


@pytest.fixture
def found(own_database, tmp_path) -> Callable[..., dict[str, Any]]:
    """What scenes of killing.py end with."""

    def play(*scenes: str) -> dict[str, Any]:
        settings = {"DJANGO_SETTINGS_MODULE": "tests.jobs.site_settings", "BPRS_DATA_DIR": str(tmp_path)}
        command = [sys.executable, "-m", "tests.jobs.killing", *scenes]
        environment = {**os.environ, **own_database, **settings}
        ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stderr
        answer: dict[str, Any] = json.loads(ended.stdout)
        return answer

    return play


def rows(parts: int, mark: str = "") -> list[str]:
    return [f"{mark}{number}" for number in range(parts * 10)]


def test_twenty_kills_at_random_moments_change_nothing(found):
    seen = found("at_random_moments")["at_random_moments"]

    assert seen["kills"] == 20
    assert seen["states"] == ["done", "done"]
    assert seen["results"] == [{"written": 1000, "is_whole": True}] * 2
    assert seen["rows"] == sorted(rows(100, "a") + rows(100, "b"))


def test_what_kills_its_worker_three_times_is_set_aside_or_given_up(found):
    seen = found("die_in_a_part", "die_reading")
    part, reading = seen["die_in_a_part"], seen["die_reading"]

    assert (part["died"], part["states"], part["set_aside"]) == (3, ["partly_done"], [[[1, "gave_up"]]])
    assert part["rows"] == sorted(rows(3)[:10] + rows(3)[20:])
    assert (reading["died"], reading["states"], reading["errors"]) == (3, ["failed"], ["gave_up"])
    assert reading["rows"] == []


def test_many_workers_stand_in_for_each_other_and_never_do_a_part_twice(found):
    seen = found("three_at_the_same_job", "idle_ones", "asked_to_stop")
    between_parts, in_the_middle = seen["asked_to_stop"]["stops"]

    assert (seen["three_at_the_same_job"]["states"], seen["three_at_the_same_job"]["rows"]) == (
        ["done"],
        sorted(rows(20)),
    )
    assert seen["idle_ones"]["rows"] == sorted(rows(3))  # no cluster of q2's survives that
    assert between_parts[:4] == ["queued", 0, True, []]
    assert between_parts[4] <= 2
    assert in_the_middle[:4] == ["queued", 0, False, [0]]
    assert in_the_middle[4] <= 8


def test_a_cancel_is_heard_within_seconds_while_a_long_file_is_read_and_the_worker_goes_on(found):
    seen = found("cancelled_while_reading")["cancelled_while_reading"]

    assert seen["took"] < 5
    assert (seen["states"], seen["died"], seen["rows"]) == (["cancelled", "done"], 0, sorted(rows(3, "next")))


def test_a_worker_that_slept_too_long_writes_nothing_more_and_an_officer_can_save_meanwhile(found):
    seen = found("asleep_too_long", "others_want_to_write")
    asleep, others = seen["asleep_too_long"], seen["others_want_to_write"]

    assert (asleep["states"], asleep["rows"], asleep["is_unchanged"]) == (["done"], sorted(rows(3)), True)
    assert (others["meanwhile"], others["states"]) == ("running", ["done"])


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite is a file: there are no connections to cut")
def test_work_goes_on_when_the_database_comes_back(found):
    seen = found("database_goes_away")["database_goes_away"]

    assert (seen["states"], seen["rows"]) == (["done"], sorted(rows(60)))
