"""The WSGI application that granian serves."""

import os
import signal

from django.core.wsgi import get_wsgi_application

from config.processes import SUPERVISED, follow_supervisor

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("PGOPTIONS", "-c lock_timeout=5s")  # see config/busy.py; a worker waits as long as it takes
follow_supervisor()
if os.environ.get(SUPERVISED) == "1":
    # Granian forks its workers with its own handler, which comes to nothing in them: one that is told to stop while it
    # loads the application would be killed ten seconds later. Once this is loaded it sets a handler for workers.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
application = get_wsgi_application()
