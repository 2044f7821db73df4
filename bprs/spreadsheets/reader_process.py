"""Processes that have workbooks read, one after the other: started when one is needed or, where somebody waits, before."""

import json
import os
import selectors
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, cast

ROOT = Path(__file__).resolve().parents[2]


class ReaderProcesses:
    """
    Has workbooks read. Once told to, it keeps a process ready, which has loaded all it needs and waits for orders.

    That process forks for each order, so that no workbook meets what another left behind.
    """

    def __init__(self) -> None:
        self._ready: list[subprocess.Popen[bytes]] = []
        self._ready_in = 0

    def keep_one_ready(self) -> None:
        """From now on, in this process: it costs some memory and saves a quarter of a second for each workbook."""
        self._ready, self._ready_in = [_started()], os.getpid()

    @property
    def ready(self) -> subprocess.Popen[bytes] | None:
        return self._ready[-1] if self._ready else None

    def close(self) -> None:
        """Have none ready any longer."""
        self._ready_in = 0
        while self._ready:
            process = self._ready.pop()
            process.communicate()

    def run(self, order: bytes, seconds: float) -> tuple[int, bytes]:
        """
        Have an order, which is one line, carried out; returns the exit code and what was said on the way.

        :raises subprocess.TimeoutExpired: if it takes longer; the process is gone then
        """
        process = self._next()
        try:
            return _answer(process, order, seconds)
        except BaseException:
            _kill(process)
            raise
        finally:
            self._give_back(process)

    def _next(self) -> subprocess.Popen[bytes]:
        """The one that is ready, unless it died meanwhile or belongs to the process that this one was forked from."""
        while self._ready and self._ready_in == os.getpid():
            process = self._ready.pop()
            if process.poll() is None:
                return process
            process.communicate()
        return _started()

    def _give_back(self, process: subprocess.Popen[bytes]) -> None:
        """Keep one ready, and let any other end."""
        if self._ready_in != os.getpid() or self._ready:
            process.communicate()
        elif process.poll() is None:
            self._ready.append(process)
        else:
            process.communicate()
            self._ready.append(_started())


def _answer(process: subprocess.Popen[bytes], order: bytes, seconds: float) -> tuple[int, bytes]:
    orders, answers = cast(IO[bytes], process.stdin), cast(IO[bytes], process.stdout)
    with suppress(BrokenPipeError):  # it died: that it does not answer says so
        orders.write(order + b"\n")
        orders.flush()
    with selectors.DefaultSelector() as selector:
        selector.register(answers, selectors.EVENT_READ)
        if not selector.select(seconds):
            raise subprocess.TimeoutExpired(process.args, seconds)
    answer = answers.readline()
    if not answer:
        _, said = process.communicate()
        return process.returncode, said
    told = json.loads(answer)
    return told["exit_code"], told["said"].encode()


def _kill(process: subprocess.Popen[bytes]) -> None:
    """And what it forked."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _started() -> subprocess.Popen[bytes]:
    """A process that ends by itself when no order can come any more because this one is gone."""
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "bprs.spreadsheets.xlsx_child"],
        cwd="/",
        env=_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        process_group=0,  # of which what it forks is part
    )


def _environment() -> Mapping[str, str]:
    """No settings and no secrets."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }


READERS = ReaderProcesses()
