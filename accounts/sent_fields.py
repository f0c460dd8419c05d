"""What a request sent: ids under a name; the version that was read; a digest, the same for the same content."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest

CSRF_FIELD = "csrfmiddlewaretoken"  # new on each page: it says nothing about what was typed
MOST_DIGITS = 18  # as many as fit every id that the database gives; Python itself refuses to read over 4,300


def ids(request: HttpRequest, name: str) -> list[int]:
    """Return the ids of the rows that were ticked or pressed."""
    return ids_in(request.POST.getlist(name))


def ids_in(texts: Iterable[str]) -> list[int]:
    """Return those of some texts that are ids; what is none is left out, as a row that is gone is."""
    return [int(text) for text in texts if text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS]


def sent_version(request: HttpRequest) -> int:
    """Return the version at which a page with a form was read; 0, which nothing has, where the form says none."""
    sent = request.POST.get("version", "")
    return int(sent) if re.fullmatch("[0-9]{1,9}", sent) else 0


def digest(request: HttpRequest) -> bytes:
    """Return SHA-256 of the method, the address, the fields in order of their names, and what is in the files.

    Names and boundaries that a browser gives to parts of an upload differ from one sending to the next.
    """
    found = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode(errors="surrogatepass"))
    for name, values in sorted(request.POST.lists()):
        if name != CSRF_FIELD:
            found.update(repr((name, values)).encode(errors="surrogatepass"))
    for name, files in sorted(request.FILES.lists()):
        for file in files:
            found.update(repr((name, _content_digest(file))).encode(errors="surrogatepass"))
    return found.digest()


def _content_digest(file: UploadedFile) -> str:
    found = hashlib.sha256()
    for chunk in file.chunks():
        found.update(chunk)
    file.seek(0)
    return found.hexdigest()
