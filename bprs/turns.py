"""
A request has its turn once all of its body is here, and turns are few.

The web server hands over a request as soon as its headers are read. Two that then stop sending would hold both processes
of a site; here they hold one of many threads, which take bodies in and wait. What is whole is carried out by
`REQUESTS_AT_ONCE` threads, each of which keeps its connection to the database: more would only take the processor from
each other, and a connection each from PostgreSQL. Who would wait too long for a turn is told to come again.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from tempfile import SpooledTemporaryFile
from typing import IO, Any, TypeAlias
from wsgiref.types import InputStream, StartResponse, WSGIApplication, WSGIEnvironment

import orjson

from bprs.disk import NO_SPACE
from bprs.logs import REQUEST_ID, request_id_of

PIECE = 64 * 1024
IN_MEMORY = 1024 * 1024
CUT_OFF = "400 Bad Request"
TOO_LARGE = "413 Content Too Large"
NO_ROOM = BUSY = "503 Service Unavailable"
API, ALWAYS_OPEN = "/api/", "/api/v1/health/live"
Headers: TypeAlias = list[tuple[str, str]]
Started: TypeAlias = tuple[str, Headers]


class TakingTurns:
    """A WSGI application around another one."""

    def __init__(self, application: WSGIApplication, *, largest: int, at_once: int, patience: float) -> None:
        """
        :param largest: more bytes than this are not taken in; below /api/ the application says so itself, unread
        :param at_once: how many requests are carried out at a time
        :param patience: seconds that one waits for its turn
        """
        self._application, self._largest, self._patience = application, largest, patience
        self._turns = ThreadPoolExecutor(at_once, thread_name_prefix="turn")

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        length = _declared(environ)
        is_larger = length > self._largest
        if is_larger and not environ["PATH_INFO"].startswith(API):
            return _refused(TOO_LARGE, start_response)
        if is_larger or not length:
            return self._have_a_turn(environ, BytesIO(), start_response)
        with SpooledTemporaryFile(IN_MEMORY) as body:
            refusal = _take_in(environ["wsgi.input"], length, body)
            if refusal:
                return _refused(refusal, start_response)
            return self._have_a_turn(environ, body, start_response)

    def _have_a_turn(self, environ: WSGIEnvironment, body: IO[bytes], start: StartResponse) -> Iterable[bytes]:
        """In a thread of ours; what the server gave us is used in its own."""
        carry_out = _carrying_out(self._application, {**environ, "wsgi.input": body})
        if environ["PATH_INFO"] == ALWAYS_OPEN:
            (status, headers), answer = carry_out()
        else:
            turn = self._turns.submit(carry_out)
            try:
                (status, headers), answer = turn.result(self._patience)
            except TimeoutError:
                if turn.cancel():
                    return _busy(environ, start)
                (status, headers), answer = turn.result()
        start(status, headers)
        return answer


def _carrying_out(
    application: WSGIApplication, environ: WSGIEnvironment
) -> Callable[[], tuple[Started, Iterable[bytes]]]:
    def carry_out() -> tuple[Started, Iterable[bytes]]:
        started: list[Started] = []

        def start(status: str, headers: Headers, _error: Any = None, /) -> Callable[[bytes], object]:
            started.append((status, headers))
            return lambda _written: None

        answer = application(environ, start)
        return started[-1], answer

    return carry_out


def _declared(environ: WSGIEnvironment) -> int:
    try:
        return int(environ.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def _take_in(stream: InputStream, length: int, body: "SpooledTemporaryFile[bytes]") -> str:
    """Read to the end and go back to the beginning; return the status to refuse with, if it is not whole."""
    try:
        for piece in _pieces(stream, length):
            body.write(piece)
        is_whole = body.tell() == length
        body.seek(0)
    except OSError as error:
        if error.errno not in NO_SPACE:
            raise
        return NO_ROOM
    return "" if is_whole else CUT_OFF


def _pieces(stream: InputStream, length: int) -> Iterator[bytes]:
    while length and (piece := stream.read(min(length, PIECE))):
        length -= len(piece)
        yield piece


def _refused(status: str, start_response: StartResponse) -> Iterable[bytes]:
    """In the words of HTTP: of the first nobody hears, and for the others Django is not asked."""
    start_response(status, [("Content-Type", "text/plain; charset=utf-8"), ("Retry-After", "60")])
    return [status.encode()]


def _busy(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """In both languages: Django, which knows the reader's, is what has no time."""
    sentence = (
        "Banyak orang sedang bekerja saat ini; coba lagi beberapa detik lagi. "
        "Many people are working at this moment; try again in a few seconds."
    )
    said = {"type": "urn:bprs:problem:unavailable", "title": "Not available", "status": 503, "code": "unavailable"}
    request_id = request_id_of(environ.get("HTTP_X_REQUEST_ID", ""))
    problem = orjson.dumps({**said, "detail": sentence, "request_id": request_id})
    is_api = environ["PATH_INFO"].startswith(API)
    media = "application/problem+json" if is_api else "text/plain; charset=utf-8"
    start_response(BUSY, [("Content-Type", media), ("Retry-After", "5"), (REQUEST_ID, request_id)])
    return [problem if is_api else sentence.encode()]
