"""A site that cannot keep up, in real processes: everybody is answered, and it recovers by itself."""

import json
import signal
import sqlite3
import urllib.error
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import islice

import pytest

from bprs.access.demo_logins import DEMO_PASSWORD
from tests.sites import PATIENCE, Running, Site

pytestmark = pytest.mark.slow
CALLS = 12


@pytest.fixture
def running(tmp_path, monkeypatch):
    """One process that lets one request through at a time, and has others wait for a second."""
    monkeypatch.setenv("REQUEST_WAIT_SECONDS", "1")
    site = Site(tmp_path)
    site.run("migrate", "-v0")
    site.run("demo", "--customers", "20", "--loans", "30")
    started = Running(site, "serve", "--workers", "1", "--no-worker").wait_until_ready()
    yield started
    started.end(signal.SIGTERM)


def post(running, path, token="", body=None):
    headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
    address = f"http://127.0.0.1:{running.port}/api/v1{path}"
    request = urllib.request.Request(address, json.dumps(body).encode(), headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.status, answer.headers, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, error.headers, json.loads(error.read())


def test_while_nothing_can_be_written_callers_are_told_to_come_again(running, tmp_path):
    login = {"username": "ao1", "password": DEMO_PASSWORD}
    token = post(running, "/auth/token", body=login)[2]["access_token"]
    customer = {"full_name": "Siti Aminah", "monthly_income": 5_000_000, "assets_value": 0}

    def add(number):
        return post(running, "/customers", token, {"customer_number": f"CIF-{number}", **customer})

    somebody = sqlite3.connect(tmp_path / "bprs.sqlite3", check_same_thread=False, isolation_level=None)
    somebody.execute("BEGIN IMMEDIATE")
    with ThreadPoolExecutor(CALLS) as pool:
        asked = [pool.submit(add, number) for number in range(CALLS)]
        refused = [call.result() for call in islice(as_completed(asked), CALLS - 1)]
        somebody.execute("ROLLBACK")
        answers = [call.result() for call in asked]

    assert {status for status, _, _ in refused} == {503}
    assert {headers["Retry-After"] for _, headers, _ in refused} == {"5"}
    assert {problem["code"] for _, _, problem in refused} == {"unavailable"}
    request_ids = {problem["request_id"] for _, _, problem in refused}
    assert len(request_ids) == CALLS - 1
    assert {headers["X-Request-ID"] for _, headers, _ in refused} == request_ids
    assert Counter(status for status, _, _ in answers) == {201: 1, 503: CALLS - 1}

    again = [add(number)[0] for number, (status, _, _) in enumerate(answers) if status == 503]
    assert set(again) == {201}
    with sqlite3.connect(tmp_path / "bprs.sqlite3") as stored:
        counted = stored.execute("SELECT COUNT(*) FROM customers_customer WHERE customer_number LIKE 'CIF-%'")
        assert counted.fetchone() == (CALLS,)
