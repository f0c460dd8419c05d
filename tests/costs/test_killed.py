"""Workers killed over JSON, Parquet and pricing anew: what they leave ends with the totals of a clean run."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from django.db import connection
from django.db.models import Sum

from costs.models import CostLine, GroupMonth, Repricing, UsageLine, UsageMonth
from costs.prices import repricing
from imports import jobs, runner
from tests.costs.importers.test_focus import ROW
from tests.costs.prices.test_book import add as add_price
from tests.factories import UserFactory
from tests.imports.files import bring_in
from tests.killing import Taken, Work, kill_twice, taken_by

pytestmark = pytest.mark.django_db(transaction=True)
COUNT = 6_000
START = 1_772_323_200  # 1 March 2026


def as_json() -> bytes:
    """Write a page of the usage API with a result a key."""
    results = [
        {"object": "organization.usage.completions.result", "input_tokens": 1_000 + number, "output_tokens": 0,
         "num_model_requests": 1, "model": "gpt-9", "project_id": "p", "api_key_id": f"key {number}"}
        for number in range(COUNT)
    ]  # fmt: skip
    bucket = {"object": "bucket", "start_time": START, "end_time": START + 86_400, "results": results}
    return json.dumps({"object": "page", "data": [bucket], "has_more": False}).encode()


def as_parquet() -> bytes:
    """Write a bill with a resource a row."""
    rows = [ROW | {"ResourceId": f"i-{number}", "BilledCost": f"{number}.00000000503"} for number in range(COUNT)]
    file = io.BytesIO()
    pl.DataFrame(rows).write_parquet(file)
    return file.getvalue()


IN_JSON = Decimal(sum(1_000 + number for number in range(COUNT))) * 2 / 1_000_000  # at 2 a million
IN_PARQUET = Decimal(sum(range(COUNT))) + COUNT * Decimal("0.00000000503")


@pytest.mark.parametrize(
    ("format_name", "content", "expected"),
    [("openai_usage", as_json, IN_JSON), ("focus", as_parquet, IN_PARQUET)],
)
def test_an_import_killed_twice_at_random_ends_with_the_totals_of_a_clean_run(
    format_name: str, content: Callable[[], bytes], expected: Decimal
) -> None:
    add_price("gpt-9", "2", provider="openai", since="2026-01-01")
    clean = taken_by(format_name, [content()])
    job = jobs.submit(None, format_name=format_name, chunks=[content()], file_name="bill")

    def look() -> None:
        assert (job.state, CostLine.objects.count()) in [("running", 0), ("done", COUNT)]

    kill_twice(job, clean, look)
    runner.run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.rows_created, job.rows_rejected, job.amount_total) == ("done", COUNT, 0, expected)
    assert CostLine.objects.live().aggregate(sum=Sum("base_amount")) == {"sum": expected}
    assert GroupMonth.objects.aggregate(sum=Sum("gross")) == {"sum": expected}


def test_pricing_anew_killed_at_random_is_done_once() -> None:
    add_price("gpt-9", "2", provider="openai", since="2026-01-01")
    bring_in("openai_usage", as_json())
    add_price("gpt-9", "4", provider="openai", since="2026-02-01")
    finance, march = UserFactory(finance=True), (date(2026, 3, 1), date(2026, 4, 1))
    clean = work_on(repricing.plan(finance, *march)).taken()
    seed = random.randrange(2**32)
    chance, planned = random.Random(seed), repricing.plan(finance, *march)
    kill_work_on(planned, clean.share(chance.random()))
    assert planned.state in ("queued", "ready")
    repricing.run_next()
    planned.refresh_from_db()
    assert planned.state == Repricing.State.READY
    repricing.apply(finance, planned)
    found = []
    for least, most in ((0.0, 0.3), (0.3, 2.0)):  # applying works it out once more before it writes
        kill_work_on(planned, clean.share(chance.uniform(least, most)))
        gross = GroupMonth.objects.aggregate(sum=Sum("gross"))["sum"]
        assert (planned.state, gross) in [("applying", IN_JSON), ("done", 2 * IN_JSON)]
        found.append(planned.state)
    assert "applying" in found, f"seed {seed}, working it out took {clean}"
    repricing.run_next()
    planned.refresh_from_db()
    assert planned.state == Repricing.State.DONE
    assert GroupMonth.objects.aggregate(sum=Sum("gross")) == {"sum": 2 * IN_JSON}
    assert CostLine.objects.live().aggregate(sum=Sum("base_amount")) == {"sum": 2 * IN_JSON}
    assert (UsageLine.objects.live().count(), UsageLine.objects.count()) == (COUNT, 2 * COUNT)
    assert UsageMonth.objects.aggregate(sum=Sum("lines")) == {"sum": COUNT}


# A worker has the row of what it is on.
TAKEN = """
SELECT EXISTS (
    SELECT FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
    WHERE datname = current_database() AND relation = 'costs_repricing'::regclass AND mode = 'RowShareLock'
)
"""


def is_worked_on() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(TAKEN)
        return cursor.fetchone()[0]


def kill_work_on(planned: Repricing, after: Taken) -> None:
    """Kill a worker as soon as it took so much."""
    work_on(planned).kill(after)
    planned.refresh_from_db()


def price_anew(_pk: int) -> None:
    """Be a worker."""
    repricing.run_next()


def work_on(planned: Repricing) -> Work:
    """Return the work on prices."""
    return Work(price_anew, planned.pk, has_begun=is_worked_on, is_on=is_worked_on)
