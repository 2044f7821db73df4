"""What every test of imports may ask for."""

from pathlib import Path

import pytest

from tests.factories import make_branch, make_card_in_force, make_user


@pytest.fixture(autouse=True)
def media(settings, tmp_path: Path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def branch():
    return make_branch(code="001")


@pytest.fixture
def officer(branch):
    make_card_in_force()
    return make_user("officer", branches=[branch], group="Account officer", is_staff=True)
