"""Who guesses passwords is locked out for a while: this name from this address, whichever door they try."""

import ipaddress
from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from django.conf import settings
from django.contrib.auth import authenticate
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bprs.access.models import User
from bprs.errors import DomainError

TOO_MANY_REQUESTS = 429


class WrongCredentials(DomainError):
    code = "wrong_credentials"
    status = 401


class TooManyTries(DomainError):
    code = "too_many_tries"
    status = TOO_MANY_REQUESTS

    def __init__(self) -> None:
        minutes = settings.LOGIN_LOCK_MINUTES
        sentence = ngettext(
            "Too many wrong tries. Try again in %(minutes)d minute, or ask an administrator to unlock you.",
            "Too many wrong tries. Try again in %(minutes)d minutes, or ask an administrator to unlock you.",
            minutes,
        )
        super().__init__(sentence % {"minutes": minutes})
        self.headers = {"Retry-After": str(minutes * 60)}


def authenticate_or_refuse(*, request: HttpRequest, username: str, password: str) -> User:
    """
    Find whose password this is, and forget their wrong tries.

    :raises WrongCredentials: the same whether the user is unknown, inactive or the password is wrong
    :raises TooManyTries: if too many wrong passwords came from this address for this name
    """
    user = authenticate(request, username=username, password=password)
    if is_locked_out(request):
        raise TooManyTries
    if not isinstance(user, User):
        raise WrongCredentials(_("The user name or the password is wrong."))
    AxesProxyHandler.user_logged_in(sender=User, request=request, user=user)
    return user


def is_locked_out(request: HttpRequest) -> bool:
    return bool(getattr(request, "axes_locked_out", False))


def answer_locked_out(_request: HttpRequest, response: HttpResponseBase, _credentials: Any) -> HttpResponseBase:
    """What the form or the API answered says it already; here it gets the status that programs look for."""
    response.status_code = TOO_MANY_REQUESTS
    response.headers["Retry-After"] = str(settings.LOGIN_LOCK_MINUTES * 60)
    return response


def client_address(request: HttpRequest) -> str:
    """The address that the outermost of the bank's own proxies saw; what a visitor claims beyond it is not believed."""
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",")]
    proxies = settings.NINJA_NUM_PROXIES
    seen = hops[-proxies] if 0 < proxies <= len(hops) else ""
    return seen if _is_address(seen) else str(request.META.get("REMOTE_ADDR", ""))


def address_of(request: HttpRequest) -> str | None:
    """Where a request came from, for what is written down; None behind a socket that has no address."""
    address = client_address(request)
    return address if _is_address(address) else None


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
