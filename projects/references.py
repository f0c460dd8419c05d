"""Initiatives as other systems name them: by key, else by their external reference."""

from __future__ import annotations

import re
from collections.abc import Collection

from django.db import connection

KEY = re.compile(r"AI-(\d{1,9})", re.ASCII | re.IGNORECASE)  # labels of a cloud may have no capitals

# Arrays, not Django's lists of parameters: there may be a hundred thousand.
NAMED = """
SELECT asked.name, coalesce(by_key.id, by_reference.id)
FROM unnest(%(names)s::text[], %(numbers)s::int[]) AS asked (name, number)
LEFT JOIN projects_initiative AS by_key ON by_key.number = asked.number
LEFT JOIN projects_initiative AS by_reference ON by_reference.external_ref = asked.name
WHERE coalesce(by_key.id, by_reference.id) IS NOT NULL
"""


def ids_of(names: Collection[str]) -> dict[str, int]:
    """Return the ids of the initiatives that are named, by name: a key in any case, else a reference as it is written.

    One query; none where nothing is asked for. Not only what somebody may see.
    """
    if not names:
        return {}
    keys = [KEY.fullmatch(name) for name in names]
    numbers = [int(key[1]) if key else None for key in keys]
    with connection.cursor() as cursor:
        cursor.execute(NAMED, {"names": list(names), "numbers": numbers})
        return dict(cursor.fetchall())
