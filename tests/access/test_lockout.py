"""Guessing passwords, at the page and at the API."""

from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.db.models import F
from django.test import Client

from tests.api_client import ApiClient, assert_problem
from tests.factories import make_user

pytestmark = pytest.mark.django_db
PASSWORD = "rahasia-sekali"


@pytest.fixture(autouse=True)
def ani():
    return make_user("ani", password=PASSWORD, is_staff=True, group="Account officer")


def at_the_page(password, *, username="ani", address="10.0.0.1", **headers):
    client = Client(REMOTE_ADDR=address, headers={"Accept-Language": "en", **headers})
    client.cookies["django_language"] = "en"
    return client.post("/admin/login/", {"username": username, "password": password})


def at_the_api(password, *, address="10.0.0.1", username="ani"):
    api = ApiClient()
    api.client.defaults["REMOTE_ADDR"] = address
    return api.post("/auth/token", {"username": username, "password": password})


def guess(times, **options):
    for _ in range(times):
        at_the_page("salah", **options)


class TestAtThePage:
    def test_the_fourth_wrong_try_leaves_the_door_open(self):
        guess(4)

        assert at_the_page(PASSWORD).status_code == 302

    def test_the_fifth_closes_it_even_to_the_right_password(self):
        guess(4)
        answers = [at_the_page("salah"), at_the_page(PASSWORD)]

        assert [answer.status_code for answer in answers] == [429, 429]
        assert {answer["Retry-After"] for answer in answers} == {"900"}
        assert all(b"Try again in 15 minutes" in answer.content for answer in answers)
        assert b"login-form" in answers[1].content  # on the page they know

    def test_a_success_forgets_the_wrong_tries(self):
        guess(4)
        at_the_page(PASSWORD)
        guess(4)

        assert at_the_page(PASSWORD).status_code == 302

    def test_another_address_and_another_name_are_not_closed(self):
        make_user("budi", password=PASSWORD, is_staff=True)
        guess(5)

        assert at_the_page(PASSWORD, address="10.0.0.2").status_code == 302
        assert at_the_page(PASSWORD, username="budi").status_code == 302

    def test_a_name_nobody_has_is_closed_alike(self):
        guess(5, username="siapa")

        assert at_the_page("salah", username="siapa").status_code == 429

    @pytest.mark.parametrize(("minutes", "status"), [(14, 429), (16, 302)])
    def test_it_opens_by_itself(self, minutes, status):
        guess(5)
        AccessAttempt.objects.update(attempt_time=F("attempt_time") - timedelta(minutes=minutes))

        assert at_the_page(PASSWORD).status_code == status

    def test_the_log_says_who_was_locked_out_and_from_where_without_the_password(self, caplog):
        guess(5)

        (line,) = [record.getMessage() for record in caplog.records if "Locking out" in record.getMessage()]
        assert "ani" in line
        assert "10.0.0.1" in line
        assert "salah" not in caplog.text

    def test_keeps_no_password_that_was_tried(self):
        guess(2)

        attempt = AccessAttempt.objects.get()
        assert "salah" not in f"{attempt.post_data} {attempt.get_data} {attempt.path_info}"


class TestBehindAProxy:
    def test_addresses_are_those_the_proxy_saw(self, settings):
        settings.NINJA_NUM_PROXIES = 1
        for _ in range(5):
            at_the_page("salah", **{"X-Forwarded-For": "1.2.3.4, 203.0.113.7"})

        assert at_the_page(PASSWORD, **{"X-Forwarded-For": "203.0.113.7"}).status_code == 429
        assert at_the_page(PASSWORD, **{"X-Forwarded-For": "203.0.113.8"}).status_code == 302

    def test_no_visitor_names_an_address_where_no_proxy_is(self, settings):
        settings.NINJA_NUM_PROXIES = 0
        for n in range(5):
            at_the_page("salah", **{"X-Forwarded-For": f"203.0.113.{n}"})

        assert at_the_page(PASSWORD).status_code == 429

    def test_what_is_no_address_counts_as_the_proxy(self, settings):
        settings.NINJA_NUM_PROXIES = 1
        for _ in range(5):
            at_the_page("salah", **{"X-Forwarded-For": "unknown"})

        assert at_the_page(PASSWORD).status_code == 429


class TestAtTheApi:
    def test_the_fifth_wrong_try_is_told_when_to_come_back(self):
        answers = [at_the_api("salah") for _ in range(5)]

        for answer in answers[:4]:
            assert_problem(answer, 401, "wrong_credentials")
        assert_problem(answers[4], 429, "too_many_tries")
        answer = at_the_api(PASSWORD)
        assert "15 minutes" in assert_problem(answer, 429, "too_many_tries")["detail"]
        assert answer["Retry-After"] == "900"

    def test_a_success_forgets_the_wrong_tries(self):
        tries = ["salah"] * 4 + [PASSWORD]

        assert [at_the_api(password).status_code for password in tries * 2] == [401, 401, 401, 401, 200] * 2

    def test_both_doors_count_together(self):
        guess(3)
        for _ in range(2):
            at_the_api("salah")

        assert at_the_page(PASSWORD).status_code == 429
