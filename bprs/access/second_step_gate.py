"""Behind the password, before everything else: the second step."""

from collections.abc import Callable
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from bprs.access.admin_base import user_of
from bprs.access.second_step import has_second_step, must_have_second_step

DONE, NOT_CHOSEN = "second_step_done", "second_step_not_chosen"
OPEN = ("admin:login", "admin:logout", "second_step", "second_step_setup")


class SecondStepMiddleware:
    """Lead who has a second step, or must have one, to it; asked once a login, so that pages cost no query more."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if self._is_inside(request) and self._owes(request):
            return redirect(f"{reverse('second_step')}?{urlencode({'next': request.get_full_path()})}")
        return self.get_response(request)

    def _is_inside(self, request: HttpRequest) -> bool:
        return (
            settings.SESSION_COOKIE_NAME in request.COOKIES
            and request.path.startswith(reverse("admin:index"))
            and request.user.is_authenticated
            and request.path not in {reverse(name) for name in OPEN}
        )

    def _owes(self, request: HttpRequest) -> bool:
        user = user_of(request)
        if request.session.get(DONE) == user.pk:
            return False
        return must_have_second_step(user) or self._chose_it(request)

    def _chose_it(self, request: HttpRequest) -> bool:
        user = user_of(request)
        if request.session.get(NOT_CHOSEN) == user.pk:
            return False
        if has_second_step(user):
            return True
        request.session[NOT_CHOSEN] = user.pk
        return False
