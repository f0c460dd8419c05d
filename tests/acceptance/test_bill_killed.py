"""A worker killed over the published bill: its rows, each many times over, are in the ledger once, or not at all."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from django.db.models import Sum

from costs.models import CostLine, PortfolioMonth
from imports import jobs, runner
from tests.killing import kill_twice, taken_by

pytestmark = pytest.mark.django_db(transaction=True)
BILLED, TIMES = Decimal("20.52022672899"), 20


def test_a_killed_import_of_the_published_bill_counts_every_equal_row_once(shared_data: Path) -> None:
    header, *rows = (shared_data / "focus/focus_sample.csv").read_bytes().splitlines(keepends=True)
    text = b"".join([header, *(row.rstrip() + b"\n" for row in rows * TIMES)])
    clean = taken_by("focus", [text])
    job = jobs.submit(None, format_name="focus", chunks=[text], file_name="bill")

    def look() -> None:
        found = CostLine.objects.live().count(), PortfolioMonth.objects.aggregate(gross=Sum("gross"))["gross"]
        assert found == {"running": (0, None), "done": (1000 * TIMES, BILLED * TIMES)}[job.state]

    kill_twice(job, clean, look)
    runner.run(job.pk)
    job.refresh_from_db()
    look()
    assert (job.state, job.rows_created, job.rows_rejected) == ("done", 1000 * TIMES, 0)
    assert job.amount_total == BILLED * TIMES
