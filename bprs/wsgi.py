"""What the web server loads."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from bprs.turns import TakingTurns
from bprs.warming import warm_up

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bprs.settings")
application = TakingTurns(
    get_wsgi_application(),
    largest=2 * settings.UPLOAD_MAX_BYTES,
    at_once=settings.REQUESTS_AT_ONCE,
    patience=settings.REQUEST_WAIT_SECONDS,
)
warm_up()
