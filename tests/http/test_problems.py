"""Whatever goes wrong below /api/ is answered as a problem."""

import logging

import pytest
from django.test import Client

from tests.api_client import ApiClient, assert_problem
from tests.factories import make_api_key, make_user
from tests.http.broken_api import SECRET


def officer() -> ApiClient:
    return ApiClient(make_api_key(make_user(is_superuser=True)))


class TestAnAddressThatIsNone:
    @pytest.mark.parametrize(
        "path", ["/api/v1/nothing", "/api/v2/loans", "/api/", "/api/v1/loans/abc", "/api/v1/loans/-1"]
    )
    def test_is_a_problem(self, path):
        assert_problem(Client().get(path), 404, "not_found")

    def test_outside_the_api_is_a_page(self):
        assert Client().get("/nothing")["Content-Type"].startswith("text/html")


@pytest.mark.django_db
class TestARequestThatCannotBeUnderstood:
    def test_by_its_method_is_told_the_right_ones(self):
        answer = Client().delete("/api/v1/loans")

        assert_problem(answer, 405, "method_not_allowed")
        assert set(answer["Allow"].split(", ")) == {"GET", "POST"}

    @pytest.mark.parametrize("body", ["{", "{'a': 1}", "[" * 100_000, '{"a": ' + "1" * 5000 + "}"])
    def test_because_it_is_not_json(self, body):
        assert_problem(officer().post("/customers", body), 400, "malformed_body")

    @pytest.mark.parametrize("body", ["null", "[]", '"text"', "7"])
    def test_because_it_is_no_object(self, body):
        problem = assert_problem(officer().post("/customers", body), 422, "invalid")

        assert problem["errors"][0]["pointer"] == "#"

    def test_because_there_is_none(self):
        problem = assert_problem(officer().post("/customers"), 422, "invalid")

        assert problem["errors"] == [{"pointer": "#", "code": "missing", "detail": "This is required."}]

    def test_because_it_is_too_large(self, settings):
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100

        assert_problem(officer().post("/customers", {"full_name": "x" * 200}), 413, "too_large")

    def test_because_the_host_is_not_ours(self, settings):
        settings.ALLOWED_HOSTS = ["scoring.example"]

        assert_problem(Client(headers={"Host": "evil.example"}).get("/api/v1/loans"), 400, "bad_request")

    def test_because_the_multipart_body_is_broken(self):
        client = officer().client

        answer = client.post("/api/v1/files/upload", b"nonsense", content_type="multipart/form-data; boundary=")

        assert_problem(answer, 400, "bad_request")


@pytest.mark.urls("tests.http.broken_api")
class TestAFault:
    def test_is_logged_under_its_id_and_shows_nothing_of_itself(self, caplog):
        with caplog.at_level(logging.ERROR):
            answer = Client(headers={"X-Request-ID": "dari-gateway-42"}).get("/api/v1/bug")

        assert_problem(answer, 500, "internal_error")
        assert answer["X-Request-ID"] == "dari-gateway-42"
        assert SECRET not in answer.content.decode()
        assert "dari-gateway-42" in caplog.text
        assert SECRET in caplog.text

    def test_outside_the_api_instance_is_a_problem_too(self):
        answer = Client(raise_request_exception=False).get("/api/v1/outside")

        assert_problem(answer, 500, "internal_error")
        assert SECRET not in answer.content.decode()

    @pytest.mark.parametrize(
        ("path", "status", "code"),
        [
            ("race", 409, "conflict"),
            ("locked", 503, "unavailable"),
            ("lost", 503, "unavailable"),
            ("suspicious", 400, "bad_request"),
        ],
    )
    def test_of_the_database_or_the_client_has_its_own_status(self, path, status, code):
        answer = Client().get(f"/api/v1/{path}")

        assert_problem(answer, status, code)
        assert SECRET not in answer.content.decode()


@pytest.mark.urls("tests.http.broken_api")
class TestADatabaseThatIsAway:
    @pytest.mark.parametrize("path", ["locked", "lost", "without-database"])
    def test_is_worth_another_try_in_a_moment(self, path):
        answer = Client(raise_request_exception=False).get(f"/api/v1/{path}")

        assert_problem(answer, 503, "unavailable")
        assert answer["Retry-After"] == "5"

    def test_is_a_page_for_people(self):
        visitor = Client(raise_request_exception=False)
        visitor.cookies["django_language"] = "en"
        answer = visitor.get("/admin/")

        assert (answer.status_code, answer["Retry-After"]) == (503, "5")
        assert "look before you send it twice" in answer.content.decode()
        assert SECRET not in answer.content.decode()

    def test_is_no_excuse_for_other_faults(self):
        answer = Client(raise_request_exception=False).get("/broken/")

        assert (answer.status_code, "Retry-After" in answer) == (500, False)


class TestRequestId:
    def test_stands_on_every_answer(self):
        assert len(Client().get("/api/v1/").headers["X-Request-ID"]) == 32

    @pytest.mark.parametrize("given", ["short", "with space in it", "x" * 65, "<script>alert(1)</script>"])
    def test_is_not_taken_from_a_client_that_writes_nonsense(self, given):
        assert Client(headers={"X-Request-ID": given}).get("/api/v1/").headers["X-Request-ID"] != given


class TestLanguage:
    def test_follows_the_request(self):
        answer = ApiClient(language="en").get("/loans")

        assert answer.json()["title"] == "Not signed in"
        assert answer["Content-Language"] == "en"

    def test_is_indonesian_by_default(self):
        assert Client().get("/api/v1/loans")["Content-Language"] == "id"

    @pytest.mark.django_db
    def test_joins_choices_by_no_word(self):
        api = ApiClient(make_api_key(make_user(is_superuser=True)), language="id")

        (error,) = api.get("/loans", status="open").json()["errors"]

        assert "'approved', 'rejected'" in error["detail"]
        assert " or " not in error["detail"]
