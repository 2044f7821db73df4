"""Parts done by the workers of a Dask cluster. Nothing else of the program knows Dask."""

import logging
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from itertools import islice

import dask
from distributed import Client, Future, KilledWorker, LocalCluster, as_completed
from distributed.security import Security
from django.utils.translation import gettext as _

from bprs.errors import DomainError
from scoring.services.portfolio_files.cluster import Cluster, Tls
from scoring.services.portfolio_files.part import Outcome, SetAside, do_part
from scoring.services.portfolio_files.plan import Task
from scoring.services.portfolio_files.score_files import Runner

SECONDS_TO_CONNECT, SECONDS_TO_WAIT_FOR_WORKERS = 10, 60
MOST_STARTS = 3
LOCAL_SETTINGS = {
    "distributed.scheduler.allowed-failures": 2,  # the third worker that a part kills is the last
    "distributed.scheduler.worker-saturation": 1.0,  # a part waits at the scheduler: one that kills takes no other along
    # Ctrl-C, and the end of a terminal, reach every process of it; the command ends its workers itself.
    "distributed.worker.preload": [
        "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); signal.signal(signal.SIGHUP, signal.SIG_IGN)"
    ],
    # Measured: handing memory back at once, and sampling what a worker does, double the time of the processor.
    "distributed.nanny.pre-spawn-environ": {"OMP_NUM_THREADS": 1, "OPENBLAS_NUM_THREADS": 1},
    "distributed.worker.profile.enabled": False,
    "distributed.worker.memory.spill": False,
    "distributed.scheduler.http.routes": [],  # nobody looks: not even figures are shown to others on this machine
    "distributed.worker.http.routes": [],
}


class ClusterLost(DomainError):
    code = "cluster_lost"
    status = 503


def on_dask(cluster: Cluster) -> Runner:
    """
    A runner for this cluster. It is connected to, or started, when there is something to do.

    :raises ClusterLost: while running, if the scheduler cannot be reached or ends
    """

    def run(tasks: Sequence[Task]) -> Iterator[Outcome]:
        with _quiet(), _lost_if_cut_off(), _client_of(cluster, most=len(tasks)) as client:
            yield from _outcomes(client, tasks)

    return run


def _outcomes(client: Client, tasks: Sequence[Task]) -> Iterator[Outcome]:
    """As many parts are handed out as there are threads to do them: however many there are, the scheduler holds few."""
    waiting, done = iter(tasks), as_completed()
    handed_out: dict[Future, Task] = {}

    def hand_out(count: int) -> None:
        for task in islice(waiting, count):
            future = client.submit(do_part, task, key=f"part-{task.index:05}-{task.plan}", pure=False)
            handed_out[future] = task
            done.add(future)

    hand_out(_threads(client))
    for future in done:
        yield _outcome(future, handed_out.pop(future))
        hand_out(max(1, _threads(client) - len(handed_out)))


def _outcome(future: Future, task: Task) -> Outcome:
    try:
        outcome: Outcome = future.result()
    except KilledWorker as killed:
        return SetAside(index=task.index, code="killed", detail=str(killed))
    return outcome


def _threads(client: Client) -> int:
    return sum(client.nthreads().values()) or 1


@contextmanager
def _client_of(cluster: Cluster, *, most: int) -> Iterator[Client]:
    if cluster.is_started_here:
        with _started(min(cluster.workers or os.cpu_count() or 1, most)) as started, Client(started) as client:
            yield client
    else:
        with _connected(cluster) as client:
            yield client


@contextmanager
def _started(workers: int) -> Iterator[LocalCluster]:
    with dask.config.set(LOCAL_SETTINGS), _local_cluster(workers) as cluster:
        yield cluster


def _local_cluster(workers: int) -> LocalCluster:
    """Begun again if a worker is killed before it is ready, for then Dask gives all of them up."""
    for _attempt in range(MOST_STARTS - 1):
        with suppress(RuntimeError):
            return _new_cluster(workers)
    return _new_cluster(workers)


def _new_cluster(workers: int) -> LocalCluster:
    """Workers on this machine, each a process of one thread. What travels to them is encrypted, and nobody else is let in."""
    return LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        host="127.0.0.1",
        security=True,
        dashboard_address=None,
        scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},
        silence_logs=logging.CRITICAL,
    )


@contextmanager
def _connected(cluster: Cluster) -> Iterator[Client]:
    try:
        client = Client(cluster.address, security=_security(cluster.tls), timeout=SECONDS_TO_CONNECT)
    except (OSError, TimeoutError):
        raise ClusterLost(_("There is no scheduler at %(address)s.") % {"address": cluster.address}) from None
    with client:
        try:
            client.wait_for_workers(1, timeout=SECONDS_TO_WAIT_FOR_WORKERS)
        except TimeoutError:
            raise ClusterLost(
                _("The scheduler at %(address)s has no workers.") % {"address": cluster.address}
            ) from None
        yield client


def _security(tls: Tls | None) -> Security | None:
    if tls is None:
        return None
    return Security(
        tls_ca_file=str(tls.ca), tls_client_cert=str(tls.cert), tls_client_key=str(tls.key), require_encryption=True
    )


@contextmanager
def _lost_if_cut_off() -> Iterator[None]:
    """Faults of a part are outcomes; what is raised here befell the way to the workers."""
    try:
        yield
    except (OSError, CancelledError):
        message = _("The scheduler was lost. Give the same command again to go on where it ended.")
        raise ClusterLost(message) from None


@contextmanager
def _quiet() -> Iterator[None]:
    """
    What the cluster has to say of its own comings and goings is not for the operator.

    Ctrl-C at the wrong moment makes Dask stumble in a callback of tornado's, which tells of it with a traceback.
    """
    loggers = [logging.getLogger(name) for name in ("distributed", "tornado.application")]
    before = [(logger.handlers, logger.propagate) for logger in loggers]
    for logger in loggers:
        logger.handlers, logger.propagate = [logging.NullHandler()], False
    try:
        yield
    finally:
        for logger, (handlers, is_told) in zip(loggers, before, strict=True):
            logger.handlers, logger.propagate = handlers, is_told
