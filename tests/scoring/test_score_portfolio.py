"""The whole portfolio, scored by several workers at once: nothing twice, nothing left out."""

import os
import re
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from bprs.jobs.models import Job
from bprs.jobs.tasks import run_job
from loans.models import Loan
from scoring.models import Score, ScoringRun, Source
from scoring.services.score_loans import CHUNK_LOANS
from scoring.services.score_selection import score_in_jobs
from tests.command_line import run
from tests.factories import NOW, make_card_in_force, make_loan, make_user
from tests.tampering import put_no_card_in_force

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.django_db


@pytest.fixture
def head_office():
    return make_user("budi", sees_all_branches=True, permissions=["scoring.score_loan"])


@pytest.fixture
def loans(head_office):
    return [make_loan() for _ in range(3)]


def run_jobs() -> None:
    for job in Job.objects.order_by("queued_at"):
        run_job(str(job.pk))


class TestScorePortfolio:
    def test_queues_what_workers_then_score(self, loans):
        code, out, _err = run("score_portfolio", "--user", "budi", "--no-wait")

        assert (code, "1" in out) == (0, True)
        assert not Score.objects.exists()
        run_jobs()
        assert Score.objects.count() == 3
        assert ScoringRun.objects.get().source == Source.COMMAND

    def test_filters_as_score_loans_does(self, loans):
        run("score_portfolio", "--user", "budi", "--no-wait", "--loan-number", loans[1].loan_number)
        run_jobs()

        assert list(Loan.objects.exclude(scored_at=None)) == [loans[1]]

    def test_nothing_to_score_is_said(self, head_office):
        assert run("score_portfolio", "--user", "budi")[0] == 2
        assert not Job.objects.exists()

    def test_who_may_not_score_may_not_here(self, loans):
        make_user("ina", group="Auditor")

        assert run("score_portfolio", "--user", "ina", "--no-wait")[0] == 2
        assert not Job.objects.exists()

    def test_without_a_card_in_force_nothing_is_queued(self, loans):
        put_no_card_in_force()

        assert run("score_portfolio", "--user", "budi", "--no-wait")[0] == 2
        assert not Job.objects.exists()

    def test_fewer_than_one_job(self, loans):
        assert run("score_portfolio", "--user", "budi", "--jobs", "0")[0] == 2


@pytest.mark.slow
@pytest.mark.parametrize(("most_jobs", "sizes"), [(1, [20_001]), (2, [10_000, 10_001]), (9, [6_667, 6_667, 6_667])])
def test_every_loan_is_in_one_run_of_about_the_same_size(head_office, most_jobs, sizes):
    make_card_in_force()
    first = make_loan()
    copies = [Loan(**_fields(first), loan_number=f"PB-{number}") for number in range(2 * CHUNK_LOANS)]
    Loan.objects.bulk_create(copies)

    runs = score_in_jobs(
        loans=Loan.objects.all(), scored_by=head_office, scored_at=NOW, source=Source.COMMAND, most_jobs=most_jobs
    )

    assert [each.job and each.job.total_count for each in runs] == sizes
    run_jobs()
    counts = ScoringRun.objects.values_list("rows_read", "scored_count", "is_complete")
    assert sorted(counts) == sorted((size, size, True) for size in sizes)
    assert Score.objects.values("loan").distinct().count() == Score.objects.count() == sum(sizes)


@pytest.mark.slow
def test_it_waits_for_workers_and_tells_the_sum(own_database, tmp_path):
    site = {"DJANGO_SETTINGS_MODULE": "bprs.settings", "BPRS_DATA_DIR": str(tmp_path)}
    environment = {**os.environ, **site, **own_database}

    def manage(*arguments: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    manage("demo", "--customers", "2000", "--loans", "12000").communicate(timeout=120)
    with ExitStack() as running:
        for _ in range(2):
            worker = running.enter_context(manage("work"))
            running.callback(worker.terminate)
        command = manage("score_portfolio", "--user", "admin", "--jobs", "2")
        said, _ = command.communicate(timeout=300)

    # Closed financing keeps the score it has, and is refused.
    scored, refused = map(int, re.findall(r"[0-9]+", said.splitlines()[1]))
    assert (command.returncode, scored + refused) == (1, 12_000), said
    assert min(scored, refused) > 0


def _fields(loan):
    return {
        field.attname: getattr(loan, field.attname)
        for field in Loan._meta.concrete_fields
        if field.name not in ("id", "loan_number")
    }
