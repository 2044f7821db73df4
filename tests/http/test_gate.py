"""Overload: others wait for their turn, and who waits too long is told so."""

import threading

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from bprs.http.gate import GateMiddleware
from tests.api_client import assert_problem


class Site:
    """A site whose pages take until they are let go."""

    def __init__(self):
        self.has_begun, self.may_end = threading.Semaphore(0), threading.Semaphore(0)
        self.gate = GateMiddleware(self._answer)

    def _answer(self, request):
        if "slow" in request.path:
            self.has_begun.release()
            self.may_end.acquire()
        return HttpResponse("done")

    def ask(self, path):
        request = RequestFactory().get(path)
        request.request_id = "toko-2026"  # type: ignore[attr-defined]  # as our middleware does
        answer = self.gate(request)
        answer.headers["X-Request-ID"] = "toko-2026"
        return answer

    def ask_beside(self, path):
        asking = threading.Thread(target=self.ask, args=(path,), daemon=True)
        asking.start()
        return asking


@pytest.fixture
def busy(settings):
    """A site that is at work on one request, as many as it does at a time."""
    settings.REQUESTS_AT_ONCE, settings.REQUEST_WAIT_SECONDS = 1, 0.01
    site = Site()
    asking = site.ask_beside("/slow")
    assert site.has_begun.acquire(timeout=30)
    yield site
    site.may_end.release()
    asking.join(30)


def test_a_program_that_waits_too_long_is_told_when_to_come_again(busy):
    answer = busy.ask("/api/v1/loans")

    assert_problem(answer, 503, "unavailable")
    assert answer["Retry-After"] == "5"


def test_a_person_is_told_in_a_sentence(busy):
    answer = busy.ask("/admin/")

    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert answer.content.decode() == "Banyak orang sedang bekerja saat ini. Coba lagi beberapa detik lagi."


def test_who_asks_whether_the_process_lives_does_not_wait(busy):
    assert busy.ask("/api/v1/health/live").status_code == 200


def test_who_waits_is_answered_in_turn(busy, settings):
    settings.REQUEST_WAIT_SECONDS = 30
    waiting = busy.ask_beside("/slow")
    busy.may_end.release()

    assert busy.has_begun.acquire(timeout=30)
    busy.may_end.release()
    waiting.join(30)
    assert not waiting.is_alive()


def test_a_request_that_fails_leaves_the_gate_open(settings):
    settings.REQUESTS_AT_ONCE, settings.REQUEST_WAIT_SECONDS = 1, 0.01

    def fail(_request):
        raise ZeroDivisionError

    gate = GateMiddleware(fail)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            gate(RequestFactory().get("/"))
