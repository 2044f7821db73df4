"""Scoring from the back office: the action, the button, and the page that says why."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bprs.jobs.models import Job
from bprs.jobs.tasks import run_job
from loans.models import Loan
from scoring.models import Score, ScoringRun
from tests.admin_client import logged_in, page_of
from tests.factories import make_card_in_force, make_customer, make_loan, make_user
from tests.tampering import put_no_card_in_force

pytestmark = pytest.mark.django_db
LIST = "/admin/loans/loan/"


@pytest.fixture(autouse=True)
def _card():
    make_card_in_force()


@pytest.fixture
def client(officer):
    return logged_in(officer)


def score_selected(client, loans, *, url=LIST, **data):
    chosen = {"action": "score_selected", "_selected_action": [loan.pk for loan in loans], **data}
    return client.post(url, chosen, follow=True).content.decode()


def score_url(loan_id):
    return reverse("admin:loans_loan_score", args=[loan_id])


def change_url(loan):
    return reverse("admin:loans_loan_change", args=[loan.pk])


class TestScoreSelectedLoans:
    def test_scores_one(self, client, branch, officer):
        loan = make_loan(branch=branch)

        page = score_selected(client, [loan])

        loan.refresh_from_db()
        run = ScoringRun.objects.get()
        assert "Scored 1 loan." in page
        assert (loan.credit_score, loan.segment) == (600, "medium")
        assert (run.scored_by, run.source) == (officer, "admin")

    def test_scores_the_others_and_names_the_refused(self, client, branch):
        good = [make_loan(branch=branch) for _ in range(3)]
        draft = make_loan(branch=branch, status="draft", principal_amount=None)

        page = score_selected(client, [*good, draft])

        assert "Scored 3 loans; 1 refused." in page
        assert draft.loan_number in page
        assert "Financing amount is missing." in page
        assert Score.objects.count() == 3

    def test_names_ten_refusals_and_counts_the_rest(self, client, branch):
        drafts = [make_loan(branch=branch, status="draft", tenor_months=None) for _ in range(13)]

        page = score_selected(client, drafts)

        assert page.count("Tenor is missing.") == 10
        assert "and 3 others" in page
        assert reverse("admin:scoring_scoringrun_change", args=[ScoringRun.objects.get().pk]) in page

    def test_scores_every_page_of_what_is_selected(self, client, branch):
        loans = [make_loan(customer=make_customer(branch=branch)) for _ in range(55)]

        page = score_selected(client, loans[:1], select_across="1")

        assert "Scored 55 loans." in page
        assert ScoringRun.objects.count() == 1

    def test_scores_no_more_than_the_filter_shows(self, client, branch):
        loan = make_loan(branch=branch)
        make_loan(branch=branch, status="approved")

        page = score_selected(client, [loan], url=f"{LIST}?status__exact=submitted", select_across="1")

        assert "Scored 1 loan." in page

    def test_does_not_reach_another_branch(self, client, branch):
        foreign = make_loan()

        score_selected(client, [make_loan(branch=branch), foreign], select_across="1")

        foreign.refresh_from_db()
        assert foreign.credit_score is None

    def test_of_very_many_becomes_a_job_and_leads_to_its_page(self, client, branch, officer, settings):
        settings.SCORE_LOANS_AT_ONCE = 2
        loans = [make_loan(branch=branch) for _ in range(3)]
        approved = make_loan(branch=branch, status="approved")
        chosen = {"action": "score_selected", "_selected_action": [loans[0].pk], "select_across": "1"}

        answer = client.post(f"{LIST}?status__exact=submitted", chosen)

        job = Job.objects.get()
        assert answer["Location"] == reverse("admin:jobs_job_change", args=[job.pk])
        assert (job.owner, job.total_count) == (officer, 3)
        assert approved.pk not in job.loan_selections.get().loan_ids
        assert not Score.objects.exists()
        run_job(str(job.pk))
        assert Score.objects.count() == 3
        assert client.get(answer["Location"]).status_code == 200

    def test_is_neither_offered_to_nor_done_for_those_who_may_not_score(self, branch):
        loan = make_loan(branch=branch)
        reader = logged_in(make_user(is_staff=True, group="Auditor", branches=[branch]))

        assert "score_selected" not in page_of(reader, LIST)
        score_selected(reader, [loan])
        assert not Score.objects.exists()

    def test_says_when_no_card_is_in_force(self, client, branch):
        put_no_card_in_force()

        assert "No scorecard is in force" in score_selected(client, [make_loan(branch=branch)])

    def test_costs_the_same_queries_for_three_and_for_thirty(self, client, branch):
        counts = []
        for size in (1, 3, 30):
            loans = [make_loan(branch=branch) for _ in range(size)]
            data = {"action": "score_selected", "_selected_action": [loan.pk for loan in loans]}
            with CaptureQueriesContext(connection) as queries:
                client.post(LIST, data)
            counts.append(len(queries))

        of_a_bulk_update = 3 if connection.vendor == "sqlite" else 0  # which goes by a temporary table there
        assert counts[1] == counts[2] <= 19 + of_a_bulk_update


class TestTheScoreButton:
    def test_scores_the_loan_and_shows_why(self, client, branch):
        loan = make_loan(branch=branch)
        assert "Score now" in page_of(client, change_url(loan))

        page = client.post(score_url(loan.pk), follow=True).content.decode()

        assert "Scored: 600 points, medium risk." in page
        assert "Score again" in page

    def test_is_offered_in_the_list_where_only_the_score_is_missing(self, client, branch):
        loan = make_loan(branch=branch)
        unknown = make_loan(customer=make_customer(branch=branch, monthly_income=None))

        page = page_of(client, LIST)

        assert f'formaction="{score_url(loan.pk)}"' in page
        assert f'formaction="{score_url(unknown.pk)}"' not in page
        assert "Complete the data" in page

    def test_answers_to_post_only(self, client, branch):
        loan = make_loan(branch=branch)

        assert client.get(score_url(loan.pk)).status_code == 405
        assert not Score.objects.exists()

    def test_needs_the_token_of_our_own_pages(self, officer, branch):
        client = logged_in(officer)
        client.handler.enforce_csrf_checks = True

        assert client.post(score_url(make_loan(branch=branch).pk)).status_code == 403

    def test_is_not_for_those_who_may_not_score(self, branch):
        loan = make_loan(branch=branch)
        reader = logged_in(make_user(is_staff=True, group="Auditor", branches=[branch]))

        assert "score-button" not in page_of(reader, change_url(loan))
        assert reader.post(score_url(loan.pk)).status_code == 403

    def test_does_not_tell_anothers_loan_from_none(self, client):
        assert client.post(score_url(make_loan().pk)).status_code == 404
        assert client.post(score_url(999_999)).status_code == 404

    def test_is_missing_where_amount_or_tenor_is(self, client, branch):
        draft = make_loan(branch=branch, status="draft", tenor_months=None)

        assert "score-button" not in page_of(client, change_url(draft))
        assert "Tenor is missing." in client.post(score_url(draft.pk), follow=True).content.decode()

    def test_sends_strangers_to_the_login(self, branch):
        client = logged_in(make_user())

        assert client.post(score_url(make_loan(branch=branch).pk)).status_code == 302
        assert not Score.objects.exists()


class TestTheScorePanel:
    def scored(self, client, branch, **customer):
        loan = make_loan(customer=make_customer(branch=branch, **customer))
        client.post(score_url(loan.pk))
        return loan

    def test_says_points_bins_reasons_and_figures(self, client, branch):
        loan = self.scored(client, branch, assets_value=Decimal(9_000_000))

        page = page_of(client, change_url(loan))

        assert '<span data-testid="score">550</span>' in page
        assert "19.17%" in page
        assert "Rp958.333,33" in page
        assert "+50</b> <small>of +100" in page
        assert "50 points below the best" in page
        assert "Scorecard standard-1" in page

    def test_warns_of_facts_that_were_unknown(self, client, branch):
        page = page_of(client, change_url(self.scored(client, branch, monthly_income=None)))

        assert "no decision can rest on it" in page
        assert "counted as zero: Monthly income." in " ".join(page.split())

    def test_warns_when_the_facts_changed_since(self, client, branch):
        loan = self.scored(client, branch)
        assert 'data-testid="stale"' not in page_of(client, change_url(loan))
        loan.customer.monthly_income = Decimal(6_000_000)
        loan.customer.save()

        page = page_of(client, change_url(loan))

        assert "This score no longer fits the data." in page
        assert "Rp5.000.000 → Rp6.000.000" in page

    def test_shows_every_score_the_loan_ever_had(self, client, branch):
        loan = self.scored(client, branch)
        Loan.objects.filter(pk=loan.pk).update(tenor_months=48)
        client.post(score_url(loan.pk))

        page = page_of(client, change_url(loan))
        history = page[page.index('data-testid="history"') :]

        assert history.index('class="bprs-points">500') < history.index('class="bprs-points">600')

    def test_says_that_a_score_was_clamped(self, client, branch):
        page = page_of(client, change_url(self.scored(client, branch, monthly_income=0, assets_value=0)))

        assert "the scale runs from 300 to 850" in page

    def test_links_no_run_the_reader_may_not_open(self, client, branch):
        loan = self.scored(client, branch)
        colleague = logged_in(make_user(is_staff=True, group="Account officer", branches=[branch]))
        run_url = reverse("admin:scoring_scoringrun_change", args=[ScoringRun.objects.get().pk])

        assert run_url in page_of(client, change_url(loan))
        assert run_url not in page_of(colleague, change_url(loan))
        assert colleague.get(run_url).status_code == 404

    def test_offers_no_new_score_for_a_closed_loan(self, client, branch):
        loan = self.scored(client, branch)
        Loan.objects.filter(pk=loan.pk).update(status="settled")

        assert "score-button" not in page_of(client, change_url(loan))
