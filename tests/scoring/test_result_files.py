"""What stands on the disk of a scored file: whole, unchanged, and once."""

import errno
import os
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.translation import override

from bprs.files.services import store_upload
from scoring.models import ScoringRun, Source
from scoring.result_pages import scored_page
from scoring.result_parts import ResultsChanged
from scoring.selectors import explain, explain_row
from scoring.services.score_file import FileChoices, NoRoomForResults, score_stored_file
from scoring.services.score_loans import score_loan
from tests.api_client import ApiClient, assert_problem
from tests.factories import NOW, make_api_key, make_card_in_force, make_loan, make_user

pytestmark = pytest.mark.django_db
HEADER = b"monthly_income,assets_value,loan_amount,tenor_months\n"
FILE = HEADER + b"5000000,20000000,10000000,12\n,,,\n1,1,1,x\n2000000,0,10000000,6\n"


@pytest.fixture(autouse=True)
def storage(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def score(user=None, content: bytes = FILE, **choices) -> ScoringRun:
    user = user or make_user()
    stored = store_upload(upload=SimpleUploadedFile("a.csv", content), owner=user, stored_at=NOW)
    return score_stored_file(
        stored_file=stored, scored_by=user, scored_at=NOW, source=Source.API, choices=FileChoices(**choices)
    )


def files_of(run: ScoringRun, settings) -> list[Path]:
    return sorted(Path(settings.MEDIA_ROOT, "runs", str(run.pk)).iterdir())


class TestResultFiles:
    def test_are_one_of_scored_and_one_of_rejected_rows_for_a_part(self, settings):
        run = score()

        part = run.parts.get()
        assert [file.name for file in files_of(run, settings)] == [
            f"00000-rejected-{part.rejected_sha256[:16]}.parquet",
            f"00000-scored-{part.scored_sha256[:16]}.parquet",
        ]
        assert (part.rows_read, part.scored_count, part.rejected_count, part.blank_count) == (4, 2, 1, 1)

    def test_are_none_of_scored_rows_where_none_was_scored(self, settings):
        run = score(content=HEADER + b"1,1,1,x\n")

        assert (run.is_complete, run.rows_read, run.scored_count) == (True, 1, 0)
        assert [file.name[:14] for file in files_of(run, settings)] == ["00000-rejected"]

    def test_are_read_by_nobody_else(self, settings):
        assert {file.stat().st_mode & 0o777 for file in files_of(score(), settings)} == {0o600}

    @pytest.mark.parametrize("change", [lambda file: file.write_bytes(file.read_bytes()[:-1] + b"x"), Path.unlink])
    def test_that_were_changed_or_lost_are_refused(self, settings, change):
        run = score()

        for file in files_of(run, settings):
            change(file)

        with override("en"), pytest.raises(ResultsChanged, match="changed on disk"):
            scored_page(run, ["row_index"], offset=0, limit=1)

    def test_that_were_changed_are_a_refusal_over_http(self, settings):
        user = make_user(group="Account officer")
        run = score(user)
        for file in files_of(run, settings):
            file.write_bytes(b"PAR1")

        api = ApiClient(make_api_key(user))

        for path in ("results", "errors", "download", "download?format=xlsx", "download?format=parquet"):
            assert_problem(api.get(f"/runs/{run.pk}/{path}"), 409, "results_changed")
        with pytest.raises(ResultsChanged):
            explain_row(run, 0)

    @pytest.mark.parametrize("fault", [errno.ENOSPC, errno.EDQUOT])
    def test_leave_nothing_half_on_a_full_disk(self, settings, monkeypatch, fault):
        def no_room(_descriptor: int) -> None:
            raise OSError(fault, os.strerror(fault))

        monkeypatch.setattr(os, "fsync", no_room)

        with pytest.raises(NoRoomForResults):
            score()

        assert not ScoringRun.objects.exists()
        assert list(Path(settings.MEDIA_ROOT).glob("runs/*")) == []


class TestExplainRow:
    def test_says_of_a_row_what_is_said_of_a_loan(self):
        run = score()
        loan = make_loan()
        head_office = make_user(sees_all_branches=True)
        of_loan = score_loan(loan_id=loan.pk, scored_by=head_office, scored_at=NOW, source=Source.API)

        of_row = explain_row(run, 0)

        assert of_row
        assert of_row.characteristics == explain(of_loan.score).characteristics
        assert of_row.recommendation == "Segment MEDIUM - DSR: 0.19"
        assert of_row.score.facts == {
            name: fact for name, fact in of_loan.score.facts.items() if name not in ("akad", "purpose")
        }

    @pytest.mark.parametrize("row_index", [1, 2, 9])
    def test_has_nothing_to_say_of_rows_that_were_not_scored(self, row_index):
        assert explain_row(score(), row_index) is None


class TestTheSameFile:
    def test_of_the_same_user_is_the_same_run(self):
        user = make_user()

        assert score(user) == score(user)

    def test_of_another_user_or_read_otherwise_or_with_another_card_is_another(self):
        user = make_user()
        runs = [score(user), score(), score(user, locale="en")]

        make_card_in_force({**runs[0].version.definition, "name": "other"})
        runs.append(score(user))

        assert len({run.pk for run in runs}) == 4

    def test_with_one_cell_changed_is_another(self):
        user = make_user()

        assert score(user) != score(user, FILE.replace(b"2000000", b"2000001"))
