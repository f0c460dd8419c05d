"""A form that arrived after its sign-in had ended: kept, so that nothing typed is lost.

Nothing of it is stored here. It travels, signed by us, with the sign-in form; after the sign-in a page that holds it
asks whether it shall be sent now. So it is judged by the view that it was meant for, and by what its sender may do.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from django.core import signing
from django.http import HttpRequest

from accounts import once
from accounts.field_labels import labels
from accounts.sent_fields import CSRF_FIELD

NAME = "unsent"
# What a page sends along by itself, and which of its buttons was pressed.
_NOT_TYPED = re.compile(
    f"{once.FIELD}|version|heeded|instead_of|read|seen|shown|stood|warned|(initial|told|was)-.*|do|go", re.DOTALL
)
MAX_AGE = 7 * 24 * 3600  # seconds: over a weekend, and some days


class Unsent(NamedTuple):
    """Where a form was sent to (path and query), and its fields in order, names as often as they came."""

    path: str
    fields: list[tuple[str, str]]

    def typed(self) -> list[tuple[str, str]]:
        """Return what says something to a person, in order: what its page calls it, and the text."""
        fields = [(name, text) for name, text in self.fields if not _NOT_TYPED.fullmatch(name)]
        known = labels(self.path, {name for name, _text in fields})
        return [(known.get(name, name), text) for name, text in fields if text]


def kept(request: HttpRequest) -> Unsent | None:
    """Return what was sent, without its files; None where nothing was, or what must not be kept (passwords)."""
    if any("password" in name for name in request.POST):
        return None
    fields = [(name, value) for name, values in request.POST.lists() for value in values if name != CSRF_FIELD]
    return Unsent(request.get_full_path(), fields) if fields else None


def sealed(request: HttpRequest) -> str:
    """Return what was sent as a signed text; "" for what cannot be kept whole (files) or must not be."""
    found = None if request.FILES else kept(request)
    return signing.dumps(found, salt=__name__, compress=True) if found else ""


def opened(text: str) -> Unsent | None:
    """Return what `sealed` gave; None where there is nothing, it is no text of ours, or more than a week old."""
    if not text:
        return None
    try:
        path, fields = signing.loads(text, salt=__name__, max_age=MAX_AGE)
    except signing.BadSignature:
        return None
    return Unsent(path, [(name, value) for name, value in fields])
