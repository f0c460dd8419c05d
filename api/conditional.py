"""ETag and If-Match: an item's ETag is its version, and a change says which version it is based on."""

from __future__ import annotations

import re
from typing import Any, Protocol

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from api.problems import Problem

# `openapi_extra` of an operation that calls `require_match`, always or where the header is there. Each PATCH needs it.
MARK = "x-if-match"
NEEDS_MATCH, TAKES_MATCH = {MARK: True}, {MARK: False}

# What the document says of an answer with an ETag: of every item with a `version` by itself (api/openapi.py).
ETAG: dict[str, Any] = {"ETag": {"schema": {"type": "string"}, "description": 'What `If-Match` takes: "3".'}}
GIVES_ETAG = {"responses": {200: {"headers": ETAG}}}


class Versioned(Protocol):
    """Anything with a version that each change raises."""

    version: int


def set_etag(response: HttpResponse, obj: Versioned) -> None:
    """Tell the caller which version this is."""
    response["ETag"] = f'"{obj.version}"'


def require_match(request: HttpRequest, obj: Versioned) -> None:
    """Go on only when `If-Match` names the version in force: 428 without it, 412 when it is stale."""
    given = request.headers.get("If-Match")
    if given is None:
        raise Problem(428, _('Send If-Match with the version you have read, such as "3".'))
    tags = re.findall(r'(?:W/)?("[^"]*")', given)
    if given.strip() != "*" and not tags:
        raise Problem(412, _('Write the version in If-Match in quotes, such as "3".'))
    if given.strip() != "*" and f'"{obj.version}"' not in tags:
        raise Problem(
            412, _("Somebody changed it since: the version in force is {version}.").format(version=obj.version)
        )
