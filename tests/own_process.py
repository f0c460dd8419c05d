"""The environment of a process of its own that works on the test's database."""

import os
from urllib.parse import quote, urlencode

from django.conf import settings
from django.db import connection


def environment() -> dict[str, str]:
    """Name the test's own servers; the folder of a socket stands in the options, a host by its name does not."""
    where = connection.settings_dict
    host, port = where["HOST"] or where["OPTIONS"].get("host", ""), where["PORT"]
    named = urlencode([(name, value) for name, value in (("host", host), ("port", port)) if value])
    url = f"postgres://{where['USER']}:{quote(where['PASSWORD'] or '', safe='')}@/{where['NAME']}?{named}"
    return {
        **os.environ,
        "DATABASE_URL": url,
        "REDIS_URL": settings.REDIS_URL,
        "VAR": str(settings.VAR),
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
