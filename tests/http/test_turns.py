"""A request has its turn once its body is here."""

import errno
import io
import json
from threading import Event, Semaphore, Thread

import pytest

from bprs.turns import PIECE, TakingTurns


def echo(environ, start_response):
    """Answers with what the body was."""
    start_response("200 OK", [])
    return [environ["wsgi.input"].read()]


def whole_first(application, *, largest=1_000, at_once=1, patience=60):
    return TakingTurns(application, largest=largest, at_once=at_once, patience=patience)


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


@pytest.mark.parametrize("length", [1, PIECE - 1, PIECE, PIECE + 1, 3_000_000])
def test_a_body_arrives_whole(length):
    content = bytes(range(256)) * (length // 256 + 1)

    body, said = ask(whole_first(echo, largest=5_000_000), io.BytesIO(content[:length]), length)

    assert (body, said.status) == (content[:length], "200 OK")


@pytest.mark.parametrize("missing", [1, 100])
def test_one_that_was_cut_off_is_no_request(missing):
    _body, said = ask(whole_first(echo), io.BytesIO(b"x" * (100 - missing)), 100)

    assert said.status == "400 Bad Request"


def test_more_than_declared_is_left_unread():
    body, _said = ask(whole_first(echo), io.BytesIO(b"x" * 200), 100)

    assert body == b"x" * 100


@pytest.mark.parametrize("length", ["", "0", "many"])
def test_without_a_body_nothing_is_read_whatever_is_sent(length):
    stream = io.BytesIO(b"x" * 100)

    body, _said = ask(whole_first(echo), stream, length)

    assert (body, stream.tell()) == (b"", 0)


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

    _body, said = ask(whole_first(unread), stream, length, path)

    assert (said.status, stream.tell() > 0) == (status, is_read)


def test_a_disk_without_room_for_it_is_said():
    _body, said = ask(whole_first(echo), Full(), 100)

    assert (said.status, said.headers["Retry-After"]) == ("503 Service Unavailable", "60")


def test_who_sends_slowly_keeps_nobody_waiting():
    application, slow = whole_first(echo), Dribble()
    answers = []
    waiting = Thread(target=lambda: answers.append(ask(application, slow, 5)[0]))
    waiting.start()
    assert slow.asked.wait(60)

    assert ask(application, io.BytesIO(b"quick"), 5)[0] == b"quick"
    assert answers == []
    slow.let.set()
    waiting.join(60)
    assert answers == [b"xxxxx"]


class Site:
    """Its slow pages take until they are let end; it says in which order it worked."""

    def __init__(self, **how):
        self.has_begun, self.may_end, self.seen = Semaphore(0), Semaphore(0), []
        self.application = whole_first(self._answer, **how)

    def _answer(self, environ, start_response):
        self.seen.append(environ["PATH_INFO"])
        if "slow" in environ["PATH_INFO"]:
            self.has_begun.release()
            assert self.may_end.acquire(timeout=60)
        self.seen.append("end of " + environ["PATH_INFO"])
        start_response("200 OK", [])
        return [b"done"]

    def ask(self, path):
        return ask(self.application, io.BytesIO(), 0, path)

    def ask_beside(self, path):
        asking = Thread(target=self.ask, args=(path,))
        asking.start()
        return asking


@pytest.fixture
def busy():
    """A site that is at work on one request, as many as it does at a time, and has others wait for a moment."""
    site = Site(patience=0.01)
    asking = site.ask_beside("/slow")
    assert site.has_begun.acquire(timeout=60)
    yield site
    site.may_end.release()
    asking.join(60)
    assert site.seen[-1] == "end of /slow"


class TestTurns:
    def test_one_at_a_time_is_worked_on(self):
        site = Site()
        first = site.ask_beside("/slow/1")
        assert site.has_begun.acquire(timeout=60)
        second = site.ask_beside("/slow/2")
        site.may_end.release()
        assert site.has_begun.acquire(timeout=60)
        site.may_end.release()
        first.join(60)
        second.join(60)

        assert site.seen == ["/slow/1", "end of /slow/1", "/slow/2", "end of /slow/2"]

    def test_as_many_as_are_allowed_are_worked_on_at_once(self):
        site = Site(at_once=2)
        asking = [site.ask_beside(f"/slow/{number}") for number in range(2)]
        assert site.has_begun.acquire(timeout=60)
        assert site.has_begun.acquire(timeout=60)
        for _each in asking:
            site.may_end.release()
        for each in asking:
            each.join(60)

        assert len(site.seen) == 4

    def test_a_program_that_waits_too_long_is_told_when_to_come_again(self, busy):
        body, said = busy.ask("/api/v1/loans")

        assert (said.status, said.headers["Retry-After"]) == ("503 Service Unavailable", "5")
        assert said.headers["Content-Type"] == "application/problem+json"
        problem = json.loads(body)
        assert (problem["code"], problem["status"]) == ("unavailable", 503)
        assert "/api/v1/loans" not in busy.seen

    def test_so_is_a_person_in_a_sentence(self, busy):
        body, said = busy.ask("/admin/")

        assert (said.status, said.headers["Retry-After"]) == ("503 Service Unavailable", "5")
        assert body.decode().startswith("Banyak orang sedang bekerja")

    def test_who_asks_whether_the_process_lives_does_not_wait(self, busy):
        assert busy.ask("/api/v1/health/live")[0] == b"done"

    def test_one_that_takes_longer_than_others_would_wait_is_answered(self):
        site = Site(patience=0.01)
        answers = []
        asking = Thread(target=lambda: answers.append(site.ask("/slow")))
        asking.start()
        assert site.has_begun.acquire(timeout=60)
        site.ask("/api/v1/loans")  # has waited in vain meanwhile
        site.may_end.release()
        asking.join(60)

        assert answers[0][0] == b"done"

    @pytest.mark.parametrize("fault", [ZeroDivisionError, TimeoutError])
    def test_one_that_fails_takes_no_turn_along(self, fault):
        def fail(_environ, _start_response):
            raise fault

        application = whole_first(fail)
        for _ in range(2):
            with pytest.raises(fault):
                ask(application, io.BytesIO(), 0)
