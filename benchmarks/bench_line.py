"""One line in a ledger of 10 million: adding, correcting, deleting it, the pages it stands on; beside 8,333 lines.

Every line goes through the door that the form and the API use, with its sums, audit entry and data version: into a
group that is there and into a new one, of an initiative, of nobody, and one that a rule divides. What a whole request
asks besides (token, names, the line that it gives back) is counted apart, by API.
"""

from __future__ import annotations

import os
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import NamedTuple

from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Role, User
from accounts.tokens import make as make_token
from benchmarks import many_lines
from benchmarks.figure import Figure, seconds
from costs import lines
from costs.models import AllocationRule, Category, CostLine
from costs.new_line import NewLine
from projects.models import Initiative

RUNS = 60
RULES = 50  # that place other things
PLACES = {"of an initiative": "By hand", "of nobody": "Nobody's", "that a rule divides": "Shared by hand"}  # vendors
_new = count()
PAGES = {"ledger": "/costs/", "recoverable": "/costs/recoverable/"}


REQUESTS = {"POST /costs": 10, "PATCH /costs/{id}": 14}  # the most queries of the whole request


class Taken(NamedTuple):
    """Seconds by what was done; the most queries that a line took within the door, and in each of `REQUESTS`."""

    seconds: dict[str, float]
    queries: int
    requests: dict[str, int]


def figures() -> Iterator[Figure]:
    """Measure on the database of this run."""
    finance = User.objects.create_user("line@bench.example", role=Role.FINANCE)
    made, _units = many_lines.initiatives()
    many_lines.groups(made)
    rules(made)
    many_lines.fill(1, 1, months=1)
    few = measured(finance, made)
    connection.cursor().execute("TRUNCATE costs_costline")
    many_lines.fill(1, 20)
    many = measured(finance, made)
    print(
        f"  load {os.getloadavg()[0]:.1f};", *(f"{name} {taken * 1000:.1f} ms;" for name, taken in many.seconds.items())
    )
    for name in (each for each in many.seconds if each not in PAGES):
        yield Figure(f"a line {name} among 10 M against 8 k", many.seconds[name] / few.seconds[name], at_most=1.5)
    yield Figure("queries of the door for a line", max(few.queries, many.queries), unit="", at_most=8)
    for name, most in REQUESTS.items():
        asked = max(few.requests[name], many.requests[name])
        yield Figure(f"queries of the whole request: {name}", asked, unit="", at_most=most)
    for name in PAGES:
        yield Figure(f"page: {name}, 10 M lines against 8 k", many.seconds[name] / few.seconds[name])


def rules(initiatives: Sequence[Initiative]) -> None:
    """Make the rule that divides, behind others that place other things."""
    kept = [AllocationRule(name=f"{number}", match={"service": f"Other {number} *"}) for number in range(RULES)]
    kept.append(AllocationRule(name="shared", match={"vendor": PLACES["that a rule divides"]}))
    for rule in AllocationRule.objects.bulk_create(kept):
        rule.parts.create(initiative=initiatives[0], share=Decimal("0.4"))
        rule.parts.create(initiative=initiatives[1])


def measured(finance: User, initiatives: Sequence[Initiative]) -> Taken:
    """Add, correct and delete lines, and open pages, each on its own; return how long one takes."""
    taken, queries = {}, []
    for place, vendor in PLACES.items():
        for name, doors in doors_of(finance, vendor, initiatives if vendor == "By hand" else None).items():
            # The lower quartile: what else the machine does comes and goes, and few and many are minutes apart.
            taken[f"{name} {place}"] = statistics.quantiles(map(seconds, doors[:-1]), n=4)[0]
            queries.append(queries_of(doors[-1]))
    browser = Client(HTTP_HOST="localhost")
    browser.force_login(finance)
    for name, address in PAGES.items():
        taken[name] = seconds(lambda address=address: opened(browser, address), times=9)
    return Taken(taken, max(queries), requests(finance, initiatives[0]))


