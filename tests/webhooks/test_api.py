"""Webhooks as programs set them up: their own, within their scopes."""

import json
from typing import Any

import pytest
from django.utils import timezone

from bprs.access.scopes import Scope
from bprs.encryption import decrypt
from bprs.webhooks.delivery import deliver_due
from bprs.webhooks.models import Attempt, Endpoint, Message
from tests.api_client import ApiClient, assert_problem, pointers
from tests.factories import NOW, make_api_key, make_user
from tests.webhooks.receiver import reply
from tests.webhooks.rows import make_endpoint, make_listener, make_message

pytestmark = pytest.mark.django_db
URL = "https://core.bank.example/hooks"
EVENTS = ["loan.decided", "scoring.run_finished"]


@pytest.fixture
def program():
    return make_listener()


@pytest.fixture
def api(program):
    return ApiClient(make_api_key(program))


def delete(api, path):
    return api.client.delete(f"/api/v1{path}")


class TestAdding:
    def test_answers_the_secret_once(self, api, program):
        response = api.post("/webhooks", {"url": URL, "events": EVENTS})

        made = response.json()
        endpoint = Endpoint.objects.get()
        assert response.status_code == 201
        assert made["endpoint"] | {"created_at": ""} == {
            "id": endpoint.pk,
            "url": URL,
            "events": ["scoring.run_finished", "loan.decided"],
            "is_active": True,
            "created_at": "",
            "failing_since": None,
            "switched_off_at": None,
            "switched_off_because": None,
        }
        assert decrypt(endpoint.secret_encrypted) == made["secret"]
        assert made["secret"] not in endpoint.secret_encrypted
        assert made["secret"] not in api.get("/webhooks").content.decode()
        assert (endpoint.owner, endpoint.history.get().history_user) == (program, program)

    @pytest.mark.parametrize(
        ("values", "pointer"),
        [
            ({"url": "http://core.bank.example/"}, "#/url"),
            ({"url": "https://10.0.0.1/"}, "#/url"),
            ({"url": "https://localhost/"}, "#/url"),
            ({"events": []}, "#/events"),
            ({"events": ["loan.deleted"]}, "#/events/0"),
            ({"owner": 1}, "#/owner"),
        ],
    )
    def test_refuses_what_nothing_would_be_sent_to(self, api, values, pointer):
        response = api.post("/webhooks", {"url": URL, "events": EVENTS, **values})

        assert response.status_code == 422
        assert list(pointers(response.json())) == [pointer]
        assert not Endpoint.objects.exists()

    @pytest.mark.parametrize(
        ("events", "sentence"),
        [("loan.decided", "Ini harus berupa daftar."), ([], "Entri kurang: perlu 1 atau lebih.")],
    )
    def test_says_in_the_language_of_the_program_what_a_list_lacks(self, program, events, sentence):
        api = ApiClient(make_api_key(program), language="id")

        answer = api.post("/webhooks", {"url": URL, "events": events}).json()

        assert [error["detail"] for error in answer["errors"]] == [sentence]

    def test_refuses_the_eleventh(self, api, program):
        for _ in range(9):
            make_endpoint(owner=program)
        assert api.post("/webhooks", {"url": URL, "events": EVENTS}).status_code == 201

        assert_problem(api.post("/webhooks", {"url": URL, "events": EVENTS}), 409, "too_many_webhooks")

    def test_refuses_events_that_the_user_may_not_read(self):
        user = make_user(permissions=["webhooks.add_endpoint", "jobs.view_job"])
        api = ApiClient(make_api_key(user))

        assert_problem(api.post("/webhooks", {"url": URL, "events": EVENTS}), 403, "events_not_permitted")
        assert api.post("/webhooks", {"url": URL, "events": ["job.finished"]}).status_code == 201

    def test_is_no_way_round_the_scopes_of_a_key(self, program):
        api = ApiClient(make_api_key(program, scopes=[Scope.WEBHOOKS_WRITE, Scope.LOANS_READ]))

        for events in (["job.finished"], ["loan.decided", "scoring.run_finished"], ["scorecard.activated"]):
            assert_problem(api.post("/webhooks", {"url": URL, "events": events}), 403, "insufficient_scope")
        made = api.post("/webhooks", {"url": URL, "events": ["loan.decided"]}).json()
        changed = api.patch(f"/webhooks/{made['endpoint']['id']}", {"events": ["job.finished"]})
        assert_problem(changed, 403, "insufficient_scope")

    def test_takes_a_scope_and_a_right(self, program):
        narrow = ApiClient(make_api_key(program, scopes=[Scope.LOANS_READ]))
        officer = ApiClient(make_api_key(make_user(group="Account officer")))

        assert_problem(narrow.post("/webhooks", {"url": URL, "events": EVENTS}), 403, "insufficient_scope")
        assert_problem(officer.post("/webhooks", {"url": URL, "events": EVENTS}), 403, "not_permitted")


