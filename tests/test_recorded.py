"""What fails once it is in the database loses nothing: not its file, not its results."""

from contextlib import contextmanager

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, transaction
from django.db.models.signals import post_save

from bprs.access.models import Branch
from bprs.files.models import StoredFile
from bprs.files.services import store_upload
from bprs.importing.models import ImportBatch
from bprs.importing.services import ImportOptions, upload_batch
from bprs.recorded import are_surely_absent
from scoring.models import ScoringRun, Source
from scoring.services.score_file import score_stored_file
from scoring.services.verifying import Verification
from tests.factories import NOW, make_branch, make_card_in_force, make_user

FILE = b"monthly_income,assets_value,loan_amount,tenor_months\n5000000,20000000,10000000,12\n"


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@contextmanager
def cut_off_after_commit(model):
    """The transaction that adds such a row is carried out, and who waits for the answer gets an error."""

    def cut_off() -> None:
        raise OperationalError("server closed the connection unexpectedly")

    def saved(**_said) -> None:
        transaction.on_commit(cut_off)

    post_save.connect(saved, sender=model)
    try:
        with pytest.raises(OperationalError, match="unexpectedly"):
            yield
    finally:
        post_save.disconnect(saved, sender=model)


def upload(user):
    return store_upload(upload=SimpleUploadedFile("a.csv", FILE), owner=user, stored_at=NOW)


@pytest.mark.django_db(transaction=True)
class TestWhatIsRecorded:
    @pytest.fixture
    def user(self):
        make_card_in_force()
        return make_user("officer", branches=[make_branch()], group="Account officer", is_staff=True)

    def test_a_file_stays(self, user):
        with cut_off_after_commit(StoredFile):
            upload(user)

        with StoredFile.objects.get().content.open("rb") as content:
            assert content.read() == FILE

    def test_the_results_of_a_file_stay_and_are_found_again(self, user):
        def score(stored):
            return score_stored_file(stored_file=stored, scored_by=user, scored_at=NOW, source=Source.API)

        stored = upload(user)
        with cut_off_after_commit(ScoringRun):
            score(stored)

        verification = Verification()
        assert list(verification.findings()) == []
        assert score(stored) == ScoringRun.objects.get()

    def test_the_file_of_an_import_stays(self, user):
        options = ImportOptions(kind="loans", branch=Branch.objects.get())
        with cut_off_after_commit(ImportBatch):
            upload_batch(upload=SimpleUploadedFile("a.csv", FILE), owner=user, options=options, uploaded_at=NOW)

        with ImportBatch.objects.get().stored_file.content.open("rb") as content:
            assert content.read() == FILE


@pytest.mark.django_db
def test_what_is_refused_leaves_no_file(media):
    with pytest.raises(ValueError, match="must be"):
        store_upload(upload=SimpleUploadedFile("a.csv", FILE), owner="nobody", stored_at=NOW)  # type: ignore[arg-type]
    with pytest.raises(Exception, match="created_at"):
        store_upload(upload=SimpleUploadedFile("a.csv", FILE), owner=make_user(), stored_at=None)  # type: ignore[arg-type]

    assert [path for path in media.rglob("*") if path.is_file()] == []


@pytest.mark.django_db
def test_nothing_is_surely_absent_for_a_database_that_cannot_say():
    assert are_surely_absent(StoredFile.objects.all())
    with transaction.atomic():
        transaction.set_rollback(True)  # as after an error: it answers no more until the transaction is over
        assert not are_surely_absent(StoredFile.objects.all())
