"""Whose long work, runs and imports somebody sees: one's own, one's staff's, or everybody's."""

import pytest
from django.urls import reverse

from bprs.access.models import Branch, User
from bprs.jobs.models import Job
from scoring.models import ScoringRun, Source
from scoring.services.open_runs import open_run
from tests.admin_client import logged_in
from tests.api_client import ApiClient
from tests.factories import NOW, make_api_key, make_branch, make_card_in_force, make_user
from tests.importing.batches import checked

pytestmark = pytest.mark.django_db
FILE = b"cif;nama;no rekening;monthly_income;assets_value;loan_amount;tenor_months\nC-1;Siti;P-1;5000000;20000000;10000000;12\n"


@pytest.fixture
def branches() -> list[Branch]:
    return [make_branch(), make_branch()]


def officer_in(*branches: Branch) -> User:
    return make_user(group="Account officer", is_staff=True, branches=list(branches))


def supervisor_of(*branches: Branch) -> User:
    return make_user(group="Supervisor", is_staff=True, branches=list(branches))


class TestWhoseWorkIsSeen:
    def test_by_an_officer_is_their_own(self, branches):
        officer, _colleague = officer_in(branches[0]), officer_in(branches[0])

        assert set(officer.whose_work_is_seen()) == {officer}

    def test_by_a_supervisor_is_that_of_who_works_under_them_alone(self, branches):
        here, there = branches
        supervisor, officer = supervisor_of(here), officer_in(here)
        officer_in(there), officer_in(here, there), officer_in()
        make_user(group="Risk staff", sees_all_branches=True, branches=[here])
        make_user(is_superuser=True, branches=[here])

        assert set(supervisor.whose_work_is_seen()) == {supervisor, officer}
        assert set(supervisor_of(here, there).whose_work_is_seen()) >= {supervisor, officer}

    def test_by_a_supervisor_without_a_branch_is_their_own(self, branches):
        officer_in(branches[0]), officer_in()
        supervisor = supervisor_of()

        assert set(supervisor.whose_work_is_seen()) == {supervisor}

    def test_by_head_office_is_everybodys(self, branches):
        officer_in(branches[0])
        auditor = make_user(group="Auditor", sees_all_branches=True)

        assert auditor.whose_work_is_seen().count() == User.objects.count()


class TestThroughTheDoors:
    @pytest.fixture
    def pages(self, branches, settings, tmp_path) -> list[str]:
        """Of a job, a run and an import of an officer of the first branch."""
        settings.MEDIA_ROOT, settings.IMPORT_ROWS_AT_ONCE = tmp_path, 100
        make_card_in_force()
        officer = officer_in(branches[0])
        job = Job.objects.create(kind="score_loans", owner=officer, created_at=NOW, queued_at=NOW, params={})
        run = open_run(run_id=job.pk, scored_by=officer, scored_at=NOW, source=Source.ADMIN)
        ScoringRun.objects.filter(pk=run.pk).update(job=job)
        job.params = {"run_id": str(run.pk)}
        job.save()
        batch = checked(officer, FILE, branch=branches[0])
        return [
            reverse("admin:jobs_job_change", args=[job.pk]),
            reverse("admin:scoring_scoringrun_change", args=[run.pk]),
            reverse("admin:importing_importbatch_change", args=[batch.pk]),
        ]

    def test_a_supervisor_looks_at_it(self, pages, branches):
        desk = logged_in(supervisor_of(branches[0]))

        assert [desk.get(page).status_code for page in pages] == [200, 200, 200]

    def test_a_colleague_and_a_supervisor_of_another_branch_do_not(self, pages, branches):
        for stranger in (officer_in(branches[0]), supervisor_of(branches[1])):
            desk = logged_in(stranger)
            assert [desk.get(page).status_code for page in pages] == [404, 404, 404]

    def test_the_lists_of_a_supervisor_name_it(self, pages, branches):
        api = ApiClient(make_api_key(supervisor_of(branches[0])))

        assert [api.get(path).json()["count"] for path in ("/jobs", "/runs")] == [
            2,
            1,
        ]  # the check of the import is a job, too

    def test_an_import_goes_on_in_the_name_of_who_brought_it(self, pages, branches):
        run = reverse("admin:importing_importbatch_run", args=[pages[2].split("/")[-3]])

        assert logged_in(supervisor_of(branches[0])).post(run).status_code == 403
