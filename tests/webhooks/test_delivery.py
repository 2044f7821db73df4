"""From the outbox to whoever listens: signed, tried again, given up, once."""

from datetime import timedelta

import pytest
from django.utils import timezone
from standardwebhooks import Webhook, WebhookVerificationError

from bprs.jobs.worker import Worker
from bprs.webhooks.delivery import claim, deliver, deliver_due
from bprs.webhooks.models import Attempt, Message
from bprs.webhooks.sending import Sender
from bprs.webhooks.services import remove_endpoint, rotate_secret, send_again
from tests.at_once import by_two_at_once
from tests.factories import NOW
from tests.jobs.rows import make_job
from tests.webhooks.receiver import receiving, reply
from tests.webhooks.rows import SECRET, make_endpoint, make_listener, make_message

pytestmark = pytest.mark.django_db
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
# By hand from the standard's table: the time since the start of each attempt.
STARTS = ["0:00:00", "0:00:05", "0:05:05", "0:35:05", "2:35:05", "7:35:05", "17:35:05"]
STARTS += ["1 day, 7:35:05", "2 days, 3:35:05", "3 days, 3:35:05"]


def answering(receiver, status, **headers):
    receiver.answer = lambda handler: reply(handler, status, **headers)


def state_of(message):
    message.refresh_from_db()
    return message.state


def due_at(message):
    return message.due_at


def taken(*, at=NOW):
    """What a worker has in hand."""
    return claim(at=at)


class TestSigning:
    def test_is_taken_by_the_standards_own_library(self, receiver):
        make_message(make_endpoint(url=receiver.url))

        deliver_due(at=timezone.now())

        ((headers, body),) = receiver.got
        said = Webhook(SECRET).verify(body, headers)
        assert said == {"type": "webhook.test", "timestamp": "2026-11-23T09:00:00Z", "data": {}}
        assert headers["content-type"] == "application/json"
        with pytest.raises(WebhookVerificationError):
            Webhook(SECRET).verify(body.replace("test", "fake"), headers)

    def test_is_with_the_old_secret_too_for_a_day(self, receiver):
        endpoint, now = make_endpoint(url=receiver.url), timezone.now()
        new = rotate_secret(endpoint=endpoint, rotated_by=endpoint.owner, at=now - DAY + SECOND)
        make_message(endpoint)

        deliver_due(at=now)

        ((headers, body),) = receiver.got
        assert Webhook(new).verify(body, headers)
        assert Webhook(SECRET).verify(body, headers)
        assert headers["webhook-signature"].count("v1,") == 2

    def test_is_with_the_new_one_alone_from_then_on(self, receiver):
        endpoint, now = make_endpoint(url=receiver.url), timezone.now()
        new = rotate_secret(endpoint=endpoint, rotated_by=endpoint.owner, at=now - DAY)
        make_message(endpoint)

        deliver_due(at=now)

        ((headers, body),) = receiver.got
        assert Webhook(new).verify(body, headers)
        with pytest.raises(WebhookVerificationError):
            Webhook(SECRET).verify(body, headers)


class TestTryingAgain:
    def test_follows_the_plan_and_ends_after_ten_attempts(self, receiver):
        answering(receiver, 500)
        message = make_message(make_endpoint(url=receiver.url))
        made = []
        while state_of(message) == "waiting":
            due = due_at(message)
            assert deliver_due(at=due - SECOND) == 0
            made.append(str(due - NOW))
            assert deliver_due(at=due) == 1

        assert made == STARTS
        assert (message.state, message.attempt_count, message.due_at) == ("given_up", 10, None)
        assert set(receiver.ids) == {message.message_id}
        assert len({headers["webhook-timestamp"] for headers, _body in receiver.got}) == 10

    def test_ends_with_the_first_that_is_taken(self, receiver):
        answering(receiver, 503)
        message = make_message(make_endpoint(url=receiver.url))
        deliver_due(at=NOW)
        answering(receiver, 200)

        deliver_due(at=NOW + 5 * SECOND)

        assert state_of(message) == "delivered"
        assert list(message.attempts.order_by("pk").values_list("status", flat=True)) == [503, 200]
        assert deliver_due(at=NOW + DAY) == 0

    @pytest.mark.parametrize(
        ("said", "seconds"),
        [
            ("600", 600),
            ("4", 5),  # no sooner than planned
            ("86400", 86_400),
            ("86401", 86_400),
            ("9999999999", 5),
            ("-600", 5),
            ("6e2", 5),
            ("", 5),
            ("Mon, 30 Nov 2026 03:00:00 GMT", 5),
        ],
    )
    def test_waits_as_long_as_the_other_side_asks_for_and_no_longer_than_a_day(self, receiver, said, seconds):
        answering(receiver, 429, **{"Retry-After": said})
        message = make_message(make_endpoint(url=receiver.url))

        deliver_due(at=NOW)

        assert state_of(message) == "waiting"
        assert due_at(message) - NOW == seconds * SECOND

    def test_can_be_asked_for_under_the_same_id(self, receiver):
        message = make_message(make_endpoint(url=receiver.url))
        deliver_due(at=NOW)

        send_again(message=message, at=NOW + DAY)
        deliver_due(at=NOW + DAY)

        assert receiver.ids == [message.message_id] * 2
        assert state_of(message) == "delivered"
        assert message.attempts.count() == 2

    def test_is_logged_with_a_sentence_when_the_address_is_refused(self, receiver):
        message = make_message(make_endpoint(url="https://core.bank.example/"))

        deliver_due(at=NOW, sender=Sender(resolve=lambda _host, _port: ["10.0.0.1"]))

        attempt = message.attempts.get()
        assert (attempt.status, attempt.fault, attempt.detail) == (None, "not_public", "10.0.0.1")
        assert state_of(message) == "waiting"

    def test_of_one_endpoint_keeps_the_others_waiting_only_until_the_next_look(self, receiver):
        answering(receiver, 500)
        bad = make_endpoint(url=receiver.url)
        first, second = make_message(bad), make_message(bad)
        with receiving() as well:
            make_message(make_endpoint(url=well.url), due_at=NOW)

            assert deliver_due(at=NOW) == 2
            assert len(well.got) == 1
        assert sorted([state_of(first), state_of(second)]) == ["waiting", "waiting"]
        assert sorted(Message.objects.filter(endpoint=bad).values_list("attempt_count", flat=True)) == [0, 1]

        assert deliver_due(at=NOW + SECOND) == 1


