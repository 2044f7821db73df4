"""Whether the service can work, as load balancers and monitors ask."""

import threading
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from bprs.health import Probe, is_migrated
from bprs.jobs import pulses
from bprs.jobs.models import WorkerPulse
from bprs.jobs.processes import this_process
from bprs.jobs.worker import Worker
from tests.api_client import assert_problem
from tests.factories import NOW

MINUTE = timedelta(minutes=1)


def ask(path=""):
    return Client(headers={"Accept-Language": "en"}).get(f"/api/v1/health{path}")


class TestProbe:
    def test_is_answered(self):
        assert Probe(lambda: None).is_answered()

    def test_is_not_where_the_database_refuses(self):
        def refuse():
            raise OperationalError

        assert not Probe(refuse).is_answered()

    def test_waits_for_a_silent_database_so_long_and_asks_it_once(self):
        asked, speaks = [], threading.Event()

        def wait():
            asked.append(1)
            speaks.wait()

        probe = Probe(wait, seconds=0.01)

        assert [probe.is_answered() for _ in range(3)] == [False, False, False]
        assert len(asked) == 1
        speaks.set()
        patient = Probe(wait, seconds=30)
        assert patient.is_answered()

    def test_recovers_by_itself(self):
        is_away = [True, False]

        def come_back():
            if is_away.pop(0):
                raise OperationalError

        probe = Probe(come_back)
        assert [probe.is_answered(), probe.is_answered()] == [False, True]


@pytest.mark.django_db(transaction=True)
class TestHealth:
    def test_counts_the_workers_that_live(self):
        now = timezone.now()
        pulses.beat(runner="a", at=now)
        pulses.beat(runner="b", at=now - MINUTE)

        assert ask().json() == {"status": "ok", "database": "ok", "workers": 1}
        assert ask("/workers").json() == {"status": "ok", "workers": 1}

    def test_a_site_without_workers_answers_and_says_so(self):
        assert ask().json() == {"status": "ok", "database": "ok", "workers": 0}
        problem = assert_problem(ask("/workers"), 503, "unavailable")
        assert problem["detail"] == "No background worker is at work: large files wait."

    def test_a_database_of_an_older_program_is_not_what_it_expects(self):
        is_migrated.forget()
        call_command("migrate", "jobs", "0004", verbosity=0)
        try:
            problem = assert_problem(ask(), 503, "unavailable")
            assert problem["detail"] == "The database is not migrated to this version of the program."
        finally:
            call_command("migrate", "jobs", verbosity=0)
        assert ask().status_code == 200


def test_a_process_lives_whatever_the_database_does():
    assert ask("/live").json() == {"status": "ok"}


@pytest.mark.django_db
class TestPulses:
    def test_a_worker_says_that_it_lives_before_it_looks_for_work(self):
        Worker(clock=lambda: NOW)._work_once()

        pulse = WorkerPulse.objects.get()
        assert (pulse.runner, pulse.began_at, pulse.seen_at) == (this_process(), NOW, NOW)

    def test_is_believed_for_so_many_seconds(self):
        pulses.beat(runner="a", at=NOW)
        believed = timedelta(seconds=pulses.SECONDS_BELIEVED)

        assert pulses.living_workers(at=NOW + believed - timedelta(microseconds=1)) == 1
        assert pulses.living_workers(at=NOW + believed) == 0

    def test_keeps_when_it_began(self):
        pulses.beat(runner="a", at=NOW)
        pulses.beat(runner="a", at=NOW + MINUTE)

        assert list(WorkerPulse.objects.values_list("began_at", "seen_at")) == [(NOW, NOW + MINUTE)]

    def test_one_that_ends_in_order_takes_its_pulse_along(self):
        worker = Worker(clock=lambda: NOW)
        worker._work_once()
        worker.is_stopping = True

        worker.work()

        assert not WorkerPulse.objects.exists()

    def test_those_silent_for_a_day_are_forgotten_by_the_next_that_begins(self):
        pulses.beat(runner="a", at=NOW - pulses.FORGOTTEN_AFTER)
        pulses.beat(runner="b", at=NOW)
        assert WorkerPulse.objects.count() == 2

        pulses.beat(runner="c", at=NOW + timedelta(seconds=1))

        assert set(WorkerPulse.objects.values_list("runner", flat=True)) == {"b", "c"}


class TestAskedByALoadBalancer:
    """In plain http, by the address of a machine: neither a redirect nor a refusal says anything about health."""

    @pytest.fixture(autouse=True)
    def _in_production(self, settings):
        settings.SECURE_SSL_REDIRECT, settings.ALLOWED_HOSTS = True, ["scoring.example"]

    @pytest.mark.django_db
    @pytest.mark.parametrize("path", ["", "/live"])
    def test_is_answered(self, path):
        assert Client(headers={"Host": "10.0.0.7:8000"}).get(f"/api/v1/health{path}").status_code == 200

    @pytest.mark.django_db
    def test_hears_that_no_worker_is_there(self):
        assert Client(headers={"Host": "10.0.0.7:8000"}).get("/api/v1/health/workers").status_code == 503

    @pytest.mark.parametrize("path", ["/api/v1/", "/api/v1/healthy", "/api/v1/loans/api/v1/health", "/login/"])
    def test_nothing_else_is(self, path):
        assert Client(headers={"Host": "scoring.example"}).get(path).status_code == 301
        assert Client(headers={"Host": "10.0.0.7:8000"}).get(path, secure=True).status_code == 400
