"""What an import is measured beside: a bare COPY of the same file, and django-import-export."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import tablib
from django.db import connection, models
from import_export import resources

from imports import files, jobs, runner
from imports.models import Import


class AtItsBest:
    """The best settings of django-import-export's documentation: bulk, no differences worked out, nothing looked up."""

    use_bulk, batch_size, skip_diff, force_init_instance = True, 1_000, True, True
    import_id_fields = ()
    report_skipped = skip_unchanged = False
    use_transactions = True


def bring_in(format_name: str, path: Path, rows: int) -> None:
    """Import a file as the command does: keep it, read, check, de-duplicate, write, sum up."""
    job = jobs.submit(None, format_name=format_name, chunks=files.chunks_of(path), file_name=path.name)
    runner.run(job.pk)
    created = Import.objects.get(pk=job.pk).rows_created
    if created != rows:
        raise RuntimeError(f"{created} lines were created")


def empty(tables: Sequence[type[models.Model]]) -> None:
    """Take everything out of these tables."""
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(model._meta.db_table for model in tables)} CASCADE")


def bare_copy(path: Path, header: Sequence[str]) -> None:
    """Copy a file into a table of texts without an index."""
    columns = ", ".join(f'"{name}" text' for name in header)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS bare; CREATE TABLE bare ({columns})")
        with cursor.copy("COPY bare FROM STDIN (FORMAT csv, HEADER)") as copy, path.open("rb") as file:
            while chunk := file.read(1024 * 1024):
                copy.write(chunk)


def by_import_export(resource: type[resources.ModelResource], path: Path, rows: int) -> None:
    """Import a file with django-import-export into an empty table, without any of our checks, look-ups and sums."""
    model = resource._meta.model
    with connection.schema_editor() as editor:
        if model._meta.db_table in connection.introspection.table_names():
            editor.delete_model(model)
        editor.create_model(model)
    read = tablib.Dataset().load(path.read_text(), format="csv")
    if "id" in (resource._meta.fields or ()):
        read.append_col(range(1, rows + 1), header="id")
    result = resource().import_data(read, raise_errors=True)
    if result.totals["new"] != rows:
        raise RuntimeError(f"{dict(result.totals)}")
