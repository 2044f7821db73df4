"""Let somebody in again from the server, for who has no administrator left to ask."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from bprs.access.models import User
from bprs.access.second_step import reset_second_step, unlock_login


class Command(BaseCommand):
    help = "Forget the wrong passwords and codes of a user. Exit codes: 0 done; 1 there is no such user."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument(
            "--second-step", action="store_true", help="the phone is lost: forget it, and end all logins"
        )

    def handle(self, *, username: str, second_step: bool, **_options: Any) -> None:
        user = User.objects.filter(username=username).first()
        if user is None:
            raise CommandError(_("There is no user %(username)s.") % {"username": username})
        unlock_login(user=user)
        if second_step:
            reset_second_step(user=user, reset_by=None, at=timezone.now())
        self.stdout.write(_("%(username)s may log in.") % {"username": username})
