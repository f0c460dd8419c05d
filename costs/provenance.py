"""Where a line came from: the import and the row of its file, or the person who entered it."""

from __future__ import annotations

from django.http import Http404

from accounts.models import User
from costs import belonging
from costs.ledger import key_of
from costs.models import CostLine
from imports import files, registry, tables
from imports.models import Import


def line_of(user: User, key: str) -> CostLine:
    """Return the line of an address and where it belongs, withdrawn ones too; 404 where the person may not see it."""
    known = key_of(key)
    lines = CostLine.objects.visible_to(user).shown().select_related("recorded_by")
    line = lines.filter(pk=known).first() if known else None
    if line is None:
        raise Http404
    return belonging.tell([line])[0]


def import_of(line: CostLine) -> Import | None:
    """Return the import that made the line."""
    return Import.objects.filter(pk=line.import_id).first() if line.import_id else None


def original_row(line: CostLine, job: Import) -> list[tuple[str, str]]:
    """Return the row of the file, heading by heading; nothing where the file is no longer kept."""
    path = files.path_of(job.file_sha256)
    if line.line_number is None or not path.exists():
        return []
    return tables.row_at(path, registry.importer(job.format), line.line_number)
