"""
The results of scored files: Parquet files under the default storage, two for a part, one of scored and one of rejected rows.

A file is named by its run, its part and its own hash, so a name stands for its content whoever writes it, and however
often. The database holds the hashes: what does not match them is refused.
"""

import hashlib
from collections.abc import Sequence
from io import BytesIO
from typing import Literal
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq
from django.utils.translation import gettext as _

from bprs import stored_files
from bprs.errors import DomainError

Kind = Literal["scored", "rejected"]
FOLDER = "runs"


class ResultsChanged(DomainError):
    code = "results_changed"
    status = 409


def write_results(table: pa.Table, *, run_id: UUID, index: int, kind: Kind) -> str:
    """
    Put a table in place and return its hash; an empty one is not written, and has none.

    :raises OSError: if it cannot be written, a full disk included; nothing is left behind then
    """
    if not len(table):
        return ""
    content = BytesIO()
    _write(table, content)
    view = content.getbuffer()
    digest = hashlib.sha256(view).hexdigest()
    stored_files.put(_name(run_id, index, kind, digest), view)
    return digest


def read_results(*, run_id: UUID, index: int, kind: Kind, sha256: str, columns: Sequence[str]) -> pa.Table:
    """
    Read some columns of a part.

    :raises ResultsChanged: if the file is not, to the bit, what was written
    """
    content = _content(run_id, _name(run_id, index, kind, sha256), sha256)
    return pq.ParquetFile(pa.BufferReader(content)).read(columns=list(columns), use_threads=False)


def column_names(*, run_id: UUID, index: int, kind: Kind, sha256: str) -> list[str]:
    """
    The columns a part has.

    :raises ResultsChanged: if the file is not, to the bit, what was written
    """
    return list(pq.read_schema(pa.BufferReader(_content(run_id, _name(run_id, index, kind, sha256), sha256))).names)


def discard_results(run_id: UUID) -> None:
    """Remove the files of a run that was never recorded."""
    stored_files.remove_folder(folder_of(run_id))


def _write(table: pa.Table, target: BytesIO) -> None:
    """
    Encode each column as suits what it holds, and compress nothing after that.

    Measured on 50,000 rows, with hashing and reading back: 9 ms and 1.7 MB; compressed by snappy, 15 ms and 1.9 MB.
    """
    few = with_few_values(table.schema)
    pq.write_table(
        table,
        target,
        use_dictionary=[*few, *({"default_probability"} & set(table.column_names))],
        column_encoding=dict.fromkeys(_with_whole_numbers(table.schema), "DELTA_BINARY_PACKED"),
        store_decimal_as_integer=True,
        compression="none",
        write_statistics=False,
    )


def _with_whole_numbers(schema: pa.Schema) -> list[str]:
    """The columns of row numbers, months and amounts, which have too many values for a dictionary."""
    return [field.name for field in schema if pa.types.is_int64(field.type) or pa.types.is_decimal(field.type)]


def _content(run_id: UUID, name: str, sha256: str) -> bytes:
    try:
        content = stored_files.content_of(name)
    except FileNotFoundError:
        raise _changed(run_id) from None
    if hashlib.sha256(content).hexdigest() != sha256:
        raise _changed(run_id)
    return content


def _changed(run_id: UUID) -> ResultsChanged:
    return ResultsChanged(
        _("The results of run %(run)s were changed on disk and are not shown. Restore them from a backup.")
        % {"run": str(run_id)[:8]}
    )


def with_few_values(schema: pa.Schema) -> list[str]:
    """The columns that are worth a dictionary."""
    few = (pa.types.is_dictionary, pa.types.is_string, pa.types.is_int32)
    return [field.name for field in schema if any(is_one(field.type) for is_one in few)]


def folder_of(run_id: UUID) -> str:
    return f"{FOLDER}/{run_id}"


def name_of(index: int, kind: Kind, sha256: str) -> str:
    return f"{index:05}-{kind}-{sha256[:16]}.parquet"


def _name(run_id: UUID, index: int, kind: Kind, sha256: str) -> str:
    return f"{folder_of(run_id)}/{name_of(index, kind, sha256)}"
