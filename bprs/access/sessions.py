"""How long a login lasts: until nobody used it for a while, and never longer than a day's work."""

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

BEGAN, SEEN = "began_at", "seen_at"
NOTED_EVERY = 60  # seconds: a session is written at most once a minute


class SessionLimitsMiddleware:
    """End a login that was idle for SESSION_IDLE_MINUTES or is SESSION_HOURS old; say so on the login page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            self._keep_or_end(request, time.time())
        return self.get_response(request)

    def _keep_or_end(self, request: HttpRequest, now: float) -> None:
        session = request.session
        began, seen = session.setdefault(BEGAN, now), session.setdefault(SEEN, now)
        if now - began > settings.SESSION_HOURS * 3600 or now - seen > settings.SESSION_IDLE_MINUTES * 60:
            logout(request)
            messages.info(request, _("You were logged out because this page was not used for a while. Log in again."))
        elif now - seen >= NOTED_EVERY:
            session[SEEN] = now
