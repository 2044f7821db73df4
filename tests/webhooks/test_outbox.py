"""What is written down for whom: with what happened, or not at all."""

import json
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from bprs.jobs.tidying import tidy
from bprs.webhooks.events import Event
from bprs.webhooks.models import Attempt, Endpoint, Message
from bprs.webhooks.outbox import About, announce
from bprs.webhooks.services import add_endpoint, change_endpoint
from bprs.webhooks.tidying import remove_old_messages
from tests.factories import NOW, make_branch, make_user
from tests.webhooks.rows import make_endpoint, make_listener, make_message

pytestmark = pytest.mark.django_db
DECIDED, URL = Event.LOAN_DECIDED, "https://core.bank.example/hooks"
EVERYBODY = About()


def told(event=DECIDED, *, about=EVERYBODY):
    """To how many an event is told."""
    return announce(event, {"loan_id": 1}, about=about, at=NOW)


class TestAnnouncing:
    def test_writes_the_type_the_time_and_the_data(self):
        endpoint = make_endpoint()

        announce(DECIDED, {"loan_id": 7, "outcome": "approved"}, about=EVERYBODY, at=NOW)

        message = Message.objects.get()
        assert json.loads(message.body) == {
            "type": "loan.decided",
            "timestamp": "2026-11-23T09:00:00Z",
            "data": {"loan_id": 7, "outcome": "approved"},
        }
        assert (message.endpoint, message.state, message.due_at) == (endpoint, "waiting", NOW)

    def test_is_one_event_under_one_id_for_all_endpoints(self):
        make_endpoint()
        make_endpoint()

        assert told() == 2
        assert told() == 2

        ids = list(Message.objects.order_by("created_at", "pk").values_list("message_id", flat=True))
        assert [ids.count(each) for each in set(ids)] == [2, 2]

    def test_costs_one_statement_where_nobody_listens(self, django_assert_num_queries):
        make_endpoint(is_active=False)

        with django_assert_num_queries(1):
            assert told() == 0

    def test_does_not_happen_if_what_happened_is_rolled_back(self):
        make_endpoint()

        with transaction.atomic():
            assert told() == 1
            transaction.set_rollback(True)

        assert not Message.objects.exists()


class TestWhoHears:
    def test_is_not_who_does_not_want_to(self):
        make_endpoint(events=[Event.JOB_FINISHED])

        assert told(DECIDED) == 0
        assert told(Event.JOB_FINISHED) == 1

    def test_is_not_whose_owner_is_not_active(self):
        make_endpoint(owner=make_listener(is_active=False))

        assert told() == 0

    def test_is_no_colleague_who_was_a_program_when_it_was_set_up(self):
        owner = make_listener(is_staff=False)
        made = add_endpoint(owner=owner, url=URL, events=[DECIDED], added_by=make_user(), created_at=NOW)
        assert told() == 1
        owner.is_staff = True
        owner.save()

        assert told() == 0
        assert not Endpoint.objects.get().is_told

        change_endpoint(endpoint=made.endpoint, changed_by=make_user())
        assert told() == 0
        change_endpoint(endpoint=made.endpoint, changed_by=owner)
        assert told() == 1

    @pytest.mark.parametrize(
        ("event", "permissions", "hears"),
        [
            (Event.LOAN_DECIDED, ["scoring.view_decision"], True),
            (Event.LOAN_DECIDED, ["loans.view_loan"], False),
            (Event.RUN_FINISHED, ["scoring.view_scoringrun", "scoring.view_score"], True),
            (Event.RUN_FINISHED, ["scoring.view_scoringrun"], False),
            (Event.JOB_FINISHED, ["jobs.view_job"], True),
            (Event.JOB_FINISHED, [], False),
            (Event.SCORECARD_ACTIVATED, ["scoring.view_scorecardversion"], True),
            (Event.SCORECARD_ACTIVATED, ["scoring.view_score"], False),
        ],
    )
    def test_is_who_could_read_the_same_over_the_api(self, event, permissions, hears):
        make_endpoint(owner=make_user(sees_all_branches=True, permissions=permissions))

        assert told(event) == int(hears)

    def test_of_a_branch_is_who_works_there_and_head_office(self):
        here, there = make_branch(), make_branch()
        owners = {
            "here": make_listener(sees_all_branches=False, branches=[here]),
            "there": make_listener(sees_all_branches=False, branches=[there]),
            "both": make_listener(sees_all_branches=False, branches=[here, there]),
            "nowhere": make_listener(sees_all_branches=False),
            "head office": make_listener(),
        }
        for owner in owners.values():
            make_endpoint(owner=owner)

        told(about=About(branch_id=here.pk))

        hearing = [name for name, owner in owners.items() if Message.objects.filter(endpoint__owner=owner).exists()]
        assert hearing == ["here", "both", "head office"]

    def test_of_somebodys_work_is_who_sees_their_work(self):
        branch = make_branch()
        officer = make_user(group="Account officer", branches=[branch])
        owners = {
            "oneself": officer,
            "supervisor": make_user(group="Supervisor", branches=[branch]),
            "colleague": make_user(group="Account officer", branches=[branch]),
            "stranger": make_user(group="Supervisor", branches=[make_branch()]),
            "head office": make_listener(),
        }
        for owner in owners.values():
            make_endpoint(owner=owner)

        told(Event.JOB_FINISHED, about=About(worker_id=officer.pk))

        hearing = [name for name, owner in owners.items() if Message.objects.filter(endpoint__owner=owner).exists()]
        assert hearing == ["oneself", "supervisor", "head office"]


class TestTidying:
    def test_removes_what_was_over_before_then_with_its_attempts(self):
        endpoint, day = make_endpoint(), timedelta(days=1)
        over = {"state": "delivered", "due_at": None}
        old = make_message(endpoint, **over, finished_at=NOW - timedelta(seconds=1))
        kept = make_message(endpoint, **over, finished_at=NOW)
        waiting = make_message(endpoint, created_at=NOW - 40 * day)
        for message in (old, kept):
            Attempt.objects.create(message=message, made_at=NOW, milliseconds=1, status=200)

        assert remove_old_messages(NOW) == 1

        assert set(Message.objects.all()) == {kept, waiting}
        assert Attempt.objects.get().message == kept

    @pytest.mark.parametrize(("days", "left"), [(29, 1), (31, 0)])
    def test_is_done_after_thirty_days(self, settings, tmp_path, days, left):
        settings.MEDIA_ROOT = tmp_path
        now = timezone.now()
        make_message(make_endpoint(), state="delivered", due_at=None, finished_at=now - timedelta(days=days))

        removed = tidy(at=now)

        assert (Message.objects.count(), removed["messages"]) == (left, 1 - left)
