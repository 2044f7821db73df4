"""`make run`, as its user meets it: real processes, a real port, an empty folder."""

import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from tests.sites import PATIENCE, ROOT, Running, Site, free_port, left_after_a_moment
from tests.waiting import wait_until

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Site:
    return Site(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def first_run(site) -> Iterator[Running]:
    running = Running(site, "start").wait_until_ready()
    yield running
    running.end(signal.SIGTERM)


@pytest.fixture
def second_run(site, first_run) -> Iterator[Running]:
    """After the first one has ended."""
    first_run.end(signal.SIGINT)
    running = Running(site, "start").wait_until_ready()
    yield running
    running.end(signal.SIGTERM)


def count(site: Site, table: str) -> int:
    with sqlite3.connect(site.folder / "bprs.sqlite3") as database:
        return int(database.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0])


def test_the_first_run_loads_scores_and_serves_the_demo_bank(site, first_run):
    assert "API" in first_run.get("/api/v1/")
    assert "csrfmiddlewaretoken" in first_run.get("/admin/login/")
    assert count(site, "loans_loan") == 3000
    assert count(site, "scoring_score") > 2900


def test_it_says_what_it_scored_and_who_can_log_in(first_run):
    for word in ("standard-1", "-000001", "ao1", "demo-bprs-2026", f"http://127.0.0.1:{first_run.port}/"):
        assert word in first_run.output


def test_the_keys_are_readable_by_their_owner_alone(site, first_run):
    assert (site.folder / "secret_key").stat().st_mode & 0o077 == 0


def test_a_taken_port_is_refused_before_anything_starts(site, first_run):
    refused = site.run("start", "--port", str(first_run.port))

    assert refused.returncode == 1
    assert str(first_run.port) in refused.stderr
    assert "Traceback" not in refused.stderr
    assert refused.stdout == ""


def test_production_with_demo_logins_or_unsafe_settings_is_refused_with_hints(site, first_run):
    refused = site.run("serve", "--port", str(free_port()), BPRS_DEPLOYMENT="production")

    assert refused.returncode == 1
    assert "bprs.E003" in refused.stderr
    assert "HINT" in refused.stderr
    assert "Traceback" not in refused.stderr

    safe = {
        "BPRS_DEPLOYMENT": "production",
        "ALLOWED_HOSTS": "scoring.example",
        "BEHIND_TLS_PROXY": "1",
        "BANK_NAME": "BPRS Amanah",
    }
    refused = site.run("serve", "--port", str(free_port()), **safe)

    assert refused.returncode == 1
    assert "bprs.E006" in refused.stderr


def test_a_safe_production_deployment_is_checked_without_a_warning(site):
    safe = {
        "BPRS_DEPLOYMENT": "production",
        "ALLOWED_HOSTS": "scoring.example",
        "BEHIND_TLS_PROXY": "1",
        "BANK_NAME": "BPRS Amanah",
    }

    checked = site.run("check", "--deploy", "--fail-level", "WARNING", **safe)

    assert checked.returncode == 0, checked.stderr


def test_serving_an_empty_database_is_refused(tmp_path):
    refused = Site(tmp_path).run("serve", "--port", str(free_port()))

    assert refused.returncode == 1
    assert "migrate" in refused.stderr


def test_serving_without_the_database_is_refused_with_a_sentence(tmp_path):
    nowhere = f"postgres://bprs:x@127.0.0.1:{free_port()}/bprs"

    refused = Site(tmp_path).run("serve", "--port", str(free_port()), DATABASE_URL=nowhere)

    assert refused.returncode == 1
    assert "127.0.0.1" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_ctrl_c_ends_everything_without_a_traceback(first_run):
    children = first_run.descendants()
    began = time.monotonic()

    assert first_run.end(signal.SIGINT) == 0
    assert time.monotonic() - began < 15
    assert left_after_a_moment(children) == set()
    assert "Traceback" not in first_run.output


def test_the_second_run_keeps_what_is_there_and_ends_on_sigterm(site, second_run):
    children = second_run.descendants()

    assert count(site, "loans_loan") == 3000
    assert count(site, "scoring_scoringrun") == 1
    assert "ao1" in second_run.output
    assert second_run.end(signal.SIGTERM) == 0
    assert left_after_a_moment(children) == set()


def test_when_the_web_server_dies_the_workers_are_ended_and_the_exit_code_says_so(site, first_run):
    first_run.end(signal.SIGINT)
    running = Running(site, "serve", "--workers", "1").wait_until_ready()
    children = running.descendants()

    os.kill(min(running.running_as("granian")), signal.SIGKILL)

    assert running.process.wait(timeout=PATIENCE) == 1
    assert left_after_a_moment(children) == set()
    assert "Traceback" not in running.output


def test_a_killed_worker_is_started_again_and_the_site_goes_on(site, first_run):
    first_run.end(signal.SIGINT)
    running = Running(site, "serve", "--workers", "1").wait_until_ready()
    workers = running.running_as("work")

    os.kill(min(workers), signal.SIGKILL)

    until = time.monotonic() + 10
    while len(running.running_as("work") - workers) < 1 and time.monotonic() < until:
        time.sleep(0.1)
    assert len(workers) == len(running.running_as("work")) == 2
    assert "API" in running.get("/api/v1/")
    assert running.end(signal.SIGTERM) == 0
    assert "Traceback" not in running.output


