"""
One POST to where a webhook goes: over at a given moment, to exactly the addresses that were judged, redirected nowhere.

`http.client` on a socket of our own: it knows no proxies and follows nothing, and no second look at the name can lead
elsewhere than the first.
"""

import io
import socket
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import Any
from urllib.parse import SplitResult

from django.db import models
from django.utils.translation import gettext_lazy as _

from bprs.webhooks.addresses import UrlRefused, check_url, is_public

SECONDS = 10
SECONDS_TO_CONNECT = 4  # to one of several addresses
MOST_KEPT = 1024  # bytes of an answer
MOST_ASKED_FOR, DIGITS = 24 * 60 * 60, 9  # seconds
Resolver = Callable[[str, int], Sequence[str]]
_PORTS = {"https": 443, "http": 80}


class Fault(models.TextChoices):
    """Why there was no answer."""

    UNKNOWN_HOST = "unknown_host", _("The name of the host is not known.")
    NOT_PUBLIC = "not_public", _("The host has an address that is not public: nothing was sent.")
    URL = "url", _("The address is not one webhooks go to: nothing was sent.")
    TLS = "tls", _("The host could not prove with its certificate that it is the one.")
    TIMEOUT = "timeout", _("No answer within 10 seconds.")
    BROKEN = "broken", _("The connection was refused, or broken off.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """
    What came back: a status, or else a fault.

    `detail` is what was said, at most 1 kB, or the address refused; `asks_for_seconds` how long it asks to be left alone.
    """

    status: int | None = None
    fault: Fault | None = None
    detail: str = ""
    asks_for_seconds: int = 0

    @property
    def is_success(self) -> bool:
        return self.status is not None and 200 <= self.status <= 299  # noqa: PLR2004 the HTTP statuses


def resolved(host: str, port: int) -> list[str]:
    """:raises OSError: if nobody knows the name"""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_rest, address in found))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Sends to public addresses alone, or wherever it is told to while things are tried out."""

    allow_private: bool = False
    resolve: Resolver = resolved
    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    seconds: float = SECONDS

    def post(self, url: str, *, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Say what came of it, whatever that is."""
        until = time.monotonic() + self.seconds
        try:
            parts = check_url(url, allow_private=self.allow_private)
            port = parts.port or _PORTS[parts.scheme]
            addresses = self.resolve(parts.hostname or "", port)
        except UrlRefused as refusal:
            return Answer(fault=Fault.URL, detail=refusal.message)
        except (OSError, UnicodeError):
            return Answer(fault=Fault.UNKNOWN_HOST)
        private = [address for address in addresses if not (self.allow_private or is_public(address))]
        if private:
            return Answer(fault=Fault.NOT_PUBLIC, detail=private[0])
        return self._asked(parts, [(address, port) for address in addresses], body, headers, until)

    def _asked(
        self, parts: SplitResult, places: list[tuple[str, int]], body: bytes, headers: Mapping[str, str], until: float
    ) -> Answer:
        try:
            with closing(self._connected(parts, places, until)) as connected:
                return _exchange(parts, _TimedSocket(connected, until), body, headers)
        except TimeoutError:
            return Answer(fault=Fault.TIMEOUT)
        except ssl.SSLError:
            return Answer(fault=Fault.TLS)
        except (OSError, HTTPException):
            return Answer(fault=Fault.BROKEN)

    def _connected(self, parts: SplitResult, places: list[tuple[str, int]], until: float) -> socket.socket:
        """:raises OSError: if none of the addresses answers"""
        plain = _first_that_answers(places, until)
        if parts.scheme == "http":
            return plain
        try:
            plain.settimeout(_left(until))
            return self.tls.wrap_socket(plain, server_hostname=parts.hostname)
        except BaseException:
            plain.close()
            raise


class _TimedSocket:
    """A socket whose every wait ends at the same moment, however slowly the other side drips."""

    def __init__(self, connected: socket.socket, until: float) -> None:
        self._connected, self._until = connected, until

    def sendall(self, data: bytes) -> None:
        self._connected.settimeout(_left(self._until))
        self._connected.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_TimedReader(self._connected, self._until))

    def close(self) -> None:
        """Whoever connected closes: `http.client` would before the answer is read."""


class _TimedReader(io.RawIOBase):
    def __init__(self, connected: socket.socket, until: float) -> None:
        self._connected, self._until = connected, until

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._connected.settimeout(_left(self._until))
        return self._connected.recv_into(buffer)


def _left(until: float) -> float:
    """:raises TimeoutError: if the moment has passed"""
    seconds = until - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds


def _first_that_answers(places: list[tuple[str, int]], until: float) -> socket.socket:
    failure = OSError("the name has no address")
    for place in places:
        try:
            return socket.create_connection(place, timeout=min(SECONDS_TO_CONNECT, _left(until)))
        except OSError as error:
            failure = error
    raise failure


def _exchange(parts: SplitResult, connected: _TimedSocket, body: bytes, headers: Mapping[str, str]) -> Answer:
    connection = HTTPConnection(parts.hostname or "")
    connection.sock = connected  # all that it asks of a socket
    path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
    connection.request("POST", path, body=body, headers={"Host": parts.netloc, "Connection": "close", **headers})
    with closing(connection.getresponse()) as response:
        return Answer(status=response.status, detail=_beginning_of(response), asks_for_seconds=_asked_for(response))


def _asked_for(response: HTTPResponse) -> int:
    """Of Retry-After, seconds; a date there counts for nothing, for the other side's clock may be any."""
    said = response.headers.get("Retry-After", "").strip()
    return min(int(said), MOST_ASKED_FOR) if said.isascii() and said.isdigit() and len(said) <= DIGITS else 0


def _beginning_of(response: HTTPResponse) -> str:
    """Its status is the answer; what else it says is kept as far as it comes."""
    said = b""
    with suppress(OSError, HTTPException):
        said = response.read(MOST_KEPT)
    return said.decode(errors="replace").replace("\x00", "")
