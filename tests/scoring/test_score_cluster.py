"""Portfolios scored by several processes, of which any may be killed: what comes out is what one process makes."""

import os
import signal
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from scoring.engine import STANDARD_1, Scorecard
from scoring.services.portfolio_files.here import do_here
from scoring.services.portfolio_files.score_files import score_files
from tests.scoring.dask_processes import (
    THREE_LIVES,
    Commands,
    are_gone,
    ended,
    parts_done,
    scheduler,
    tls_files,
    workers,
    workers_of,
)
from tests.scoring.portfolios import content_of, manifest_of, write_parquet
from tests.waiting import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
ROWS, PARTS = 24_000, 120
SMALL_PARTS = ("--part-rows", "200")


@pytest.fixture
def commands(own_database, tmp_path):
    site = {"DJANGO_SETTINGS_MODULE": "bprs.settings", "BPRS_DATA_DIR": str(tmp_path / "data")}
    return Commands({**site, **own_database})


@pytest.fixture(scope="module")
def portfolio(tmp_path_factory):
    return write_parquet(tmp_path_factory.mktemp("cluster") / "portfolio" / "a.parquet", ROWS, group=200).parent


@pytest.fixture(scope="module")
def as_one(portfolio):
    """What one process makes of it."""
    folder, card = portfolio.with_name("one"), Scorecard.from_dict(STANDARD_1)
    score_files(sources=[portfolio], folder=folder, card=card, runner=do_here, part_rows=200)
    assert parts_done(folder) == PARTS
    return content_of(folder)


class TestLocalWorkers:
    def test_they_make_what_one_process_makes(self, commands, portfolio, as_one, tmp_path):
        code, _said = commands.run(portfolio, tmp_path / "many", "--workers", "2", *SMALL_PARTS)

        assert (code, content_of(tmp_path / "many")) == (0, as_one)

    def test_a_command_that_was_killed_is_gone_on_with(self, commands, portfolio, as_one, tmp_path):
        folder = tmp_path / "many"
        killed = commands.start(portfolio, folder, "--workers", "2", *SMALL_PARTS)
        wait_until(lambda: parts_done(folder) >= 5)
        processes = workers_of(killed)
        killed.kill()
        killed.communicate()
        wait_until(lambda: are_gone(processes))
        done = parts_done(folder)

        code, said = commands.run(portfolio, folder, "--workers", "2")

        assert 5 <= done < PARTS
        assert (code, content_of(folder)) == (0, as_one)
        assert f"{done}" in said

    def test_the_part_of_a_worker_that_was_killed_is_done_by_another(self, commands, portfolio, as_one, tmp_path):
        folder = tmp_path / "many"
        process = commands.start(portfolio, folder, "--workers", "2", *SMALL_PARTS)
        wait_until(lambda: parts_done(folder) >= 5)
        workers_of(process)[0].kill()

        code, _said = ended(process)

        assert (code, content_of(folder)) == (0, as_one)

    def test_a_worker_that_is_killed_before_it_is_ready_is_started_again(self, commands, portfolio, as_one, tmp_path):
        process = commands.start(portfolio, tmp_path / "many", "--workers", "2", *SMALL_PARTS)
        wait_until(lambda: bool(workers_of(process)))
        workers_of(process)[0].kill()

        code, _said = ended(process)

        assert (code, content_of(tmp_path / "many")) == (0, as_one)

    def test_ctrl_c_ends_it_quietly_with_130(self, commands, portfolio, as_one, tmp_path):
        folder = tmp_path / "many"
        process = commands.start(portfolio, folder, "--workers", "2", *SMALL_PARTS)
        wait_until(partial(_is_begun, folder))
        processes = workers_of(process)

        os.killpg(process.pid, signal.SIGINT)  # as a terminal does, to everybody in it
        code, said = ended(process)

        assert (code, said) == (130, "CommandError: Berhenti.\n")
        assert are_gone(processes)
        assert commands.run(portfolio, folder, "--cluster", "here")[0] == 0
        assert content_of(folder) == as_one

    @pytest.mark.parametrize(("end", "send"), [(signal.SIGTERM, os.kill), (signal.SIGHUP, os.killpg)])
    def test_so_do_systemd_and_a_terminal_that_is_closed(self, commands, portfolio, tmp_path, end, send):
        folder = tmp_path / "many"
        process = commands.start(portfolio, folder, "--workers", "2", *SMALL_PARTS)
        wait_until(partial(_is_begun, folder))
        processes = workers_of(process)

        send(process.pid, end)
        code, said = ended(process)

        assert code == 130
        assert "CommandError: Berhenti.\n" in said
        assert are_gone(processes)
        assert not list(folder.rglob("*.part"))

    @pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
    def test_and_leave_nothing_of_a_single_file(self, commands, tmp_path, end):
        source, folder = tmp_path / "applications.csv", tmp_path / "out"
        folder.mkdir()
        row = "5000000,20000000,10000000,12\n"
        source.write_text("monthly_income,assets_value,loan_amount,tenor_months\n" + row * 2_000_000)
        process = commands.start(source, folder / "scored.csv")
        wait_until(lambda: any(folder.iterdir()))

        process.send_signal(end)

        assert ended(process) == (130, "CommandError: Berhenti.\n")
        assert list(folder.iterdir()) == []


