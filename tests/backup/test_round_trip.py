"""A bank that was lost is there again: row by row, file by file, seal by seal. Real processes, databases of their own."""

import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.files.base import ContentFile
from django.db import connection

from tests.backup.bank import NIK
from tests.backup.sites import PATIENCE, Site, kill_at_a_random_moment, sites, wait_for, wait_until
from tests.databases import conninfo
from tests.object_store import ObjectStore

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
KILLS = 6
STOPS = 8
SET_UP = """
import django; django.setup()
from pathlib import Path
from django.core.management import call_command
from django.utils.timezone import now
from bprs.backups.making import make_backup
""".strip()


@pytest.fixture(scope="module")
def two(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Site]]:
    """A bank, and a site without one."""
    with sites("bank", "empty", folder=tmp_path_factory.mktemp("sites")) as (bank, empty):
        bank.act("open")
        yield bank, empty


@pytest.fixture(scope="module")
def backup(two: tuple[Site, Site], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("backups") / "bank.tar"
    code, _said, why = two[0].manage("backup", path)
    assert code == 0, why
    return path


@contextmanager
def connected(site: Site) -> Iterator[Any]:
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(site.address.removeprefix("sqlite:///"), isolation_level=None)) as other:
            yield other
    else:
        name = site.address.rpartition("/")[2]
        with psycopg.connect(conninfo(name), autocommit=True) as other:
            yield other


def kept_branches(name: str) -> set[str]:
    """In the database that a restore kept under this name."""
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(name)) as kept:
            return {code for (code,) in kept.execute("SELECT code FROM access_branch")}
    with psycopg.connect(conninfo(name)) as kept_there:
        return {code for (code,) in kept_there.execute("SELECT code FROM access_branch").fetchall()}


def add_branch(site: Site) -> None:
    with connected(site) as database:
        database.execute("INSERT INTO access_branch (code, name, city) VALUES ('999', 'Cabang baru', '')")


def left_behind(site: Site) -> list[str]:
    """By restores that came to nothing."""
    folders = list(map(str, site.folder.glob(".restore-*")))
    if connection.vendor == "sqlite":
        return [*folders, *map(str, Path(site.address.removeprefix("sqlite:///")).parent.glob(".restore-*"))]
    name = site.address.rpartition("/")[2]
    with psycopg.connect(conninfo("postgres"), autocommit=True) as server:
        scratch = server.execute("SELECT datname FROM pg_database WHERE datname ~ %s", [f"^{name}_restore_"]).fetchall()
    return [*(database for (database,) in scratch), *folders]


def test_a_bank_is_the_same_after_it_was_lost(two, backup):
    bank, empty = two

    code, said, why = empty.manage("restore", backup)

    assert code == 0, why
    assert "0 findings" in said
    assert empty.content() == bank.content()
    assert empty.content()["nik"] == NIK
    assert empty.manage("verify")[0] == 0


def test_a_bank_whose_files_are_in_an_object_store(tmp_path):
    with sites("stored", "lost", folder=tmp_path) as plain:
        bank, other = (replace(site, store=site.folder / "store") for site in plain)
        bank.act("open")
        code, _said, why = bank.manage("backup", tmp_path / "bank.tar")
        assert code == 0, why
        assert not (bank.folder / "files").exists()
        ObjectStore(str(other.store)).save("uploads/of-the-old-bank", ContentFile(b"x"))

        code, said, why = other.manage("restore", tmp_path / "bank.tar")

        assert code == 0, why
        assert "0 findings" in said
        restored, kept = other.content(), other.files()
        assert kept.pop("uploads/of-the-old-bank") == b"x"
        assert {**restored, "files": kept} == bank.content()
        assert other.manage("verify")[0] == 0


def test_a_bank_that_went_on_is_kept_aside(two, backup):
    bank, other = two
    other.manage("restore", backup, "--replace")
    add_branch(other)
    stray = other.folder / "files/uploads/stray"
    stray.write_bytes(b"of the old bank")

    code, said, why = other.manage("restore", backup, "--replace")

    assert code == 0, why
    kept = {
        line.rpartition(" kept ")[2].partition(" ")[2].rstrip(".") for line in said.splitlines() if " kept " in line
    }
    database, files = sorted(kept, key=lambda name: "files" in name)
    assert "999" in kept_branches(database)
    assert Path(files, "uploads/stray").read_bytes() == b"of the old bank"
    stray.unlink()
    assert other.content() == bank.content()


def test_a_bank_that_is_there_or_in_use_is_left_alone(two, backup):
    _bank, other = two
    other.manage("restore", backup, "--replace")
    before, left = other.content(), left_behind(other)
    assert other.manage("restore", backup)[0] == 2

    with connected(other) as database:
        database.execute("SELECT COUNT(*) FROM access_branch").fetchone()
        code, _said, why = other.manage("restore", backup, "--replace")

    assert code == 2
    assert "The site is running" in why
    assert other.content() == before
    assert left_behind(other) == left


