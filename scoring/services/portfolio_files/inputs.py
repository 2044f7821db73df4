"""The files of a portfolio: which they are, and whether they are still what they were."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _

from bprs.errors import DomainError

SUFFIXES = (".parquet", ".csv")
WILDCARDS = frozenset("*?[")
FOOTER = 8  # its length in four bytes, and the mark PAR1
OWN_MARKS = ("_", ".")  # what begins so is no table, for us as for others who read folders


class NothingToScore(DomainError):
    code = "nothing_to_score"


@dataclass(frozen=True, slots=True, kw_only=True)
class InputFile:
    """
    A file as it was when the work was planned.

    `footer_sha256` is that of the Parquet footer, which says where every column of every row group lies; "" for CSV.
    """

    path: str
    size: int
    mtime_ns: int
    footer_sha256: str

    @classmethod
    def of(cls, path: Path) -> "InputFile":
        """:raises OSError: if it cannot be read"""
        status = path.stat()
        footer = _footer_sha256(path, status.st_size) if path.suffix.lower() == ".parquet" else ""
        return cls(path=str(path), size=status.st_size, mtime_ns=status.st_mtime_ns, footer_sha256=footer)

    def is_unchanged(self) -> bool:
        """
        Whether it looks as it did.

        :raises OSError: if it is gone
        """
        status = Path(self.path).stat()
        return (status.st_size, status.st_mtime_ns) == (self.size, self.mtime_ns)


def is_many(source: Path) -> bool:
    """Whether this may mean several files: a folder, or a pattern such as portfolio/*.parquet."""
    return source.is_dir() or (not source.exists() and bool(WILDCARDS.intersection(str(source))))


def find_files(sources: Sequence[Path]) -> list[Path]:
    """
    The Parquet and CSV files that are meant, each once, in the order of their names.

    :raises NothingToScore: if a source means none, or a file that is neither
    """
    found = {path.resolve() for source in sources for path in _meant_by(source)}
    return sorted(found)


def _meant_by(source: Path) -> list[Path]:
    files = [path for path in _files(source) if path.suffix.lower() in SUFFIXES]
    if not files:
        raise NothingToScore(_("There is no Parquet or CSV file at %(path)s.") % {"path": source})
    return files


def _files(source: Path) -> Iterator[Path]:
    if source.is_dir():
        yield from (path for path in source.rglob("*") if path.is_file() and not _is_own(path.relative_to(source)))
    elif is_many(source):
        pattern = source.relative_to(source.anchor)
        yield from (path for path in Path(source.anchor or ".").glob(str(pattern)) if path.is_file())
    elif source.is_file():
        yield source


def _is_own(path: Path) -> bool:
    return any(part.startswith(OWN_MARKS) for part in path.parts)


def _footer_sha256(path: Path, size: int) -> str:
    with path.open("rb") as file:
        file.seek(max(0, size - FOOTER))
        length = int.from_bytes(file.read(FOOTER)[:4], "little")
        file.seek(max(0, size - FOOTER - length))
        return hashlib.sha256(file.read()).hexdigest()
