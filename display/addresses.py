"""Where a page is, with what its address says besides."""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from django.urls import get_script_prefix, get_urlconf, reverse


def address(name: str, *arguments: Any, query: str = "", **more: str) -> str:
    """Return where a page is, with a query string and what else to say: `{% address "a:b" key query=query %}`."""
    parts = [part for part in (query, urlencode(more)) if part]
    path = _path(get_script_prefix(), get_urlconf(), name, arguments)
    return f"{path}?{'&'.join(parts)}" if parts else path


@lru_cache(maxsize=1024)
def _path(_prefix: str, _urlconf: str | None, name: str, arguments: tuple[Any, ...]) -> str:
    """Find the path of a page once: the portfolio page asks for fifty, and they are the same for as long as we run."""
    return reverse(name, args=arguments)
