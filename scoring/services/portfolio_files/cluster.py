"""
Where the parts are done: in this process, by workers started for it, or by a Dask cluster that is there already.

Whoever reaches a Dask scheduler can run any program as its workers. So nothing but this machine is spoken to in the clear,
and even the workers that are started here are reached with a key made for them alone.
"""

import ipaddress
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from bprs.errors import DomainError
from scoring.services.portfolio_files.here import do_here
from scoring.services.portfolio_files.score_files import Runner

LOCAL, HERE = "local", "here"


class ClusterRefused(DomainError):
    code = "cluster_refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """Three files: whom to believe, who we are, and the key that proves it."""

    ca: Path
    cert: Path
    key: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """
    `address` is "here", "local" or that of a scheduler; `workers` how many are started for "local", 0 for one on each core.

    :raises ClusterRefused: for an address that is none, or that leads over a network without TLS
    """

    address: str = LOCAL
    workers: int = 0
    tls: Tls | None = None

    def __post_init__(self) -> None:
        if self.address in (LOCAL, HERE):
            return
        scheme, host = _parsed(self.address)
        if scheme == "tcp" and not _is_this_machine(host):
            raise ClusterRefused(
                _(
                    "A scheduler on another machine must be reached by tls://, with --tls-ca, --tls-cert and --tls-key: "
                    "whoever reaches it can run programs on it."
                )
            )
        if scheme == "tls" and self.tls is None:
            raise ClusterRefused(_("A tls:// address needs --tls-ca, --tls-cert and --tls-key."))
        _refuse_missing(self.tls)

    @property
    def is_started_here(self) -> bool:
        return self.address == LOCAL


def runner_for(cluster: Cluster) -> Runner:
    """What does the parts of a plan there."""
    if cluster.address == HERE:
        return do_here
    from scoring.services.portfolio_files.on_dask import on_dask  # noqa: PLC0415 takes a second, and few need it

    return on_dask(cluster)


def _parsed(address: str) -> tuple[str, str]:
    with suppress(ValueError):  # a port that is no number
        parts = urlsplit(address)
        if parts.scheme in ("tcp", "tls") and parts.hostname and parts.port:
            return parts.scheme, parts.hostname
    raise ClusterRefused(
        _("«%(address)s» is no cluster: write local, tcp://127.0.0.1:8786 or tls://host:8786.") % {"address": address}
    )


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _refuse_missing(tls: Tls | None) -> None:
    for path in (tls.ca, tls.cert, tls.key) if tls else ():
        if not path.is_file():
            raise ClusterRefused(_("There is no file %(path)s.") % {"path": path})
