"""`manage.py serve` that is asked to end answers what it has begun, and lets nobody new in."""

import json
import signal
import socket
from pathlib import Path

import pytest

from tests.faults.callers import raw_upload, sheet
from tests.sites import PATIENCE, Running, Site
from tests.waiting import wait_until

pytestmark = pytest.mark.slow


def test_a_request_in_flight_is_answered_whole_and_new_ones_are_refused(own_database, tmp_path):
    site = Site(tmp_path, own_database)
    secret = json.loads(site.python("-m", "tests.faults.founding").stdout)["secret"]
    running = Running(site, "serve", "--no-worker", "--workers", "1").wait_until_ready()
    whole = raw_upload(secret, sheet(20_000, 1))

    with socket.create_connection(("127.0.0.1", running.port), timeout=PATIENCE) as upload:
        upload.sendall(whole[: len(whole) // 2])
        running.get("/api/v1/")  # connections are taken in their order: the upload is in
        running.process.send_signal(signal.SIGTERM)
        wait_until(lambda: not _is_let_in(running.port))
        assert running.process.poll() is None
        upload.sendall(whole[len(whole) // 2 :])
        answer = b"".join(iter(lambda: upload.recv(65_536), b""))

    assert answer.startswith(b"HTTP/1.1 200 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["stored_path"].startswith("upload_")
    assert running.process.wait(PATIENCE) == 0
    assert len(list((tmp_path / "files" / "uploads").iterdir())) == 1


def test_nothing_outlives_a_site_that_is_killed_while_its_web_processes_load(own_database, tmp_path):
    site = Site(tmp_path, own_database)
    assert site.run("migrate", "-v0").returncode == 0
    running = Running(site, "serve", "--no-worker", "--workers", "1")
    wait_until(lambda: bool(running.web_workers()))
    children = running.descendants()

    running.end(signal.SIGKILL)

    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children), seconds=30)


def _is_let_in(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except ConnectionRefusedError:
        return False
    return True
