"""The web server and the background workers as children that live and end together."""

import ctypes
import errno
import http.client
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

from bprs.errors import DomainError

logger = logging.getLogger(__name__)
SECONDS_BETWEEN_LOOKS = 0.2
SECONDS_TO_END = 8  # then what is left is killed; jobs are made to be run again
SECONDS_BEFORE_SAYING = 0.5  # whom we wait for
SECONDS_OF_AN_EARLY_END, MOST_EARLY_ENDS = 5, 3
SET_PARENT_DEATH_SIGNAL = 1  # prctl(2)
SECONDS_FOR_AN_ANSWER = 2
THREADS = 32  # of a web server process: bodies it takes in at once
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class PortNotFree(DomainError):
    code = "port_not_free"


class ChildEnded(DomainError):
    code = "child_ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What to run, and what to call it when it ends too early."""

    name: str
    command: tuple[str, ...]
    is_started_again: bool = False


def web_server(*, host: str, port: int, workers: int) -> Program:
    """
    Granian, whose processes answer one request at a time: see bprs.turns.

    A process that is killed is started again; one that cannot live, killed again within seconds, ends the server.
    """
    flags = ("--interface", "wsgi", "--host", host, "--port", str(port), "--workers", str(workers))
    threads = ("--blocking-threads", str(THREADS), "--respawn-failed-workers")
    # A process that still loads when it is asked to end does not hear it, and would keep the port for ever.
    end = ("--workers-kill-timeout", str(SECONDS_TO_END))
    quiet = ("--no-ws", "--log-level", "error")
    return Program(
        name=_("The web server"),
        command=(sys.executable, "-m", "granian", *flags, *threads, *end, *quiet, "bprs.wsgi:application"),
    )


def background_workers(count: int) -> list[Program]:
    """Killed, they are started again: the job goes on where it was."""
    command = (sys.executable, "manage.py", "work")
    return [
        Program(name=_("Background worker %(number)s") % {"number": number}, command=command, is_started_again=True)
        for number in range(1, count + 1)
    ]


def refuse_taken_port(*, host: str, port: int) -> None:
    """
    Try the address once, so that nothing is started in vain.

    :raises PortNotFree: if it cannot be listened on
    """
    try:
        family, kind, protocol, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except (OSError, OverflowError) as error:
        raise PortNotFree(_port_sentence(error, host, port)) from None


def _port_sentence(error: Exception, host: str, port: int) -> str:
    if getattr(error, "errno", None) == errno.EADDRINUSE:
        return _(
            "Port %(port)s on %(host)s is in use: end the program that uses it, or choose another with --port."
        ) % {"port": port, "host": host}
    return _("Port %(port)s on %(host)s cannot be listened on: %(reason)s.") % {
        "port": port,
        "host": host,
        "reason": error,
    }


def run_together(
    programs: Sequence[Program],
    *,
    wait_for: tuple[str, int],
    on_ready: Callable[[], None],
    on_wait: Callable[[Sequence[str]], None],
) -> None:
    """
    Run the programs until one of STOP_SIGNALS arrives, then end all of them and whatever they started.

    :param wait_for: host and port that must answer HTTP before `on_ready` is called
    :param on_wait: told the names of those that take a moment to end
    :raises ChildEnded: if one ends by itself that is not started again; the others are ended too
    """
    with _stop_requested() as stop, _children(programs, on_wait) as children:
        is_ready = False
        while not stop.wait(SECONDS_BETWEEN_LOOKS):
            for child in children:
                child.start_again_or_refuse()
            if not is_ready and _answers(*wait_for):
                is_ready = True
                on_ready()


@contextmanager
def _stop_requested() -> Iterator[threading.Event]:
    """An event that the stop signals set instead of ending us."""
    stop = threading.Event()
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in STOP_SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Child:
    """A running program, in a session of its own: Ctrl-C reaches us alone, and a whole session can be ended."""

    def __init__(self, program: Program) -> None:
        self.program, self.early_ends = program, 0
        self._start()

    def _start(self) -> None:
        self.began = time.monotonic()
        self.process = subprocess.Popen(  # noqa: S603 ours
            self.program.command,
            cwd=settings.BASE_DIR,
            start_new_session=True,
            preexec_fn=_end_with(os.getpid()),  # noqa: PLW1509 we have one thread
        )

    def start_again_or_refuse(self) -> None:
        """
        Replace a program that was killed; one that cannot run at all is not tried for ever.

        :raises ChildEnded: if it ended, and is not one that is started again, or ended early three times in a row
        """
        if self.process.poll() is None:
            return
        is_early = time.monotonic() - self.began < SECONDS_OF_AN_EARLY_END
        self.early_ends = self.early_ends + 1 if is_early else 0
        if not self.program.is_started_again or self.early_ends >= MOST_EARLY_ENDS:
            raise ChildEnded(
                _("%(name)s ended by itself (exit code %(code)s); stopping.")
                % {"name": self.program.name, "code": self.process.returncode}
            )
        logger.warning(
            "A background worker (process %s) ended with exit code %s; starting it again",
            self.process.pid,
            self.process.returncode,
        )
        self._sweep()
        self._start()

    def end_within(self, seconds: float) -> bool:
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(max(seconds, 0))
            return True
        return False

    def kill(self) -> None:
        self._sweep()
        self.process.wait()

    def _sweep(self) -> None:
        """Nothing that a child started outlives it."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)


def _end_with(parent: int) -> Callable[[], None] | None:
    """
    What a child does before it becomes the program: ask Linux to end it when we are killed and can end nobody.

    The child itself asks, so nobody has to watch; other systems have no such thing.
    """
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is None:
        return None

    def ask() -> None:
        prctl(SET_PARENT_DEATH_SIGNAL, signal.SIGTERM)
        if os.getppid() != parent:  # we were killed before it could ask
            os.kill(os.getpid(), signal.SIGKILL)

    return ask


@contextmanager
def _children(programs: Sequence[Program], on_wait: Callable[[Sequence[str]], None]) -> Iterator[list[_Child]]:
    running: list[_Child] = []
    try:
        for program in programs:
            running.append(_Child(program))  # noqa: PERF401 those begun must be ended if the next cannot begin
        yield running
    finally:
        _end(running, on_wait)


def _end(children: Sequence[_Child], on_wait: Callable[[Sequence[str]], None]) -> None:
    """Ask all, say who takes a moment, wait, and sweep."""
    until = time.monotonic() + SECONDS_TO_END
    for child in children:
        child.process.terminate()
    slow = [child for child in children if not child.end_within(SECONDS_BEFORE_SAYING)]
    if slow:
        on_wait([child.program.name for child in slow])
    for child in children:
        child.end_within(until - time.monotonic())
        child.kill()


def _answers(host: str, port: int) -> bool:
    """Whether the site answers, with whatever status; asking under a name it listens to keeps its log clean."""
    name = next((host.lstrip(".") for host in settings.ALLOWED_HOSTS if host != "*"), "localhost")
    connection = http.client.HTTPConnection(_reachable(host), port, timeout=SECONDS_FOR_AN_ANSWER)
    try:
        connection.request("GET", "/api/v1/", headers={"Host": name})
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


def _reachable(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104 listens everywhere: ask ourselves
