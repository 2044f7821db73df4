"""
Kill workers at random while a bank imports and scores, and compare what is there at the end with an undisturbed bank.

`python -m tests.chaos.campaign --rows 50000 --kills 20 --seed 1`; on PostgreSQL with `python -m tests.with_postgres`
before it. Exit codes: 0 the same; 1 not the same, and where.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

ROOT = Path(__file__).resolve().parents[2]
SHOWN = 3


def campaign(order: dict[str, Any], folder: Path, *, databases: tuple[str, str]) -> dict[str, Any]:
    """Two banks with the same day: one undisturbed, one not; and where they differ."""
    calm = _bank({**order, "kills": 0}, folder, "calm", databases[0])
    chaos = _bank(order, folder, "chaos", databases[1])
    one, other = (json.loads((folder / f"{name}.json").read_text()) for name in ("calm", "chaos"))
    return {
        "calm": calm,
        "chaos": chaos,
        "rows": {table: len(rows) for table, rows in one.items() if rows},
        "differences": list(differences(one, other)),
    }


def differences(one: dict[str, list[str]], other: dict[str, list[str]]) -> Iterator[dict[str, Any]]:
    for table in sorted(one.keys() | other.keys()):
        left, right = one.get(table, []), other.get(table, [])
        if left != right:
            missing, more = sorted(set(left) - set(right)), sorted(set(right) - set(left))
            counts = {"calm": len(left), "chaos": len(right)}
            yield {"table": table, "counts": counts, "missing": missing[:SHOWN], "more": more[:SHOWN]}


@contextmanager
def own_databases(folder: Path) -> Iterator[tuple[str, str]]:
    """Two new ones where DATABASE_URL points, which must be a PostgreSQL; else two files."""
    url, names = os.environ.get("DATABASE_URL", ""), (f"calm_{os.getpid()}", f"chaos_{os.getpid()}")
    if not url.startswith("postgres"):
        yield f"sqlite:///{folder}/calm.sqlite3", f"sqlite:///{folder}/chaos.sqlite3"
        return
    host, _, _name = url.partition("@")[2].rpartition("/")
    server = f"host={host} user=postgres dbname=postgres" if host.startswith("/") else url
    with psycopg.connect(server, autocommit=True) as connection:
        for name in names:
            connection.execute(f'CREATE DATABASE "{name}"')
        yield f"{url.rpartition('/')[0]}/{names[0]}", f"{url.rpartition('/')[0]}/{names[1]}"
        for name in names:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _bank(order: dict[str, Any], folder: Path, name: str, database: str) -> dict[str, Any]:
    """The keys are the same for both: what is encrypted and indexed can be compared."""
    environment = {
        **os.environ,
        "DATABASE_URL": database,
        "BPRS_DATA_DIR": str(folder),
        "MEDIA_ROOT": str(folder / name),
        "DJANGO_SETTINGS_MODULE": "bprs.settings",
        "LOG_LEVEL": "CRITICAL",
        "IMPORT_PART_ROWS": str(order["part_rows"]),
        "IMPORT_ROWS_AT_ONCE": "1",
        "BULK_ROWS_ANSWERED_AT_ONCE": "1",
    }
    command = [sys.executable, "-m", "tests.chaos.bank", json.dumps({**order, "target": str(folder / f"{name}.json")})]
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise RuntimeError(ended.stderr)
    answer: dict[str, Any] = json.loads(ended.stdout)
    return answer


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("rows", 50_000), ("kills", 20), ("seed", 1), ("workers", 2)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--part-rows", type=int, default=500, help="of the import, written in one transaction")
    parser.add_argument("--files", type=int, default=2, help="to be scored")
    parser.add_argument("--score-rows", type=int, default=500_000, help="of each of them; a part has 50,000")
    parser.add_argument("--undo", action="store_true", help="undo the import at the end")
    order = vars(parser.parse_args())
    with tempfile.TemporaryDirectory(prefix="bprs-chaos-") as folder, own_databases(Path(folder)) as databases:
        found = campaign(order, Path(folder), databases=databases)
    sys.stdout.write(json.dumps({"order": order, **found}, indent=1) + "\n")
    sys.stdout.write("DIFFERENT\n" if found["differences"] else "THE SAME\n")
    return bool(found["differences"])


if __name__ == "__main__":
    sys.exit(main())
