"""One line in a ledger of 10 million: adding it, correcting it, the pages it stands on; beside the same among 8,333.

Every line is added through the door that the form and the API use, with its sums, audit entry and data version.
"""

from __future__ import annotations

import os
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import NamedTuple

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Role, User
from benchmarks import many_lines
from benchmarks.figure import Figure, seconds
from costs import lines
from costs.entered import NewLine
from costs.models import Category
from projects.models import Initiative

RUNS = 60
PAGES = {"ledger": "/costs/", "recoverable": "/costs/recoverable/"}


class Taken(NamedTuple):
    """Median seconds by what was done, and the most queries that a line took."""

    seconds: dict[str, float]
    queries: int


def figures() -> Iterator[Figure]:
    """Measure on the database of this run."""
    finance = User.objects.create_user("line@bench.example", role=Role.FINANCE)
    made, _units = many_lines.initiatives()
    many_lines.groups(made)
    many_lines.fill(1, 1, months=1)
    few = measured(finance, made)
    connection.cursor().execute("TRUNCATE costs_costline")
    many_lines.fill(1, 20)
    many = measured(finance, made)
    print(
        f"  load {os.getloadavg()[0]:.1f};", *(f"{name} {taken * 1000:.1f} ms;" for name, taken in many.seconds.items())
    )
    for name in ("added", "corrected"):
        yield Figure(f"a line {name} among 10 M lines against 8 k", many.seconds[name] / few.seconds[name], at_most=1.5)
    yield Figure("queries of a line added or corrected", max(few.queries, many.queries), unit="", at_most=8)
    for name in PAGES:
        yield Figure(f"page: {name}, 10 M lines against 8 k", many.seconds[name] / few.seconds[name])


def measured(finance: User, initiatives: Sequence[Initiative]) -> Taken:
    """Add and correct lines, and open pages, each on its own; return how long one takes."""
    category = Category.objects.get(name="cloud")
    days = [many_lines.FIRST + timedelta(days=number % 28) for number in range(RUNS)]
    fresh = [
        NewLine(initiatives[number], day, category, Decimal(number + 1), "USD", vendor="By hand")
        for number, day in enumerate(days)
    ]
    made = [lines.add(finance, [row]).lines[0] for row in fresh]  # so that groups and months are there
    more = [replace(row, amount=row.amount + Decimal("0.5")) for row in fresh]
    doors: dict[str, Sequence[Callable[[], object]]] = {
        "added": [lambda row=row: lines.add(finance, [row]) for row in more],
        "corrected": [
            lambda line=line, row=row: lines.correct(finance, line, replace(row, amount=row.amount * 3))
            for line, row in zip(made, fresh, strict=True)
        ],
    }
    taken = {name: statistics.median(map(seconds, each[:-1])) for name, each in doors.items()}
    queries = max(queries_of(each[-1]) for each in doors.values())
    browser = Client(HTTP_HOST="localhost")
    browser.force_login(finance)
    for name, address in PAGES.items():
        taken[name] = seconds(lambda address=address: opened(browser, address), times=9)
    return Taken(taken, queries)


def opened(browser: Client, address: str) -> None:
    """Open a page; it has to come."""
    status = browser.get(address).status_code
    if status != 200:
        raise RuntimeError(f"{address}: {status}")


def queries_of(work: Callable[[], object]) -> int:
    """Count the queries of a piece of work, transaction bounds left out."""
    with CaptureQueriesContext(connection) as captured:
        work()
    bounds = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")
    return sum(not query["sql"].startswith(bounds) for query in captured.captured_queries)
