"""Sites of their own: a database, a folder of data, and keys that several of them share."""

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection

from tests.databases import conninfo, new_databases, worker
from tests.object_store import ObjectStore

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 300


@dataclass(frozen=True)
class Site:
    """Its files are in a folder, or in an object store, which has a folder of its own."""

    address: str
    folder: Path
    store: Path | None = None

    @property
    def environment(self) -> dict[str, str]:
        own = {"DATABASE_URL": self.address, "BPRS_DATA_DIR": str(self.folder), "PG_BIN": settings.PG_BIN}
        keys = {name: f"{name} of the sites of this test: 7Jm2qYw0bV" for name in KEYS}
        said = {"DJANGO_SETTINGS_MODULE": "tests.backup.site_settings", "PYTHONUNBUFFERED": "1"}
        return {**os.environ, **said, **own, **keys, **self._storage()}

    def _storage(self) -> dict[str, str]:
        if self.store is None:
            return {}
        options = json.dumps({"location": str(self.store)})
        return {"FILE_STORAGE": "tests.object_store.ObjectStore", "FILE_STORAGE_OPTIONS": options}

    def start(self, *command: str) -> "subprocess.Popen[str]":
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen([sys.executable, *command], cwd=ROOT, env=self.environment, text=True, **pipes)  # type: ignore[call-overload,no-any-return]

    def run(self, *command: str) -> tuple[int, str, str]:
        process = self.start(*command)
        out, err = process.communicate(timeout=PATIENCE)
        return process.returncode, out, err

    def manage(self, *arguments: str | Path) -> tuple[int, str, str]:
        return self.run("manage.py", *map(str, arguments))

    def act(self, act: str) -> str:
        code, out, err = self.run("-m", "tests.backup.bank", act)
        assert code == 0, err
        return out

    def content(self) -> dict[str, Any]:
        return {**json.loads(self.act("content")), "files": self.files()}

    def files(self) -> dict[str, bytes]:
        if self.store is not None:
            objects = ObjectStore(str(self.store))
            return {name: objects.open(name).read() for name in objects.names()}
        tree = self.folder / "files"
        return {str(path.relative_to(tree)): path.read_bytes() for path in tree.rglob("*") if path.is_file()}


KEYS = ("SECRET_KEY", "FIELD_ENCRYPTION_KEYS", "FIELD_INDEX_KEY", "SEAL_KEYS")


@contextmanager
def sites(*names: str, folder: Path) -> Iterator[list[Site]]:
    """Migrated and empty. What restoring kept of them on a server is gone afterwards."""
    own = [f"site_{worker()}_{name}" for name in names]
    with new_databases(*own, folder=folder) as addresses:
        try:
            yield [Site(address, _made(folder / name)) for name, address in zip(names, addresses, strict=True)]
        finally:
            _forget_kept()


def wait_for(process: "subprocess.Popen[str]", words: str) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if words in line:
            return
    raise AssertionError(f"it never said {words}")


def wait_until(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < until, "it never was so"
        time.sleep(0.01)


def kill_at_a_random_moment(process: "subprocess.Popen[str]", *, within: float, chance: random.Random) -> None:
    time.sleep(chance.uniform(0, within))
    process.kill()
    process.communicate(timeout=PATIENCE)


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _forget_kept() -> None:
    if connection.vendor == "sqlite":
        return
    with psycopg.connect(conninfo("postgres"), autocommit=True) as server:
        kept = server.execute(
            "SELECT datname FROM pg_database WHERE datname ~ %s", [f"^site_{worker()}_.*_(before|restore)_"]
        )
        for (name,) in kept.fetchall():
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())
