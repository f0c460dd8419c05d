"""What an import says about itself: the body of `GET /imports/{id}` and the last line of `import_file`."""

from __future__ import annotations

from typing import Any

from api.decimals import shortest
from imports.models import Import
from imports.progress import Progress


def summary(job: Import) -> dict[str, Any]:
    """Return state, counts, reasons and rows as JSON-able values (API.md, "An import's summary line")."""
    rows = {str(reason): reason.lines for reason in job.reasons.all() if reason.lines}
    remarks = {str(reason): reason.pk for reason in job.reasons.all() if reason.leads_to_lines and job.lines_page}
    return {**summary_without_rows(job), "rows": rows, "remarks": remarks}


def summary_without_rows(job: Import) -> dict[str, Any]:
    """Return the same without the lines that each reason is about, of which there may be very many."""
    progress = Progress.of(job)
    return {
        "id": job.pk,
        "format": job.format,
        "file_name": job.file_name,
        "parts": job.parts,
        "dry_run": job.dry_run,
        "amount_column": job.amount_column or None,
        "state": job.state,
        "rows_total": job.rows_total,
        "rows_done": job.rows_done,
        "rows_created": job.rows_created,
        "rows_unchanged": job.rows_unchanged,
        "rows_restated": job.rows_restated,
        "rows_rejected": job.rows_rejected,
        "rows_per_second": progress.rows_per_second,
        "seconds_left": progress.seconds_left,
        "cancelled_at": job.cancelled_at and job.cancelled_at.isoformat(),
        "revert_asked_at": job.revert_asked_at and job.revert_asked_at.isoformat(),
        "amount_total": None if job.amount_total is None else shortest(job.amount_total),
        "amount_compared": None if job.amount_compared is None else shortest(job.amount_compared),
        "restated": _restated(job) if job.rows_restated else None,
        "started_at": job.started_at and job.started_at.isoformat(),
        "finished_at": job.finished_at and job.finished_at.isoformat(),
        "reasons": {str(reason): reason.count for reason in job.reasons.all()},
        "breakdown": job.breakdown,
    }


def _restated(job: Import) -> dict[str, Any]:
    return {
        "before": shortest(job.restated_before),
        "now": shortest(job.restated_now),
        "difference": shortest(job.restated_difference),
        "pending": job.restated_pending,
    }
