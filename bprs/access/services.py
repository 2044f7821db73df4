"""Deciding who gets a key: logging in, making API keys, revoking them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from bprs.access.lockout import authenticate_or_refuse
from bprs.access.models import ApiKey, Branch, User
from bprs.access.scopes import Scope
from bprs.access.second_step import give_code_if_needed
from bprs.errors import DomainError
from bprs.validation import Invalid

PREFIX_LENGTH = 12
LOGIN_NAME = "login"
LONGEST_NAME = 100


class UnknownScope(DomainError):
    code = "unknown_scope"


class InactiveUser(DomainError):
    code = "inactive_user"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewApiKey:
    """A key and its secret, which is shown this once and kept nowhere."""

    key: ApiKey
    secret: str


def log_in(*, request: HttpRequest, username: str, password: str, otp: str = "", at: datetime) -> NewApiKey:
    """
    Give the user a token for `API_TOKEN_HOURS`, and forget their expired ones.

    :raises WrongCredentials: the same whether the user is unknown, inactive or the password is wrong
    :raises TooManyTries: if too many wrong passwords came from this address for this name, or too many wrong codes
    :raises OtpRequired: if a code is needed and there is none
    :raises WrongCode: if it is not the one
    """
    user = authenticate_or_refuse(request=request, username=username, password=password)
    give_code_if_needed(user=user, code=otp, at=at)
    return _renew_login(user, at)


@transaction.atomic
def _renew_login(user: User, at: datetime) -> NewApiKey:
    ApiKey.objects.filter(user=user, kind=ApiKey.Kind.LOGIN, expires_at__lte=at).delete()
    secret = ApiKey.new_secret()
    key = ApiKey.objects.create(
        user=user,
        kind=ApiKey.Kind.LOGIN,
        name=LOGIN_NAME,
        prefix=secret[:PREFIX_LENGTH],
        secret_sha256=ApiKey.hash_of(secret),
        scopes=[Scope.ALL],
        created_at=at,
        expires_at=at + timedelta(hours=settings.API_TOKEN_HOURS),
        last_used_at=at,
    )
    return NewApiKey(key=key, secret=secret)


@transaction.atomic
def create_api_key(
    *, user: User, name: str, scopes: Sequence[str], created_at: datetime, expires_at: datetime | None = None
) -> NewApiKey:
    """
    Make a named key for a program that acts as this user, no further than its scopes.

    :raises UnknownScope: if a scope does not exist, or there is none
    :raises InactiveUser: if the user may not log in
    :raises Invalid: if the key has no name, or would be over before it begins
    """
    _check_new_key(user, name, scopes, created_at, expires_at)
    secret = ApiKey.new_secret()
    key = ApiKey.objects.create(
        user=user,
        name=name.strip(),
        prefix=secret[:PREFIX_LENGTH],
        secret_sha256=ApiKey.hash_of(secret),
        scopes=sorted(set(scopes)),
        created_at=created_at,
        expires_at=expires_at,
    )
    return NewApiKey(key=key, secret=secret)


def _check_new_key(
    user: User, name: str, scopes: Sequence[str], created_at: datetime, expires_at: datetime | None
) -> None:
    unknown = sorted(set(scopes) - set(Scope.values))
    if unknown or not scopes:
        sentence = _("Unknown scope: %(unknown)s. There are: %(known)s.")
        raise UnknownScope(sentence % {"unknown": ", ".join(unknown) or "-", "known": ", ".join(Scope.values)})
    if not user.is_active:
        raise InactiveUser(_("The user is not active."))
    if not name.strip() or len(name) > LONGEST_NAME:
        raise Invalid(_("A key has a name of at most 100 characters."), fields={"name": _("Give the key a name.")})
    if expires_at is not None and expires_at <= created_at:
        sentence = _("A key expires after it is made.")
        raise Invalid(sentence, fields={"expires_at": sentence})


def revoke_api_key(*, key: ApiKey, revoked_at: datetime) -> None:
    """End the key now and for good; revoking it again changes nothing."""
    ApiKey.objects.filter(pk=key.pk, revoked_at__isnull=True).update(revoked_at=revoked_at)


def revoke_keys_of(*, user: User, revoked_at: datetime) -> None:
    """A program that becomes a colleague leaves its keys behind: whoever made them would have the colleague's rights."""
    user.api_keys.filter(kind=ApiKey.Kind.KEY, revoked_at__isnull=True).update(revoked_at=revoked_at)


def note_use(*, key: ApiKey, at: datetime) -> None:
    """Remember that the key is in use: once an hour is enough, a write on every call would be the dearest part of it."""
    if key.last_used_at is None or at - key.last_used_at >= timedelta(hours=1):
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=at)


def branch_to_use(*, code: str | None, user: User) -> Branch:
    """
    Find the branch a new customer belongs to: the one named, or the only one the user works in.

    :raises Invalid: if it does not exist, is not theirs, or must be named because they have several
    """
    visible = Branch.objects.visible_to(user)
    if code is not None:
        branch = visible.filter(code=code).first()
        if branch is None:
            raise _wrong_branch(_("There is no branch with this code among yours."))
        return branch
    branches = list(visible[:2])
    if len(branches) != 1:
        raise _wrong_branch(_("Name the branch: you work in none or in more than one."))
    return branches[0]


def _wrong_branch(sentence: str) -> Invalid:
    return Invalid(sentence, fields={"branch": sentence})
