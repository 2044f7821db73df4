"""What the web server loads."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from bprs.turns import WholeBodiesFirst
from bprs.warming import warm_up

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bprs.settings")
application = WholeBodiesFirst(get_wsgi_application(), largest=2 * settings.UPLOAD_MAX_BYTES)
warm_up()
