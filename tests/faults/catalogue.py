"""Every fault of the campaign, by its name. What another room adds is one more line here."""

import random

from tests.chaos.campaign import campaign
from tests.faults import backups, bad_clients, clocks, clusters, crowds, disks, kills, outages, power, repeated
from tests.faults.callers import Told
from tests.faults.campaign import Bank, Fault

CHAOS = {"rows": 4_000, "kills": 6, "workers": 2, "part_rows": 40, "files": 1, "score_rows": 120_000, "undo": True}


def workers_at_imports(bank: Bank, chance: random.Random) -> Told:
    """A bank whose workers are killed ends as an undisturbed one does, row by row; see tests/chaos."""
    name = bank.folder.name
    databases = (bank.home.address(f"calm_{name}"), bank.home.address(f"chaos_{name}"))
    found = campaign({**CHAOS, "seed": chance.randrange(10**6)}, bank.folder, databases=databases)
    return Told(lies=[str(difference) for difference in found["differences"]])


FAULTS = (
    Fault(name="web-process-killed", play=kills.web_process, is_quick=True),
    Fault(name="web-server-killed", play=kills.web_server),
    Fault(name="site-killed", play=kills.whole_site),
    Fault(name="worker-killed", play=kills.background_worker),
    Fault(name="workers-killed-importing", play=workers_at_imports),
    Fault(name="dask-worker-killed", play=clusters.worker_killed),
    Fault(name="dask-scheduler-killed", play=clusters.scheduler_killed),
    Fault(name="postgres-killed", play=outages.killed, vendors=("postgresql",), is_quick=True),
    Fault(name="postgres-shut-down", play=outages.ended_at_once, vendors=("postgresql",)),
    Fault(name="disk-full", play=disks.full, settings=backups.PROGRAMS),
    Fault(name="power-lost", play=power.log_cut, vendors=("sqlite",), is_quick=True),
    Fault(name="flushed-before-told", play=power.flushed_before_told, vendors=("sqlite",)),
    Fault(name="clocks-jump", play=clocks.jumps),
    Fault(name="many-at-one-loan", play=crowds.at_one_loan),
    Fault(name="many-at-one-file", play=crowds.at_one_file),
    Fault(name="slow-clients", play=bad_clients.slow_and_broken),
    Fault(name="sent-again", play=repeated.under_one_key),
    Fault(name="backup-flipped", play=backups.byte_flipped, settings=backups.PROGRAMS),
    Fault(name="uploads-cut-off", play=bad_clients.cut_off),
    Fault(name="poisoned-files", play=bad_clients.poison, settings=bad_clients.TIGHT),
)
