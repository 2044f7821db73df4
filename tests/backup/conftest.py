"""Backups of a small bank, and of none."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import translation

from tests.backup.made import forged


@pytest.fixture(autouse=True)
def _in_english(_language_of_the_site: None) -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture(autouse=True)
def _place(settings, tmp_path: Path) -> None:
    """Of the data of the test alone."""
    settings.DATA_DIR, settings.MEDIA_ROOT = tmp_path / "data", tmp_path / "data/files"


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    """A backup that is whole, of a database that is none: it is refused before anybody looks."""
    return forged(tmp_path / "sealed.tar")
