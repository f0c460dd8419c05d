"""Processes of their own on the test's database, which a test may kill.

They are forked from one server a test process, which has Django loaded: a start takes milliseconds, as in a worker.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from multiprocessing.context import ForkServerContext, ForkServerProcess
from typing import Any
from unittest import mock
from urllib.parse import quote, urlencode

from django.conf import settings
from django.db import connection

_context: ForkServerContext = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["tests.loaded"])


def start(function: Callable[..., Any], *arguments: Any) -> ForkServerProcess:
    """Call a function of the product in a process of its own; its `exitcode` says how that ended."""
    process = _context.Process(target=function, args=arguments, daemon=True)
    with mock.patch.dict(os.environ, environment(), clear=True):
        process.start()
    return process


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
