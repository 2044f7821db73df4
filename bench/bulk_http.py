"""
A file scored through HTTP, its upload included, ours beside the earlier program's.

    python -m bench.bulk_http [--rows 100000] [--rounds 3]

Both servers are up, each with two processes and SQLite; every turn brings both the same new file, of a row more than the one
before, for ours answers a file it knows from what it kept. Ours checks the key and validates, hashes and keeps every row; the
other does none of it. Timed is from the first byte sent to the last received.
"""

import argparse
import http.client
import json
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from time import perf_counter

from bench.load import call
from bench.report import Row, tell_rows
from bench.servers import cpu_seconds
from bench.sheets import write_file
from bench.side_by_side import OURS, RIVAL, Contender, contenders, prepare

WANTED = {".csv": 25.0, ".xlsx": 13.0}
LOANS = 3_000  # of the bank, which the files do not touch
LONGEST = 300
WARM_UPS = (
    4  # files that do not count: each process of a server loads what it needs, and gets the memory for such a file
)
BOUNDARY = "bench-boundary"
Turn = tuple[float, float]  # seconds, and those of the processor


def multipart(path: Path) -> bytes:
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{path.name}"\r\n\r\n'
    return head.encode() + path.read_bytes() + f"\r\n--{BOUNDARY}--\r\n".encode()


def upload(connection: http.client.HTTPConnection, body: bytes, token: str) -> str:
    headers = {
        "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
        **({"Authorization": f"Bearer {token}"} if token else {}),
    }
    connection.request("POST", "/api/v1/files/upload", body=body, headers=headers)
    response = connection.getresponse()
    told = json.loads(response.read())
    if not 200 <= response.status < 300:  # noqa: PLR2004 done
        raise SystemExit(f"The upload was refused: {told}")
    return str(told["stored_path"])


def turn_of(contender: Contender, path: Path, rows: int) -> Turn:
    body, connection = multipart(path), http.client.HTTPConnection("127.0.0.1", contender.port, timeout=LONGEST)
    began, cpu_began = perf_counter(), cpu_seconds(contender.session)
    asked = json.dumps({"file_path": upload(connection, body, contender.token)})
    received = call(connection, "POST", "/api/v1/predictions/bulk", contender.token, asked)
    took = perf_counter() - began, cpu_seconds(contender.session) - cpu_began
    told = json.loads(received)
    if not len(told["results"]) == told["total_rows"] == rows:
        raise SystemExit(f"{contender.name} lost rows: {told['total_rows']} of {rows}.")
    return took


def measure(rows: int, rounds: int) -> Mapping[str, Mapping[str, list[Turn]]]:
    """Suffix -> server -> its turns."""
    found: dict[str, dict[str, list[Turn]]] = {suffix: {OURS: [], RIVAL: []} for suffix in WANTED}
    with tempfile.TemporaryDirectory(prefix="bprs-bench-") as folder, ExitStack() as stack:
        bank = prepare("sqlite", Path(folder), stack, loans=LOANS)
        bank.ours["BULK_ROWS_ANSWERED_AT_ONCE"] = str(10**9)
        ours, rival = stack.enter_context(contenders(bank))[:2]
        for suffix, turns in found.items():
            for number in range(WARM_UPS + rounds):
                count = rows + number
                path = Path(folder, f"bare-{count}{suffix}")
                write_file("bare", count, path)
                for each in (ours, rival):
                    turn = turn_of(each, path, count)
                    if number >= WARM_UPS:
                        turns[each.name].append(turn)
                path.unlink()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    for suffix, turns in measure(options.rows, options.rounds).items():
        ours, rival = turns[OURS], turns[RIVAL]
        seconds, cpu = (median(b[place] / a[place] for a, b in zip(ours, rival, strict=True)) for place in (0, 1))
        work = f"{suffix[1:].upper()} of {options.rows:,} rows over HTTP"
        medians = [median(turn[0] for turn in own) for own in (ours, rival)]
        print(f"{work}: ours {medians[0]:.2f} s, earlier program {medians[1]:.2f} s")  # noqa: T201
        tell_rows(
            [
                Row(work=work, measured=seconds, wanted=WANTED[suffix]),
                Row(work=f"{work}: processor time", measured=cpu, wanted=None),
            ]
        )


if __name__ == "__main__":
    main()
