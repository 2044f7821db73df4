"""Long scoring in a worker: a large file, and many loans."""

from decimal import Decimal

import pytest
from django.utils import timezone
from openpyxl import Workbook

from bprs.jobs.models import Job
from bprs.jobs.processes import this_process
from bprs.jobs.runner import run
from bprs.jobs.services import cancel, run_now
from bprs.jobs.tasks import run_job
from loans.models import Loan
from scoring.models import Score, ScorecardVersion, ScoringRun, Source
from scoring.result_pages import rejected_page, scored_page
from scoring.services.score_file import PART_ROWS, SCORE_FILE
from scoring.services.score_loans import CHUNK_LOANS
from scoring.services.score_selection import score_selection
from tests.api_client import ApiClient, assert_problem
from tests.factories import NOW, make_api_key, make_card_in_force, make_customer, make_loan, make_user
from tests.spreadsheets.files import part, saved, scoring_xlsx, with_parts, workbook

pytestmark = pytest.mark.django_db
HEADER = b"monthly_income,assets_value,loan_amount,tenor_months\n"
GOOD = b"5000000,20000000,10000000,12\n"
FILE = HEADER + GOOD * 3 + b"1,1,1,0\n"
THREE_PARTS = HEADER + (GOOD * (PART_ROWS - 1) + b"1,1,1,0\n") * 2 + GOOD
COUNTS = ("rows_read", "scored_count", "rejected_count", "blank_count", "high_risk_count", "is_complete")


def sheets_of(*names: str) -> Workbook:
    book = workbook([["gaji", "aset", "plafon", "tenor"], *[[1, 1, 1, 1]] * 5], names[0])
    for name in names[1:]:
        book.copy_worksheet(book.active).title = name
    return book


