"""Serve the site."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils.translation import gettext as _

from bprs.in_use import site_in_use
from bprs.management.refusals import refuse_unmigrated, said_plainly
from bprs.serving import background_workers, refuse_taken_port, run_together, web_server
from bprs.static_files import collect_static_files

HOST, PORT, WORKERS = "127.0.0.1", 8000, 2


def add_address_arguments(parser: CommandParser) -> None:
    parser.add_argument("--host", default=HOST, help=f"address to listen on (default {HOST}: this machine only)")
    parser.add_argument(
        "--port",
        type=int,
        choices=range(1, 65_536),
        metavar="PORT",
        default=PORT,
        help=f"port to listen on (default {PORT})",
    )
    parser.add_argument(
        "--workers",
        type=int,
        choices=range(1, 257),
        metavar="N",
        default=WORKERS,
        help=f"web server processes (default {WORKERS})",
    )
    parser.add_argument(
        "--no-worker", action="store_true", help="without background workers for long jobs (WORKERS says how many)"
    )


class Command(BaseCommand):
    help = (
        "Serve admin and API, with background workers, until Ctrl-C or SIGTERM. "
        "Exit codes: 0 ended on request; 1 refused to start, or the web server ended by itself."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_address_arguments(parser)

    def handle(self, *, host: str, port: int, workers: int, no_worker: bool, **_options: Any) -> None:
        with said_plainly(), site_in_use():
            refuse_taken_port(host=host, port=port)
            refuse_unmigrated()
            self.check(databases=["default"], include_deployment_checks=settings.IS_PRODUCTION)
            if collect_static_files():
                self.stdout.write(_("Collected static files into %(folder)s.") % {"folder": settings.STATIC_ROOT})
            programs = [web_server(host=host, port=port, workers=workers)]
            if not no_worker:
                programs += background_workers(settings.Q_CLUSTER["workers"])
            run_together(
                programs,
                wait_for=(host, port),
                on_ready=lambda: self._say_ready(host, port),
                on_wait=self._say_who_takes_a_moment,
            )
        self.stdout.write(_("Stopped."))

    def _say_ready(self, host: str, port: int) -> None:
        address = f"http://{f'[{host}]' if ':' in host else host}:{port}/"
        self.stdout.write(
            _("BPRS Scoring is at %(address)s and its API at %(address)sapi/v1/docs. Ctrl-C ends it.")
            % {"address": address}
        )
        self.stdout.flush()

    def _say_who_takes_a_moment(self, names: Sequence[str]) -> None:
        self.stdout.write(_("Stopping; waiting a few seconds for: %(names)s.") % {"names": ", ".join(names)})
        self.stdout.flush()
