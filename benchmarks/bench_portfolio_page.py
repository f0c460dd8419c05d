"""The portfolio page with the federal portfolio against an empty view of the same base template."""

import gzip
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.figure import Figure, seconds

RUNS = 15
SHARED_DATA = Path(os.environ.get("SHARED_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
FEDERAL = SHARED_DATA / "federal-ai-inventory" / "2024_consolidated_ai_inventory_raw_v2.csv"


def figures() -> Iterator[Figure]:
    """Yield the page's time with nothing cached and warm, each in empty views, and its compressed size."""
    from django.core.cache import cache
    from django.core.management import call_command

    from projects.models import Initiative

    if not Initiative.objects.exists():
        call_command("import_file", "federal_ai_inventory", str(FEDERAL))
    visit = _visitor()
    for address in ("/", "/empty-view/"):
        visit(address)
    empty = seconds(lambda: visit("/empty-view/"), RUNS)
    warm = seconds(lambda: visit("/"), RUNS)
    cold = seconds(lambda: (cache.clear(), visit("/")), RUNS)
    yield Figure("portfolio page, nothing cached, in empty views", cold / empty, at_most=8)
    yield Figure("portfolio page, warm, in empty views", warm / empty, at_most=3)
    yield Figure("portfolio page, compressed", len(gzip.compress(visit("/"))) / 1024, "KB", at_most=300)


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
