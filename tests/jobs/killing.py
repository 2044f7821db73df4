"""
Real workers on a real database, killed with SIGKILL at random moments; prints what was there at the end as JSON.

Run by test_killed_workers.py, in a process of its own: `python -m tests.jobs.killing <scene> ...`.
"""

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import django

django.setup()

from django.core.management import call_command  # noqa: E402 after setup
from django.db import connection, connections  # noqa: E402
from django.utils import timezone  # noqa: E402

from bprs.access.models import Branch, User  # noqa: E402
from bprs.jobs import services  # noqa: E402
from bprs.jobs.models import Job  # noqa: E402
from bprs.jobs.processes import this_process  # noqa: E402
from bprs.jobs.runner import run  # noqa: E402
from bprs.jobs.worker import Worker  # noqa: E402

KILLS = 20
PATIENCE = 60


def fork(do: Callable[[], None]) -> int:
    """A process that is ready at once; it shares no connection with this one."""
    connections.close_all()
    pid = os.fork()
    if pid:
        return pid
    try:
        do()
    finally:
        os._exit(0)


def work() -> None:
    worker = Worker()
    worker.stop_on_signals()
    worker.work()


def ask_for(**params: Any) -> Job:
    owner, now = User.objects.get(), timezone.now()
    return services.enqueue(kind="write", params={"language": "en", **params}, owner=owner, created_at=now)


@contextmanager
def workers(count: int) -> Iterator[list[int]]:
    """So many workers; whoever takes one out of the list has ended it."""
    pids = [fork(work) for _ in range(count)]
    try:
        yield pids
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def kill(pids: list[int], pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    pids[pids.index(pid)] = fork(work)


def replace_dead(pids: list[int]) -> int:
    dead = [pid for pid in pids if os.waitpid(pid, os.WNOHANG)[0]]
    for pid in dead:
        pids[pids.index(pid)] = fork(work)
    return len(dead)


def wait_until_over(pids: list[int]) -> int:
    """Return how many workers died meanwhile."""
    died, until = 0, time.monotonic() + PATIENCE
    while Job.objects.filter(state__in=Job.UNFINISHED).exists() and time.monotonic() < until:
        died += replace_dead(pids)
        time.sleep(0.1)
    return died


def report(**more: Any) -> dict[str, Any]:
    jobs = list(Job.objects.order_by("created_at"))
    return {
        "states": [job.state for job in jobs],
        "results": [job.result for job in jobs],
        "errors": [job.error.get("code") for job in jobs],
        "set_aside": [list(job.chunks.filter(state="set_aside").values_list("index", "error__code")) for job in jobs],
        "rows": sorted(Branch.objects.values_list("code", flat=True)),
        **more,
    }


def at_random_moments(seed: int) -> dict[str, Any]:
    chance = random.Random(seed)
    for mark in "ab":
        ask_for(mark=mark, parts=100, pause=0.08)
    kills = 0
    with workers(2) as pids:
        while kills < KILLS and Job.objects.filter(state__in=Job.UNFINISHED).exists():
            time.sleep(chance.uniform(0.1, 0.3))
            kill(pids, chance.choice(pids))
            kills += 1
        wait_until_over(pids)
    return report(kills=kills)


def by_the_work_itself(**params: Any) -> dict[str, Any]:
    ask_for(**params)
    with workers(1) as pids:
        died = wait_until_over(pids)
    return report(died=died)


def three_at_the_same_job() -> dict[str, Any]:
    job = ask_for(parts=20, pause=0.02)
    with workers(2):
        run(job_id=job.pk, runner=this_process(), should_stop=lambda: False)
        wait_until_over([])
    return report()


def idle_ones() -> dict[str, Any]:
    """A cluster of q2's does not survive this."""
    with workers(2) as pids:
        time.sleep(0.5)
        for pid in list(pids):
            kill(pids, pid)
        ask_for()
        wait_until_over(pids)
    return report()


def others_want_to_write() -> dict[str, Any]:
    """An officer saves something while a worker writes nearly all the time."""
    ask_for(parts=6, pause=0.6)
    with workers(1) as pids:
        while not Job.objects.filter(state="running", done_count__gt=0).exists():
            time.sleep(0.05)
        User.objects.update(last_name="Wijaya")
        meanwhile = Job.objects.get().state
        wait_until_over(pids)
    return report(meanwhile=meanwhile)


def asleep_too_long() -> dict[str, Any]:
    """A worker falls asleep between two parts, another one takes over two minutes later, and then the first wakes up."""
    ask_for()
    os.environ["FALL_ASLEEP_BEFORE"] = "1"
    asleep = fork(work)
    del os.environ["FALL_ASLEEP_BEFORE"]
    os.waitpid(asleep, os.WUNTRACED)
    run(
        job_id=Job.objects.get().pk,
        runner="another machine|1|now",
        should_stop=lambda: False,
        clock=lambda: timezone.now() + timedelta(minutes=2),
    )
    finished_at = Job.objects.get().finished_at
    os.kill(asleep, signal.SIGCONT)
    time.sleep(1)
    os.kill(asleep, signal.SIGTERM)
    os.waitpid(asleep, 0)
    return report(is_unchanged=Job.objects.get().finished_at == finished_at)


def database_goes_away() -> dict[str, Any]:
    """As in a restart: every connection is cut, three times."""
    ask_for(parts=60, pause=0.03)
    with workers(1) as pids:
        for _ in range(3):
            time.sleep(0.8)
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
        wait_until_over(pids)
    return report()


def asked_to_stop() -> dict[str, Any]:
    """First between two parts, then in the middle of a long one."""
    states = []
    for parts, pause in ((100, 0.05), (1, 60)):
        ask_for(mark=str(parts), parts=parts, pause=pause)
        pid = fork(work)
        time.sleep(0.8)
        began = time.monotonic()
        os.kill(pid, signal.SIGTERM)
        os.waitpid(pid, 0)
        job = Job.objects.get(params__mark=str(parts))
        tried = list(job.chunks.filter(state="pending").values_list("attempts", flat=True))
        states.append([job.state, job.attempts, job.done_count > 0, tried, round(time.monotonic() - began)])
        Job.objects.filter(pk=job.pk).update(state="cancelled", finished_at=timezone.now())
    return report(stops=states)


def cancelled_while_reading() -> dict[str, Any]:
    job = ask_for(pause_reading=60)
    with workers(1) as pids:
        while not Job.objects.filter(state="running").exists():
            time.sleep(0.05)
        began = time.monotonic()
        services.cancel(job=job, by=User.objects.get(), at=timezone.now())
        wait_until_over(pids)
        took = time.monotonic() - began
        ask_for(mark="next")
        died = wait_until_over(pids)
    return report(took=took, died=died)


SCENES: dict[str, Callable[[], dict[str, Any]]] = {
    "at_random_moments": lambda: at_random_moments(seed=20261124),
    "die_in_a_part": lambda: by_the_work_itself(die=[1], parts=3),
    "die_reading": lambda: by_the_work_itself(die=["reading"]),
    "three_at_the_same_job": three_at_the_same_job,
    "idle_ones": idle_ones,
    "asleep_too_long": asleep_too_long,
    "database_goes_away": database_goes_away,
    "others_want_to_write": others_want_to_write,
    "asked_to_stop": asked_to_stop,
    "cancelled_while_reading": cancelled_while_reading,
}


def main(scenes: list[str]) -> None:
    call_command("migrate", verbosity=0)
    User.objects.create_user("ani")
    found = {}
    for scene in scenes:
        found[scene] = SCENES[scene]()
        Job.objects.all().delete()
        Branch.objects.all().delete()
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1:])
