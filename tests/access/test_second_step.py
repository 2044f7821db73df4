"""The second step of a login."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from bprs.access.models import ApiKey, Authenticator
from bprs.access.second_step import end_logins
from tests.access.second_steps import set_up, shown_code
from tests.admin_client import logged_in, page_of, queries_of, told
from tests.api_client import ApiClient, assert_problem
from tests.factories import make_api_key, make_user

pytestmark = pytest.mark.django_db
PASSWORD = "rahasia-sekali"
HOME = "/admin/"
STEP = "/admin/second-step/"
SETUP = "/admin/second-step/set-up/"


@pytest.fixture(autouse=True)
def required(settings):
    settings.REQUIRE_TOTP = True


@pytest.fixture
def spv():
    return make_user("spv", is_staff=True, group="Supervisor")


def led_to(answer: Any) -> str:
    assert answer.status_code == 302
    return str(answer.url)


def token(username, **more):
    return ApiClient().post("/auth/token", {"username": username, "password": PASSWORD, **more})


class TestWhoNeedsIt:
    @pytest.mark.parametrize("role", ["Supervisor", "Risk staff", "Administrator"])
    def test_who_decides_approves_or_administers_is_led_to_it(self, role):
        answer = logged_in(make_user(is_staff=True, group=role)).get("/admin/loans/loan/?status=submitted")

        assert answer.status_code == 302
        assert led_to(answer) == f"{STEP}?next=%2Fadmin%2Floans%2Floan%2F%3Fstatus%3Dsubmitted"

    def test_so_is_a_superuser(self):
        assert logged_in(make_user(is_staff=True, is_superuser=True)).get(HOME).status_code == 302

    @pytest.mark.parametrize("role", ["Account officer", "Auditor"])
    def test_others_are_let_in(self, role):
        assert logged_in(make_user(is_staff=True, group=role)).get(HOME).status_code == 200

    def test_nobody_is_where_it_is_not_required(self, settings, spv):
        settings.REQUIRE_TOTP = False

        assert logged_in(spv).get(HOME).status_code == 200

    def test_who_set_it_up_is_asked_though_nobody_requires_it(self, settings):
        settings.REQUIRE_TOTP = False
        officer = make_user(is_staff=True, group="Account officer")
        set_up(officer)

        assert led_to(logged_in(officer).get(HOME)).startswith(STEP)

    def test_costs_who_is_through_no_query(self, settings, spv):
        client = logged_in(spv)
        settings.REQUIRE_TOTP = False
        before = queries_of(client, HOME)
        settings.REQUIRE_TOTP = True
        set_up(spv)
        client.post(STEP, {"code": shown_code(spv)})

        assert queries_of(client, HOME) == before

    @pytest.mark.parametrize(
        "path", ["/admin/loans/loan/", "/admin/password_change/", "/admin/login-security/", "/admin/nowhere/"]
    )
    @pytest.mark.parametrize("method", ["get", "post"])
    def test_no_page_lies_before_it(self, spv, path, method):
        set_up(spv)

        assert led_to(getattr(logged_in(spv), method)(path)).startswith(STEP)


class TestSettingItUp:
    def test_a_first_code_puts_it_in_force_and_shows_the_recovery_codes_once(self, spv):
        client = logged_in(spv)
        setup = led_to(client.get(f"{STEP}?next=/admin/loans/loan/"))
        page = page_of(client, setup)
        key = re.findall(r'data-testid="totp-key">([A-Z2-7 ]+)<', page)[0]
        assert key.replace(" ", "") == Authenticator.objects.get().secret
        assert "<svg" in page

        answer = client.post(setup, {"code": shown_code(spv)})

        codes = re.findall(r"<code>([A-Z2-7 ]{19})</code>", answer.content.decode())
        assert len(codes) == 8
        assert b'href="/admin/loans/loan/"' in answer.content
        assert client.get(HOME).status_code == 200
        assert client.get(setup).status_code == 302  # neither key nor codes are shown again
        assert codes[0].replace(" ", "") not in str(Authenticator.objects.values())

    def test_a_wrong_code_leaves_it_open(self, spv):
        client = logged_in(spv)
        client.get(SETUP)

        assert b"This code is wrong" in client.post(SETUP, {"code": "000000"}).content
        assert Authenticator.objects.get().confirmed_at is None
        assert client.get(HOME).status_code == 302

    def test_the_key_stays_the_same_until_it_is_confirmed(self, spv):
        client = logged_in(spv)
        keys = {re.findall(r'totp-key">([A-Z2-7 ]+)<', page_of(client, SETUP))[0] for _ in range(2)}

        assert len(keys) == 1

    def test_is_kept_encrypted(self, spv):
        set_up(spv)

        assert Authenticator.objects.get().secret not in str(Authenticator.objects.values())

    @pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
    def test_leads_to_no_other_site(self, spv, elsewhere):
        set_up(spv)

        answer = logged_in(spv).post(f"{STEP}?next={elsewhere}", {"code": shown_code(spv)})

        assert led_to(answer) == HOME


class TestGivingACode:
    def test_lets_in_once(self, spv):
        set_up(spv)
        code = shown_code(spv)
        first, second = logged_in(spv), logged_in(spv)

        assert led_to(first.post(f"{STEP}?next=/admin/loans/loan/", {"code": code})) == "/admin/loans/loan/"
        assert b"was used already" in second.post(STEP, {"code": code}).content
        assert first.get(HOME).status_code == 200
        assert second.get(HOME).status_code == 302

    def test_a_recovery_code_lets_in_once(self, spv):
        recovery = set_up(spv)[0]

        answers = [logged_in(spv).post(STEP, {"code": recovery.lower()}) for _ in range(2)]

        assert [answer.status_code for answer in answers] == [302, 200]

    def test_says_when_few_recovery_codes_are_left(self, spv):
        codes = set_up(spv)

        said = [told(logged_in(spv).post(STEP, {"code": code})) for code in codes[:6]]

        assert said[:5] == [[]] * 5
        assert said[5] == ["2 recovery codes are left. Set the second step up again to get new ones."]

    def test_the_fifth_wrong_code_closes_it_even_to_the_right_one(self, spv):
        set_up(spv)
        client = logged_in(spv)
        answers = [client.post(STEP, {"code": "000000"}) for _ in range(5)]

        assert [b"Too many wrong tries" in answer.content for answer in answers] == [False] * 4 + [True]
        assert b"Too many wrong tries" in client.post(STEP, {"code": shown_code(spv)}).content

    @pytest.mark.parametrize(("minutes", "status"), [(14, 200), (16, 302)])
    def test_it_opens_by_itself(self, spv, minutes, status):
        set_up(spv)
        Authenticator.objects.update(failed_tries=5, failed_at=timezone.now() - timedelta(minutes=minutes))

        assert logged_in(spv).post(STEP, {"code": shown_code(spv)}).status_code == status

    def test_of_a_colleague_is_wrong(self, spv):
        set_up(spv)
        colleague = make_user(is_staff=True, group="Supervisor")
        set_up(colleague)

        assert b"This code is wrong" in logged_in(spv).post(STEP, {"code": shown_code(colleague)}).content


class TestOverTheApi:
    def test_a_code_is_asked_for(self, spv):
        set_up(spv)

        assert_problem(token("spv"), 401, "otp_required")
        assert_problem(token("spv", otp="000000"), 401, "wrong_otp")
        assert token("spv", otp=shown_code(spv)).status_code == 200

    def test_who_did_not_set_it_up_is_sent_to_the_back_office(self, spv):
        assert_problem(token("spv"), 403, "otp_not_set_up")

    def test_a_wrong_password_is_told_nothing_of_it(self, spv):
        set_up(spv)

        answer = ApiClient().post("/auth/token", {"username": "spv", "password": "salah", "otp": shown_code(spv)})

        assert_problem(answer, 401, "wrong_credentials")

    def test_codes_are_not_guessed_here_either(self, spv):
        set_up(spv)
        answers = [token("spv", otp="000000") for _ in range(5)]

        assert_problem(answers[-1], 429, "too_many_tries")
        assert_problem(token("spv", otp=shown_code(spv)), 429, "too_many_tries")

    def test_officers_and_api_keys_need_none(self, spv):
        make_user("ani", group="Account officer")

        assert token("ani").status_code == 200
        assert ApiClient(make_api_key(spv)).get("/loans").status_code == 200


class TestAnotherPhone:
    def test_needs_a_code_of_the_present_one(self, spv):
        set_up(spv)
        before = Authenticator.objects.get().secret
        client = logged_in(spv)
        client.post(STEP, {"code": shown_code(spv)})

        assert b"This code is wrong" in client.post("/admin/login-security/", {"code": "000000"}).content
        assert Authenticator.objects.get().secret == before
        Authenticator.objects.update(last_step=0)
        assert led_to(client.post("/admin/login-security/", {"code": shown_code(spv)})) == SETUP
        client.get(SETUP)
        assert Authenticator.objects.get().secret != before


class TestReset:
    URL = "/admin/access/user/"

    @pytest.fixture
    def admin(self, settings):
        settings.REQUIRE_TOTP = False
        return make_user("kepala", is_staff=True, group="Administrator")

    def reset(self, admin, *users, action="reset_second_step_of_selected"):
        data = {"action": action, "_selected_action": [user.pk for user in users]}
        return logged_in(admin).post(self.URL, data)

    def test_by_an_administrator_is_logged_and_ends_every_login(self, admin, spv):
        set_up(spv)
        session, secret = logged_in(spv), token("spv", otp=shown_code(spv)).json()["access_token"]

        self.reset(admin, spv)

        assert not Authenticator.objects.exists()
        entry = LogEntry.objects.get()
        assert (entry.user, entry.object_id) == (admin, str(spv.pk))
        assert led_to(session.get(HOME)).startswith("/admin/login/")
        assert_problem(ApiClient(secret).get("/loans"), 401, "invalid_token")

    def test_nobody_resets_their_own(self, admin, spv):
        set_up(admin)
        set_up(spv)
        client = logged_in(admin)
        client.post(STEP, {"code": shown_code(admin)})

        answer = client.post(
            self.URL, {"action": "reset_second_step_of_selected", "_selected_action": [spv.pk, admin.pk]}
        )

        assert told(answer) == ["Nobody resets their own second step: ask another administrator."]
        assert Authenticator.objects.count() == 2

    def test_an_administrator_does_not_reset_a_superusers(self, admin):
        boss = make_user(is_superuser=True)
        set_up(boss)

        self.reset(admin, boss)

        assert Authenticator.objects.filter(user=boss).exists()

    def test_an_auditor_resets_none(self, spv):
        set_up(spv)

        self.reset(make_user(is_staff=True, group="Auditor"), spv)

        assert Authenticator.objects.exists()

    def test_unlocking_opens_the_password_and_the_code(self, admin, spv):
        set_up(spv)
        Authenticator.objects.update(failed_tries=5, failed_at=timezone.now())
        for _ in range(5):
            Client().post("/admin/login/", {"username": "spv", "password": "salah"})

        self.reset(admin, spv, action="unlock_selected")

        assert Client().post("/admin/login/", {"username": "spv", "password": PASSWORD}).status_code == 302
        assert logged_in(spv).post(STEP, {"code": shown_code(spv)}).status_code == 302

    def test_from_the_server(self, spv, capsys):
        set_up(spv)

        call_command("unlock_login", "spv", second_step=True)

        assert not Authenticator.objects.exists()
        with pytest.raises(CommandError):
            call_command("unlock_login", "siapa")


class TestEndingLogins:
    def test_elsewhere_keeps_this_one_and_the_api_keys(self, settings):
        settings.REQUIRE_TOTP = False
        ani = make_user("ani", is_staff=True, group="Account officer")
        here, there, key = logged_in(ani), logged_in(ani), make_api_key(ani)
        secret = token("ani").json()["access_token"]

        here.post("/admin/login-security/end-others/")

        assert here.get(HOME).status_code == 200
        assert led_to(there.get(HOME)).startswith("/admin/login/")
        assert_problem(ApiClient(secret).get("/loans"), 401, "invalid_token")
        assert ApiClient(key).get("/loans").status_code == 200

    def test_a_session_begun_afterwards_lives(self, settings):
        settings.REQUIRE_TOTP = False
        ani = make_user("ani", is_staff=True)
        end_logins(user=ani, at=timezone.now())

        assert logged_in(ani).get(HOME).status_code == 200

    def test_a_new_password_ends_the_login_tokens(self):
        ani = make_user("ani")
        token("ani")
        ani.set_password("yang-baru-sekali")
        ani.save()

        assert ApiKey.objects.get().revoked_at is not None

    def test_a_new_password_is_not_the_old_one(self, settings):
        settings.REQUIRE_TOTP = False
        client = logged_in(make_user("ani", is_staff=True))
        form = {"old_password": PASSWORD, "new_password1": PASSWORD, "new_password2": PASSWORD}

        assert b"another than the present one" in client.post("/admin/password_change/", form).content
