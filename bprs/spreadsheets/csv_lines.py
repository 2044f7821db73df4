"""The lines of a text in which every line is a row, as UTF-8 bytes in pieces of so many lines."""

import codecs
from collections.abc import Iterable, Iterator
from itertools import chain, repeat

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import csv

from bprs.spreadsheets.cells import Cell, Cells, is_blank
from bprs.spreadsheets.contents import Source, open_bytes
from bprs.spreadsheets.csv_dialect import Dialect
from bprs.spreadsheets.limits import MEGABYTE
from bprs.spreadsheets.text_cells import TextCells

# Arrow would take signals while it reads, and loses some of them (seen with SIGINT and SIGTERM); Python's handlers run after a block.
pa.enable_signal_handlers(False)  # noqa: FBT003 its only form

BLOCK_BYTES = 4 * MEGABYTE
NEWLINE, QUOTE = ord("\n"), ord('"')


def line_blocks(source: Source, dialect: Dialect, size: int = BLOCK_BYTES) -> Iterator[bytes]:
    """The text from its beginning in UTF-8; every line ends in a line feed and nothing else."""
    held = b""
    for block in _utf8_blocks(source, dialect.encoding, size):
        text = held + block
        held = b"\r" if text.endswith(b"\r") else b""
        yield _with_line_feeds(text.removesuffix(held) if held else text)
    if held:
        yield b"\n"


def pieces_of_lines(blocks: Iterable[bytes], *, skip: int, size: int) -> Iterator[bytes]:
    """The lines after the first `skip`, `size` in every piece but the last."""
    pieces = _pieces(blocks, chain([skip] if skip else [], repeat(size)))
    if skip:
        next(pieces, None)
    return pieces


def line_ends(text: bytes | memoryview | npt.NDArray[np.uint8]) -> npt.NDArray[np.intp]:
    """Where the line feeds are."""
    return np.flatnonzero(np.frombuffer(text, dtype=np.uint8) == NEWLINE)


def _utf8_blocks(source: Source, encoding: str, size: int) -> Iterator[bytes]:
    with open_bytes(source) as file:
        blocks = iter(lambda: file.read(size), b"")
        if encoding == "utf-8-sig":
            file.seek(len(codecs.BOM_UTF8) if file.read(3) == codecs.BOM_UTF8 else 0)
            yield from blocks
            return
        decoder = codecs.getincrementaldecoder(encoding)()
        yield from (decoder.decode(block).encode() for block in blocks)
        yield decoder.decode(b"", final=True).encode()


def _with_line_feeds(text: bytes) -> bytes:
    return text.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in text else text


def _pieces(blocks: Iterable[bytes], sizes: Iterator[int]) -> Iterator[bytes]:
    held: list[memoryview] = []
    wanted = next(sizes)
    for block in filter(None, blocks):
        text, ends, start, used = memoryview(block), line_ends(block), 0, 0
        while len(ends) - used >= wanted:
            used += wanted
            end = int(ends[used - 1]) + 1
            yield b"".join([*held, text[start:end]])
            held, start, wanted = [], end, next(sizes)
        held.append(text[start:])
        wanted -= len(ends) - used
    if rest := b"".join(held):
        yield rest


def are_quotes_regular(text: bytes, delimiter: str) -> bool:
    """
    Whether quotes stand around whole cells only, doubled within them, and close before their line ends.

    Every other quote opens. One that opens follows the end of a cell, or the one that closed it for a moment.
    """
    content = np.frombuffer(b"\n%b\n" % text, dtype=np.uint8)
    quotes = np.flatnonzero(content == QUOTE)
    if len(quotes) % 2:
        return False
    opening, closing = quotes[::2], quotes[1::2]
    neighbours = np.concatenate([content[opening - 1], content[closing + 1]])
    ends = line_ends(content)
    is_within_a_line = np.searchsorted(ends, opening) == np.searchsorted(ends, closing)
    return bool(np.isin(neighbours, [NEWLINE, QUOTE, ord(delimiter)]).all() and is_within_a_line.all())


class UnevenLines(ValueError):
    """Not every line has as many cells as the header."""


def cut_lines(text: bytes, delimiter: str, width: int, *, has_quotes: bool = False) -> list[Cells]:
    """
    Cut the lines into columns.

    :raises UnevenLines: if a line has more or fewer cells
    """
    names = [str(place) for place in range(width)]
    if text.startswith(codecs.BOM_UTF8):
        text = codecs.BOM_UTF8 + text  # of a cell, not of the file: Arrow takes one away
    try:
        table = csv.read_csv(
            pa.BufferReader(text),
            read_options=csv.ReadOptions(column_names=names, use_threads=False, block_size=len(text) + 1),
            parse_options=csv.ParseOptions(
                delimiter=delimiter,
                quote_char='"' if has_quotes else False,
                escape_char=False,
                ignore_empty_lines=False,
            ),
            convert_options=csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), check_utf8=False),
        )
    except pa.ArrowInvalid as error:
        raise UnevenLines from error
    return [TextCells(column.combine_chunks()) for column in table.columns]


def evened(text: bytes, delimiter: str, width: int) -> tuple[bytes, dict[int, list[Cell]]]:
    """The same lines with as many cells as the header, and by line what shows beyond it."""
    mark = delimiter.encode()
    lines = text.removesuffix(b"\n").split(b"\n")
    surplus: dict[int, list[Cell]] = {}
    for index, line in enumerate(lines):
        if line.count(mark) != width - 1:
            cells = line.split(mark)
            lines[index] = mark.join(cells[:width]) + mark * (width - len(cells))
            beyond: list[Cell] = [cell.decode() for cell in cells[width:]]
            if not all(map(is_blank, beyond)):
                surplus[index] = beyond
    return b"\n".join([*lines, b""]), surplus
