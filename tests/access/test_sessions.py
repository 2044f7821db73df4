"""How long a login lasts."""

import time

import pytest
from django.test import Client

from bprs.access import sessions
from tests.admin_client import logged_in
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    client = logged_in(make_user("ani", is_staff=True))
    client.get("/admin/")
    return client


def set_back(client: Client, **minutes: float) -> None:
    session = client.session
    for key, ago in minutes.items():
        session[key] = time.time() - ago * 60
    session.save()


@pytest.mark.parametrize(("minutes", "status"), [(29.9, 200), (30.1, 302)])
def test_ends_after_half_an_hour_without_use(client, minutes, status):
    set_back(client, seen_at=minutes)

    assert client.get("/admin/").status_code == status


@pytest.mark.parametrize(("minutes", "status"), [(12 * 60 - 0.1, 200), (12 * 60 + 0.1, 302)])
def test_ends_after_twelve_hours_of_use(client, minutes, status):
    set_back(client, began_at=minutes)

    assert client.get("/admin/").status_code == status


def test_use_begins_the_half_hour_anew(client):
    set_back(client, seen_at=20)
    client.get("/admin/")

    assert time.time() - client.session[sessions.SEEN] < 60


def test_is_written_no_more_than_once_a_minute(client):
    set_back(client, seen_at=0.5)
    before = client.session[sessions.SEEN]
    client.get("/admin/")

    assert client.session[sessions.SEEN] == before


def test_says_on_the_login_page_why(client):
    set_back(client, seen_at=31)

    answer = client.get("/admin/loans/loan/", follow=True)

    assert answer.redirect_chain[0][0].startswith("/admin/login/?next=")
    assert b"not used for a while" in answer.content


def test_ends_when_the_password_changes(client):
    colleague_screen = logged_in(user := make_user("budi", is_staff=True))
    assert colleague_screen.get("/admin/").status_code == 200
    user.set_password("yang-baru-sekali")
    user.save()

    assert colleague_screen.get("/admin/").status_code == 302
