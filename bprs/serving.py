"""The web server and the background worker as two children that live and end together."""

import errno
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

from bprs.errors import DomainError

SECONDS_BETWEEN_LOOKS = 0.2
SECONDS_TO_END = 8  # then what is left is killed; jobs are made to be run again
SECONDS_FOR_AN_ANSWER = 2
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


def web_server(*, host: str, port: int, workers: int) -> Program:
    """Granian with one thread to a process: on SQLite writers queue anyway, and on PostgreSQL processes scale."""
    flags = ("--interface", "wsgi", "--host", host, "--port", str(port), "--workers", str(workers))
    quiet = ("--blocking-threads", "1", "--no-ws", "--log-level", "warning")
    return Program(
        name=_("The web server"), command=(sys.executable, "-m", "granian", *flags, *quiet, "bprs.wsgi:application")
    )


def background_worker() -> Program:
    return Program(name=_("The background worker"), command=(sys.executable, "manage.py", "qcluster"))


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


def run_together(programs: Sequence[Program], *, wait_for: tuple[str, int], on_ready: Callable[[], None]) -> None:
    """
    Run the programs until one of STOP_SIGNALS arrives, then end all of them and whatever they started.

    :param wait_for: host and port that must answer HTTP before `on_ready` is called
    :raises ChildEnded: if one ends by itself; the others are ended too
    """
    with _stop_requested() as stop, _children(programs) as children:
        is_ready = False
        while not stop.wait(SECONDS_BETWEEN_LOOKS):
            _refuse_ended(children)
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


@contextmanager
def _children(programs: Sequence[Program]) -> Iterator[dict[Program, "subprocess.Popen[bytes]"]]:
    """Each in a session of its own: Ctrl-C reaches us alone, and a whole session can be ended."""
    running: dict[Program, subprocess.Popen[bytes]] = {}
    try:
        for program in programs:
            running[program] = subprocess.Popen(program.command, cwd=settings.BASE_DIR, start_new_session=True)  # noqa: S603 ours
        yield running
    finally:
        _end(list(running.values()))


def _refuse_ended(children: dict[Program, "subprocess.Popen[bytes]"]) -> None:
    for program, child in children.items():
        if child.poll() is not None:
            raise ChildEnded(
                _("%(name)s ended by itself (exit code %(code)s); stopping.")
                % {"name": program.name, "code": child.returncode}
            )


def _end(children: Sequence["subprocess.Popen[bytes]"]) -> None:
    """Ask, wait, and sweep each session: nothing a child started outlives us."""
    for child in children:
        child.terminate()
    for child in children:
        with suppress(subprocess.TimeoutExpired):
            child.wait(SECONDS_TO_END)
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


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
