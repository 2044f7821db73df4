"""Limits and reason codes are set by the bank's administrators, but nobody sets their own."""

import pytest
from django.contrib.auth.models import Group

from scoring.models import DecisionLimit, DecisionReason
from tests.admin_client import logged_in, page_of
from tests.factories import make_card_in_force, make_user
from tests.scoring.decided import Desk

pytestmark = pytest.mark.django_db
LIMITS = "/admin/scoring/decisionlimit/"


@pytest.fixture
def administrator():
    user = make_user(is_staff=True, group="Administrator", sees_all_branches=True)
    user.groups.add(Group.objects.get(name="Supervisor"))
    return user


@pytest.fixture
def client(administrator):
    return logged_in(administrator)


def limit(**whose):
    return {"group": "", "user": "", "segment": "medium", "max_amount": "", **whose}


class TestOnesOwnLimit:
    def test_is_not_set_by_name_nor_by_role(self, client, administrator):
        refused = client.post(f"{LIMITS}add/", limit(user=administrator.pk))
        DecisionLimit.objects.all().delete()
        of_role = client.post(f"{LIMITS}add/", limit(group=Group.objects.get(name="Supervisor").pk))

        for answer in (refused, of_role):
            assert "Nobody sets their own limit" in answer.content.decode()
        assert not DecisionLimit.objects.exists()

    def test_is_not_changed_taken_over_or_removed(self, client, administrator):
        own = DecisionLimit.objects.get(group__name="Supervisor", segment="medium")
        others = DecisionLimit.objects.create(user=make_user(is_staff=True), segment="medium", max_amount=1)

        assert client.post(f"{LIMITS}{own.pk}/change/", limit(group=own.group_id)).status_code == 403
        assert client.post(f"{LIMITS}{own.pk}/delete/", {"post": "yes"}).status_code == 403
        client.post(f"{LIMITS}{others.pk}/change/", limit(user=administrator.pk))

        assert not DecisionLimit.objects.filter(user=administrator).exists()
        assert DecisionLimit.objects.filter(pk=own.pk, max_amount=own.max_amount).exists()

    def test_is_set_by_another_and_by_a_superuser(self, client):
        colleague = make_user(is_staff=True)
        client.post(f"{LIMITS}add/", limit(user=colleague.pk, max_amount="5.000.000"))
        root = make_user(is_staff=True, is_superuser=True)
        logged_in(root).post(f"{LIMITS}add/", limit(user=root.pk))

        assert set(DecisionLimit.objects.exclude(user=None).values_list("user", flat=True)) == {colleague.pk, root.pk}


def test_the_text_of_a_reason_stays_once_a_decision_gave_it(client):
    make_card_in_force()
    desk, code = Desk(), DecisionReason.objects.get(kind="low_side", code="guarantor")
    url = f"/admin/scoring/decisionreason/{code.pk}/change/"
    assert 'name="text"' in page_of(client, url)
    loan = desk.high_risk()
    desk.recommend(loan)
    desk.decide(loan, reason=code, note="Paman")

    client.post(url, {"text": "Other words", "is_active": "on"})

    assert 'name="text"' not in page_of(client, url)
    assert DecisionReason.objects.get(pk=code.pk).text == code.text
