"""A request has its turn once its body is here."""

import errno
import io
from threading import Event, Thread

import pytest

from bprs.turns import AT_ONCE, WholeBodiesFirst


def echo(environ, start_response):
    """Answers with what the body was."""
    start_response("200 OK", [])
    return [environ["wsgi.input"].read()]


class Said:
    status = ""

    def __call__(self, status, headers, exc_info=None, /):
        self.status, self.headers = status, dict(headers)
        return lambda _written: None


def ask(application, stream, length, path="/"):
    said = Said()
    environ = {"PATH_INFO": path, "CONTENT_LENGTH": str(length), "wsgi.input": stream}
    return b"".join(application(environ, said)), said


class Dribble:
    """Sends nothing until it is let."""

    def __init__(self):
        self.asked, self.let = Event(), Event()

    def read(self, size):
        self.asked.set()
        self.let.wait(60)
        return b"x" * size


class Full:
    def read(self, size):
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("length", [1, AT_ONCE - 1, AT_ONCE, AT_ONCE + 1, 3_000_000])
def test_a_body_arrives_whole(length):
    content = bytes(range(256)) * (length // 256 + 1)

    body, said = ask(WholeBodiesFirst(echo, largest=5_000_000), io.BytesIO(content[:length]), length)

    assert (body, said.status) == (content[:length], "200 OK")


@pytest.mark.parametrize("missing", [1, 100])
def test_one_that_was_cut_off_is_no_request(missing):
    _body, said = ask(WholeBodiesFirst(echo, largest=1_000), io.BytesIO(b"x" * (100 - missing)), 100)

    assert said.status == "400 Bad Request"


def test_more_than_declared_is_left_unread():
    body, _said = ask(WholeBodiesFirst(echo, largest=1_000), io.BytesIO(b"x" * 200), 100)

    assert body == b"x" * 100


@pytest.mark.parametrize("length", ["", "0", "many"])
def test_without_a_body_nothing_is_read(length):
    class Untouched:
        def read(self, size=-1):
            return b"not read before the application asks"

    body, _said = ask(WholeBodiesFirst(echo, largest=1_000), Untouched(), length)

    assert body == b"not read before the application asks"


@pytest.mark.parametrize(
    ("path", "length", "status", "is_read"),
    [
        ("/api/v1/x", 1_000, "200 OK", True),
        ("/api/v1/x", 1_001, "200 OK", False),  # the application knows how to refuse it
        ("/admin/", 1_000, "200 OK", True),
        ("/admin/", 1_001, "413 Content Too Large", False),
    ],
)
def test_what_is_larger_than_anything_we_take_is_not_taken_in(path, length, status, is_read):
    stream = io.BytesIO(b"x" * length)

    def unread(_environ, start_response):
        start_response("200 OK", [])
        return [b""]

    _body, said = ask(WholeBodiesFirst(unread, largest=1_000), stream, length, path)

    assert (said.status, stream.tell() > 0) == (status, is_read)


def test_a_disk_without_room_for_it_is_said():
    _body, said = ask(WholeBodiesFirst(echo, largest=1_000), Full(), 100)

    assert (said.status, said.headers["Retry-After"]) == ("503 Service Unavailable", "60")


def test_who_sends_slowly_keeps_nobody_waiting():
    application, slow = WholeBodiesFirst(echo, largest=1_000), Dribble()
    answers = []
    waiting = Thread(target=lambda: answers.append(ask(application, slow, 5)[0]))
    waiting.start()
    assert slow.asked.wait(60)

    assert ask(application, io.BytesIO(b"quick"), 5)[0] == b"quick"
    assert answers == []
    slow.let.set()
    waiting.join(60)
    assert answers == [b"xxxxx"]
