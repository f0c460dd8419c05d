"""The WSGI application that granian serves."""

import os

from django.core.wsgi import get_wsgi_application

from config.processes import follow_supervisor

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
follow_supervisor()
application = get_wsgi_application()