def _is_begun(folder: Path) -> bool:
    return parts_done(folder) >= 1


class TestCluster:
    def test_workers_that_are_there_already_make_the_same(self, commands, portfolio, as_one, tmp_path):
        with scheduler(tmp_path) as (address, _), workers(tmp_path, address):
            code, _said = commands.run(portfolio, tmp_path / "many", "--cluster", address, *SMALL_PARTS)

        assert (code, content_of(tmp_path / "many")) == (0, as_one)

    def test_a_scheduler_that_was_killed_is_told_and_the_work_gone_on_with(self, commands, portfolio, as_one, tmp_path):
        folder = tmp_path / "many"
        with scheduler(tmp_path) as (address, process), workers(tmp_path, address):
            command = commands.start(portfolio, folder, "--cluster", address, *SMALL_PARTS)
            wait_until(lambda: parts_done(folder) >= 5)
            process.kill()
            code, said = ended(command)

        assert (code, said.count("\n")) == (2, 1), said
        assert parts_done(folder) < PARTS
        assert commands.run(portfolio, folder, "--cluster", "here")[0] == 0
        assert content_of(folder) == as_one

    def test_a_part_that_kills_its_workers_is_set_aside_and_named(self, commands, portfolio, as_one, tmp_path):
        deadly = tmp_path / "deadly.py"
        deadly.write_text(
            "import os, sys\n"
            "def look(event, arguments):\n"
            "    if event == 'open' and 'part-00007' in str(arguments[0]): os.kill(os.getpid(), 9)\n"
            "sys.addaudithook(look)\n"
        )
        folder = tmp_path / "many"
        with ExitStack() as running:
            address, _ = running.enter_context(scheduler(tmp_path, **THREE_LIVES))
            running.enter_context(workers(tmp_path, address, "--preload", str(deadly)))
            code, said = commands.run(portfolio, folder, "--cluster", address, *SMALL_PARTS)

        assert (code, "1401" in said, "a.parquet" in said) == (1, True, True)  # the eighth part of 200 rows
        assert parts_done(folder) == PARTS - 1
        assert not (folder / "_manifest.json").exists()
        assert commands.run(portfolio, folder, "--cluster", "here")[0] == 0
        assert content_of(folder) == as_one

    def test_nobody_is_there(self, commands, portfolio, tmp_path):
        with scheduler(tmp_path) as (address, _):
            pass

        code, said = commands.run(portfolio, tmp_path / "many", "--cluster", address, *SMALL_PARTS)

        assert (code, address in said, "Traceback" in said) == (2, True, False)

    def test_with_tls_only_who_has_the_key_comes_in(self, commands, portfolio, as_one, tmp_path):
        files = tls_files(tmp_path)
        ours = [f"--tls-{kind}-file={path}" if kind == "ca" else f"--tls-{kind}={path}" for kind, path in files.items()]
        own = tmp_path / "stranger"
        own.mkdir()
        with ExitStack() as running:
            address, _ = running.enter_context(scheduler(tmp_path, "--protocol", "tls", *ours))
            running.enter_context(workers(tmp_path, address, "--protocol", "tls", *ours))
            stranger = commands.run(portfolio, tmp_path / "no", "--cluster", address, *_tls(tls_files(own)))
            known = commands.run(portfolio, tmp_path / "many", "--cluster", address, *_tls(files), *SMALL_PARTS)

        assert address.startswith("tls://")
        assert (stranger[0], "Traceback" in stranger[1]) == (2, False)
        assert (known[0], content_of(tmp_path / "many")) == (0, as_one)
        assert manifest_of(tmp_path / "many")["rows_read"] == ROWS


def _tls(files):
    return [f"--tls-{kind}={path}" for kind, path in files.items()]
