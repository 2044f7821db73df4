"""Which language a page speaks."""

from django.conf import settings
from django.http import HttpRequest
from django.middleware.locale import LocaleMiddleware
from django.utils import translation


class IndonesianFirst(LocaleMiddleware):
    """
    Pages are Indonesian until their reader chooses another language; programs choose by Accept-Language.

    A browser's own language says how its computer was set up, not who sits before it: many at the bank run in English.
    """

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        if not request.path.startswith("/api/") and settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
            translation.activate(settings.LANGUAGE_CODE)
            request.LANGUAGE_CODE = settings.LANGUAGE_CODE
