"""The second step of a login: who needs it, setting it up, giving a code, and losing the phone."""

from collections.abc import Callable
from datetime import datetime

from axes.handlers.proxy import AxesProxyHandler
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from bprs.access import totp
from bprs.access.lockout import TooManyTries
from bprs.access.models import ApiKey, Authenticator, User
from bprs.encryption import encrypt
from bprs.errors import DomainError

NEEDED_FOR = ("scoring.decide_loan", "scoring.approve_card", "access.change_user", "access.add_apikey")


class WrongCode(DomainError):
    code = "wrong_otp"
    status = 401

    def __init__(self) -> None:
        super().__init__(_("This code is wrong, or was used already. Wait for the next one and try again."))


class OtpRequired(DomainError):
    code = "otp_required"
    status = 401


class SecondStepNotSetUp(DomainError):
    code = "otp_not_set_up"
    status = 403


class SecondStepInForce(DomainError):
    code = "otp_in_force"
    status = 409


class OwnSecondStep(DomainError):
    code = "own_second_step"
    status = 403


def must_have_second_step(user: User) -> bool:
    """Who decides, approves cards, or gives others a way in; a superuser may all of it."""
    return settings.REQUIRE_TOTP and any(user.has_perm(permission) for permission in NEEDED_FOR)


def has_second_step(user: User) -> bool:
    return Authenticator.objects.filter(user=user, confirmed_at__isnull=False).exists()


def begin_setup(*, user: User, at: datetime) -> Authenticator:
    """
    Make the user a secret for their app, or give the one that no code has confirmed yet.

    :raises SecondStepInForce: if there is one in force: nobody reads its secret again
    """
    secret = {"secret_encrypted": encrypt(totp.new_secret()), "made_at": at}
    authenticator, _made = Authenticator.objects.get_or_create(user=user, defaults=secret)
    _check_not_in_force(authenticator)
    return authenticator


@transaction.atomic
def confirm_setup(*, user: User, code: str, at: datetime) -> list[str]:
    """
    Put the second step in force with a first code, and return the recovery codes, which are shown this once.

    :raises SecondStepInForce: if it is already
    :raises WrongCode: if the app does not show this code now
    """
    authenticator = Authenticator.objects.select_for_update().get(user=user)
    _check_not_in_force(authenticator)
    step = totp.step_of(code, secret=authenticator.secret, unix_time=at.timestamp(), after=authenticator.last_step)
    if step is None:
        raise WrongCode
    codes = totp.new_recovery_codes()
    authenticator.confirmed_at, authenticator.last_step = at, step
    authenticator.recovery_hashes = [totp.hash_of(recovery_code) for recovery_code in codes]
    authenticator.save()
    return codes


def give_code(*, user: User, code: str, at: datetime) -> int:
    """
    Take a code of the app or a recovery code, each of them once; return how many recovery codes are left.

    :raises SecondStepNotSetUp: if no second step is in force
    :raises WrongCode: if it is neither
    :raises TooManyTries: after too many wrong ones, to whatever is given then
    """
    with transaction.atomic():
        authenticator = Authenticator.objects.select_for_update().filter(user=user, confirmed_at__isnull=False).first()
        if authenticator is None:
            raise SecondStepNotSetUp(_("Set up the second step of your login in the back office first."))
        refusal = _refusal_of(authenticator, code, at)
        authenticator.save()
    if refusal:  # only now: the wrong try is to be remembered
        raise refusal()
    return len(authenticator.recovery_hashes)


def _refusal_of(authenticator: Authenticator, code: str, at: datetime) -> Callable[[], DomainError] | None:
    if authenticator.is_locked_at(at):
        return TooManyTries
    step = totp.step_of(code, secret=authenticator.secret, unix_time=at.timestamp(), after=authenticator.last_step)
    recovery = totp.hash_of(code)
    if step is None and recovery not in authenticator.recovery_hashes:
        authenticator.note_wrong_try(at)
        return TooManyTries if authenticator.is_locked_at(at) else WrongCode
    if step is None:
        authenticator.recovery_hashes.remove(recovery)
    else:
        authenticator.last_step = step
    authenticator.failed_tries = 0
    return None


def give_code_if_needed(*, user: User, code: str, at: datetime) -> None:
    """
    As `give_code`, for who has a second step or must have one.

    :raises OtpRequired: if there is no code
    """
    if not (must_have_second_step(user) or has_second_step(user)):
        return
    if has_second_step(user) and not code:
        raise OtpRequired(_("Send the code your app shows as otp."))
    give_code(user=user, code=code, at=at)


def remove_second_step(*, user: User, code: str, at: datetime) -> None:
    """Make room for another phone; whoever does it proves with a code to be who set it up."""
    give_code(user=user, code=code, at=at)
    Authenticator.objects.filter(user=user).delete()


@transaction.atomic
def reset_second_step(*, user: User, reset_by: User | None, at: datetime) -> None:
    """
    Forget the second step of somebody who lost phone and recovery codes, and end their logins.

    :raises OwnSecondStep: if they would do it themselves
    """
    if reset_by is not None and reset_by.pk == user.pk:
        raise OwnSecondStep(_("Nobody resets their own second step: ask another administrator."))
    Authenticator.objects.filter(user=user).delete()
    end_logins(user=user, at=at)


@transaction.atomic
def end_logins(*, user: User, at: datetime) -> None:
    """End every session and login token of the user; API keys live on."""
    User.objects.filter(pk=user.pk).update(login_epoch=F("login_epoch") + 1)
    user.refresh_from_db(fields=["login_epoch"])
    end_login_tokens(user=user, at=at)


def end_login_tokens(*, user: User, at: datetime) -> None:
    keys = ApiKey.objects.filter(user=user, kind=ApiKey.Kind.LOGIN, revoked_at__isnull=True)
    keys.update(revoked_at=at)


def unlock_login(*, user: User) -> None:
    """Forget wrong passwords and wrong codes of the user, from wherever they came."""
    AxesProxyHandler.reset_attempts(username=user.get_username())
    Authenticator.objects.filter(user=user).update(failed_tries=0)


def _check_not_in_force(authenticator: Authenticator) -> None:
    if authenticator.confirmed_at is not None:
        raise SecondStepInForce(_("The second step is in force already."))
