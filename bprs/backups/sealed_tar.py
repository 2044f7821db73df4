"""
One file that holds many, and of which not a single byte can change unseen.

It is a tar, which any tar reads. Its last member, the seal, holds the SHA-256 of every byte before it (contents,
headers and padding), which key signed that, and the signature. What comes after that hash is compared with what we
would write ourselves, byte by byte. So each byte of the file is either hashed or compared.
"""

import errno
import hashlib
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from hmac import compare_digest
from pathlib import Path
from typing import IO, BinaryIO

from django.utils.translation import gettext as _

from bprs.errors import DomainError
from bprs.signatures import current_key_id, sign, signature_by

KIND = "bprs-backup-1"
SEAL = re.compile(rf"{KIND} ([0-9a-f]{{64}}) ([0-9a-f]{{16}}) ([0-9a-f]{{64}})\n".encode())
SEAL_NAME, SEAL_SIZE = "seal", len(f"{KIND} {'0' * 64} {'0' * 16} {'0' * 64}\n")
BLOCK, CHUNK = 512, 1024 * 1024
END = bytes(2 * BLOCK)
TAIL_SIZE = 2 * BLOCK + len(END)


class BackupChanged(DomainError):
    code = "backup_changed"


class OtherKeys(DomainError):
    code = "other_keys"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    name: str
    size: int
    sha256: str


class SealedTarWriter:
    """Writes members one after the other, and last the seal. Never more than a megabyte is in memory."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._digest = file, hashlib.sha256()

    def add(self, name: str, content: IO[bytes], size: int) -> Member:
        """:raises OSError: if the content ends before its size, or there is no room"""
        self._write(_header(name, size))
        digest = hashlib.sha256()
        for block in _blocks(content, size):
            digest.update(block)
            self._write(block)
        self._write(_padding(size))
        return Member(name=name, size=size, sha256=digest.hexdigest())

    def seal(self) -> None:
        digest = self._digest.hexdigest()
        self._write(_tail(digest, current_key_id(), sign(_signed(digest))))

    def _write(self, block: bytes) -> None:
        self._digest.update(block)
        self._file.write(block)


def check_seal(path: Path) -> None:
    """
    Read all of it once.

    :raises BackupChanged: if it is not, to the bit, what was sealed
    :raises OtherKeys: if it was sealed with a key that is none of SEAL_KEYS
    """
    with path.open("rb") as file:
        content_size = path.stat().st_size - TAIL_SIZE
        digest, key_id, signature = _seal_of(file, content_size, path)
        if _digest_of(file, content_size) != digest:
            raise BackupChanged(_("%(file)s was changed since it was written.") % {"file": path})
    ours = signature_by(key_id, _signed(digest))
    if ours is None:
        raise OtherKeys(
            _(
                "%(file)s was made with other keys: the one that sealed it is none of SEAL_KEYS. Put those of the bank that made it in place first."
            )
            % {"file": path}
        )
    if not compare_digest(ours, signature):
        raise BackupChanged(_("%(file)s does not bear the signature of this bank.") % {"file": path})


def extract(tar: tarfile.TarFile, member: Member, target: BinaryIO) -> None:
    """:raises BackupChanged: if the member is not what the manifest says"""
    content, digest = tar.extractfile(member.name), hashlib.sha256()
    if content is not None:
        for block in iter(lambda: content.read(CHUNK), b""):
            digest.update(block)
            target.write(block)
    if digest.hexdigest() != member.sha256:
        raise BackupChanged(_("%(name)s in the backup is not what was put there.") % {"name": member.name})


def _seal_of(file: BinaryIO, content_size: int, path: Path) -> tuple[str, str, str]:
    tail = b""
    if content_size >= 0:
        file.seek(content_size)
        tail = file.read()
    found = SEAL.fullmatch(tail[BLOCK : BLOCK + SEAL_SIZE])
    said = tuple(part.decode() for part in found.groups()) if found else ("", "", "")
    digest, key_id, signature = said
    if tail != _tail(digest, key_id, signature):
        raise BackupChanged(_("%(file)s is no backup, or it was cut off: its end is not there.") % {"file": path})
    return digest, key_id, signature


def _digest_of(file: BinaryIO, size: int) -> str:
    file.seek(0)
    digest = hashlib.sha256()
    for block in _blocks(file, size):
        digest.update(block)
    return digest.hexdigest()


def _signed(digest: str) -> bytes:
    return f"{KIND} {digest}".encode()


def _tail(digest: str, key_id: str, signature: str) -> bytes:
    seal = f"{KIND} {digest} {key_id} {signature}\n".encode()
    return _header(SEAL_NAME, len(seal)) + seal + _padding(len(seal)) + END


def _header(name: str, size: int) -> bytes:
    """The same for the same: no time, no owner."""
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o600
    return info.tobuf(tarfile.GNU_FORMAT)


def _padding(size: int) -> bytes:
    return bytes(-size % BLOCK)


def _blocks(file: IO[bytes], size: int) -> Iterator[bytes]:
    left = size
    while left:
        block = file.read(min(left, CHUNK))
        if not block:
            raise OSError(errno.EIO, "the file ended early")
        left -= len(block)
        yield block
