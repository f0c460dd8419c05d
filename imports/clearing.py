"""What becomes of files and of the rows that reports keep: what counts stays, the rest goes in its time.

docs/administration.md says when.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from imports import deliveries, files
from imports.models import UNFINISHED, Import, RejectedRow, RestatedRow, State, Upload

# A part of a file, or one that nothing refers to, may be of an upload that is under way.
UNDER_WAY = timedelta(days=1)
# An upload whose columns nobody has mapped; the file of an import of which nothing is left.
WAITS = timedelta(days=30)
KEPT_WITHOUT_USE = timedelta(days=90)


def clear() -> int:
    """Remove files that nothing needs any more, and the rows that reports keep of such imports.

    Return how many files.
    """
    Upload.objects.filter(created_at__lt=timezone.now() - WAITS).delete()
    over = Import.objects.exclude(pk__in=_needed())
    RejectedRow.objects.filter(job__in=over).delete()
    RestatedRow.objects.filter(job__in=over).delete()
    wanted = _wanted()
    gone = [path for path in _old_files() if path.suffix == files.PART or path.stem not in wanted]
    for path in gone:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    return len(gone)


def _wanted() -> set[str]:
    """Return the hashes of the files that are needed."""
    uploads = Upload.objects.values_list("file_sha256", flat=True)
    wanted = {*_needed().values_list("file_sha256", flat=True), *uploads}
    lists = [path for path in map(files.path_of, wanted) if deliveries.is_one(path) and path.exists()]
    return wanted | {part.sha256 for path in lists for part in deliveries.read(path).parts}


def _needed() -> QuerySet[Import]:
    """Return the imports that have brought something in, wait or run, or are not long over."""
    holds_data = Q(state=State.DONE, dry_run=False)
    lately = timezone.now() - KEPT_WITHOUT_USE
    recent = Q(finished_at__gt=lately) | Q(reverted_at__gt=lately)
    return Import.objects.filter(holds_data | Q(state__in=UNFINISHED) | recent)


def _old_files() -> Iterator[Path]:
    """Yield kept files, and parts (files and folders) that a killed process has left, not touched for a while."""
    before = time.time() - UNDER_WAY.total_seconds()
    uploads = Path(settings.FILE_UPLOAD_TEMP_DIR)
    kept = (path for each in (f"*{files.PART}", "*/*.gz", "*/*.json") for path in files.folder().glob(each))
    for path in (*uploads.glob("*.upload*"), *kept):
        if path.exists() and path.stat().st_mtime < before:
            yield path
