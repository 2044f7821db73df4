"""A stranger's workbook is read in a process of its own: the same table comes back, or a refusal, in bounded time."""

import io
import json
import signal
import subprocess
import sys
import time as clock
from contextlib import suppress
from dataclasses import asdict
from datetime import date, datetime, time, timedelta
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bprs.spreadsheets import Limits, SpreadsheetRefused, open_table
from bprs.spreadsheets.batches import Batch, compact
from bprs.spreadsheets.cells import Broken
from bprs.spreadsheets.confined import open_confined
from bprs.spreadsheets.reader_process import ReaderProcesses
from bprs.spreadsheets.wire import BrokenWire, receive_batches, receive_head, send
from tests.spreadsheets.files import (
    GOOD,
    csv_file,
    saved,
    scoring_csv,
    scoring_xlsx,
    with_sheet_xml,
    workbook,
    xlsx_file,
)
from tests.waiting import wait_until

MORNING = datetime(2026, 1, 31, 8, 30)  # noqa: DTZ001 workbooks know no time zones
HEADERS = [*"abcdefgh"]
ROW = [5.5, "0012", True, date(2026, 1, 31), MORNING, time(8, 30), timedelta(hours=30), None]


def rows_of(table):
    return [[*chunk.row(row), *chunk.surplus.get(row, [])] for chunk in table.chunks() for row in range(len(chunk))]


def refused(source, **options):
    with pytest.raises(SpreadsheetRefused) as caught:
        open_confined(source, **options)
    return caught.value.code


def runaway():
    """A small upload whose rows go on and on."""
    row = "<row><c><v>1</v></c><c><v>2</v></c><c><v>3</v></c><c><v>4</v></c></row>"
    header = "".join(f"<c t='inlineStr'><is><t>{name}</t></is></c>" for name in ("gaji", "aset", "plafon", "tenor"))
    return with_sheet_xml(f"<row>{header}</row>" + row * 300_000)


class TestTheSameTable:
    def test_cells_keep_their_types(self):
        source = xlsx_file(HEADERS, ROW, [1.0, "=1+1", "#N/A", *ROW[3:], "beyond"])

        inside, apart = open_table(source), open_confined(source)

        assert rows_of(apart) == rows_of(inside)
        assert [list(map(type, row)) for row in rows_of(apart)] == [list(map(type, row)) for row in rows_of(inside)]
        assert rows_of(apart)[1][1:3] == [Broken.UNCALCULATED, Broken.ERROR]
        assert (apart.headers, apart.header_row_number, apart.sheet) == (inside.headers, 1, inside.sheet)

    def test_a_sheet_can_be_named(self):
        book = workbook([["nik"], ["1"]])
        book.create_sheet("Kedua").append(["nama"])
        book["Kedua"].append(["Siti"])

        assert open_confined(saved(book), sheet="Kedua").headers == ("nama",)

    def test_it_may_lie_on_disk(self, tmp_path):
        path = tmp_path / "data.csv"
        path.write_bytes(scoring_xlsx([1, 2, 3, 4]).getvalue())

        table = open_confined(path)

        assert rows_of(table) == [[1, 2, 3, 4]]
        assert [warning.code for warning in table.warnings] == ["extension_differs"]

    def test_a_csv_needs_no_process(self):
        assert rows_of(open_confined(scoring_csv(GOOD))) == [GOOD.split(",")]


class TestRefusals:
    def test_they_are_the_same(self):
        assert refused(io.BytesIO(b"PK\x03\x04 and then nothing")) == "broken_workbook"
        assert refused(xlsx_file([1, 2], [3, 4])) == "no_header"
        assert refused(scoring_xlsx([1, 2, 3, 4]), limits=Limits(max_bytes=10)) == "file_too_large"
        assert refused(saved(openpyxl.Workbook()), sheet="\x00") == "unknown_sheet"
        assert refused(csv_file("")) == "empty_file"

    def test_a_runaway_is_stopped_when_its_time_is_up(self):
        started = clock.monotonic()

        assert refused(runaway(), limits=Limits(max_ratio=100_000, max_seconds=1)) == "took_too_long"
        assert clock.monotonic() - started < 5

    def test_a_runaway_is_stopped_when_its_memory_is_up(self):
        limits = Limits(max_ratio=100_000, max_cells=10**12, max_memory=40 * 1024 * 1024)

        assert refused(runaway(), limits=limits) == "needs_too_much_memory"


