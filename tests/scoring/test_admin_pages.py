"""The first page, runs, scores and scorecards: looked at, never written."""

from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from bprs.files.services import store_upload
from loans.models import Loan
from scoring.models import Score, ScorecardVersion, ScoringRun, Source
from scoring.services.overview import refresh_overview
from scoring.services.score_file import score_stored_file
from scoring.services.score_loans import score_loans
from tests.admin_client import logged_in, page_of, queries_of
from tests.factories import make_branch, make_card_in_force, make_customer, make_loan, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def branch():
    return make_branch(name="Cabang Kita")


@pytest.fixture(autouse=True)
def _card():
    make_card_in_force()


@pytest.fixture
def client(officer):
    return logged_in(officer)


def score_all(officer):
    return score_loans(loans=Loan.objects.all(), scored_by=officer, scored_at=timezone.now(), source=Source.ADMIN)


def queue_count(page, queue):
    card = page[page.index(f'data-testid="queue-{queue}"') :]
    return int(card[card.index("<b>") + 3 : card.index("</b>")])


class TestTheFirstPage:
    def test_counts_what_waits_in_the_officers_branch(self, client, branch, officer):
        make_loan(branch=branch, principal_amount=Decimal(100_000_000))
        score_all(officer)
        make_loan(branch=branch)
        make_loan(branch=branch, status="draft", tenor_months=None)
        make_loan(customer=make_customer(branch=branch, monthly_income=None), status="approved")
        make_loan()

        page = page_of(client, "/admin/?work=all")

        queues = ("complete", "score", "recommend", "disburse")
        assert [queue_count(page, queue) for queue in queues] == [1, 1, 1, 1]
        assert "?queue=score&amp;officer=me" not in page

    def test_counts_an_account_officers_own_work_and_the_branchs_when_asked(self, branch):
        ani = make_user(is_staff=True, group="Account officer", branches=[branch])
        make_loan(branch=branch, account_officer=ani)
        make_loan(branch=branch)

        own, all_of_it = (page_of(logged_in(ani), f"/admin/{asked}") for asked in ("", "?work=all"))

        assert [queue_count(page, "score") for page in (own, all_of_it)] == [1, 2]
        assert "?queue=score&amp;officer=me" in own

    def test_shows_the_running_portfolio_by_segment(self, client, branch, officer):
        make_loan(branch=branch, status="disbursed", collectibility=1)
        make_loan(
            branch=branch, status="disbursed", collectibility=3, principal_amount=Decimal(30_000_000), tenor_months=60
        )
        make_loan(status="disbursed", principal_amount=Decimal(900_000_000))
        score_all(officer)
        refresh_overview(at=timezone.now())

        page = page_of(client, "/admin/")
        portfolio = page[page.index('data-testid="portfolio"') :]

        assert "Rp10 jt" in portfolio
        assert "Rp30 jt" in portfolio
        assert "75%" in portfolio
        assert "Rp900 jt" not in portfolio

    def test_speaks_indonesian_unless_asked_otherwise(self, officer):
        english_computer = logged_in(officer, language="")
        english_computer.defaults["HTTP_ACCEPT_LANGUAGE"] = "en-US,en"

        assert '<html lang="id"' in page_of(english_computer, "/admin/")
        assert '<html lang="en"' in page_of(logged_in(officer, language="en"), "/admin/")

    def test_is_there_for_those_who_may_do_nothing(self):
        assert "queue-score" not in page_of(logged_in(make_user(is_staff=True)), "/admin/")

    def test_asks_nothing_of_other_hosts(self, client):
        page = page_of(client, "/admin/")

        assert 'src="http' not in page
        assert 'href="http' not in page


