"""Several small tables read in one trip to the database: a line by hand is entered in as few as may be."""

from __future__ import annotations

import json
from typing import Any

from django.db import connection


def read_all(*selects: str) -> list[list[dict[str, Any]]]:
    """Return the rows of several queries, each by name of its columns. Dates and exact numbers come as texts."""
    each = ", ".join(f"(SELECT coalesce(jsonb_agg(found), '[]') FROM ({select}) AS found)" for select in selects)  # noqa: S608 - our own texts
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {each}")
        return [json.loads(rows) for rows in cursor.fetchone()]
