"""What a backup says of itself."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from django.conf import settings
from django.db.migrations.loader import MigrationLoader
from django.utils.translation import gettext as _

from bprs.backups.sealed_tar import Member, OtherKeys
from bprs.errors import DomainError

FORMAT = 1
MANIFEST, DATABASE, FILES = "manifest.json", "database", "files/"


class OtherDatabase(DomainError):
    code = "other_database"


class NewerProgram(DomainError):
    code = "newer_program"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """
    `tables` are rows by table, `keys` fingerprints by setting, `seal` the head of the chain of seals, if there was one.

    `lacking` are files that were gone when they were to be copied, `changed` those that were not what their rows say.
    """

    made_at: str
    vendor: str
    migrations: tuple[str, ...]
    tables: Mapping[str, int]
    keys: Mapping[str, list[str]]
    seal: Mapping[str, object] | None
    members: tuple[Member, ...]
    lacking: tuple[str, ...]
    changed: tuple[str, ...]

    @property
    def rows(self) -> int:
        return sum(self.tables.values())

    @property
    def files(self) -> tuple[Member, ...]:
        return tuple(member for member in self.members if member.name.startswith(FILES))

    @property
    def is_of_this_program(self) -> bool:
        """Whether the tables are as this program wants them."""
        return set(self.migrations) >= known_migrations()

    def to_bytes(self) -> bytes:
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=1).encode()


def read_manifest(content: bytes) -> Manifest:
    """
    Of a backup whose seal was checked: what it says is what we wrote.

    :raises NewerProgram: if it is of a format that came after this one
    """
    said = json.loads(content)
    if said.pop("format") != FORMAT:
        raise NewerProgram(_("The backup was made by a newer version of the program. Update this one first."))
    said["members"] = tuple(Member(**member) for member in said["members"])
    for name in ("migrations", "lacking", "changed"):
        said[name] = tuple(said[name])
    return Manifest(**said)


def refuse_misfit(manifest: Manifest, *, vendor: str) -> None:
    """
    See that this program, with its keys, on its database, can use the backup.

    :raises OtherDatabase: if it is of another kind of database
    :raises NewerProgram: if its tables are newer than the program
    :raises OtherKeys: if a key that it needs is not here
    """
    if manifest.vendor != vendor:
        raise OtherDatabase(
            _("The backup is of %(theirs)s; this site uses %(ours)s.") % {"theirs": manifest.vendor, "ours": vendor}
        )
    if not set(manifest.migrations) <= known_migrations():
        raise NewerProgram(_("The backup was made by a newer version of the program. Update this one first."))
    for name, ours in fingerprints().items():
        if not set(manifest.keys[name]) <= set(ours):
            raise OtherKeys(
                _("The backup was made with other keys: one that it needs is missing in %(setting)s.")
                % {"setting": name}
            )


def known_migrations() -> set[str]:
    return {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}


def fingerprints() -> dict[str, list[str]]:
    """Which keys there are, by the setting they stand in; they tell nothing of the keys, which are long and random."""
    keys = {
        "FIELD_ENCRYPTION_KEYS": settings.FIELD_ENCRYPTION_KEYS,
        "FIELD_INDEX_KEY": [settings.FIELD_INDEX_KEY],
        "SEAL_KEYS": settings.SEAL_KEYS,
    }
    return {name: [_fingerprint(name, key) for key in some] for name, some in keys.items()}


def _fingerprint(name: str, key: str) -> str:
    return hashlib.sha256(f"{name} {key}".encode()).hexdigest()[:16]
