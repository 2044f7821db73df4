"""The commands of docs/api.md work as they stand."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

from tests.factories import make_branch, make_user

DOCS = Path(settings.BASE_DIR) / "docs" / "api.md"
ADDRESS = "http://127.0.0.1:8000"
BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)


def commands(address: str, folder: Path) -> str:
    """All commands in one shell; an error of any ends it, an answer that is a problem does not."""
    text = "\n".join(BLOCK.findall(DOCS.read_text()))
    return text.replace(ADDRESS, address).replace("/tmp/", f"{folder}/").replace("sleep 8", "sleep 0")


@pytest.mark.slow
@pytest.mark.skipif(not (shutil.which("bash") and shutil.which("curl")), reason="needs bash and curl")
def test_every_command_is_answered(live_server, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"
    make_user("ao1", password="demo-bprs-2026", branches=[make_branch(code="001")], group="Account officer")
    script = commands(live_server.url, tmp_path)

    run = subprocess.run(["bash", "-ec", script], capture_output=True, text=True, check=False, timeout=120)

    assert run.returncode == 0, run.stderr
    answers = [
        json.JSONDecoder().raw_decode(run.stdout[match.start() :])[0]
        for match in re.finditer(r'{"(?=[a-z_]+":)', run.stdout)
    ]
    problems = [answer for answer in answers if str(answer.get("type", "")).startswith("urn:bprs:problem")]
    assert [problem["code"] for problem in problems] == ["invalid"], problems
    assert {"Segment MEDIUM - DSR: 0.19"} <= {answer.get("recommendation") for answer in answers}
    assert [(answer["rows_read"], answer["total_rows"]) for answer in answers if "results" in answer] == [(4, 3)]
