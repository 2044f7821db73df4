"""Jobs that write rows where a test can count them."""

import pytest


@pytest.fixture(autouse=True)
def works(settings):
    settings.JOB_HANDLERS = {"write": "tests.jobs.works.WriteRows"}