def test_verifying_a_backup_changes_nothing_and_finds_what_was_wrong_when_it_was_made(two, backup, tmp_path):
    bank, other = two
    other.manage("restore", backup, "--replace")
    before = bank.content()
    code, said, _why = bank.manage("restore", backup, "--verify")
    assert (code, bank.content()) == (0, before)
    assert said.endswith("It can be restored. Nothing was changed.\n")

    with connected(other) as database:
        database.execute("UPDATE loans_loan SET credit_score = 701 WHERE id = (SELECT MIN(loan_id) FROM scoring_score)")
    assert other.manage("backup", tmp_path / "wrong.tar")[0] == 0

    code, said, _why = other.manage("restore", tmp_path / "wrong.tar", "--verify")
    assert code == 1
    assert "! loan_differs" in said
    assert other.manage("restore", tmp_path / "wrong.tar", "--replace")[0] == 1
    assert other.manage("restore", tmp_path / "wrong.tar", "--replace", "--despite-findings")[0] == 0


def test_a_death_at_any_moment_leaves_the_old_bank_or_the_new(two, backup):
    bank, other = two
    other.manage("restore", backup, "--replace")
    add_branch(other)
    old, new, chance = other.content(), bank.content(), random.Random(20261124)

    for number in range(KILLS):
        restoring = other.start("manage.py", "restore", str(backup), "--replace")
        if number % 2:
            wait_for(restoring, "findings")  # from there it takes a few milliseconds
        kill_at_a_random_moment(restoring, within=0.03 if number % 2 else 3, chance=chance)
        there = other.content()
        assert there["tables"] in (old["tables"], new["tables"])
        assert there["files"] == new["files"]

    assert other.manage("restore", backup, "--replace")[0] == 0
    assert other.content() == new


def test_a_backup_of_an_older_program_is_brought_up_to_this_one(two, tmp_path):
    _bank, other = two
    back = "call_command('migrate', 'axes', '0009', verbosity=0)"
    made = f"make_backup(target=Path('{tmp_path / 'older.tar'}'), made_at=now())"
    with sites("older", folder=tmp_path) as (older,):
        code, _said, why = older.run("-c", f"{SET_UP}\n{back}\n{made}")
        assert code == 0, why

    code, _said, why = other.manage("restore", tmp_path / "older.tar", "--replace")

    assert code == 0, why
    assert other.manage("migrate", "--check")[0] == 0


def test_a_database_user_who_may_not_create_databases_is_told_so(two, backup):
    if connection.vendor == "sqlite":
        pytest.skip("SQLite knows no users")
    bank, _other = two
    with psycopg.connect(conninfo("postgres"), autocommit=True) as server:
        server.execute("CREATE ROLE site_clerk LOGIN")
        try:
            clerk = Site(bank.address.replace("//postgres:", "//site_clerk:"), bank.folder)
            code, _said, why = clerk.manage("restore", backup, "--verify")
        finally:
            server.execute("DROP ROLE site_clerk")

    assert code == 2
    assert "ALTER ROLE … CREATEDB" in why


@pytest.mark.parametrize("seed", range(STOPS))
def test_a_restore_that_is_asked_to_stop_leaves_nothing_behind(two, backup, seed):
    bank, _other = two
    before = left_behind(bank)
    restoring = bank.start("manage.py", "restore", str(backup), "--verify")
    wait_until(lambda: any(bank.folder.glob(".restore-*/files")))
    time.sleep(random.Random(seed).uniform(0, 0.3))

    restoring.terminate()
    _said, why = restoring.communicate(timeout=PATIENCE)

    assert (restoring.returncode, why) == (130, "CommandError: Stopped.\n")
    assert left_behind(bank) == before


def test_a_backup_taken_while_the_bank_goes_on_scoring_is_of_one_moment(tmp_path, django_db_setup):
    with sites("busy", folder=tmp_path) as (bank,):
        bank.act("open")
        working = bank.start("-m", "tests.backup.bank", "keep-scoring")
        try:
            for number in range(2):
                assert working.stdout is not None
                assert working.stdout.readline(), "it goes on"
                code, _said, why = bank.manage("backup", tmp_path / f"{number}.tar")
                assert code == 0, why
            assert working.poll() is None
        finally:
            working.kill()
            working.communicate(timeout=PATIENCE)

        for number in range(2):
            code, said, why = bank.manage("restore", tmp_path / f"{number}.tar", "--verify")
            assert code == 0, said + why