class TestOnesOwn:
    def test_are_changed_field_by_field(self, api, program):
        endpoint = make_endpoint(owner=program, url=URL)

        answer = api.patch(f"/webhooks/{endpoint.pk}", {"is_active": False}).json()

        assert (answer["is_active"], answer["url"], len(answer["events"])) == (False, URL, 4)

    def test_begin_anew_when_they_are_switched_on_again(self, api, program):
        off: dict[str, Any] = {"switched_off_at": NOW, "switched_off_because": "failing", "failing_since": NOW}
        endpoint = make_endpoint(owner=program, is_active=False, **off)

        answer = api.patch(f"/webhooks/{endpoint.pk}", {"is_active": True}).json()

        assert answer["is_active"] is True
        assert [answer[name] for name in off] == [None, None, None]

    def test_are_removed_with_what_they_were_told(self, api, program):
        message = make_message(make_endpoint(owner=program))

        assert delete(api, f"/webhooks/{message.endpoint_id}").status_code == 204

        assert not Endpoint.objects.exists()
        assert not Message.objects.exists()
        assert Endpoint.history.latest().history_user == program

    def test_get_another_secret(self, api, program):
        endpoint = make_endpoint(owner=program)

        secret = api.post(f"/webhooks/{endpoint.pk}/secret").json()["secret"]

        endpoint.refresh_from_db()
        assert decrypt(endpoint.secret_encrypted) == secret

    def test_are_tried_and_say_what_came_of_it(self, api, program, receiver):
        endpoint = make_endpoint(owner=program, url=receiver.url)
        receiver.answer = lambda handler: reply(handler, 503, b"later")
        asked = api.post(f"/webhooks/{endpoint.pk}/test")
        assert (asked.status_code, asked.json()["state"], asked.json()["attempts"]) == (202, "waiting", [])

        deliver_due(at=timezone.now())

        answer = api.get(f"/webhooks/{endpoint.pk}/deliveries").json()
        (delivery,) = answer["items"]
        (attempt,) = delivery["attempts"]
        assert answer["count"] == 1
        assert (delivery["event"], delivery["state"], delivery["finished_at"]) == ("webhook.test", "waiting", None)
        assert delivery["message_id"] == receiver.ids[0] == asked.json()["message_id"]
        assert (attempt["status"], attempt["fault"], attempt["detail"]) == (503, None, "later")

    def test_cannot_be_tried_while_they_are_off(self, api, program):
        endpoint = make_endpoint(owner=program, is_active=False)

        assert_problem(api.post(f"/webhooks/{endpoint.pk}/test"), 409, "webhook_not_in_use")

    def test_are_listed_in_a_fixed_number_of_queries(self, api, program, django_assert_num_queries):
        endpoint = make_endpoint(owner=program)
        for _ in range(3):
            Attempt.objects.create(message=make_message(endpoint), made_at=NOW, milliseconds=1, fault="timeout")
        api.get("/webhooks")

        with django_assert_num_queries(5):  # the key, the endpoint, the messages, their attempts, the count
            answer = api.get(f"/webhooks/{endpoint.pk}/deliveries")

        assert json.loads(answer.content)["count"] == 3


@pytest.mark.parametrize("head_office", [True, False])
def test_nobody_elses_are_there(api, head_office):
    endpoint = make_endpoint(owner=make_listener(sees_all_branches=head_office))

    assert api.get("/webhooks").json() == {"items": [], "count": 0}
    for answer in (
        api.patch(f"/webhooks/{endpoint.pk}", {"url": URL}),
        delete(api, f"/webhooks/{endpoint.pk}"),
        api.get(f"/webhooks/{endpoint.pk}/deliveries"),
        api.post(f"/webhooks/{endpoint.pk}/test"),
        api.post(f"/webhooks/{endpoint.pk}/secret"),
    ):
        assert_problem(answer, 404, "not_found")
    assert Endpoint.objects.filter(pk=endpoint.pk, url=endpoint.url).exists()