class TestReadersThatAreReady:
    @pytest.fixture
    def readers(self):
        readers = ReaderProcesses()
        readers.keep_one_ready()
        yield readers
        readers.close()

    def test_each_reads_one_workbook_and_the_next_is_ready(self, readers, tmp_path):
        first, second, third = (ordered(readers, tmp_path / f"{number}.xlsx", number) for number in (1, 2, 3))

        assert (first, second, third) == ((0, [[1, 2, 3, 1]]), (0, [[1, 2, 3, 2]]), (0, [[1, 2, 3, 3]]))

    def test_it_is_ready_again_after_what_nobody_foresaw(self, readers, tmp_path):
        waiting = readers.ready

        exit_code, said = readers.run(b"{}", 60)

        assert (exit_code, b"KeyError" in said) == (1, True)
        assert ordered(readers, tmp_path / "a.xlsx", 4) == (0, [[1, 2, 3, 4]])
        assert readers.ready is waiting

    def test_one_that_died_while_it_waited_is_replaced(self, readers, tmp_path):
        waiting = readers.ready
        waiting.kill()
        waiting.wait()

        assert ordered(readers, tmp_path / "a.xlsx", 4) == (0, [[1, 2, 3, 4]])

    def test_one_whose_time_is_up_is_gone_and_replaced(self, readers, tmp_path):
        slow, waiting = tmp_path / "slow.xlsx", readers.ready
        slow.write_bytes(runaway().getvalue())

        with pytest.raises(subprocess.TimeoutExpired):
            readers.run(order_for(slow, limits=Limits(max_ratio=100_000)), 0.5)
        assert waiting.returncode == -signal.SIGKILL
        wait_until(lambda: living_in_group(waiting.pid) == [])
        assert ordered(readers, tmp_path / "a.xlsx", 5) == (0, [[1, 2, 3, 5]])

    def test_it_ends_when_its_owner_does(self):
        code = (
            "from bprs.spreadsheets.reader_process import ReaderProcesses as R; import os, signal; r = R(); "
            "r.keep_one_ready(); print(r.ready.pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
        )
        owner = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
        reader = int(owner.stdout)

        assert owner.returncode == -signal.SIGKILL
        assert ended_within(10, reader)


def order_for(path, *, limits):
    folder = path.parent
    order = {"source": str(path), "result": f"{path}.read", "folder": str(folder), "sheet": None}
    return json.dumps({**order, "limits": asdict(limits)}).encode()


def ordered(readers, path, last):
    """The exit code, and the rows of a workbook that ends in this number."""
    path.write_bytes(scoring_xlsx([1, 2, 3, last]).getvalue())
    exit_code, said = readers.run(order_for(path, limits=Limits()), 60)
    assert not said
    with Path(f"{path}.read").open("rb") as file:
        receive_head(file)
        return exit_code, [list(row) for batch in receive_batches(file) for row in zip(*batch.columns, strict=True)]


def living_in_group(group):
    living = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(FileNotFoundError, ProcessLookupError):  # it ended while we looked
            state, _parent, own, *_ = path.read_text().rpartition(")")[2].split()
            living += [path] if own == str(group) and state != "Z" else []
    return living


def ended_within(seconds, pid):
    """Whether a process that nobody waits for is gone, or only its entry is left."""
    until = clock.monotonic() + seconds
    while clock.monotonic() < until:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except FileNotFoundError:
            return True
        clock.sleep(0.05)
    return False


wired_cells = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.timedeltas(),
    st.sampled_from(Broken),
)


class TestWire:
    @settings(deadline=None)
    @given(st.lists(st.tuples(wired_cells, st.floats(allow_nan=False)), min_size=1), st.lists(wired_cells))
    def test_every_cell_arrives_as_it_was(self, rows, beyond):
        mixed, numbers = [list(column) for column in zip(*rows, strict=True)]
        file = io.BytesIO()
        send(file, {"sheet": "Data"}, [Batch(columns=[mixed, compact(numbers), numbers], surplus={0: beyond})])
        file.seek(0)

        head, (batch,) = receive_head(file), list(receive_batches(file))

        assert head == {"sheet": "Data"}
        assert [list(cells) for cells in batch.columns] == [mixed, numbers, numbers]
        assert list(map(type, batch.columns[0])) == list(map(type, mixed))
        assert batch.surplus == {0: beyond}

    def test_what_ends_too_early_is_noticed(self):
        file = io.BytesIO()
        send(file, {}, [Batch(columns=[["a"]], surplus={})])
        cut = io.BytesIO(file.getvalue()[:-3])

        receive_head(cut)
        with pytest.raises(BrokenWire):
            list(receive_batches(cut))
