"""Make an API key on the command line and print it, and only it, once."""

from argparse import ArgumentParser
from datetime import datetime, timedelta

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from bprs.access.models import User
from bprs.access.scopes import Scope
from bprs.access.services import create_api_key
from bprs.errors import DomainError


class Command(BaseCommand):
    help = "Make an API key for a user. Prints only the key; it is shown this once and stored nowhere."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username", metavar="USER")
        parser.add_argument("--name", required=True, help="what the key is for, such as core-banking")
        parser.add_argument(
            "--scopes", required=True, metavar="SCOPE,...", help=f"separated by commas: {', '.join(Scope.values)}"
        )
        parser.add_argument("--expires-days", type=int, metavar="N", help="days until it expires; never, if left out")

    def handle(self, *, username: str, name: str, scopes: str, expires_days: int | None, **_options: object) -> None:
        now = timezone.now()
        try:
            new = create_api_key(
                user=_user(username),
                name=name,
                scopes=[scope.strip() for scope in scopes.split(",") if scope.strip()],
                created_at=now,
                expires_at=_expiry(now, expires_days),
            )
        except DomainError as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(new.secret)


def _user(username: str) -> User:
    try:
        return User.objects.get(username=username)
    except User.DoesNotExist:
        raise CommandError(_("There is no user %(name)s.") % {"name": username}) from None


def _expiry(now: datetime, days: int | None) -> datetime | None:
    try:
        return None if days is None else now + timedelta(days=days)
    except OverflowError:
        raise CommandError(_("--expires-days is too large.")) from None
