"""Processes that read one workbook each: started when one is needed or, where somebody waits, before."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class ReaderProcesses:
    """
    Gives out fresh processes. Once told to, it has the next one ready, which has loaded all it needs and waits for its order.

    A process reads one workbook, so that no workbook meets what another left behind.
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
        Have an order carried out; returns the exit code and what was said on the way.

        :raises subprocess.TimeoutExpired: if it takes longer; the process is gone then
        """
        process = self._next()
        try:
            _, said = process.communicate(order, timeout=seconds)
        except BaseException:
            process.kill()
            process.communicate()
            raise
        finally:
            if self._ready_in == os.getpid() and not self._ready:
                self._ready.append(_started())
        return process.returncode, said

    def _next(self) -> subprocess.Popen[bytes]:
        """One that is ready, unless it died meanwhile or belongs to the process that this one was forked from."""
        while self._ready and self._ready_in == os.getpid():
            process = self._ready.pop()
            if process.poll() is None:
                return process
            process.communicate()
        return _started()


def _started() -> subprocess.Popen[bytes]:
    """A process that ends by itself when the order does not come because this one is gone."""
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "bprs.spreadsheets.xlsx_child"],
        cwd="/",
        env=_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
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
