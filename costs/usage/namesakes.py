"""Staged rows of one name: the first in the file keeps it, each further one gets a name of its own.

A console's file has several rows of a period, key and model where persons alone tell them apart, whom we do not read.
The database numbers them, in whatever order they come and however many names there are: no name is kept in memory.
"""

from __future__ import annotations

from collections.abc import Callable

from django.db import connection

from costs.usage.rows import fingerprint_of

AT_ONCE = 5_000  # rows

REPEATED = """
SELECT line_number, external_id, place FROM (
    SELECT line_number, external_id, row_number() OVER (PARTITION BY fingerprint ORDER BY line_number) AS place
    FROM usage_staged
) AS numbered WHERE place > 1
"""
PREPARE = """
DROP TABLE IF EXISTS pg_temp.usage_renamed;
CREATE TEMPORARY TABLE usage_renamed (line_number integer, external_id text, fingerprint uuid) ON COMMIT DROP
"""
RENAME = """
UPDATE usage_staged AS staged SET external_id = renamed.external_id, fingerprint = renamed.fingerprint
FROM usage_renamed AS renamed WHERE staged.line_number = renamed.line_number
"""


def tell_apart(source: str, name_of: Callable[[str, int], str]) -> None:
    """Give further rows of a name the name that `name_of` makes of it and of their number, which begins at 2."""
    with connection.chunked_cursor() as found, connection.cursor() as cursor:
        cursor.execute(PREPARE)
        found.execute(REPEATED)
        while rows := found.fetchmany(AT_ONCE):
            named = [(line, name_of(name, place)) for line, name, place in rows]
            with cursor.copy("COPY usage_renamed FROM STDIN") as out:
                for line, name in named:
                    out.write_row((line, name, fingerprint_of(source, name)))
        cursor.execute("ANALYZE usage_renamed")
        cursor.execute(RENAME)
