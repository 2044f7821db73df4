"""Everything from an empty folder to a running site."""

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.utils.translation import gettext as _
from rich import box
from rich.console import Console
from rich.table import Table

from bprs.access.demo_logins import DEMO_LOGINS, DEMO_PASSWORD
from bprs.access.models import User
from bprs.in_use import site_in_use
from bprs.management.commands.serve import add_address_arguments
from bprs.management.refusals import said_plainly
from bprs.serving import refuse_taken_port


class Command(BaseCommand):
    help = (
        "Migrate the database, load the demo bank into it if it is empty, and serve. What `make run` calls. "
        "In production no demo bank is loaded. Exit codes as `serve`."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_address_arguments(parser)
        parser.add_argument("--no-demo", action="store_true", help="leave an empty database empty")

    def handle(self, *, host: str, port: int, workers: int, no_worker: bool, no_demo: bool, **_options: Any) -> None:
        with said_plainly(), site_in_use():
            refuse_taken_port(host=host, port=port)
            call_command("migrate", interactive=False, verbosity=0)
            if not (settings.IS_PRODUCTION or no_demo):
                call_command("demo", if_empty=True, stdout=self.stdout)
                self._say_logins()
            call_command("serve", host=host, port=port, workers=workers, no_worker=no_worker, stdout=self.stdout)

    def _say_logins(self) -> None:
        present = set(User.objects.filter(is_active=True).values_list("username", flat=True))
        logins = [login for login in DEMO_LOGINS if login.username in present]
        if not logins:
            return
        table = Table(title=_("Demo logins"), title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
        for heading in (_("Username"), _("Password"), _("Role"), _("Branch"), _("Name")):
            table.add_column(heading)
        for login in logins:
            role, branch = _(login.role or "Administrator"), login.branch or _("all")
            table.add_row(login.username, DEMO_PASSWORD, role, branch, login.full_name)
        Console(file=self.stdout).print(table)  # type: ignore[arg-type]  # it writes and flushes, all that rich asks
