"""Allocation of 100,000 charge groups by 50 rules: what they would move, worked out and then moved."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from django.db import connection

from benchmarks.figure import Figure, peak_megabytes, seconds
from benchmarks.many_lines import group_of_a_bill
from costs import tasks
from costs.allocation import effect as allocation_effect
from costs.allocation import rules as allocation_rules
from costs.allocation import runs as allocation_runs
from costs.allocation.rules import Terms
from costs.models import AllocationRun, Category, ChargeGroup, Method
from projects.models import Initiative

GROUPS, RULES, MONTHS = 100_000, 50, 12
SERVICES, ACCOUNTS, APPS = 200, 40, 60
# A line a month of every group, and the sums that an import would have made of them.
LINES = """
INSERT INTO costs_costline (group_id, incurred_on, fingerprint, occurrence, amount, rate, base_amount, recorded_at,
                            is_correction, withdrawn)
SELECT id, ('2025-01-15'::date + month * interval '1 month')::date, gen_random_uuid(), 1, 1.25, 1, 1.25, now(), false,
       ''
FROM costs_chargegroup, generate_series(0, %(months)s - 1) AS month ORDER BY 1, 2;
INSERT INTO costs_groupmonth (group_id, month, lines, pending, gross)
SELECT group_id, date_trunc('month', incurred_on::timestamp)::date, count(*), 0, sum(base_amount)
FROM costs_costline GROUP BY 1, 2;
ANALYZE costs_costline, costs_groupmonth, costs_chargegroup
"""


def figures() -> Iterator[Figure]:
    """Measure on the database of this run."""
    for model in (Initiative, ChargeGroup):
        model.objects.all().delete()
    fill()
    make_rules()
    effect = allocation_effect.Effect()
    took = seconds(lambda: effect.__dict__.update(allocation_runs.preview().__dict__))
    yield Figure("100,000 groups × 50 rules: what would move", took, unit="s", at_most=20)
    yield Figure("lines that would move", effect.total.lines, unit="", at_least=1)
    AllocationRun.objects.create()
    took = seconds(tasks.run_waiting)
    yield Figure("lines moved a second", effect.total.lines / took, unit="")
    yield Figure("the same again, nothing to move", seconds(allocation_runs.preview), unit="s", at_most=20)
    yield Figure("memory of the process", peak_megabytes(), unit="MB", at_most=1_000)


def fill() -> None:
    """Write groups of a cloud bill with a line a month each, all of them unallocated."""
    chance, cloud = random.Random(2026), Category.objects.get(name="cloud")
    Initiative.objects.bulk_create(Initiative(number=number, title=f"Initiative {number}") for number in range(1, 101))
    ChargeGroup.objects.bulk_create(
        (
            group_of_a_bill(
                number,
                cloud,
                account=f"{chance.randrange(ACCOUNTS):012d}",
                service=f"Service {chance.randrange(SERVICES)}",
                tags={"app": f"app-{chance.randrange(APPS)}", "env": chance.choice(("prod", "dev"))},
            )
            for number in range(GROUPS)
        ),
        batch_size=5_000,
    )
    with connection.cursor() as cursor:
        cursor.execute(LINES, {"months": MONTHS})


def make_rules() -> None:
    """Add rules by service, account and tag, by value and by glob; some split by use."""
    chance, initiatives = random.Random(7), list(Initiative.objects.all())
    for number in range(RULES):
        match = chance.choice(
            [
                {"service": f"Service {number}"},
                {"account": f"{number % ACCOUNTS:012d}", "tag:env": "prod"},
                {"tag:app": f"app-{number}"},
                {"service": f"*{number}", "resource": f"arn:{number}*"},
            ]
        )
        few = chance.sample(initiatives, 3)
        parts = ((few[0], Decimal("0.25")), (few[1], None), (few[2], None))
        method = Method.COST if number % 10 == 0 else Method.EQUAL
        since = date(2025, 4, 1) if number % 7 == 0 else None
        allocation_rules.create(None, Terms(match, parts, method=method, since=since))
