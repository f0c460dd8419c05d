"""The portfolio page with the federal portfolio against an empty view of the same base template."""

import io
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.figure import Figure, seconds

RUNS = 30
SHARED_DATA = Path(os.environ.get("SHARED_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
FEDERAL = SHARED_DATA / "federal-ai-inventory" / "2024_consolidated_ai_inventory_raw_v2.csv"


def figures() -> Iterator[Figure]:
    """Yield the page's time with nothing cached and warm, each in empty views, its queries and its first view's size.

    The empty view extends the same base template for the same signed-in person, through the same middleware, and all
    three are timed in turns, so that a busy machine slows them alike; the least of each is compared.
    """
    from django.core.cache import cache
    from django.core.management import call_command
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from projects.models import Initiative

    if not Initiative.objects.exists():
        call_command("import_file", "federal_ai_inventory", str(FEDERAL), stdout=io.StringIO(), stderr=io.StringIO())
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")  # the database does so by itself a minute after an import of this size
    visit = _visitor()
    empty, warm, cold = [], [], []
    for _ in range(RUNS):
        cache.clear()
        cold.append(seconds(lambda: visit("/")))
        warm.append(seconds(lambda: visit("/")))
        empty.append(seconds(lambda: visit("/empty-view/")))
    yield Figure("portfolio page, nothing cached, in empty views", min(cold) / min(empty), at_most=8)
    yield Figure("portfolio page, warm, in empty views", min(warm) / min(empty), at_most=3)
    cache.clear()
    with CaptureQueriesContext(connection) as queries:
        page = visit("/")
    yield Figure("portfolio page, nothing cached, queries", len(queries), "", at_most=15)
    yield Figure("portfolio page, first view, compressed", first_view(page) / 1024, "KB", at_most=300)


def first_view(page: bytes) -> int:
    """Return the bytes of the page and of all that it names: styles, scripts, icon and the fonts that it preloads.

    Everything is compressed as it is sent (brotli), but what is compressed already.
    """
    import brotli
    from django.conf import settings
    from django.contrib.staticfiles import finders

    size = len(brotli.compress(page, quality=5))
    names = set(re.findall(rf'(?:href|src)="{settings.STATIC_URL}([^"?]+)"', page.decode()))
    for name in names:
        collected = settings.STATIC_ROOT / name  # named by its content where `make setup` has collected it
        content = (collected if collected.exists() else Path(str(finders.find(name)))).read_bytes()
        size += len(content if name.endswith(".woff2") else brotli.compress(content))
    return size


def _visitor() -> Callable[[str], bytes]:
    """Return what fetches a page as an administrator; the empty view extends the base template and shows nothing."""
    from django.conf import settings
    from django.http import HttpRequest, HttpResponse
    from django.template import engines
    from django.test import Client
    from django.urls import path

    from accounts.models import Role, User
    from config import urls

    template = engines["django"].from_string('{% extends "base.html" %}')

    def empty(request: HttpRequest) -> HttpResponse:
        return HttpResponse(template.render({}, request))

    urls.urlpatterns.append(path("empty-view/", empty))
    settings.ALLOWED_HOSTS.append("testserver")
    client = Client()
    client.force_login(User.objects.create_user("page@bench.example", role=Role.ADMIN))

    def visit(address: str) -> bytes:
        response = client.get(address)
        if response.status_code != 200:
            raise RuntimeError(f"{address}: {response.status_code}")
        return bytes(response.content)

    return visit
