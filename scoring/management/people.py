"""Who answers for what a command does."""

from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from bprs.access.models import User


def active_user(username: str, *, exit_code: int) -> User:
    """:raises CommandError: if nobody of this name works here"""
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        raise CommandError(_("There is no active user %(name)s.") % {"name": username}, returncode=exit_code)
    return user
