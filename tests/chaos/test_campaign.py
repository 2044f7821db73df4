"""A small campaign in every run; campaign.py says how to have a large one."""

import pytest

from tests.chaos.campaign import campaign
from tests.databases import new_databases, worker

pytestmark = pytest.mark.slow
ORDER = {
    "rows": 6_000,
    "kills": 5,
    "seed": 20261124,
    "workers": 2,
    "part_rows": 30,
    "files": 1,
    "score_rows": 100_000,
    "undo": False,
}


def test_whatever_is_killed_the_bank_ends_as_if_nothing_had_been(django_db_setup, tmp_path):
    with new_databases(f"calm_{worker()}", f"chaos_{worker()}", folder=tmp_path) as databases:
        found = campaign(ORDER, tmp_path, databases=(databases[0], databases[1]))

    assert found["differences"] == []
    assert sum(found["chaos"]["killed"].values()) >= 1  # a fast machine may be done before the last are tried
    assert found["chaos"]["files"]["wrong"] == 0
    assert found["rows"]["loans.Loan"] > 5_500
