"""The pages of simulations: asking for one, deciding by one, and who may."""

import re
from itertools import pairwise

import pytest
from django.template import engines
from django.test import RequestFactory
from django.urls import reverse

from bprs.jobs.tasks import run_job
from customers.models import Customer
from loans.models import Collectibility, Loan, Status
from scoring.models import ScorecardVersion, Simulation
from tests.admin_client import logged_in, page_of, queries_of
from tests.factories import NOW, make_branch, make_customer, make_loan, make_user

pytestmark = pytest.mark.django_db
DRAFT = "rescaled"


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
def draft() -> ScorecardVersion:
    return ScorecardVersion.objects.get(name=DRAFT)


@pytest.fixture(autouse=True)
def loans(branch) -> list[Loan]:
    """600 becomes 850, 420 becomes 684; the second was written off."""
    return [
        make_loan(
            customer=make_customer(branch=branch), status=Status.DISBURSED, collectibility=Collectibility.CURRENT
        ),
        make_loan(
            customer=make_customer(branch=branch, monthly_income=10_000_000, assets_value=5_000_000),
            principal_amount=50_000_000,
            tenor_months=24,
            status=Status.WRITTEN_OFF,
        ),
    ]


def ask_url(version: ScorecardVersion) -> str:
    return reverse("admin:scoring_simulation_ask", args=[version.pk])


def page_url(simulation: Simulation) -> str:
    return reverse("admin:scoring_simulation_change", args=[simulation.pk])


def asked(client, draft, **choices):
    against = ScorecardVersion.objects.in_force(NOW)
    return client.post(ask_url(draft), {"against": against.pk, "loss_percent": "45", **choices})


@pytest.fixture
def simulation(client, draft) -> Simulation:
    asked(client, draft)
    return Simulation.objects.get()


class TestAsking:
    def test_offers_the_card_in_force_to_compare_with(self, client, draft):
        page = page_of(client, ask_url(draft))

        against = ScorecardVersion.objects.in_force(NOW)
        assert re.search(rf'<option value="{against.pk}"\s+selected', page)
        assert f'<option value="{draft.pk}"' not in page

    def test_leads_to_the_result_of_little(self, client, draft):
        response = asked(client, draft)

        assert response["Location"] == page_url(Simulation.objects.get())

    def test_leads_to_the_job_of_much(self, client, draft, settings):
        settings.SIMULATE_LOANS_AT_ONCE = 1

        response = asked(client, draft)

        assert response["Location"] == reverse("admin:jobs_job_change", args=[Simulation.objects.get().job_id])

    def test_takes_the_choices(self, client, draft):
        asked(client, draft, akads=["murabahah"], branches=["010"], applied_from="2026-11-01", loss_percent="60")

        simulation = Simulation.objects.get()
        assert simulation.portfolio == {"branches": ["010"], "akads": ["murabahah"], "applied_from": "2026-11-01"}
        assert str(simulation.loss_given_default) == "0.6000"

    @pytest.mark.parametrize(
        "choices",
        [
            {"akads": ["qardh"]},
            {"branches": ["999"]},
            {"applied_from": "2026-02-01", "applied_to": "2026-01-01"},
            {"loss_percent": "101"},
            {"loss_percent": "-1"},
            {"applied_from": "kemarin"},
            {"against": "999"},
        ],
    )
    def test_says_what_cannot_be_and_keeps_what_was_typed(self, client, draft, choices):
        response = asked(client, draft, **choices)

        assert response.status_code == 200
        assert response.context["form"].errors
        assert not Simulation.objects.exists()

    @pytest.mark.parametrize("group", ["Account officer", "Supervisor", "Auditor", "Administrator"])
    def test_is_for_risk_staff_alone(self, draft, group):
        other = logged_in(make_user(group=group, sees_all_branches=True, is_staff=True))

        assert other.get(ask_url(draft)).status_code == 403
        assert asked(other, draft).status_code == 403
        assert not Simulation.objects.exists()


