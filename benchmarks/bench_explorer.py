"""The cost explorer on 1 million and on 10 million lines: answered from sums, so that lines hardly matter.

The same 5,000 initiatives, 8,333 charge groups and 60 months carry 2 lines a group and month, then 20. Lines come by
set-based INSERTs, sums are rebuilt from them; one group in twenty names no initiative, and half of those are placed
with shares. The as-of date lies inside the last month, as it does on every day but one.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from uuid import UUID

from django.db import connection

from accounts.models import Role, User
from benchmarks.figure import Figure, seconds
from costs.explorer.pivot import pivot
from costs.explorer.question import Question, with_period
from costs.filters import Filters
from costs.models import AiCategory, Category, ChargeGroup
from projects import units
from projects.models import Initiative

INITIATIVES, GROUPS, MONTHS, UNITS = 5_000, 8_333, 60, 20
FEW, MANY = 2, 20  # lines of a group in a month: 1 million and 10 million in all
FIRST, AS_OF = date(2021, 11, 1), date(2026, 10, 28)
RUNS = 30

LINES = """
INSERT INTO costs_costline (group_id, incurred_on, fingerprint, occurrence, amount, rate, base_amount, recorded_at,
                            is_correction, withdrawn)
SELECT grp.id, (%(first)s::date + month * interval '1 month')::date + ((number * 7 + grp.id) %% 28)::int,
       lpad(to_hex(number), 32, '0')::uuid, 1, amount, 1, amount, now(), false, ''
FROM costs_chargegroup AS grp
CROSS JOIN generate_series(0, %(months)s - 1) AS month
CROSS JOIN generate_series(%(from)s, %(to)s) AS number
CROSS JOIN LATERAL (SELECT ((grp.id * 7919 + month * 104729 + number * 1299709) %% 1000003) / 100.0 AS amount) AS cost
WHERE grp.source = 'bench' ORDER BY 1, 2, 3
"""
SUMS = """
TRUNCATE costs_groupmonth, costs_initiativemonth, costs_portfoliomonth, costs_initiativedays;
INSERT INTO costs_groupmonth (group_id, month, lines, pending, gross)
SELECT group_id, date_trunc('month', incurred_on)::date, count(*), 0, sum(base_amount)
FROM costs_costline GROUP BY 1, 2 ORDER BY 1, 2;
INSERT INTO costs_initiativemonth (initiative_id, month, category_id, counted_month, entries, gross, recovered)
SELECT coalesce(place.initiative_id, grp.initiative_id, 0), kept.month, grp.category_id, kept.month, sum(kept.lines),
       sum(kept.gross * coalesce(place.share, 1)), 0
FROM costs_groupmonth AS kept JOIN costs_chargegroup AS grp ON grp.id = kept.group_id
LEFT JOIN costs_placement AS place
    ON place.group_id = kept.group_id AND place.since <= kept.month AND place.until > kept.month
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;
INSERT INTO costs_portfoliomonth (month, category_id, counted_month, allocated, entries, gross, recovered)
SELECT month, category_id, month, initiative_id <> 0, sum(entries), sum(gross), 0
FROM costs_initiativemonth GROUP BY 1, 2, 3, 4;
WITH daily AS (
SELECT coalesce(place.initiative_id, grp.initiative_id, 0) AS initiative_id, line.incurred_on AS on_day,
       count(*) AS entries, sum(line.base_amount * coalesce(place.share, 1)) AS gross
FROM costs_costline AS line JOIN costs_chargegroup AS grp ON grp.id = line.group_id
LEFT JOIN costs_placement AS place
    ON place.group_id = line.group_id AND place.since <= line.incurred_on AND place.until > line.incurred_on
WHERE line.incurred_on >= date_trunc('month', %(as_of)s::date)  -- of older months only whole ones are asked for
GROUP BY 1, 2
)
INSERT INTO costs_initiativedays (counted_month, initiative_id, month, entries, gross, recovered)
SELECT month::date, key.initiative_id, month::date, array_agg(entries ORDER BY day), array_agg(gross ORDER BY day),
       array_agg(gross * 0 ORDER BY day)
