"""Webhooks in the back office."""

import re

import pytest

from bprs.encryption import decrypt
from bprs.webhooks.models import Attempt, Endpoint, Message
from tests.admin_client import logged_in, page_of, told
from tests.factories import NOW, make_branch, make_user
from tests.webhooks.rows import SECRET, make_endpoint, make_listener, make_message

pytestmark = pytest.mark.django_db
ENDPOINTS, MESSAGES = "/admin/webhooks/endpoint/", "/admin/webhooks/message/"
URL = "https://core.bank.example/hooks"


@pytest.fixture
def administrator():
    return make_user(is_staff=True, group="Administrator", sees_all_branches=True)


@pytest.fixture
def office(administrator):
    return logged_in(administrator)


@pytest.fixture
def program():
    return make_listener(is_staff=False)


def form(owner, **values):
    return {"owner": owner.pk, "url": URL, "events": ["loan.decided"], **values}


def act(client, page, action, *rows):
    return client.post(page, {"action": action, "_selected_action": [row.pk for row in rows]}, follow=True)


class TestEndpoints:
    def test_show_their_secret_exactly_once(self, office, program, administrator):
        page = office.post(f"{ENDPOINTS}add/", form(program), follow=True).content.decode()

        endpoint = Endpoint.objects.get()
        (secret,) = re.findall(r'data-testid="webhook-secret">(whsec_[\w+/=]+)<', page)
        assert secret == decrypt(endpoint.secret_encrypted)
        assert (endpoint.owner, endpoint.url, endpoint.events) == (program, URL, ["loan.decided"])
        assert endpoint.history.get().history_user == administrator
        for later in (ENDPOINTS, f"{ENDPOINTS}{endpoint.pk}/change/", f"{ENDPOINTS}{endpoint.pk}/history/"):
            assert secret not in page_of(office, later)

    @pytest.mark.parametrize(
        ("values", "sentence"),
        [
            ({"url": "https://10.0.0.1/"}, "10.0.0.1 is not a public address"),
            ({"url": "http://core.bank.example/"}, "must begin with https://"),
            ({"events": []}, "This field is required"),
            ({"events": ["loan.deleted"]}, "loan.deleted"),
        ],
    )
    def test_are_refused_with_a_sentence(self, office, program, values, sentence):
        page = office.post(f"{ENDPOINTS}add/", form(program, **values)).content.decode()

        assert sentence in page
        assert not Endpoint.objects.exists()

    def test_are_refused_where_the_owner_may_not_read_what_they_would_hear(self, office):
        page = office.post(f"{ENDPOINTS}add/", form(make_user("tamu"))).content.decode()

        assert "tamu may not read what these events tell." in page
        assert not Endpoint.objects.exists()

    def test_are_changed_and_put_out_of_use(self, office, program):
        endpoint = make_endpoint(owner=program)

        office.post(f"{ENDPOINTS}{endpoint.pk}/change/", form(program, url=f"{URL}/2"))

        endpoint.refresh_from_db()
        assert (endpoint.url, endpoint.events, endpoint.is_active) == (f"{URL}/2", ["loan.decided"], False)

    def test_are_not_taken_from_a_colleague(self, office):
        colleague = make_user(is_staff=True, group="Supervisor")
        endpoint = make_endpoint(owner=colleague)

        office.post(f"{ENDPOINTS}add/", form(colleague))
        changed = office.post(f"{ENDPOINTS}{endpoint.pk}/change/", form(colleague, url=f"{URL}/mine"))
        page = act(office, ENDPOINTS, "rotate_secret_of_selected", endpoint).content.decode()

        endpoint.refresh_from_db()
        assert changed.status_code == 403
        assert "A colleague&#x27;s webhook is theirs to manage." in page
        assert (Endpoint.objects.get(), decrypt(endpoint.secret_encrypted)) == (endpoint, SECRET)
        assert endpoint.url != f"{URL}/mine"

    def test_of_others_are_not_seen_from_a_branch(self, program):
        narrow = logged_in(make_user(is_staff=True, group="Administrator", branches=[make_branch()]))
        message = make_message(make_endpoint(owner=program))

        assert message.endpoint.url not in page_of(narrow, ENDPOINTS)
        assert message.endpoint.url not in page_of(narrow, MESSAGES)
        assert narrow.get(f"{ENDPOINTS}{message.endpoint_id}/change/").status_code == 404
        assert narrow.get(f"{MESSAGES}{message.pk}/change/").status_code == 404

    @pytest.mark.parametrize(
        ("values", "words"),
        [
            ({}, "in use"),
            ({"is_active": False}, "not in use"),
            ({"failing_since": NOW}, "failing"),
            (
                {"is_active": False, "switched_off_at": NOW, "switched_off_because": "gone"},
                "It answered that it is gone (410).",
            ),
        ],
    )
    def test_say_how_they_stand(self, office, program, values, words):
        make_endpoint(owner=program, **values)

        assert f"</span>{words}</span>" in page_of(office, ENDPOINTS)

    def test_give_another_secret_to_who_may_manage_them(self, office, program):
        endpoint = make_endpoint(owner=program)

        page = act(office, ENDPOINTS, "rotate_secret_of_selected", endpoint).content.decode()

        endpoint.refresh_from_db()
        (secret,) = re.findall(r'data-testid="webhook-secret">(whsec_[\w+/=]+)<', page)
        assert decrypt(endpoint.secret_encrypted) == secret != SECRET
        assert decrypt(endpoint.previous_secret_encrypted) == SECRET

    def test_are_tried_unless_they_are_off(self, office, program):
        on, off = make_endpoint(owner=program), make_endpoint(owner=program, is_active=False)

        said = told(act(office, ENDPOINTS, "send_test_to_selected", on, off))

        assert Message.objects.get().endpoint == on
        assert any("it is switched off" in sentence for sentence in said)

    def test_are_only_read_by_an_auditor(self, program):
        auditor = logged_in(make_user(is_staff=True, group="Auditor", sees_all_branches=True))
        endpoint = make_endpoint(owner=program)

        act(auditor, ENDPOINTS, "send_test_to_selected", endpoint)

        assert endpoint.url in page_of(auditor, ENDPOINTS)
        assert auditor.get(f"{ENDPOINTS}add/").status_code == 403
        assert not Message.objects.exists()


