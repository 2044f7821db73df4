"""Uploads as they are kept outside of tests. That they are flushed is seen by strace: `flushed-before-told` in tests/faults."""

import errno

import pytest
from django.core.files.base import ContentFile

from bprs import settings as of_the_site
from bprs.synced_storage import SyncedFiles
from tests.small_disks import files_on, filled, small_disk_or_skip


def test_the_site_keeps_its_files_so():
    backend = f"{SyncedFiles.__module__}.{SyncedFiles.__qualname__}"

    assert of_the_site.STORAGES["default"] == {"BACKEND": backend, "OPTIONS": {}}


@pytest.mark.parametrize("content", [b"", b"x", b"x" * 200_000])
def test_what_was_saved_is_read_back(tmp_path, content):
    storage = SyncedFiles(location=tmp_path)

    name = storage.save("uploads/a.csv", ContentFile(content))

    assert (tmp_path / name).read_bytes() == content


def test_a_full_disk_is_told(tmp_path):
    with small_disk_or_skip(tmp_path, megabytes=1) as disk, filled(disk):
        with pytest.raises(OSError, match="No space left") as told:
            SyncedFiles(location=disk).save("a.csv", ContentFile(b"x" * 200_000))
        assert told.value.errno == errno.ENOSPC
        assert sum(path.stat().st_size for path in files_on(disk)) == 0
