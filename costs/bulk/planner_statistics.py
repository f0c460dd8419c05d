"""What PostgreSQL believes of the tables that hold the lines, put right where it believes them empty.

Autovacuum counts what is committed. Where it passes while an import writes (it often does after one that was killed, to
clear away its rows), it notes pages without rows, and from then on every plan expects one row: a statement of
milliseconds ran for seven minutes and was stopped then. So those that read many lines ask first.
"""

from __future__ import annotations

from django.db import connection

# One query, whether there is something to look at or not.
_LOOK_ANEW = """
DO $$
DECLARE name text;
BEGIN
    FOR name IN
        SELECT relname FROM pg_class
        WHERE oid IN ('costs_costline'::regclass, 'costs_usageline'::regclass, 'costs_chargegroup'::regclass,
                      'costs_groupmonth'::regclass, 'costs_placement'::regclass)
          AND reltuples >= 0 AND reltuples < pg_relation_size(oid) / current_setting('block_size')::int
    LOOP
        EXECUTE 'ANALYZE ' || name;
    END LOOP;
END $$
"""


def analyze_if_believed_empty() -> None:
    """Run ANALYZE on those of the tables that the planner believes to have fewer rows than pages.

    One that was never analysed is left out: of its rows the planner makes a good guess from its size.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LOOK_ANEW)
