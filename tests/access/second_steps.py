"""A phone, for tests."""

from datetime import datetime

from django.utils import timezone

from bprs.access import totp
from bprs.access.models import Authenticator, User
from bprs.access.second_step import begin_setup, confirm_setup


def shown_code(user: User, *, at: datetime | None = None) -> str:
    """What the app shows; the next one, where the present is used up."""
    authenticator = Authenticator.objects.get(user=user)
    step = int((at or timezone.now()).timestamp()) // totp.STEP_SECONDS
    return totp.code_at(authenticator.secret, max(step, authenticator.last_step + 1))


def set_up(user: User) -> list[str]:
    now = timezone.now()
    begin_setup(user=user, at=now)
    return confirm_setup(user=user, code=shown_code(user, at=now), at=now)