class TestPage:
    def test_shows_the_matrix_and_the_swaps(self, client, simulation):
        page = page_of(client, page_url(simulation))

        counts = re.findall(r'bprs-matrix__cell[^"]*" data-count="(\d+)"', page)
        # low, medium, high before; to low, medium, high, not scored
        assert counts == ["0"] * 4 + ["1"] + ["0"] * 3 + ["0", "1", "0", "0"]
        assert 'data-swapped-in="1"' in page
        assert "Rp50 jt" in page
        assert simulation.content_hash in page
        assert simulation.against_hash in page

    def test_shows_how_swapped_financing_went(self, client, simulation):
        figures = client.get(page_url(simulation)).context["figures"]

        assert (figures.swapped_in.known, figures.swapped_in.defaulted, figures.swapped_in.default_rate) == (1, 1, 1.0)
        assert (figures.swap("stay").count, figures.swap("stay").default_rate) == (1, 0.0)

    def test_shows_the_expected_loss_before_and_after(self, client, simulation):
        figures = client.get(page_url(simulation)).context["figures"]

        # 45% of 0.15 x 10 million + 0.40 x 50 million; of 0.01 x 10 million + 0.05 x 50 million
        assert [loss.expected for loss in figures.loss] == [9_675_000, 1_170_000]
        # better than the worst segment: the first alone before, both after
        assert [loss.amount for loss in figures.accepted_loss] == [10_000_000, 60_000_000]
        assert [loss.expected for loss in figures.accepted_loss] == [675_000, 1_170_000]

    def test_expects_nothing_of_what_was_not_scored(self, client, draft, branch):
        make_loan(
            customer=make_customer(branch=branch), status=Status.DRAFT, tenor_months=None, principal_amount=7_000_000
        )
        asked(client, draft)

        figures = client.get(page_url(Simulation.objects.get())).context["figures"]

        assert figures.matrix.all.amount == 67_000_000
        assert [loss.amount for loss in figures.loss] == [60_000_000, 60_000_000]

    def test_draws_the_scores_over_each_other(self, client, simulation):
        page = page_of(client, page_url(simulation))

        assert page.count("bprs-distribution__bar--before") == page.count("bprs-distribution__bar--after") == 2
        steps = client.get(page_url(simulation)).context["figures"].steps
        assert (steps[0].low, steps[-1].high) == (300, 850)
        assert sum(step.before for step in steps) == sum(step.after for step in steps) == 2
        assert all(left.high + 1 == right.low for left, right in pairwise(steps))

    def test_names_the_movers_with_their_points(self, client, simulation, loans):
        page = page_of(client, page_url(simulation))

        assert page.index(loans[1].loan_number) < page.index(loans[0].loan_number)
        assert "+264" in page

    def test_names_no_loan_that_is_gone(self, client, simulation, loans):
        Loan.objects.filter(pk=loans[1].pk).delete()

        assert loans[1].loan_number not in page_of(client, page_url(simulation))

    def test_runs_no_script_of_its_own(self, client, simulation):
        content = page_of(client, page_url(simulation)).split('data-testid="simulation"')[1].split("bprs-footnote")[0]

        assert "<script" not in content

    def test_costs_the_same_however_many_movers(self, client, simulation, draft, branch):
        few = queries_of(client, page_url(simulation))
        for _ in range(5):
            make_loan(customer=Customer.objects.first())
        asked(client, draft)

        assert queries_of(client, page_url(Simulation.objects.latest("asked_at"))) == few

    def test_says_that_the_draft_was_edited_since(self, client, simulation, draft):
        assert "older-content" not in page_of(client, page_url(simulation))
        draft.definition = {**draft.definition, "base_points": 500}
        draft.save()

        assert "older-content" in page_of(client, page_url(simulation))

    def test_says_that_the_other_draft_was_edited_since(self, client, draft):
        other = ScorecardVersion.objects.get(name="annual")
        client.post(ask_url(draft), {"against": other.pk, "loss_percent": "45"})
        other.definition = {**other.definition, "base_points": 500}
        other.save()

        note = page_of(client, page_url(Simulation.objects.get())).split('data-testid="older-content"')[1]
        assert "annual-1" in note.split("</div>")[0]

    def test_has_no_figures_before_it_is_finished(self, client, draft, settings):
        settings.SIMULATE_LOANS_AT_ONCE = 1
        asked(client, draft)
        simulation = Simulation.objects.get()

        page = page_of(client, page_url(simulation))
        assert 'data-testid="unfinished"' in page
        assert 'data-testid="matrix"' not in page

        run_job(str(simulation.job_id))
        assert 'data-testid="matrix"' in page_of(client, page_url(simulation))

    @pytest.mark.parametrize("group", ["Account officer", "Supervisor", "Administrator"])
    def test_is_not_for_officers(self, simulation, group):
        other = logged_in(make_user(group=group, sees_all_branches=True, is_staff=True))

        assert other.get(page_url(simulation)).status_code == 403
        assert other.get(reverse("admin:scoring_simulation_changelist")).status_code == 403

    def test_is_for_auditors_who_change_nothing(self, simulation):
        auditor = logged_in(make_user(group="Auditor", sees_all_branches=True, is_staff=True))

        assert 'data-testid="matrix"' in page_of(auditor, page_url(simulation))
        assert auditor.post(page_url(simulation), {}).status_code == 403

    def test_is_not_found_by_risk_staff_of_another_branch(self, simulation):
        stranger = make_user(group="Risk staff", branches=[make_branch()], is_staff=True)

        assert logged_in(stranger).get(page_url(simulation)).status_code == 404

    def test_lists_them_the_newest_first(self, client, simulation, draft):
        asked(client, draft, akads=["murabahah"])

        page = page_of(client, reverse("admin:scoring_simulation_changelist"))

        assert page.index("Murabahah") < page.index("All financing")


class TestSummary:
    def summary(self, user, version):
        request = RequestFactory().get("/")
        request.user = user
        template = engines["django"].from_string("{% load simulations %}{% simulation_summary version %}")
        return template.render({"version": version}, request)

    def test_shows_the_newest_simulation_of_the_card_as_it_is(self, simulation, draft, risk):
        summary = self.summary(risk, draft)

        assert page_url(simulation) in summary
        assert 'data-testid="matrix"' in summary
        assert ask_url(draft) in summary

    def test_shows_no_result_of_an_earlier_content(self, simulation, draft, risk):
        draft.definition = {**draft.definition, "base_points": 500}
        draft.save()

        summary = self.summary(risk, draft)

        assert "older-content" in summary
        assert 'data-testid="matrix"' not in summary

    def test_shows_officers_nothing(self, simulation, draft, branch):
        officer = make_user(group="Account officer", branches=[branch])

        summary = self.summary(officer, draft)

        assert page_url(simulation) not in summary
        assert ask_url(draft) not in summary

    def test_costs_three_queries(self, simulation, draft, risk, django_assert_num_queries):
        self.summary(risk, draft)

        with django_assert_num_queries(3):
            self.summary(risk, draft)
