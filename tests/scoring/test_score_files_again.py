"""Portfolios in files: going on where an attempt ended, and what is never done again because it is other work."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.scoring.portfolios import (
    content_of,
    score,
    scores_in,
    write_csv,
    write_parquet,
)

SCORED, REJECTED_TOO, REFUSED = 0, 1, 2
pytestmark = pytest.mark.django_db


class TestGoingOn:
    def test_the_same_again_does_nothing_and_says_the_same(self, portfolio, scored):
        before = content_of(scored)
        times = {path: path.stat().st_mtime_ns for path in scored.glob("part-*.parquet")}

        code, out, _err = score(portfolio, to=scored)

        assert (code, content_of(scored)) == (SCORED, before)
        assert {path: path.stat().st_mtime_ns for path in scored.glob("part-*.parquet")} == times
        assert "5" in out

    def test_what_is_missing_is_done_and_nothing_is_there_twice(self, portfolio, scored):
        before = content_of(scored)
        (scored / "_parts" / "part-00001.json").unlink()
        next(scored.glob("part-00003-*")).unlink()
        (scored / "_manifest.json").unlink()
        (scored / ".0123.part").write_bytes(b"of an attempt that was killed")
        (scored / "part-00001-0000000000000000.parquet").write_bytes(b"of another attempt")

        code, _out, _err = score(portfolio, to=scored)

        assert (code, content_of(scored)) == (SCORED, before)

    @pytest.mark.parametrize("place", [0, 100, -1])
    def test_a_part_that_was_changed_by_a_single_bit_is_done_again(self, portfolio, scored, place):
        before = content_of(scored)
        part = next(scored.glob("part-00002-*"))
        damaged = bytearray(part.read_bytes())
        damaged[place] ^= 1
        part.write_bytes(damaged)

        code, _out, _err = score(portfolio, to=scored)

        assert (code, content_of(scored)) == (SCORED, before)

    def test_changed_rejected_rows_are_written_again(self, tmp_path):
        source = write_csv(tmp_path / "in.csv", times=3)
        score(source, to=tmp_path / "out")
        before = content_of(tmp_path / "out")
        next((tmp_path / "out" / "_rejected").iterdir()).write_bytes(b"")

        score(source, to=tmp_path / "out")

        assert content_of(tmp_path / "out") == before

    def test_an_account_that_is_no_account_is_not_believed(self, portfolio, scored):
        before = content_of(scored)
        (scored / "_parts" / "part-00000.json").write_text('{"index": 0}')

        score(portfolio, to=scored)

        assert content_of(scored) == before

    def test_an_input_that_was_changed_is_refused(self, portfolio, scored):
        before = content_of(scored)
        write_parquet(portfolio / "b.parquet", 150, first=252)

        code, _out, err = score(portfolio, to=scored)

        assert (code, "b.parquet" in err) == (REFUSED, True)
        assert content_of(scored) == before

    def test_an_input_that_was_added_is_refused(self, portfolio, scored):
        write_parquet(portfolio / "c.parquet", 10)

        code, _out, err = score(portfolio, to=scored)

        assert (code, "c.parquet" in err) == (REFUSED, True)

    def test_another_card_is_refused(self, portfolio, scored):
        code, _out, err = score(portfolio, to=scored, options=("--scorecard", "rescaled-1"))

        assert (code, "standard-1" in err) == (REFUSED, True)

    def test_numbers_read_otherwise_are_refused(self, portfolio, scored):
        assert score(portfolio, to=scored, options=("--locale", "en"))[0] == REFUSED

    def test_a_plan_that_is_none_is_refused(self, portfolio, scored):
        (scored / "_plan.json").write_text("{}")

        assert score(portfolio, to=scored)[0] == REFUSED

    def test_a_part_that_cannot_be_read_is_named_and_the_others_are_scored(self, portfolio, tmp_path):
        _damage_a_page(portfolio / "a.parquet", row_group=1)

        code, _out, err = score(portfolio, to=tmp_path / "out")

        assert (code, "a.parquet" in err, "101" in err) == (REJECTED_TOO, True, True)
        assert not (tmp_path / "out" / "_manifest.json").exists()
        assert len(scores_in(tmp_path / "out")) == 300


def _damage_a_page(path: Path, *, row_group: int) -> None:
    """As a disk does: what says how long the data are is no more what it was."""
    chunk = pq.ParquetFile(path).metadata.row_group(row_group).column(1)
    start = chunk.dictionary_page_offset or chunk.data_page_offset
    content = bytearray(path.read_bytes())
    content[start : start + 16] = b"\xff" * 16
    path.write_bytes(content)
