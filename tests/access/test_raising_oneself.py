"""An administrator gives others their rights, and finds no way to more of their own."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.urls import reverse

from bprs.access.models import ApiKey
from tests.access.test_admin import KEYS, new_key
from tests.admin_client import logged_in
from tests.factories import make_branch, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator():
    return make_user(is_staff=True, group="Administrator")


@pytest.fixture
def client(administrator):
    return logged_in(administrator)


def above():
    """Somebody who may change roles, which administrators may not."""
    return make_user(is_staff=True, permissions=["auth.change_group"])


def change(client, user, **values):
    groups = list(user.groups.values_list("pk", flat=True))
    form = {"username": user.username, "is_active": "on", "is_staff": "on", "groups": groups, **values}
    return client.post(reverse("admin:access_user_change", args=[user.pk]), form)


class TestOnTheirOwnPage:
    def test_an_administrator_keeps_their_roles_and_branches(self, administrator, client):
        supervisor = Group.objects.get(name="Supervisor")

        response = change(
            client,
            administrator,
            groups=[supervisor.pk],
            branches=[make_branch().pk],
            sees_all_branches="on",
            first_name="Ani",
        )

        administrator.refresh_from_db()
        assert response.status_code == 302
        assert administrator.first_name == "Ani"
        assert [group.name for group in administrator.groups.all()] == ["Administrator"]
        assert not administrator.branches.exists()
        assert not administrator.sees_all_branches

    def test_a_superuser_may_change_their_own(self):
        superuser = make_user(is_staff=True, is_superuser=True)

        change(logged_in(superuser), superuser, is_superuser="on", branches=[make_branch().pk])

        assert superuser.branches.count() == 1

    def test_a_new_password_of_ones_own_takes_the_old_one(self, administrator, client):
        new = {"password1": "hallo-hallo-1", "password2": "hallo-hallo-1", "usable_password": "true"}

        answer = client.post(f"/admin/access/user/{administrator.pk}/password/", new)

        administrator.refresh_from_db()
        assert answer["Location"] == "/admin/password_change/"
        assert administrator.check_password("rahasia-sekali")


class TestBranches:
    def test_do_not_take_in_who_changes_them(self, administrator, client):
        branch = make_branch()
        administrator.sees_all_branches = True
        administrator.save()

        response = client.post(
            f"/admin/access/branch/{branch.pk}/change/",
            {"code": branch.code, "name": branch.name, "city": "", "officers": [administrator.pk]},
        )

        assert response.status_code == 200
        assert not branch.officers.exists()

    def test_take_in_others(self, administrator, client):
        branch, colleague = make_branch(), make_user()
        administrator.sees_all_branches = True
        administrator.save()

        client.post(
            f"/admin/access/branch/{branch.pk}/change/",
            {"code": branch.code, "name": branch.name, "city": "", "officers": [colleague.pk]},
        )

        assert list(branch.officers.all()) == [colleague]


class TestWhoStandsAbove:
    def test_is_not_changed_and_gets_no_password(self, client):
        person = above()

        assert change(client, person).status_code == 403
        assert client.post(f"/admin/access/user/{person.pk}/password/", {}).status_code == 403

    def test_is_not_made_by_giving_a_role(self, client):
        colleague, role = make_user(is_staff=True), Group.objects.create(name="Keeper of roles")
        role.permissions.add(Permission.objects.get(codename="change_group"))

        response = change(client, colleague, groups=[role.pk])

        assert response.status_code == 200
        assert not colleague.groups.exists()

    def test_does_not_lose_their_login_to_an_action(self, client):
        person = above()

        response = client.post(
            "/admin/access/user/",
            {"action": "reset_second_step_of_selected", "_selected_action": [person.pk]},
            follow=True,
        )

        assert "Reset the second step of 0 logins." in response.content.decode()


class TestKeys:
    def test_are_not_made_for_a_colleague_whose_rights_they_would_lend(self, client):
        client.post(f"{KEYS}add/", new_key(make_user(is_staff=True, group="Supervisor")))

        assert not ApiKey.objects.exists()

    def test_made_for_a_program_end_when_it_becomes_a_colleague(self, client):
        program = make_user(group="Supervisor")
        client.post(f"{KEYS}add/", new_key(program))
        key = ApiKey.objects.get()
        assert key.revoked_at is None

        change(client, program, is_staff="on")

        key.refresh_from_db()
        assert key.revoked_at is not None

    def test_are_made_for_programs(self, client):
        client.post(f"{KEYS}add/", new_key(make_user(group="API client")))

        assert ApiKey.objects.count() == 1

    def test_are_not_made_for_programs_that_stand_above(self, client):
        client.post(f"{KEYS}add/", new_key(make_user(permissions=["auth.change_group"])))

        assert not ApiKey.objects.exists()


def test_roles_are_changed_by_superusers_only():
    holder = make_user(is_staff=True, permissions=["auth.change_group", "auth.view_group", "auth.add_group"])
    client, role = logged_in(holder), Group.objects.get(name="Auditor")

    assert client.post(f"/admin/auth/group/{role.pk}/change/", {"name": "Auditor"}).status_code == 403
    assert client.post("/admin/auth/group/add/", {"name": "Mine"}).status_code == 403