FROM (SELECT DISTINCT date_trunc('month', on_day) AS month, initiative_id FROM daily) AS key
CROSS JOIN generate_series(0, 30) AS day
LEFT JOIN daily ON daily.initiative_id = key.initiative_id AND on_day = month::date + day
GROUP BY 1, 2;
"""
OVER_LINES = """
SELECT category_id, date_trunc('month', incurred_on)::date, sum(base_amount)
FROM costs_costline AS line JOIN costs_chargegroup AS grp ON grp.id = line.group_id
WHERE incurred_on <= %(as_of)s AND withdrawn_at IS NULL GROUP BY 1, 2
"""
TABLES = ("costs_costline", "costs_groupmonth", "costs_initiativemonth", "costs_initiativedays", "costs_portfoliomonth")
Ask = Callable[[], object]


def figures() -> Iterator[Figure]:
    """Measure on the database of this run."""
    ask = questions()
    fill(1, FEW)
    keep_few()
    fill(FEW + 1, MANY)
    few, many = in_turns(ask)
    lines = seconds(over_lines, times=3)
    print(f"  load {os.getloadavg()[0]:.1f};", *(f"{name} {many[name] * 1000:.1f} ms;" for name in many))
    yield Figure("month × category, 10 M lines against 1 M", many["whole"] / few["whole"], at_most=1.3)
    yield Figure("month × category, times as fast as over the lines", lines / many["whole"], at_least=100)
    yield Figure("month × category of one unit, 10 M against 1 M", many["unit"] / few["unit"], at_most=2)
    yield Figure("vendor × AI category, 10 M against 1 M", many["vendor"] / few["vendor"], at_most=2)
    yield Figure("vendor × AI category, times as fast as over the lines", lines / many["vendor"])


def questions() -> dict[str, Ask]:
    """Make whom and what costs are about; return what is asked of them."""
    connection.cursor().execute("TRUNCATE costs_costline")
    finance = User.objects.create_user("explorer@bench.example", role=Role.FINANCE)
    paths = [units.find_or_make(f"Division {number % 5} / Team {number}", None) for number in range(UNITS)]
    first = (Initiative.objects.order_by("-number").values_list("number", flat=True).first() or 0) + 1
    made = Initiative.objects.bulk_create(
        Initiative(number=first + number, title=f"Initiative {number}", business_unit=paths[number % UNITS])
        for number in range(INITIATIVES)
    )
    groups(made)
    wide = Question(with_period(Filters(since=FIRST, as_of=AS_OF)), "category", "month", 12)
    unit = replace(wide, filters=replace(wide.filters, business_unit=paths[0].path))
    vendor = replace(wide, rows="vendor", columns="ai_category")
    return {
        "whole": lambda: pivot(wide, finance),
        "unit": lambda: pivot(unit, finance),
        "vendor": lambda: pivot(vendor, finance),
    }


def groups(initiatives: list[Initiative]) -> None:
    """Make the charge groups, and place half of those that name no initiative."""
    chance = random.Random(2026)
    categories, labels = list(Category.objects.all()), ["", *AiCategory.values]
    made = ChargeGroup.objects.bulk_create(
        ChargeGroup(
            identity=UUID(int=chance.getrandbits(128)),
            source="bench",
            initiative=None if number % 20 == 0 else initiatives[number % INITIATIVES],
            category=categories[number % len(categories)],
            currency="USD",
            vendor=f"Vendor {number % 40}",
            service=f"Service {number % 200}",
            ai_category=labels[number % len(labels)],
        )
        for number in range(GROUPS)
    )
    with connection.cursor() as cursor:
        for group in made[::40]:
            for share in ("0.4", "0.6"):
                cursor.execute(
                    "INSERT INTO costs_placement (group_id, since, until, initiative_id, share) "
                    "VALUES (%s, '1900-01-01', '9999-12-01', %s, %s)",
                    [group.pk, initiatives[chance.randrange(INITIATIVES)].pk, share],
                )


def fill(first: int, last: int) -> None:
    """Add lines to every group and month, and bring the sums up."""
    with connection.cursor() as cursor:
        cursor.execute(LINES, {"first": FIRST, "months": MONTHS, "from": first, "to": last})
        cursor.execute(SUMS, {"as_of": AS_OF})
        cursor.execute("VACUUM ANALYZE")


def keep_few() -> None:
    """Copy lines and sums as they are now into a schema of their own, so that both sizes can be asked in turns."""
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA IF EXISTS few CASCADE; CREATE SCHEMA few")
        for table in TABLES:
            cursor.execute(
                f"CREATE TABLE few.{table} (LIKE public.{table} INCLUDING ALL); "
                f"INSERT INTO few.{table} SELECT * FROM public.{table}"
            )


def in_turns(ask: dict[str, Ask]) -> tuple[dict[str, float], dict[str, float]]:
    """Return the least time of each question on the few lines and on the many, asked in turns.

    What else the machine does at the time slows both alike.
    """
    taken: dict[str, dict[str, list[float]]] = {"few, public": {}, "public": {}}
    for _ in range(RUNS):
        for path, times in taken.items():
            connection.cursor().execute(f"SET search_path TO {path}")
            for name, asked in ask.items():
                times.setdefault(name, []).append(seconds(asked))
    few, many = ({name: min(times) for name, times in each.items()} for each in taken.values())
    return few, many


def over_lines() -> None:
    """Answer the first question from the lines."""
    with connection.cursor() as cursor:
        cursor.execute(OVER_LINES, {"as_of": AS_OF})
        cursor.fetchall()