def requests(finance: User, initiative: Initiative) -> dict[str, int]:
    """Return the most queries of each of `REQUESTS`: of an initiative, of nobody, and where a rule divides."""
    api = Client(HTTP_HOST="localhost", headers={"Authorization": f"Bearer {make_token(finance, 'bench', None)[1]}"})
    opened(api, "/api/v1/cost-categories")  # that the token is used is noted once a minute
    most = dict.fromkeys(REQUESTS, 0)
    for vendor in PLACES.values():
        named = initiative if vendor == "By hand" else None
        row = NewLine(named, many_lines.FIRST, Category.objects.get(name="cloud"), Decimal(7), "USD", vendor=vendor)
        body = {"initiative": named and named.key, "incurred_on": f"{row.incurred_on}", "category": "cloud"}
        body |= {"amount": "8", "currency": "USD", "vendor": vendor}
        line = lines.add(finance, [row]).lines[0]
        sent = {
            "POST /costs": lambda body=body: done(api.post("/api/v1/costs", body, "application/json")),
            "PATCH /costs/{id}": lambda line=line: done(
                api.patch(
                    f"/api/v1/costs/{line.key}",
                    {"amount": "9", "category": "data", "tags": {"number": f"{next(_new)}"}},
                    "application/json",
                    headers={"If-Match": f'"{line.occurrence}"'},
                )
            ),
        }
        most = {name: max(most[name], queries_of(send)) for name, send in sent.items()}
    return most


def doors_of(
    finance: User, vendor: str, initiatives: Sequence[Initiative] | None
) -> dict[str, Sequence[Callable[[], object]]]:
    """Return what is done with lines, one after the other, and how often: the last is counted, the others timed."""
    category = Category.objects.get(name="cloud")
    days = [many_lines.FIRST + timedelta(days=number % 28) for number in range(RUNS)]
    rows = [
        NewLine(initiatives[number] if initiatives else None, day, category, Decimal(number + 1), "USD", vendor=vendor)
        for number, day in enumerate(days)
    ]
    kept = [lines.add(finance, [row]).lines[0] for row in rows]  # so that groups and months are there
    more = [replace(row, amount=row.amount + Decimal("0.5")) for row in rows]
    there: list[CostLine] = []
    return {
        "added to a group": [lambda row=row: there.extend(lines.add(finance, [row]).lines) for row in more],
        "added to a new group": [lambda row=row: lines.add(finance, [in_a_new_group(row)]) for row in more],
        "corrected in a group": [
            lambda at=at, row=row: lines.correct(finance, there[at], replace(row, amount=row.amount * 3))
            for at, row in enumerate(more)
        ],
        "corrected into a new group": [
            lambda line=line, row=row: lines.correct(finance, line, in_a_new_group(row))
            for line, row in zip(kept[: RUNS // 2], rows, strict=False)
        ],
        "deleted from a group": [lambda line=line: lines.remove(finance, line) for line in kept[RUNS // 2 :]],
    }


def in_a_new_group(row: NewLine) -> NewLine:
    """Return a row whose group is not there yet, on another day."""
    return replace(row, tags={"number": f"{next(_new)}"}, incurred_on=row.incurred_on + timedelta(days=1))


def opened(browser: Client, address: str) -> None:
    """Open a page; it has to come."""
    done(browser.get(address))


def done(answer: HttpResponse) -> None:
    """Hold that a request was answered, and not refused."""
    if answer.status_code not in (200, 201):
        raise RuntimeError(f"{answer.status_code}: {answer.content[:200]!r}")


def queries_of(work: Callable[[], object]) -> int:
    """Count the queries of a piece of work, transaction bounds left out."""
    with CaptureQueriesContext(connection) as captured:
        work()
    bounds = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")
    return sum(not query["sql"].startswith(bounds) for query in captured.captured_queries)
