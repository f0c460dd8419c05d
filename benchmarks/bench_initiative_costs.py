"""The Costs tab of an initiative whose cost is that of bills: 1.5 million lines that rules have placed beside 30,000.

A year of 2,500 charge groups, with one line and with fifty in each month of each; the running month has its share.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import Role, User
from benchmarks.bench_line import opened
from benchmarks.figure import Figure, seconds
from benchmarks.many_lines import SUMS, group_of_a_bill
from costs.models import Category, ChargeGroup
from money.months import next_month
from projects.models import Initiative

INITIATIVES, GROUPS, MONTHS, TIMES = 50, 2_500, 12, 50
LINES = """
INSERT INTO costs_costline (group_id, incurred_on, fingerprint, occurrence, amount, rate, base_amount, recorded_at,
                            is_correction, withdrawn)
SELECT charge.id, least((month + (charge.id * 7 + number * 13) %% 28 * interval '1 day')::date, %(today)s),
       gen_random_uuid(), 1, 1.25, 1, 1.25, now(), false, ''
FROM costs_chargegroup AS charge
CROSS JOIN generate_series(%(first)s::timestamp, %(today)s::timestamp, interval '1 month') AS month
CROSS JOIN generate_series(%(from)s, %(to)s) AS number
ORDER BY 1, 2
"""
PLACED = """
INSERT INTO costs_placement (group_id, since, until, initiative_id, share)
SELECT id, '1900-01-01', '9999-12-01', (%s::bigint[])[1 + id %% %s], 1 FROM costs_chargegroup
"""


def figures() -> Iterator[Figure]:
    """Measure on the empty database of this run."""
    today = timezone.localdate()
    initiative = _groups()
    browser = Client(HTTP_HOST="localhost")
    browser.force_login(User.objects.create_user("costs@bench.example", role=Role.FINANCE))

    def page() -> float:
        opened(browser, address)  # what a process does once
        return seconds(lambda: opened(browser, address), times=15)

    address = f"/initiatives/{initiative.key}/costs/"
    _fill(today, 1, 1)
    few = page()
    _fill(today, 2, TIMES)
    many = page()
    print(f"  many lines {many * 1000:.0f} ms, few {few * 1000:.0f} ms")
    yield Figure(f"costs of an initiative, {TIMES} × the lines of the bills", many / few, at_most=1.5)


def _groups() -> Initiative:
    """Make initiatives and the groups of a bill, each placed on one of them; return one."""
    first = (Initiative.objects.order_by("-number").values_list("number", flat=True).first() or 0) + 1
    made = Initiative.objects.bulk_create(
        Initiative(number=number, title=f"Initiative {number}") for number in range(first, first + INITIATIVES)
    )
    cloud = Category.objects.get(name="cloud")
    ChargeGroup.objects.bulk_create(
        group_of_a_bill(number, cloud, service=f"Service {number % 200}") for number in range(GROUPS)
    )
    with connection.cursor() as cursor:
        cursor.execute(PLACED, [[each.pk for each in made], INITIATIVES])
    return made[0]


def _fill(today: date, first: int, last: int) -> None:
    """Add the first-th to last-th line to every group and month, and bring the sums up."""
    given = {"first": next_month(today, 1 - MONTHS), "today": today, "from": first, "to": last}
    with connection.cursor() as cursor:
        cursor.execute(LINES, given)
        cursor.execute(SUMS, {"as_of": today})
        cursor.execute("VACUUM ANALYZE")
