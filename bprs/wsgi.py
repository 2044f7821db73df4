"""What the web server loads."""

import os

from django.core.wsgi import get_wsgi_application

from bprs.warming import warm_up

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bprs.settings")
application = get_wsgi_application()
warm_up()