class TestDeliveries:
    def test_show_what_was_sent_and_each_answer(self, office, program):
        message = make_message(make_endpoint(owner=program))
        Attempt.objects.create(message=message, made_at=NOW, milliseconds=12, status=503, detail="<b>later</b>")
        Attempt.objects.create(message=message, made_at=NOW, milliseconds=3, fault="not_public", detail="10.0.0.1")

        page = page_of(office, f"{MESSAGES}{message.pk}/change/")

        assert message.message_id in page
        assert "&quot;type&quot;: &quot;webhook.test&quot;" in page
        assert "&lt;b&gt;later&lt;/b&gt;" in page
        assert "The host has an address that is not public: nothing was sent." in page

    def test_are_filtered_by_state_event_and_endpoint(self, office, program):
        endpoint = make_endpoint(owner=program)
        waiting = make_message(endpoint)
        over = make_message(make_endpoint(owner=program), state="given_up", due_at=None, finished_at=NOW)

        for query, shown, hidden in (
            ("state__in=given_up", over, waiting),
            (f"endpoint__id__exact={endpoint.pk}", waiting, over),
        ):
            page = page_of(office, f"{MESSAGES}?{query}")
            assert f"{MESSAGES}{shown.pk}/change/" in page
            assert f"{MESSAGES}{hidden.pk}/change/" not in page
        assert f"{MESSAGES}{over.pk}/change/" not in page_of(office, f"{MESSAGES}?event__in=loan.decided")

    def test_are_sent_again_unless_they_are_on_their_way(self, office, program):
        endpoint = make_endpoint(owner=program)
        over = make_message(endpoint, state="given_up", attempt_count=10, due_at=None, finished_at=NOW)
        waiting = make_message(endpoint, attempt_count=3)

        said = told(act(office, MESSAGES, "send_again_selected", over, waiting))

        over.refresh_from_db()
        assert (over.state, over.attempt_count) == ("waiting", 0)
        assert "1 message is sent again." in said
        assert f"{waiting}: This is on its way already." in said

    def test_of_an_endpoint_that_is_off_are_not_sent_again(self, office, program):
        over = {"state": "given_up", "due_at": None, "finished_at": NOW}
        message = make_message(make_endpoint(owner=program, is_active=False), **over)

        act(office, MESSAGES, "send_again_selected", message)

        message.refresh_from_db()
        assert message.state == "given_up"

    def test_are_written_by_the_program_alone(self, office, program):
        message = make_message(make_endpoint(owner=program))

        assert office.get(f"{MESSAGES}add/").status_code == 403
        assert office.post(f"{MESSAGES}{message.pk}/change/", {"state": "delivered"}).status_code == 403
        assert office.post(f"{MESSAGES}{message.pk}/delete/", {"post": "yes"}).status_code == 403
