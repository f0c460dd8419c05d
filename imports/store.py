"""Writes an import's report: counts, reasons and rejected rows."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from imports import registry
from imports.copying import copy_rows, copy_text
from imports.heartbeat import CancelledError
from imports.models import UNFINISHED, Import, ImportReason, RejectedRow, RestatedRow, State
from imports.pipeline import Reason, Report
from imports.report import RESTATED_COLUMNS

CANCELLED = gettext_noop("Cancelled by {name}. Nothing was imported.")
REJECTED = ("job", "line", "column", "reason", "values", "cells")


def done(job: Import, report: Report, started_at: datetime) -> None:
    """Write that an import has come to its end, inside the transaction that holds its data.

    Raise `CancelledError` when somebody has cancelled it meanwhile.
    """
    ImportReason.objects.filter(job=job).delete()
    ImportReason.objects.bulk_create(_reasons(job, report))
    copy_rows(RejectedRow, REJECTED, ([job.pk, *row] for row in report.rejected_rows()))
    if report.restated.count:
        copy_text(RestatedRow, ("job", *RESTATED_COLUMNS), report.restated.rows)
    is_wanted = Import.objects.filter(pk=job.pk, cancelled_at=None).update(
        state=State.DONE,
        started_at=started_at,
        finished_at=timezone.now(),
        header=report.header,
        parts=report.parts,
        rows_total=report.total,
        rows_done=report.total,
        bytes_done=job.file_size,
        rows_created=report.created,
        rows_unchanged=report.unchanged,
        rows_rejected=report.rejected,
        rows_restated=report.restated.count,
        restated_before=report.restated.before,
        restated_now=report.restated.now,
        restated_pending=report.restated.pending,
        amount_total=report.amount_total if registry.importer(job.format).has_amount else None,
        amount_compared=report.amount_compared,
        breakdown=report.breakdown,
    )
    if not is_wanted:
        raise CancelledError


def failed(import_id: int, reason: Reason) -> None:
    """Write that an import was given up, and why. One that has come to its end meanwhile stays as it is."""
    now = timezone.now()
    if Import.objects.filter(pk=import_id, state__in=UNFINISHED).update(state=State.FAILED, finished_at=now):
        _refused(import_id, reason)


def not_reverted(import_id: int, reason: Reason) -> None:
    """Write that taking an import back was given up, and why. One that is taken back meanwhile stays so."""
    with transaction.atomic():
        if Import.objects.being_reverted().filter(pk=import_id).update(revert_asked_at=None):
            _refused(import_id, reason)


def cancelled(import_id: int) -> None:
    """Write that an import was cancelled, and by whom."""
    job = Import.objects.select_related("cancelled_by").get(pk=import_id)
    failed(import_id, Reason(CANCELLED, name=str(job.cancelled_by or "?")))


def _refused(import_id: int, reason: Reason) -> None:
    ImportReason.objects.create(job_id=import_id, text=reason.text, values=reason.values, count=1, is_refusal=True)


def _reasons(job: Import, report: Report) -> list[ImportReason]:
    return [
        ImportReason(
            job=job,
            text=reason.text,
            values=reason.values,
            count=tally.count,
            is_rejection=tally.is_rejection,
            is_restatement=tally.is_restatement,
            lines=tally.lines,
            leads_to_lines=tally.leads_to_lines,
        )
        for (reason, _), tally in report.tallies.items()
    ]