class TestEndpoints:
    def test_that_are_gone_are_switched_off_and_get_nothing_more(self, receiver):
        answering(receiver, 410)
        endpoint = make_endpoint(url=receiver.url)
        told, other = make_message(endpoint, due_at=NOW - SECOND), make_message(endpoint)

        deliver_due(at=NOW)
        deliver_due(at=NOW + SECOND)

        endpoint.refresh_from_db()
        assert (endpoint.is_active, endpoint.switched_off_because, endpoint.switched_off_at) == (False, "gone", NOW)
        assert (state_of(told), state_of(other)) == ("given_up", "dropped")
        assert receiver.ids == [told.message_id]
        assert endpoint.history.latest().is_active is False

    @pytest.mark.parametrize(("after", "is_active"), [(5 * DAY - SECOND, True), (5 * DAY, False)])
    def test_that_failed_for_five_days_are_switched_off(self, receiver, after, is_active):
        answering(receiver, 500)
        endpoint = make_endpoint(url=receiver.url)
        make_message(endpoint)
        deliver_due(at=NOW)
        Message.objects.all().delete()
        make_message(endpoint)

        deliver_due(at=NOW + after)

        endpoint.refresh_from_db()
        assert (endpoint.is_active, endpoint.failing_since) == (is_active, NOW)
        assert endpoint.switched_off_because == ("" if is_active else "failing")

    def test_begin_to_count_anew_after_a_success(self, receiver):
        endpoint = make_endpoint(url=receiver.url, failing_since=NOW - 4 * DAY)
        make_message(endpoint)
        deliver_due(at=NOW)
        answering(receiver, 500)
        make_message(endpoint)

        deliver_due(at=NOW + 2 * DAY)

        endpoint.refresh_from_db()
        assert (endpoint.is_active, endpoint.failing_since) == (True, NOW + 2 * DAY)

    @pytest.mark.parametrize("off", ["endpoint", "owner"])
    def test_that_are_not_in_use_get_nothing(self, receiver, off):
        endpoint = make_endpoint(
            url=receiver.url, is_active=off != "endpoint", owner=make_listener(is_active=off != "owner")
        )
        message = make_message(endpoint)

        deliver_due(at=NOW)

        assert not receiver.got
        assert (state_of(message), message.attempt_count) == ("dropped", 0)

    def test_may_be_removed_while_something_is_sent(self, receiver):
        message = make_message(make_endpoint(url=receiver.url))
        receiver.answer = lambda handler: reply(handler, 200)
        in_hand = taken()
        remove_endpoint(endpoint=message.endpoint, removed_by=message.endpoint.owner)

        assert deliver(in_hand, at=NOW, sender=Sender(allow_private=True))
        assert not Attempt.objects.exists()


class TestWorkers:
    def test_that_die_while_they_send_are_followed_by_another(self, receiver):
        message = make_message(make_endpoint(url=receiver.url))
        assert taken() == message

        assert deliver_due(at=NOW + timedelta(minutes=2) - SECOND) == 0
        assert deliver_due(at=NOW + timedelta(minutes=2)) == 1

        assert (state_of(message), message.attempt_count) == ("delivered", 2)

    def test_that_took_too_long_change_nothing_any_more(self, receiver, caplog):
        message = make_message(make_endpoint(url=receiver.url))
        slow = taken()
        deliver_due(at=NOW + timedelta(minutes=2))
        answering(receiver, 500)

        deliver(slow, at=NOW, sender=Sender(allow_private=True))

        assert "another worker has it" in caplog.text
        assert state_of(message) == "delivered"
        assert message.attempts.count() == 2  # it did come twice, under one id

    def test_send_at_each_look_also_while_jobs_wait(self, receiver, settings):
        settings.JOB_HANDLERS = {"write": "tests.jobs.works.WriteRows"}
        make_message(make_endpoint(url=receiver.url))
        make_job()

        Worker(clock=lambda: NOW)._work_once()

        assert len(receiver.got) == 1

    def test_ask_once_where_nothing_is_due(self, django_assert_num_queries):
        make_message(make_endpoint(), due_at=NOW + SECOND)

        with django_assert_num_queries(1):
            assert deliver_due(at=NOW) == 0


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_workers_send_each_message_once(receiver):
    endpoints = [make_endpoint(url=receiver.url) for _ in range(3)]
    wanted = sorted(make_message(endpoint).message_id for endpoint in endpoints for _ in range(5))
    found = by_two_at_once(lambda: deliver_due(at=NOW))
    deliver_due(at=NOW)

    assert sorted(receiver.ids) == wanted
    assert len(found) == 2
    assert set(Message.objects.values_list("state", "attempt_count")) == {("delivered", 1)}