@pytest.fixture
def api(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    settings.BULK_ROWS_ANSWERED_AT_ONCE = 2
    return ApiClient(make_api_key(make_user(group="Account officer")))


def job_for(api: ApiClient, content: bytes) -> str:
    token = api.upload(content).json()["stored_path"]
    location: str = api.post("/predictions/bulk", {"file_path": token})["Location"]
    return location.removeprefix("/api/v1/jobs/")


def run_until(job_id: str, parts: int) -> None:
    """As a worker that is asked to end after some parts."""
    answers = iter([*[False] * parts, True])
    run(job_id=Job.objects.get(pk=job_id).pk, runner=this_process(), should_stop=lambda: next(answers))


def state_of(scoring_run: ScoringRun) -> list[object]:
    """All that a run says in the end, but for its key."""
    scoring_run.refresh_from_db()
    parts = scoring_run.parts.order_by("index").values_list("index", "start", "scored_sha256", "rejected_sha256")
    return [*(getattr(scoring_run, name) for name in COUNTS), *parts]


class TestScoreFileWork:
    def test_leads_from_the_job_to_its_run(self, api):
        job_id = job_for(api, FILE)

        run_job(job_id)

        job = api.get(f"/jobs/{job_id}").json()
        counts = ("total_rows", "high_risk_count", "rows_read", "rejected_rows", "blank_rows")
        assert (job["state"], job["progress"], job["done_count"]) == ("done", 1.0, 4)
        assert [job["result"][name] for name in counts] == [3, 0, 4, 1, 0]
        run_id = job["result"]["run_id"]
        assert api.get(f"/runs/{run_id}/results").json()["count"] == 3
        assert api.get(f"/runs/{run_id}/errors").json()["count"] == 1

    def test_comes_part_by_part_to_the_same_end_as_undisturbed(self, api):
        job_id = job_for(api, THREE_PARTS)
        for _ in range(3):
            run_until(job_id, 1)
        run_job(job_id)
        disturbed = ScoringRun.objects.get()

        other = ApiClient(make_api_key(make_user(group="Account officer")))
        run_job(job_for(other, THREE_PARTS))

        undisturbed = ScoringRun.objects.exclude(pk=disturbed.pk).get()
        assert state_of(disturbed) == state_of(undisturbed)
        assert state_of(disturbed)[:6] == [2 * PART_ROWS + 1, 2 * PART_ROWS - 1, 2, 0, 0, True]
        assert disturbed.parts.count() == 3

    def test_shows_what_is_done_before_all_is(self, api):
        job_id = job_for(api, THREE_PARTS)
        run_until(job_id, 1)

        run_id = ScoringRun.objects.get().pk

        assert api.get(f"/runs/{run_id}").json()["is_complete"] is False
        assert api.get(f"/runs/{run_id}/results", limit=1).json()["count"] == PART_ROWS - 1

    def test_pages_go_on_across_parts(self, api):
        job_id = job_for(api, THREE_PARTS)
        run_job(job_id)
        done = ScoringRun.objects.get()

        rows = scored_page(done, ["row_index"], offset=PART_ROWS - 2, limit=2)

        assert [row["row_index"] for row in rows] == [PART_ROWS - 2, PART_ROWS]
        assert [row["row_index"] for row in rejected_page(done, offset=1, limit=5)] == [2 * PART_ROWS - 1]

    def test_is_not_done_twice_if_the_worker_dies_before_it_could_say_so(self, api):
        job_id = job_for(api, FILE)
        run_job(job_id)
        Job.objects.update(state=Job.State.QUEUED, finished_at=None, result={})

        run_job(job_id)

        done = ScoringRun.objects.get()
        assert Job.objects.get().result["run_id"] == str(done.pk)
        assert done.parts.count() == 1

    def test_is_done_once_for_all_who_ask(self, api):
        first, second = job_for(api, FILE), job_for(api, FILE)
        run_job(first)

        again = api.post("/predictions/bulk", {"file_path": api.upload(FILE).json()["stored_path"]})

        assert first == second
        assert ScoringRun.objects.count() == 1
        assert (again.status_code, again.json()["result"]["total_rows"]) == (202, 3)

    def test_goes_on_when_asked_for_again_after_a_cancel(self, api):
        job_id = job_for(api, THREE_PARTS)
        run_until(job_id, 1)
        job = Job.objects.get()
        cancel(job=job, by=job.owner, at=timezone.now())
        run_job(job_id)
        assert Job.objects.get().state == Job.State.CANCELLED
        assert ScoringRun.objects.get().is_complete is False

        assert job_for(api, THREE_PARTS) == job_id
        run_job(job_id)

        assert Job.objects.get().state == Job.State.DONE
        assert ScoringRun.objects.get().scored_count == 2 * PART_ROWS - 1

    def test_keeps_the_card_it_was_asked_with(self, api):
        job_id = job_for(api, FILE)
        asked_with = ScorecardVersion.objects.in_force(NOW)
        make_card_in_force(ScorecardVersion.objects.get(name="rescaled").definition)

        run_job(job_id)

        assert ScoringRun.objects.get().version == asked_with
        assert scored_page(ScoringRun.objects.get(), ["credit_score"], offset=0, limit=1) == [{"credit_score": 600}]

    @pytest.mark.parametrize(
        ("content", "code"),
        [
            (b"nama;alamat\n" + b"a;b\n" * 5, "missing_columns"),
            (HEADER + b'"1,1,1,1\n' * 5, "broken_quotes"),
            (HEADER + b"\n" * 5, "empty_file"),
            (saved(sheets_of("Januari", "Februari")).getvalue(), "several_sheets"),
            (saved(workbook([["nama", "alamat"], *[["a", "b"]] * 5])).getvalue(), "missing_columns"),
        ],
        ids=["csv that lacks columns", "csv with open quotes", "csv of no rows", "two sheets", "lacks columns"],
    )
    def test_is_not_asked_for_where_a_first_look_says_why_not(self, api, content, code):
        token = api.upload(content).json()["stored_path"]

        assert_problem(api.post("/predictions/bulk", {"file_path": token}), 422, code)

        assert not Job.objects.exists()
        assert not ScoringRun.objects.exists()

    def test_says_why_a_workbook_cannot_be_read_to_its_end(self, api):
        good = scoring_xlsx(*[[5000000, 20000000, 10000000, 12]] * 20)
        sheet = "xl/worksheets/sheet1.xml"
        cut_off = with_parts(good, {sheet: part(good, sheet).partition(b'<row r="15"')[0]}).getvalue()
        job_id = job_for(api, cut_off)

        run_job(job_id)

        job = api.get(f"/jobs/{job_id}").json()
        run_id = ScoringRun.objects.get().pk
        told = api.get(f"/runs/{run_id}").json()
        assert (job["state"], job["error"]["code"]) == ("failed", "broken_workbook")
        assert (told["is_complete"], told["job_id"], told["error"]) == (False, job_id, job["error"])
        assert told["error"]["message"]

    @pytest.mark.parametrize("kind", ["score_file", "score_loans", "write_workbook", "check_import", "run_import"])
    def test_of_an_older_version_ends_with_a_sentence(self, kind):
        asked = {"kind": kind, "owner": make_user(), "created_at": NOW, "queued_at": NOW}
        job = Job.objects.create(params={"path": "/srv/old.csv", "language": "en"}, **asked)

        run_job(str(job.pk))

        job.refresh_from_db()
        assert (job.state, job.error["code"]) == (Job.State.FAILED, "unknown_work")

    def test_gives_the_same_within_the_request(self, api):
        job_id = job_for(api, FILE)
        in_request = Job.objects.get(pk=job_id)

        job = run_now(kind=SCORE_FILE, params=in_request.params, owner=in_request.owner, created_at=NOW)

        assert (job.state, job.result["total_rows"]) == (Job.State.DONE, 3)


class TestScoreLoansWork:
    @pytest.fixture(autouse=True)
    def two_loans_are_many(self, settings):
        settings.SCORE_LOANS_AT_ONCE = 2

    def select(self, **values):
        return score_selection(
            loans=Loan.objects.all(), scored_by=make_user(), scored_at=NOW, source=Source.ADMIN, **values
        )

    def test_scores_what_was_selected_and_nothing_that_came_later(self):
        selected = [make_loan() for _ in range(2)] + [make_loan(status="draft", tenor_months=None)]
        opened = self.select()
        later = make_loan()
        assert opened.job
        assert not Score.objects.exists()

        run_job(str(opened.job.pk))

        opened.refresh_from_db()
        later.refresh_from_db()
        assert (opened.rows_read, opened.scored_count, opened.rejected_count, opened.is_complete) == (3, 2, 1, True)
        assert opened.job.loan_selections.get().loan_ids == [loan.pk for loan in selected]
        assert later.credit_score is None

    def test_scores_few_at_once(self):
        make_loan()
        make_loan()

        scored = self.select()

        assert (scored.job, scored.is_complete, scored.scored_count) == (None, True, 2)

    @pytest.mark.slow
    def test_comes_part_by_part_to_the_same_end_as_undisturbed(self):
        customer = make_customer(monthly_income=Decimal(5_000_000))
        Loan.objects.bulk_create(
            Loan(
                loan_number=f"B{i}",
                customer=customer,
                principal_amount=10_000_000,
                tenor_months=12,
                application_date=NOW.date(),
            )
            for i in range(2 * CHUNK_LOANS + 1)
        )
        opened = self.select()
        assert opened.job
        for _ in range(2):
            run_until(str(opened.job.pk), 1)

        run_job(str(opened.job.pk))

        opened.refresh_from_db()
        assert (opened.scored_count, opened.is_complete) == (2 * CHUNK_LOANS + 1, True)
        assert Score.objects.filter(run=opened, credit_score=600).count() == 2 * CHUNK_LOANS + 1
        assert not Loan.objects.filter(credit_score=None).exists()
