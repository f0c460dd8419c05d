"""The cost explorer on 1 million and on 10 million lines: answered from sums, so that lines hardly matter.

The same initiatives, groups and months (benchmarks/many_lines.py) carry 2 lines a group and month, then 20.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace

from django.db import connection

from accounts.models import Role, User
from benchmarks import many_lines
from benchmarks.figure import Figure, seconds
from costs.explorer.pivot import pivot
from costs.explorer.question import Question, with_period
from costs.ledger.filters import Filters

FEW, MANY = 2, 20  # lines of a group in a month: 1 million and 10 million in all
RUNS = 30

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
    many_lines.fill(1, FEW)
    keep_few()
    many_lines.fill(FEW + 1, MANY)
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
    finance = User.objects.create_user("explorer@bench.example", role=Role.FINANCE)
    made, units = many_lines.initiatives()
    many_lines.groups(made)
    wide = Question(with_period(Filters(since=many_lines.FIRST, as_of=many_lines.AS_OF)), "category", "month", 12)
    unit = replace(wide, filters=replace(wide.filters, business_unit=units[0].path))
    vendor = replace(wide, rows="vendor", columns="ai_category")
    return {
        "whole": lambda: pivot(wide, finance),
        "unit": lambda: pivot(unit, finance),
        "vendor": lambda: pivot(vendor, finance),
    }


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
        cursor.execute(OVER_LINES, {"as_of": many_lines.AS_OF})
        cursor.fetchall()
