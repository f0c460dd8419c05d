"""Rows into a table by COPY: for imports, where a model object per row would cost more than everything else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import IO, Any

from django.db import connection, models

BLOCK = 1024 * 1024


def new_ids(model: type[models.Model], count: int) -> list[int]:
    """Return so many primary keys, taken from the table's own sequence."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [model._meta.db_table, count],
        )
        return [key for (key,) in cursor.fetchall()]


def copy_rows(model: type[models.Model], fields: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Copy rows into the model's table, inside the open transaction; only the database's own rules are checked."""
    with connection.cursor() as cursor, cursor.copy(_statement(model, fields)) as copy:
        for row in rows:
            copy.write_row(row)


def copy_text(model: type[models.Model], fields: Sequence[str], file: IO[bytes]) -> None:
    """Copy into the model's table what COPY has written to a file, in text."""
    file.seek(0)
    with connection.cursor() as cursor, cursor.copy(_statement(model, fields)) as copy:
        while block := file.read(BLOCK):
            copy.write(block)


def _statement(model: type[models.Model], fields: Sequence[str]) -> str:
    quote = connection.ops.quote_name
    columns = ", ".join(quote(model._meta.get_field(name).column) for name in fields)
    return f"COPY {quote(model._meta.db_table)} ({columns}) FROM STDIN"
