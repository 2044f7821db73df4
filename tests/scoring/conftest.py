"""Portfolios in files that several tests score."""

import pytest

from tests.scoring.portfolios import score, write_parquet


@pytest.fixture
def portfolio(tmp_path):
    """Two files of three and two row groups."""
    write_parquet(tmp_path / "portfolio" / "a.parquet", 250)
    write_parquet(tmp_path / "portfolio" / "b.parquet", 150, first=251)
    return tmp_path / "portfolio"


@pytest.fixture
def scored(portfolio, tmp_path):
    assert score(portfolio, to=tmp_path / "scored")[0] == 0
    return tmp_path / "scored"
