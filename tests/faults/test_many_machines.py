"""
Two web servers and three workers that share a PostgreSQL and the folder of files, and nothing else: each has a data
directory, a working directory and a folder for temporary files of its own, and the same keys.
"""

import json
import shutil
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection

from tests.databases import conninfo
from tests.faults.callers import Caller, Told, score_file, sheet
from tests.faults.desk import WIZARD, Desk
from tests.importing.batches import HEADERS, application, csv_of
from tests.sites import Running, Site
from tests.waiting import wait_until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="many machines share a PostgreSQL"),
]
KEYS = ("secret_key", "field_encryption_key", "field_index_key", "seal_key")
ROWS, LARGE, WORKERS = 120, 60_000, 3
SETTINGS = {
    "BULK_ROWS_ANSWERED_AT_ONCE": "100",
    "IMPORT_ROWS_AT_ONCE": "100",
    "IMPORT_PART_ROWS": "40",
    "LOG_LEVEL": "ERROR",
}


@dataclass
class House:
    """The ports of two web servers, and who may call them."""

    first: int
    second: int
    known: dict[str, Any]
    site: Site
    database: str

    def caller(self, port: int) -> Caller:
        return Caller(port, self.known["secret"])

    def runners(self) -> set[str]:
        with psycopg.connect(conninfo(self.database)) as database:
            return {name for (name,) in database.execute("SELECT runner FROM jobs_job WHERE state = 'running'")}

    def shares_out(self, seen: set[str]) -> bool:
        """Whether all three workers have been seen at work by now, or there is nothing left to do."""
        seen |= self.runners()
        return len(seen) == WORKERS or self.has_no_job_left()

    def has_no_job_left(self) -> bool:
        return all(job["finished_at"] for job in self.caller(self.first).get("/jobs?limit=1000").json["items"])


@pytest.fixture
def house(own_database, tmp_path) -> Iterator[House]:
    machines = [_machine(tmp_path / name, tmp_path, own_database) for name in ("web1", "web2", "job1", "job2", "job3")]
    founding = machines[0].python("-m", "tests.faults.founding")
    assert founding.returncode == 0, founding.stderr
    for machine, key in ((machine, key) for machine in machines[1:] for key in KEYS):
        shutil.copy(machines[0].folder / key, machine.folder / key)
    with ExitStack() as ending:

        def started(site: Site, *arguments: str, is_served: bool) -> Running:
            running = Running(site, *arguments, is_served=is_served, cwd=site.folder)
            ending.callback(running.end, signal.SIGTERM)
            return running.wait_until_ready() if is_served else running

        serve = ("serve", "--no-worker", "--workers", "1")
        first = started(machines[0], *serve, is_served=True)
        shutil.copytree(machines[0].folder / "static", machines[1].folder / "static")  # to collect it takes seconds
        second = started(machines[1], *serve, is_served=True)
        for machine in machines[2:]:
            started(machine, "work", is_served=False)
        yield House(
            first.port,
            second.port,
            json.loads(founding.stdout),
            machines[0],
            own_database["DATABASE_URL"].rpartition("/")[2],
        )


def _machine(folder: Path, shared: Path, database: dict[str, str]) -> Site:
    (folder / "tmp").mkdir(parents=True)
    own = {"TMPDIR": str(folder / "tmp"), "MEDIA_ROOT": str(shared / "files")}
    return Site(folder, {**SETTINGS, **own, **database})


def test_what_is_begun_on_one_machine_is_gone_on_with_on_any_other(house):
    told, desk = Told(), Desk()

    desk.log_in(house.first, "ani")
    assert "/admin/logout/" in desk.page(house.second, "/admin/")

    _import_through_both(house, desk, told)
    _score_through_both(house, told)
    _share_jobs_out(house, told)
    _lock_out_through_both(house)

    _assert_promise(house, told)


def _import_through_both(house: House, desk: Desk, told: Told) -> None:
    """Brought and checked at one, confirmed at the other, done by whichever worker, and looked at where it began."""
    content = csv_of(HEADERS, [application(n) for n in range(ROWS)])
    page = desk.upload(house.first, content, branch=house.known["branch"])
    wait_until(house.has_no_job_left)
    batch = page.removeprefix(WIZARD).split("/")[0]
    desk.send(house.second, f"{WIZARD}{batch}/run/", {"is_scored": "on"}, form=f"{WIZARD}{batch}/change/")
    wait_until(house.has_no_job_left)
    assert f"{ROWS}" in desk.page(house.first, f"{WIZARD}{batch}/change/")
    told.note("import", batch=batch, prefix="P-", rows=ROWS)


def _score_through_both(house: House, told: Told) -> None:
    one, other = house.caller(house.first), house.caller(house.second)
    token = one.upload(sheet(700, 1)).json["stored_path"]
    job = other.post("/predictions/bulk", {"file_path": token}).json["id"]
    wait_until(house.has_no_job_left)
    run = one.get(f"/jobs/{job}").json["result"]["run_id"]
    results = [caller.get(f"/runs/{run}/download?format=csv") for caller in (one, other)]
    assert [answer.status for answer in results] == [200, 200]
    assert results[0].content == results[1].content
    told.note("run", run=run)


def _share_jobs_out(house: House, told: Told) -> None:
    """As many large files as it takes until all three workers were seen at work at once or after each other."""
    seen: set[str] = set()
    for number in range(10, 30):
        score_file(house.caller(house.first if number % 2 else house.second), sheet(LARGE, number), LARGE, told)
        seen |= house.runners()
        if len(seen) == WORKERS:
            break
    wait_until(lambda: house.shares_out(seen))
    assert len(seen) == WORKERS
    wait_until(house.has_no_job_left)


def _lock_out_through_both(house: House) -> None:
    """Wrong passwords are counted together, wherever they are tried."""
    tries = [house.first, house.second] * 3
    wrong = {"username": "budi0", "password": "salah"}
    assert [Caller(port, "").post("/auth/token", wrong).status for port in tries][-2:] == [429, 429]


def _assert_promise(house: House, told: Told) -> None:
    file = house.site.folder / "told.json"
    file.write_text(json.dumps(told.acknowledged))
    counted = house.site.python("-m", "tests.faults.account", str(file))
    assert counted.returncode == 0, counted.stderr
    found = json.loads(counted.stdout)
    assert (told.lies, found["missing"], found["twice"], found["hands"]) == ([], [], [], [])
    verified = house.site.run("verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
