"""
A request has its turn once all of its body is here: who sends slowly keeps nobody waiting but themselves.

The web server hands over a request as soon as its headers are read. Two that then stop sending would hold both processes
of a site; here they hold one of many threads, and bprs.http.gate lets through, one at a time, what is whole.
"""

from collections.abc import Iterable, Iterator
from tempfile import SpooledTemporaryFile
from wsgiref.types import InputStream, StartResponse, WSGIApplication, WSGIEnvironment

from bprs.disk import NO_SPACE

AT_ONCE = 64 * 1024
IN_MEMORY = 1024 * 1024
CUT_OFF = "400 Bad Request"
TOO_LARGE = "413 Content Too Large"
NO_ROOM = "503 Service Unavailable"


class WholeBodiesFirst:
    """A WSGI application around another one."""

    def __init__(self, application: WSGIApplication, *, largest: int) -> None:
        """:param largest: more bytes than this are not taken in; below /api/ the application says so itself, unread"""
        self._application, self._largest = application, largest

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        length = _declared(environ)
        is_larger = length > self._largest
        if is_larger and not environ["PATH_INFO"].startswith("/api/"):
            return _refused(TOO_LARGE, start_response)
        if is_larger or not length:
            return self._application(environ, start_response)
        with SpooledTemporaryFile(IN_MEMORY) as body:
            refusal = _take_in(environ["wsgi.input"], length, body)
            if refusal:
                return _refused(refusal, start_response)
            return self._application({**environ, "wsgi.input": body}, start_response)


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
    while length and (piece := stream.read(min(length, AT_ONCE))):
        length -= len(piece)
        yield piece


def _refused(status: str, start_response: StartResponse) -> Iterable[bytes]:
    """In the words of HTTP: of the first nobody hears, and for the others Django is not asked."""
    start_response(status, [("Content-Type", "text/plain; charset=utf-8"), ("Retry-After", "60")])
    return [status.encode()]
