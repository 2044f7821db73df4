"""The command, and clusters of a scheduler and workers, as processes of their own that a test may kill."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
from distributed.security import Security

from tests.sites import ROOT
from tests.waiting import wait_until

PATIENCE = 300  # seconds; a slow machine is no failure
DASK = "import sys; from dask.__main__ import main; sys.exit(main())"
THREE_LIVES = {  # as the manual tells whoever starts a scheduler
    "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "2",
    "DASK_DISTRIBUTED__SCHEDULER__WORKER_SATURATION": "1.0",
}


class Commands:
    """`score_file` against a database of its own."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = {**os.environ, **environment}

    def start(self, source: Path, folder: Path, *options: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "manage.py", "score_file", str(source), "-o", str(folder), *options]
        return subprocess.Popen(
            command,
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=_as_at_a_terminal,  # noqa: PLW1509 it takes no lock that a thread could hold
        )

    def run(self, source: Path, folder: Path, *options: str) -> tuple[int, str]:
        """The exit code and all that was said."""
        return ended(self.start(source, folder, *options))


def _as_at_a_terminal() -> None:
    """The background of a shell without job control ignores Ctrl-C, nohup the end of the terminal; and so does what they start."""
    for ignored in (signal.SIGINT, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_DFL)


def ended(process: "subprocess.Popen[str]") -> tuple[int, str]:
    out, err = process.communicate(timeout=PATIENCE)
    return process.returncode, out + err


def parts_done(folder: Path) -> int:
    return len(list((folder / "_parts").glob("part-*.json")))


def workers_of(process: "subprocess.Popen[Any]") -> list[psutil.Process]:
    """The processes that a command, or a Dask worker's keeper, started to do the work."""
    return [child for child in _children(process) if "spawn_main" in _command_of(child)]


def _command_of(process: psutil.Process) -> str:
    with suppress(psutil.NoSuchProcess):  # it ended while we looked
        return " ".join(process.cmdline())
    return ""


def are_gone(processes: Iterable[psutil.Process]) -> bool:
    """Whether none of them runs; one that nobody has waited for yet does not."""
    return not any(each.is_running() and each.status() != psutil.STATUS_ZOMBIE for each in processes)


@contextmanager
def dask_process(*arguments: str, environment: Mapping[str, str], folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A scheduler or some workers, with what they say in a file; ended, and all they started, when this is left."""
    with (folder / f"{arguments[0]}.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", DASK, *arguments],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdout=log,
            stderr=log,
        )
        try:
            yield process
        finally:
            kill_whole(process)


def kill_whole(process: "subprocess.Popen[Any]") -> None:
    """Kill it and all it started, as when its machine loses power."""
    family = [process, *_children(process)]
    for each in family:
        with suppress(psutil.NoSuchProcess):
            each.kill()
    process.wait()


def _children(process: "subprocess.Popen[Any]") -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []


@contextmanager
def scheduler(folder: Path, *options: str, **environment: str) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """The address of a scheduler on this machine that takes connections, on any free port unless an option names one."""
    found = folder / "scheduler.json"
    found.unlink(missing_ok=True)
    place = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(found))
    with dask_process("scheduler", *place, *options, environment=environment, folder=folder) as process:
        wait_until(lambda: found.exists() and '"address"' in found.read_text())
        yield found.read_text().partition('"address": "')[2].partition('"')[0], process


@contextmanager
def workers(
    folder: Path, address: str, *options: str, count: int = 2, **environment: str
) -> Iterator["subprocess.Popen[bytes]"]:
    """Their keeper, which replaces those that are killed."""
    arguments = ("worker", address, "--nworkers", str(count), "--nthreads", "1", "--no-dashboard", *options)
    local = ("--local-directory", str(folder / "dask"), "--host", "127.0.0.1")
    with dask_process(*arguments, *local, environment=environment, folder=folder) as process:
        yield process


def tls_files(folder: Path) -> dict[str, str]:
    """A certificate for everybody, by kind: whom to believe, who we are, and the key."""
    made = Security.temporary()
    contents = {"ca": made.tls_ca_file, "cert": made.tls_client_cert, "key": made.tls_client_key}
    for kind, content in contents.items():
        (folder / f"{kind}.pem").write_text(content)
    return {kind: str(folder / f"{kind}.pem") for kind in contents}
