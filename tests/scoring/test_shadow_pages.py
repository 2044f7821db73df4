"""The pages of the shadow: beginning, ending, comparing, and who may."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from loans.models import Loan
from scoring.engine import RESCALED_1
from scoring.models import ScorecardVersion, Shadow, Simulation, Source
from scoring.services.card_drafts import create_draft
from scoring.services.score_loans import score_loans
from scoring.services.shadow import shadow_new
from tests.admin_client import logged_in, page_of
from tests.factories import NOW, make_branch, make_customer, make_loan, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def branch():
    return make_branch(code="010", name="Solo")


@pytest.fixture
def risk():
    return make_user("risiko", group="Risk staff", sees_all_branches=True, is_staff=True)


@pytest.fixture
def client(risk):
    return logged_in(risk)


@pytest.fixture
def draft(risk) -> ScorecardVersion:
    return create_draft(name="coba", definition=RESCALED_1, created_by=risk, created_at=NOW)


def begin(client, draft, **values):
    url = reverse("admin:scoring_shadow_begin", args=[draft.pk])
    return client.post(url, {"reason": "coba dulu", "until": "", **values})


@pytest.fixture
def shadow(client, draft) -> Shadow:
    begin(client, draft)
    return Shadow.objects.get()


def url_of(shadow: Shadow, act: str = "change") -> str:
    return reverse(f"admin:scoring_shadow_{act}", args=[shadow.pk])


@pytest.fixture
def _scored(shadow, risk, branch):
    make_loan(customer=make_customer(branch=branch))
    score_loans(loans=Loan.objects.all(), scored_by=risk, scored_at=timezone.now(), source=Source.ADMIN)
    shadow_new(at=timezone.now())


class TestBeginning:
    def test_leads_to_the_page_of_the_shadow(self, client, draft):
        response = begin(client, draft, until="2099-01-31T17:00")

        shadow = Shadow.objects.get()
        assert response["Location"] == url_of(shadow)
        assert (shadow.reason, shadow.begun_by.username) == ("coba dulu", "risiko")
        assert shadow.until is not None

    @pytest.mark.parametrize("values", [{"reason": " "}, {"until": "2020-01-01T00:00"}, {"until": "besok"}])
    def test_says_what_cannot_be(self, client, draft, values):
        response = begin(client, draft, **values)

        assert response.context["form"].errors
        assert not Shadow.objects.exists()

    def test_says_that_another_is_in_the_shadow(self, client, draft, shadow):
        response = begin(client, draft)

        assert "coba-1" in response.context["form"].non_field_errors()[0]
        assert Shadow.objects.count() == 1

    @pytest.mark.parametrize("group", ["Account officer", "Supervisor", "Auditor", "Administrator"])
    def test_is_for_risk_staff_alone(self, draft, group):
        other = logged_in(make_user(group=group, sees_all_branches=True, is_staff=True))

        assert begin(other, draft).status_code == 403
        assert not Shadow.objects.exists()

    def test_is_for_those_who_see_every_branch(self, draft, branch):
        assert (
            begin(logged_in(make_user(group="Risk staff", branches=[branch], is_staff=True)), draft).status_code == 403
        )


class TestPage:
    @pytest.mark.usefixtures("_scored")
    def test_says_how_far_it_is(self, client, shadow, risk):
        score_loans(loans=Loan.objects.all(), scored_by=risk, scored_at=timezone.now(), source=Source.ADMIN)

        page = page_of(client, url_of(shadow))

        assert 'data-scored="1"' in page
        assert 'data-waiting="1"' in page

    @pytest.mark.usefixtures("_scored")
    def test_compares_with_the_card_that_was_in_force_meanwhile(self, client, shadow):
        against = ScorecardVersion.objects.in_force(timezone.now())

        response = client.post(url_of(shadow, "compare"), {"against": against.pk})

        simulation = Simulation.objects.get(shadow=shadow)
        assert response["Location"] == reverse("admin:scoring_simulation_change", args=[simulation.pk])
        page = page_of(client, response["Location"])
        assert 'data-testid="matrix"' in page
        assert url_of(shadow) in page
        assert response["Location"] in page_of(client, url_of(shadow))

    @pytest.mark.usefixtures("_scored")
    def test_compares_with_no_card_that_was_not_in_force(self, client, shadow, draft):
        assert client.post(url_of(shadow, "compare"), {"against": draft.pk}).status_code == 404

    def test_ends_it(self, client, shadow):
        client.post(url_of(shadow, "end"))

        shadow.refresh_from_db()
        assert shadow.ended_by.username == "risiko"
        assert timezone.now() - shadow.ended_at < timedelta(minutes=1)
        assert 'data-testid="end"' not in page_of(client, url_of(shadow))

    def test_ends_nothing_by_a_link(self, client, shadow):
        assert client.get(url_of(shadow, "end")).status_code == 403

        assert Shadow.objects.get().ended_at is None

    @pytest.mark.parametrize("group", ["Account officer", "Supervisor", "Administrator"])
    def test_is_not_for_officers(self, shadow, group):
        other = logged_in(make_user(group=group, sees_all_branches=True, is_staff=True))

        for url in (url_of(shadow), reverse("admin:scoring_shadow_changelist")):
            assert other.get(url).status_code == 403
        for act in ("end", "compare"):
            assert other.post(url_of(shadow, act)).status_code == 403

    def test_is_readable_for_auditors(self, shadow):
        auditor = logged_in(make_user(group="Auditor", sees_all_branches=True, is_staff=True))

        assert 'data-testid="end"' not in page_of(auditor, url_of(shadow))
        assert auditor.post(url_of(shadow, "end")).status_code == 403

    @pytest.mark.usefixtures("_scored")
    def test_shows_nothing_of_it_on_the_page_of_the_loan(self, client, shadow, branch):
        """By hand: 600 with the card in force, 850 in the shadow."""
        officer = logged_in(make_user(group="Account officer", branches=[branch], is_staff=True))

        page = page_of(officer, reverse("admin:loans_loan_change", args=[Loan.objects.get().pk]))

        assert 'data-testid="score">600' in page
        assert "coba" not in page