class TestRuns:
    def test_list_and_page_say_who_when_how_many_and_what_was_refused(self, client, branch, officer):
        make_loan(branch=branch)
        draft = make_loan(branch=branch, status="draft", tenor_months=None)
        run = score_all(officer)

        page = page_of(client, reverse("admin:scoring_scoringrun_change", args=[run.pk]))

        assert draft.loan_number in page
        assert "Tenor is missing." in page
        assert "standard-1" in page_of(client, "/admin/scoring/scoringrun/")

    def test_lead_to_their_scores(self, client, branch, officer):
        first, second = make_loan(branch=branch), make_loan(branch=branch)
        run = score_loans(
            loans=Loan.objects.filter(pk=first.pk), scored_by=officer, scored_at=timezone.now(), source=Source.ADMIN
        )
        score_all(officer)
        url = f"/admin/scoring/score/?run__id__exact={run.pk}"

        assert url in page_of(client, reverse("admin:scoring_scoringrun_change", args=[run.pk]))
        page = page_of(client, url)
        assert first.loan_number in page
        assert second.loan_number not in page

    def test_of_a_file_name_the_rejected_rows(self, client, officer, settings, tmp_path):
        settings.MEDIA_ROOT = tmp_path
        content = b"gaji;aset;plafon;tenor\n5000000;20000000;10000000;12\n5000000;20000000;10000000;12,5\n"
        stored = store_upload(upload=SimpleUploadedFile("a.csv", content), owner=officer, stored_at=timezone.now())
        run = score_stored_file(stored_file=stored, scored_by=officer, scored_at=timezone.now(), source=Source.API)

        page = page_of(client, reverse("admin:scoring_scoringrun_change", args=[run.pk]))

        assert "Row 3" in page
        assert "12,5 is not a whole number." in page

    def test_of_others_are_not_found(self, client):
        make_loan()
        run = score_all(make_user())

        assert client.get(reverse("admin:scoring_scoringrun_change", args=[run.pk])).status_code == 404

    def test_show_scores_of_visible_loans_only(self, client, branch, officer):
        ours, theirs = make_loan(branch=branch), make_loan()
        score_all(officer)

        page = page_of(client, "/admin/scoring/score/")

        assert ours.loan_number in page
        assert theirs.loan_number not in page

    @pytest.mark.parametrize("model", [ScoringRun, Score, ScorecardVersion])
    def test_runs_scores_and_cards_are_written_by_nobody(self, model, branch):
        make_loan(branch=branch)
        score_all(make_user())
        client = logged_in(make_user(is_staff=True, is_superuser=True))
        url = f"/admin/scoring/{model._meta.model_name}/"
        row = f"{url}{model.objects.first().pk}/"

        assert client.get(f"{url}add/").status_code == 403
        assert client.post(f"{row}change/", {"credit_score": "850"}).status_code == 403
        assert client.post(f"{row}delete/", {"post": "yes"}).status_code == 403
        assert client.get(f"{row}change/").status_code == 200

    def test_lists_cost_the_same_queries_however_many_rows(self, client, branch, officer):
        counts = []
        for _ in range(2):
            for _ in range(3):
                make_loan(branch=branch)
            score_all(officer)
            counts.append([queries_of(client, f"/admin/scoring/{name}/") for name in ("scoringrun", "score")])

        assert counts[0] == counts[1]


class TestScorecards:
    def test_page_shows_points_bands_hash_and_what_the_card_can_never_do(self, client):
        card = ScorecardVersion.objects.in_force(timezone.now())

        page = page_of(client, reverse("admin:scoring_scorecardversion_change", args=[card.pk]))

        assert "The segment Low risk is never assigned." in page
        assert "The probability of default 1% is never assigned." in page
        assert "26 of 60 combinations fall below 300" in page
        assert "−200" in page  # noqa: RUF001 a minus sign is meant
        assert card.content_hash in page
        assert "charged once" in page

    def test_page_of_a_draft_says_so(self, client):
        draft = ScorecardVersion.objects.get(name="annual")

        page = page_of(client, reverse("admin:scoring_scorecardversion_change", args=[draft.pk]))

        assert "Draft" in page
        assert "for every year of the tenor" in page