def test_a_killed_web_process_is_started_again(site, first_run):
    first_run.end(signal.SIGINT)
    running = Running(site, "serve", "--workers", "1", "--no-worker").wait_until_ready()
    (killed,) = running.web_workers()

    os.kill(killed, signal.SIGKILL)

    wait_until(lambda: killed not in running.web_workers() and running.answers())
    assert running.end(signal.SIGTERM) == 0


def test_nothing_outlives_a_killed_site(site, first_run):
    first_run.end(signal.SIGINT)
    running = Running(site, "serve", "--workers", "1").wait_until_ready()
    children = running.descendants()

    running.end(signal.SIGKILL)

    assert left_after_a_moment(children) == set()


@pytest.mark.parametrize("command", [("verify",), ("backup", "bank.tar"), ("tidy_files",), ("seal",)])
def test_a_command_that_finds_no_database_says_so_in_a_line(tmp_path, command):
    refused = Site(tmp_path).run(*command, DATABASE_URL="postgres://nobody@127.0.0.1:1/none")

    assert refused.returncode == 2
    assert "127.0.0.1" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("UPLOAD_MAX_BYTES", "25 MB", "25 MB"),
        ("FILE_STORAGE_OPTIONS", "{", "line 1 column 2"),
        ("DEBUG", "perhaps", "perhaps"),
        ("DATABASE_URL", "postgres://bank:p4ss/word@db/bank", "postgres://USER:PASSWORD@HOST"),
        ("DATABASE_URL", "bank.sqlite3", "sqlite:////"),
        ("DATABASE_URL", "mysql://a:b@c/d", "sqlite:////"),
        ("FILE_STORAGE_OPTIONS", "[1]", "JSON object"),
        ("LOG_LEVEL", "LOUD", "WARNING"),
        ("LOG_FORMAT", "xml", "plain, json"),
    ],
)
def test_a_setting_that_cannot_be_is_named_in_a_line(tmp_path, variable, value, said):
    refused = Site(tmp_path).run("migrate", **{"FILE_STORAGE": "tests.object_store.ObjectStore", variable: value})

    assert refused.returncode == 2
    assert refused.stderr.startswith(variable)
    assert said in refused.stderr
    assert "p4ss" not in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize("variable", ["WORKERS", "DEBUG", "LOG_LEVEL", "DATABASE_URL", "FILE_STORAGE_OPTIONS"])
def test_a_setting_that_is_empty_is_left_out(tmp_path, variable):
    assert Site(tmp_path).run("check", **{variable: ""}).returncode == 0


def test_a_setting_that_begins_with_a_dollar_means_itself(tmp_path):
    said = Site(tmp_path).run("shell", "-c", "from django.conf import settings as s; print(s.BANK_NAME, s.SEAL_KEYS)",
                              BANK_NAME="$HOME", SEAL_KEYS="$first,second")  # fmt: skip

    assert said.stdout.endswith("$HOME ['$first', 'second']\n")


@pytest.mark.parametrize("name", ["a#1", "b?x=1", "c+d%41 e;é"])
def test_the_database_stands_in_the_data_directory_whatever_it_is_called(tmp_path, name):
    site = Site(tmp_path / name)

    assert site.run("migrate", "customers", "zero", "-v0").returncode == 0

    assert (tmp_path / name / "bprs.sqlite3").exists()
    assert [each.name for each in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("content", [b"", b" \n", b"\xff\xfe\x00"])
def test_a_key_file_without_a_key_is_named_in_a_line(tmp_path, content):
    (tmp_path / "seal_key").write_bytes(content)

    refused = Site(tmp_path).run("check")

    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    assert refused.stderr.startswith(f"{tmp_path / 'seal_key'} holds no key.")


def test_a_key_is_on_the_disk_before_it_is_used(tmp_path):
    command = ["strace", "-f", "-e", "trace=fsync,link,linkat", sys.executable, "manage.py", "check"]
    if not shutil.which("strace"):
        pytest.skip("strace is not here")

    traced = subprocess.run(
        command, cwd=ROOT, env=Site(tmp_path).environment(), capture_output=True, text=True, check=True
    )

    calls = re.findall(r"\b(fsync|link)(?:at)?\(", traced.stderr)
    assert calls[:12] == ["fsync", "link", "fsync"] * 4


def test_a_data_directory_that_cannot_be_is_named_in_a_line(tmp_path):
    (tmp_path / "file").touch()

    refused = Site(tmp_path / "file" / "data").run("check")

    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr
    assert str(tmp_path / "file" / "data") in refused.stderr


def test_a_new_data_directory_is_for_its_owner_alone(tmp_path):
    site = Site(tmp_path / "data")

    site.run("migrate", "-v0")

    assert site.folder.stat().st_mode & 0o077 == 0
