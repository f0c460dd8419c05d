"""Settings under test: the real ones, with a throw-away folder, cheap passwords and e-mail kept in memory."""

import os

from config import embedded

# The first process (not an xdist worker, which inherits it) chooses the folder; tests/conftest.py removes it.
if "WORTHWHILE_TEST_VAR" not in os.environ:
    os.environ["WORTHWHILE_TEST_VAR"] = str(embedded.throw_away_folder())
os.environ["VAR"] = os.environ["WORTHWHILE_TEST_VAR"]
os.environ["DEBUG"] = "0"

from config.settings import *  # noqa: F403
from config.settings import CACHES, DATABASES, REDIS_URL, STORAGES
from tests.redis_numbers import for_this_worker

# Files are served as they lie in static/, whether or not `make setup` collected an older state of them.
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
# Tests that commit empty the database afterwards; nowhere else may the audit trail be emptied (accounts 0001).
DATABASES["default"]["OPTIONS"]["options"] = "-c worthwhile.may_truncate_audit=on -c synchronous_commit=off"

REDIS_URL = for_this_worker(REDIS_URL)
CELERY_BROKER_URL = embedded.broker_url(REDIS_URL)
CACHES["default"]["LOCATION"] = REDIS_URL
