"""Staff, branches and keys in the back office."""

import re

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.urls import reverse
from unfold.admin import ModelAdmin

from bprs.access.models import ApiKey
from tests.admin_client import logged_in, page_of
from tests.factories import make_api_key, make_branch, make_user

pytestmark = pytest.mark.django_db
KEYS = "/admin/access/apikey/"


@pytest.fixture
def superuser():
    return make_user(is_staff=True, is_superuser=True)


@pytest.fixture
def administrator():
    return make_user(is_staff=True, group="Administrator")


def new_key(user, **values):
    return {
        "name": "nightly",
        "user": user.pk,
        "scopes": ["loans:read"],
        "expires_at_0": "",
        "expires_at_1": "",
        **values,
    }


class TestApiKeys:
    def test_shows_the_secret_exactly_once(self, superuser):
        client = logged_in(superuser)

        page = client.post(f"{KEYS}add/", new_key(superuser), follow=True).content.decode()

        (secret,) = re.findall(r'data-testid="api-key">(bprs_[\w-]+)<', page)
        key = ApiKey.objects.get()
        assert key.secret_sha256 == ApiKey.hash_of(secret)
        assert key.scopes == ["loans:read"]
        assert secret not in page_of(client, KEYS)
        assert secret not in page_of(client, f"{KEYS}{key.pk}/change/")

    def test_are_not_changed(self, superuser):
        client = logged_in(superuser)
        make_api_key(superuser)

        response = client.post(f"{KEYS}{ApiKey.objects.get().pk}/change/", new_key(superuser, name="other"))

        assert response.status_code == 403

    def test_are_revoked_by_those_who_may(self, administrator, superuser):
        make_api_key(superuser)
        data = {"action": "revoke_selected", "_selected_action": [ApiKey.objects.get().pk]}

        page = logged_in(administrator).post(KEYS, data, follow=True).content.decode()

        assert "Revoked 1 key." in page
        assert ApiKey.objects.get().revoked_at is not None

    def test_are_not_revoked_by_an_auditor(self, superuser):
        make_api_key(superuser)
        auditor = logged_in(make_user(is_staff=True, group="Auditor"))

        auditor.post(KEYS, {"action": "revoke_selected", "_selected_action": [ApiKey.objects.get().pk]})

        assert ApiKey.objects.get().revoked_at is None

    def test_of_superusers_are_made_by_superusers_only(self, administrator, superuser):
        logged_in(administrator).post(f"{KEYS}add/", new_key(superuser))

        assert not ApiKey.objects.exists()

    @pytest.mark.parametrize(
        "values", [{"scopes": []}, {"scopes": ["everything"]}, {"expires_at_0": "2020-01-01", "expires_at_1": "08:00"}]
    )
    def test_are_refused_without_scope_with_an_unknown_one_or_already_over(self, superuser, values):
        response = logged_in(superuser).post(f"{KEYS}add/", new_key(superuser, **values))

        assert response.status_code == 200
        assert not ApiKey.objects.exists()

    def test_are_not_for_officers(self):
        client = logged_in(make_user(is_staff=True, group="Account officer"))

        assert client.get(KEYS).status_code == 403
        assert client.get(f"{KEYS}add/").status_code == 403

    def test_leave_login_tokens_out(self, superuser):
        make_api_key(superuser, kind=ApiKey.Kind.LOGIN, name="a login")

        assert "a login" not in page_of(logged_in(superuser), KEYS)


class TestStaff:
    def form_of(self, user, **values):
        return {
            "username": user.username,
            "is_active": "on",
            "is_staff": "on",
            "groups": list(user.groups.values_list("pk", flat=True)),
            "branches": [],
            **values,
        }

    def change_url(self, user):
        return reverse("admin:access_user_change", args=[user.pk])

    def test_get_their_branches_on_their_own_page(self, administrator):
        colleague, branch = make_user(), make_branch()

        response = logged_in(administrator).post(
            self.change_url(colleague), self.form_of(colleague, branches=[branch.pk])
        )

        assert response.status_code == 302
        assert list(colleague.branches.all()) == [branch]

    def test_have_roles_in_the_language_of_the_screen(self, superuser):
        officer = make_user(group="Account officer")
        client = logged_in(superuser)
        client.cookies["django_language"] = "id"

        for address in ("/admin/access/user/", self.change_url(officer), "/admin/auth/group/"):
            page = page_of(client, address)
            assert "Petugas pembiayaan (AO)" in page
            assert "Account officer" not in page

    def test_get_their_roles_on_their_own_page(self, administrator):
        colleague, roles = make_user(), Group.objects.filter(name__in=["Auditor", "Supervisor"])

        logged_in(administrator).post(
            self.change_url(colleague), self.form_of(colleague, groups=list(roles.values_list("pk", flat=True)))
        )

        assert set(colleague.groups.all()) == set(roles)

    def test_become_superuser_by_a_superuser_only(self, administrator):
        colleague = make_user()

        logged_in(administrator).post(self.change_url(colleague), self.form_of(colleague, is_superuser="on"))

        colleague.refresh_from_db()
        assert not colleague.is_superuser

    def test_keep_the_passwords_of_superusers_from_administrators(self, administrator, superuser):
        client = logged_in(administrator)

        assert client.post(self.change_url(superuser), self.form_of(superuser)).status_code == 403
        assert client.get(reverse("admin:auth_user_password_change", args=[superuser.pk])).status_code == 403

    def test_lists_and_forms_open(self, superuser):
        client = logged_in(superuser)
        group, branch = Group.objects.get(name="Supervisor"), make_branch()

        for url in (
            "/admin/access/user/",
            "/admin/access/user/add/",
            self.change_url(superuser),
            "/admin/auth/group/",
            f"/admin/auth/group/{group.pk}/change/",
            "/admin/access/branch/",
            f"/admin/access/branch/{branch.pk}/change/",
            "/admin/jobs/job/",
            f"{KEYS}add/",
        ):
            assert page_of(client, url)


class TestTheSite:
    def test_leads_home_after_logging_in(self):
        make_user("ani", is_staff=True, password="rahasia-sekali")
        client = logged_in(make_user())
        client.logout()

        response = client.post("/admin/login/", {"username": "ani", "password": "rahasia-sekali"})

        assert response.headers["Location"] == "/admin/"

    def test_switches_languages(self):
        client = logged_in(make_user(is_staff=True))

        client.post("/i18n/setlang/", {"language": "en", "next": "/admin/"})

        assert '<html lang="en"' in page_of(client, "/admin/")

    def test_hides_the_pages_of_the_queue(self):
        assert not [model for model in admin.site._registry if model._meta.app_label == "django_q"]

    def test_gives_every_page_the_same_look(self):
        assert all(isinstance(each, ModelAdmin) for each in admin.site._registry.values())
