"""Brings files in, as the command does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from accounts.models import User
from config.supervisor import ROOT
from imports import files, jobs, runner
from imports.models import Import

# One file of every cost format, written by us; the page of imports offers them.
SAMPLES = ROOT / "static/samples"


def bring_in(
    format_name: str,
    source: Path | str | bytes,
    *,
    actor: User | None = None,
    dry_run: bool = False,
    mapping: Mapping[str, str | None] | None = None,
    amount_column: str = "",
) -> Import:
    """Import a file, a text or bytes to its end, and return the job with its report."""
    chunks = files.chunks_of(source) if isinstance(source, Path) else [_bytes(source)]
    job = jobs.submit(
        actor,
        format_name=format_name,
        chunks=chunks,
        file_name="test.csv",
        mapping=mapping,
        dry_run=dry_run,
        amount_column=amount_column,
    )
    runner.run(job.pk)
    job.refresh_from_db()
    return job


def _bytes(source: str | bytes) -> bytes:
    return source.encode() if isinstance(source, str) else source
