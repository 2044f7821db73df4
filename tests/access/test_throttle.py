"""How many calls a user's programs may make in a minute."""

from datetime import UTC, datetime, timedelta

import pytest

from bprs.access.models import ApiKey, CallCount
from bprs.access.throttle import Throttle, TooManyCalls
from tests.api_client import ApiClient, assert_problem
from tests.factories import make_api_key, make_user

AT = datetime(2026, 11, 23, 9, 0, 20, tzinfo=UTC)
NOBODY_ELSES = 4_711_000  # the process counts by user, and other tests have users, too
MINUTE = timedelta(minutes=1)


class Process:
    """A process with a throttle and a monotonic clock of its own."""

    def __init__(self):
        self.seconds = 100.0
        self.throttle = Throttle(monotonic=lambda: self.seconds)

    def calls(self, user, count, *, at=AT):
        """How many of so many calls at once were let through."""
        return sum(self._is_let_through(user, at) for _ in range(count))

    def _is_let_through(self, user, at):
        try:
            self.throttle.count(user_id=user.pk, at=at)
        except TooManyCalls:
            return False
        return True


@pytest.fixture(autouse=True)
def three_a_minute(settings):
    settings.API_CALLS_PER_MINUTE = 3


@pytest.mark.django_db(transaction=True)
class TestThrottle:
    def test_lets_so_many_through_and_says_when_to_come_again(self):
        process, user = Process(), make_user()

        assert process.calls(user, 3) == 3
        with pytest.raises(TooManyCalls) as refused:
            process.throttle.count(user_id=user.pk, at=AT)

        assert refused.value.headers == {"Retry-After": "40"}
        assert str(refused.value)

    def test_begins_anew_with_the_minute(self):
        process, user = Process(), make_user()
        process.calls(user, 9)

        assert process.calls(user, 9, at=AT + timedelta(seconds=39)) == 0
        assert process.calls(user, 9, at=AT + timedelta(seconds=40)) == 3

    def test_counts_every_user_apart(self):
        process = Process()
        process.calls(make_user(), 9)

        assert process.calls(make_user(), 9) == 3

    def test_counts_all_processes_together(self):
        one, other, user = Process(), Process(), make_user()
        assert one.calls(user, 2) == 2
        one.seconds += 1
        assert one.calls(user, 1) == 1  # tells of it

        assert other.calls(user, 9) == 0
        assert CallCount.objects.get().calls == 4

    def test_tells_the_database_once_a_second(self, django_assert_num_queries):
        process, user = Process(), make_user()

        with django_assert_num_queries(1):
            process.calls(user, 3)
        process.seconds += 0.9
        with django_assert_num_queries(0):
            process.calls(user, 3)
        process.seconds += 0.1
        with django_assert_num_queries(1):
            process.calls(user, 3)

    def test_a_clock_that_is_behind_begins_no_new_count(self):
        user = make_user()
        Process().calls(user, 3, at=AT + MINUTE)

        Process().calls(user, 1)

        assert CallCount.objects.get().calls == 2  # the first of three was told, and this one
        assert CallCount.objects.get().minute == int((AT + MINUTE).timestamp()) // 60


@pytest.mark.django_db
class TestOverTheApi:
    def test_neither_a_new_login_nor_a_forged_address_begins_a_new_count(self):
        user = make_user("sari", group="Account officer", pk=NOBODY_ELSES)
        logins = [ApiClient(make_api_key(user, name=f"login {n}", kind=ApiKey.Kind.LOGIN)) for n in range(8)]

        answers = [
            login.client.get("/api/v1/loans", headers={"X-Forwarded-For": f"10.0.0.{place}"})
            for place, login in enumerate(logins)
        ]

        # A minute may have begun in between.
        assert 2 <= sum(answer.status_code == 429 for answer in answers) <= 5
        refused = next(answer for answer in answers if answer.status_code == 429)
        problem = assert_problem(refused, 429, "too_many_calls")
        assert problem["detail"] == "More than 3 calls in a minute: wait for the next one."
        assert 1 <= int(refused["Retry-After"]) <= 60

    def test_who_may_not_come_in_is_not_counted(self):
        answers = [ApiClient("bprs_falsch").get("/loans").status_code for _ in range(5)]

        assert answers == [401] * 5
