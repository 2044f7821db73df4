"""A sheet as it travels between processes: frames of JSON and of plain numbers, nothing that could be run."""

import json
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, BinaryIO

import numpy as np

from bprs.spreadsheets.batches import Batch
from bprs.spreadsheets.cells import Broken, Cell, Cells
from bprs.spreadsheets.number_cells import NumberCells

LENGTH = struct.Struct(">Q")
NUMBERS = "numbers"
OUT_OF_MEMORY = 12  # the exit code of a reader that got no more memory
END = {"end": True}
MICROSECOND = timedelta(microseconds=1)


class BrokenWire(RuntimeError):
    """What arrived is not what was sent."""


def send(file: BinaryIO, head: object, batches: Iterable[Batch]) -> None:
    """Write a head and the batches after it, and that this was all."""
    _send_json(file, head)
    for batch in batches:
        numbers = [cells.numbers for cells in batch.columns if isinstance(cells, NumberCells)]
        columns = [NUMBERS if isinstance(cells, NumberCells) else _packed(cells) for cells in batch.columns]
        surplus = [[row, _packed(cells)] for row, cells in batch.surplus.items()]
        _send_json(file, {"rows": len(batch), "columns": columns, "surplus": surplus})
        _send_bytes(file, b"".join(column.tobytes() for column in numbers))
    _send_json(file, END)


def receive_head(file: BinaryIO) -> dict[str, Any]:
    """
    What was sent first.

    :raises BrokenWire: if that is not there
    """
    head = _receive_json(file)
    if not isinstance(head, dict):
        raise BrokenWire("no head")
    return head


def receive_batches(file: BinaryIO) -> Iterator[Batch]:
    """
    The batches that follow the head.

    :raises BrokenWire: if the end is missing
    """
    while (sent := _receive_json(file)) != END:
        numbers = np.frombuffer(_receive_bytes(file), dtype=np.float64)
        yield _unpacked_batch(sent, numbers)


def _unpacked_batch(sent: dict[str, Any], numbers: np.ndarray[Any, np.dtype[np.float64]]) -> Batch:
    columns: list[Cells] = []
    rows, used = sent["rows"], 0
    for column in sent["columns"]:
        if column == NUMBERS:
            columns.append(NumberCells(numbers[used : used + rows]))
            used += rows
        else:
            columns.append(_unpacked(column))
    return Batch(columns=columns, surplus={row: _unpacked(cells) for row, cells in sent["surplus"]})


_PLAIN = frozenset([str, int, float, bool, type(None)])
_TAGS: dict[type, tuple[str, Callable[[Any], Any]]] = {
    Broken: ("broken", lambda cell: cell.value),
    datetime: ("datetime", datetime.isoformat),
    date: ("date", date.isoformat),
    time: ("time", time.isoformat),
    timedelta: ("timedelta", lambda cell: cell // MICROSECOND),
}
_READERS: dict[str, Callable[[Any], Cell]] = {
    "broken": Broken,
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "timedelta": lambda microseconds: timedelta(microseconds=microseconds),
}


def _packed(cells: Sequence[Cell]) -> list[Any]:
    return [cell if type(cell) in _PLAIN else _tagged(cell) for cell in cells]


def _tagged(cell: Cell) -> list[Any]:
    tag, written = _TAGS[type(cell)]
    return [tag, written(cell)]


def _unpacked(cells: list[Any]) -> list[Cell]:
    return [_READERS[cell[0]](cell[1]) if type(cell) is list else cell for cell in cells]


def _send_json(file: BinaryIO, value: object) -> None:
    _send_bytes(file, json.dumps(value).encode())


def _send_bytes(file: BinaryIO, content: bytes) -> None:
    file.write(LENGTH.pack(len(content)))
    file.write(content)


def _receive_json(file: BinaryIO) -> Any:
    return json.loads(_receive_bytes(file))


def _receive_bytes(file: BinaryIO) -> bytes:
    prefix = file.read(LENGTH.size)
    if len(prefix) < LENGTH.size:
        raise BrokenWire("it ends too early")
    content = file.read(LENGTH.unpack(prefix)[0])
    if len(content) < LENGTH.unpack(prefix)[0]:
        raise BrokenWire("it ends too early")
    return content
