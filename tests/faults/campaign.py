"""What a campaign of faults consists of: a founded bank, copies of it to be hurt, and the account at the end."""

import json
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.callers import UNANSWERED, Caller, Told
from tests.faults.databases import Home
from tests.sites import Running, Site, free_port
from tests.waiting import wait_until

SMALL = {
    "BULK_ROWS_ANSWERED_AT_ONCE": "100",
    "IMPORT_ROWS_AT_ONCE": "1",
    "IMPORT_PART_ROWS": "40",
    "LOG_LEVEL": "CRITICAL",
    "WORKERS": "1",
}


class Skipped(Exception):
    """This fault cannot be made on this machine; the reason is said loudly."""


class Grounds:
    """What the rounds share: a bank that was founded once, its keys, and collected static files."""

    def __init__(self, folder: Path, home: Home) -> None:
        self.folder, self.home, self.count = folder, home, 0
        self.site = Site(folder, {"DATABASE_URL": home.address("founded"), **SMALL})
        founding = self.site.python("-m", "tests.faults.founding")
        assert founding.returncode == 0, founding.stderr
        self.known: dict[str, Any] = json.loads(founding.stdout)

    def bank(self, **settings: str) -> "Bank":
        self.count += 1
        name = f"bank_{self.count}"
        folder = self.folder / name
        (folder / "tmp").mkdir(parents=True)
        own = {
            "DATABASE_URL": self.home.copy("founded", name),
            "MEDIA_ROOT": str(folder / "files"),
            "TMPDIR": str(folder / "tmp"),
        }
        return Bank(self, folder, Site(self.folder, {**SMALL, **own, **settings}))


@dataclass
class Bank:
    """A copy of the bank for one round, with a site that a supervisor keeps up."""

    grounds: Grounds
    folder: Path
    site: Site
    port: int = field(default_factory=free_port)
    afterwards: ExitStack = field(default_factory=ExitStack)

    @property
    def home(self) -> Any:
        return self.grounds.home

    @property
    def known(self) -> dict[str, Any]:
        return self.grounds.known

    def caller(self, **how: Any) -> Caller:
        return Caller(self.port, self.known["secret"], **how)

    @contextmanager
    def open(self, *arguments: str) -> Iterator["Supervisor"]:
        """Serve, and end in order."""
        supervisor = Supervisor(self, arguments)
        try:
            yield supervisor
        finally:
            supervisor.end()

    def wait_until_answering(self) -> None:
        wait_until(self._is_answering, instead=self._last_words)

    def wait_until_done(self) -> None:
        """Until no job is left; a job that fails is for the account."""
        wait_until(self._has_no_job_left, seconds=120, instead=self._jobs_left)

    def jobs(self) -> list[dict[str, Any]] | None:
        """As the API lists them; None while it cannot."""
        try:
            answer = self.caller().get("/jobs?limit=1000")
        except UNANSWERED:
            return None
        return list(answer.json["items"]) if answer.status == 200 else None

    def _jobs_left(self) -> object:
        jobs = self.jobs()
        return self._last_words() if jobs is None else [job for job in jobs if not job["finished_at"]]

    def _last_words(self) -> str:
        """What the site has to say for not answering."""
        return (self.site.folder / f"{self.port}.log").read_text()[-1_000:]

    def _is_answering(self) -> bool:
        try:
            return self.caller(patience=5).get("/health").status == 200
        except UNANSWERED:
            return False

    def _has_no_job_left(self) -> bool:
        jobs = self.jobs()
        return jobs is not None and all(job["finished_at"] for job in jobs)

    def account(self, told: Told) -> dict[str, Any]:
        file = self.folder / "told.json"
        file.write_text(json.dumps(told.acknowledged))
        counted = self.site.python("-m", "tests.faults.account", str(file))
        assert counted.returncode == 0, counted.stderr
        found: dict[str, Any] = json.loads(counted.stdout)
        verified = self.site.run("verify")
        return {**found, "verify": verified.returncode, "findings": verified.stdout if verified.returncode else ""}


class Supervisor:
    """Starts the site again when it has ended, as systemd does."""

    def __init__(self, bank: Bank, arguments: tuple[str, ...]) -> None:
        self.bank, self.arguments, self.restarts = bank, arguments, -1
        self._is_over, self._process = threading.Event(), threading.Thread(target=self._keep_up, daemon=True)
        self._start()
        self._process.start()
        bank.wait_until_answering()

    def _start(self) -> None:
        self.running = Running(self.bank.site, "serve", *self.arguments, port=self.bank.port)
        self.restarts += 1

    def _keep_up(self) -> None:
        while not self._is_over.wait(0.1):
            if self.running.process.poll() is not None:
                self._start()

    def end(self) -> None:
        self._is_over.set()
        self._process.join()
        self.running.end(signal.SIGTERM)


Play = Callable[[Bank, random.Random], Told]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something that goes wrong, and on which databases it can."""

    name: str
    play: Play
    vendors: tuple[str, ...] = ("sqlite", "postgresql")
    settings: Mapping[str, str] = field(default_factory=dict)
    is_quick: bool = False


@dataclass(slots=True, kw_only=True)
class Verdict:
    """The account of all rounds of one fault on one database."""

    fault: str
    vendor: str
    rounds: int = 0
    acknowledged: int = 0
    stored: int = 0
    twice: int = 0
    verify: str = "clean"
    complaints: list[str] = field(default_factory=list)
    skipped: str = ""
    seconds: float = 0

    @property
    def is_kept(self) -> bool:
        return not self.complaints

    def add(self, told: Told, account: dict[str, Any]) -> None:
        self.rounds += 1
        self.acknowledged += account["acknowledged"]
        self.stored += account["stored"]
        self.twice += len(account["twice"])
        if account["verify"]:
            self.verify = "findings"
        said = [*told.lies, *account["missing"], *account["twice"], *account["hands"], account["findings"]]
        self.complaints += [str(one) for one in said if one]


def judge(fault: Fault, grounds: Grounds, *, rounds: int, seed: int) -> Verdict:
    """Play the fault so often, each time with a bank of its own and the next seed."""
    verdict, began = Verdict(fault=fault.name, vendor=grounds.home.vendor), time.monotonic()
    for number in range(rounds):
        bank = grounds.bank(**fault.settings)
        with bank.afterwards:
            try:
                verdict.add(told := fault.play(bank, random.Random(seed + number)), bank.account(told))
            except Skipped as reason:
                verdict.skipped = str(reason)
                return verdict
            except Exception as broken:  # noqa: BLE001 whatever it is, the other faults are played and the table tells
                verdict.complaints.append(repr(broken))
        verdict.seconds = time.monotonic() - began
    return verdict
