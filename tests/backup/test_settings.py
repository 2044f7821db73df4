"""What a backup is told to hold."""

from django.apps import apps
from django.db.models import FileField

from bprs.files.models import StoredFile


def test_every_kind_of_file_that_rows_refer_to_is_known():
    """A new one needs its line in BACKUP_FILES."""
    fields = [field for model in apps.get_models() for field in model._meta.fields if isinstance(field, FileField)]

    assert fields == [StoredFile._meta.get_field("content")]
