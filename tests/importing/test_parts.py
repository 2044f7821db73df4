"""A large import is written in parts, and what comes of it does not depend on them."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bprs.importing.models import ImportBatch
from bprs.importing.parts import packed, parts_of, rows_of, unpacked
from bprs.importing.services import run_batch
from bprs.jobs.models import Job
from bprs.jobs.processes import this_process
from bprs.jobs.runner import run
from bprs.jobs.services import cancel, retry
from customers.models import Customer
from loans.models import Loan
from scoring.models import Score, ScoringRun
from tests.factories import NOW, make_customer, make_loan
from tests.importing.batches import (
    HEADERS,
    application,
    checked,
    counts,
    csv_of,
    finished,
    undone,
)
from tests.tampering import put_no_card_in_force

pytestmark = pytest.mark.django_db

FIVE = csv_of(HEADERS, [application(n) for n in range(5)])


@pytest.fixture(autouse=True)
def in_parts_of_two(settings):
    settings.IMPORT_ROWS_AT_ONCE = 0
    settings.IMPORT_PART_ROWS = 2


def begun(officer, content: bytes, **options: Any) -> ImportBatch:
    """Checked, confirmed, and waiting for a worker."""
    batch = finished(checked(officer, content, **options))
    return run_batch(batch=batch, run_by=officer, run_at=NOW)


def job_of(batch: ImportBatch) -> Job:
    batch.refresh_from_db()
    assert batch.job is not None
    return batch.job


class TestPartsOf:
    def test_keep_rows_of_one_group_together_whatever_their_number(self):
        parts = parts_of(6, dict(enumerate(["a", "b", "c", "a", "a", "d"])), size=2)

        assert parts.tolist() == [0, 0, 1, 0, 0, 1]

    def test_take_rows_without_a_group_along(self):
        assert parts_of(5, {0: "a", 4: "b"}, size=2).tolist() == [0, 0, 1, 1, 2]

    def test_come_back_from_storage(self):
        parts = parts_of(5, {}, size=2)

        assert [rows.tolist() for rows in rows_of(unpacked(packed(parts)))] == [[0, 1], [2, 3], [4]]

    def test_of_nothing_are_none(self):
        assert rows_of(parts_of(0, {}, size=2)) == []


class TestJobs:
    def test_end_as_the_same_import_within_the_request(self, officer, branch):
        batch = finished(begun(officer, FIVE, branch=branch, is_scored=True))

        assert (batch.state, counts(batch)) == ("done", (5, 0, 0, 0, 0))
        assert [chunk.rows for chunk in job_of(batch).chunks.order_by("index")] == [2, 2, 1]
        assert Loan.objects.filter(credit_score__isnull=False).count() == 5
        assert (ScoringRun.objects.get().scored_count, ScoringRun.objects.get().is_complete) == (5, True)

    def test_stopped_after_every_part_go_on_where_they_were(self, officer, branch):
        batch = finished(begun(officer, FIVE, branch=branch, is_scored=True), parts_at_once=1)

        assert counts(batch) == (5, 0, 0, 0, 0)
        assert (Loan.history.count(), Score.objects.count(), ScoringRun.objects.count()) == (5, 5, 1)

    def test_undo_in_parts_too(self, officer, branch, settings):
        batch = finished(begun(officer, FIVE, branch=branch))

        batch = finished(undone(batch), parts_at_once=1)

        assert (batch.state, batch.undone["removed"]) == ("undone", 10)
        assert not Customer.objects.exists()

    def test_cancelled_keep_the_parts_that_were_written_and_can_go_on(self, officer, branch):
        batch = begun(officer, FIVE, branch=branch)
        stop_after_one_part(batch, officer)

        assert (batch.state, Loan.objects.count()) == ("partly_done", 2)

        retry(job=job_of(batch), at=NOW)
        batch = finished(batch)
        assert (batch.state, counts(batch)) == ("done", (5, 0, 0, 0, 0))

    def test_cancelled_take_everything_back_if_it_was_to_be_all_or_nothing(self, officer, branch):
        batch = begun(officer, FIVE, branch=branch, is_all_or_nothing=True)
        stop_after_one_part(batch, officer)

        assert batch.state == "withdrawn"
        assert not Loan.objects.exists()
        assert not Customer.objects.exists()

    def test_taken_back_do_not_go_on(self, officer, branch):
        batch = begun(officer, FIVE, branch=branch, is_all_or_nothing=True)
        stop_after_one_part(batch, officer)

        retry(job=job_of(batch), at=NOW)
        finished(batch)

        assert (job_of(batch).state, job_of(batch).error["code"]) == ("failed", "import_is_over")
        assert not Loan.objects.exists()

    def test_without_a_card_import_nothing_they_cannot_score(self, officer, branch):
        put_no_card_in_force()
        batch = finished(begun(officer, FIVE, branch=branch, is_scored=True))

        assert (job_of(batch).state, batch.state) == ("partly_done", "partly_done")
        assert not Loan.objects.exists()


def stop_after_one_part(batch: ImportBatch, officer) -> None:
    job = job_of(batch)
    answers = iter([False, True])
    run(job_id=job.pk, runner=this_process(), should_stop=lambda: next(answers))
    cancel(job=job, by=officer, at=NOW + timedelta(minutes=1))
    finished(batch)


NIKS = ["", "3273014501900001", "3171010101800002", "3273014501900003"]
CELLS = st.fixed_dictionaries(
    {
        "cif": st.sampled_from(["", "C-0", "C-1", "C-2", "C-3", "C-4"]),
        "nama": st.sampled_from(["", "Siti", "Budi"]),
        "nik": st.sampled_from(NIKS),
        "no rekening": st.sampled_from(["", "P-0", "P-1", "P-2", "P-3", "P-4", "P-5"]),
        "cabang": st.sampled_from(["", "001", "009"]),
        "monthly_income": st.sampled_from(["5000000", "6000000", "", "x"]),
        "assets_value": st.just("0"),
        "loan_amount": st.sampled_from(["10000000", "20000000"]),
        "tenor_months": st.sampled_from(["12", "24"]),
    }
)


def outcome(officer, branch, content: bytes, *, part_rows: int, parts_at_once: int, options) -> Any:
    """Everything that came of an import, without primary keys and times; nothing of it stays."""
    options.IMPORT_PART_ROWS = part_rows
    with transaction.atomic():
        batch = finished(begun(officer, content, branch=branch), parts_at_once=parts_at_once)
        customers = Customer.objects.order_by("customer_number").values_list(
            "customer_number", "full_name", "nik_hash", "branch__code", "monthly_income", "assets_value"
        )
        loans = Loan.objects.order_by("loan_number").values_list(
            "loan_number", "customer__customer_number", "principal_amount", "tenor_months"
        )
        rejections = batch.rejections.order_by("row_index").values_list("row_number", "faults")
        history = Customer.history.count(), Loan.history.count()
        found = batch.state, counts(batch), list(customers), list(loans), list(rejections), history
        transaction.set_rollback(True)
    return found


class TestWhateverTheParts:
    @settings(
        max_examples=25,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    @given(rows=st.lists(CELLS, min_size=1, max_size=9))
    def test_the_same_comes_of_it(self, officer, branch, request, rows):
        options = request.getfixturevalue("settings")
        content = csv_of(list(rows[0]), [list(row.values()) for row in rows])
        with transaction.atomic():
            known = make_customer(customer_number="C-0", full_name="Siti", branch=branch, nik=NIKS[1])
            make_loan(customer=known, loan_number="P-0")
            make_customer(customer_number="C-1", full_name="Budi", nik=NIKS[3])

            whole = outcome(officer, branch, content, part_rows=1000, parts_at_once=1000, options=options)
            small = outcome(officer, branch, content, part_rows=1, parts_at_once=1000, options=options)
            killed = outcome(officer, branch, content, part_rows=2, parts_at_once=1, options=options)
            transaction.set_rollback(True)

        assert whole == small == killed
