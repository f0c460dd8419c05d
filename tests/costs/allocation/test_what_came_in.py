"""Allocated and unallocated add up to what files brought, to the last digit, worked out from the files alone.

Files come, restate and are taken back, rules of every way of dividing come and are applied, the rate of a currency
arrives late: in any order. What should be there is kept beside in Python, by what the files say.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal, localcontext
from typing import NamedTuple

import pytest
from django.db import transaction
from django.db.models import Sum
from hypothesis import given, settings
from hypothesis import strategies as st

from costs import tasks, totals
from costs.allocation import runs as allocation_runs
from costs.models import GroupMonth, InitiativeMonth, PortfolioMonth
from costs.pricing import Tokens
from costs.usage import lines as usage_lines
from costs.usage.lines import About, UsageRow
from imports import jobs
from imports.models import Import
from tests.costs.allocation.test_places import LATER, rule
from tests.costs.factories import add_rate
from tests.factories import InitiativeFactory
from tests.imports.files import bring_in

FIRST = date(2026, 2, 25)  # a rate of this day serves them all, in two months
RATE = Decimal("1.0731")
VENDORS = {"fixed": "a", "equal": "b", "cost": "c", "tokens": "d"}  # what rules of each way mostly ask for
HEADER = "initiative,incurred_on,category,amount,currency,vendor,external_id\n"


class Row(NamedTuple):
    """A row of a file; `place`: which initiative it names, if any."""

    place: int | None
    on: date
    amount: Decimal
    currency: str
    vendor: str


class Books:
    """What there should be: versions of rows with an external id, and other rows, equal ones numbered."""

    def __init__(self) -> None:
        self._versions: dict[str, list[tuple[int, Row]]] = defaultdict(list)
        self._plain: dict[tuple[Row, int], int] = {}

    def enter(self, job: int, named: dict[str, Row], plain: list[Row]) -> None:
        """Take a file: what is there already with the same content stays as it is."""
        for external_id, row in named.items():
            there = self._versions[external_id]
            if not there or there[-1][1] != row:
                there.append((job, row))
        for at, row in enumerate(plain):
            self._plain.setdefault((row, plain[:at].count(row)), job)

    def take_back(self, job: int) -> None:
        """Take back what a file brought; the version before counts again."""
        for external_id, there in self._versions.items():
            self._versions[external_id] = [each for each in there if each[0] != job]
        self._plain = {row: owner for row, owner in self._plain.items() if owner != job}

    def by_month(self, *, is_rate_there: bool) -> dict[date, Decimal]:
        """Add up in base currency what counts."""
        live = [there[-1][1] for there in self._versions.values() if there] + [row for row, _ in self._plain]
        found: dict[date, Decimal] = defaultdict(Decimal)
        for row in live:
            if row.currency == "USD" or is_rate_there:
                found[row.on.replace(day=1)] += row.amount * (RATE if row.currency == "EUR" else 1)
        return {month: amount for month, amount in found.items() if amount}


rows = st.builds(
    Row,
    st.sampled_from([None, None, None, None, 0]),
    st.integers(0, 9).map(lambda number: FIRST + timedelta(days=number)),
    st.decimals(-100, 100, places=11),
    st.sampled_from(["EUR", "USD"]),
    st.sampled_from(sorted(VENDORS.values())),
)
files = st.tuples(
    st.just("file"),
    st.dictionaries(st.sampled_from(["E1", "E2"]), rows, min_size=1),
    st.lists(rows, min_size=2, max_size=5),
)
share = st.sampled_from([None, None, "0.333333"])
parts = st.fixed_dictionaries({0: st.none(), 1: st.none(), 2: share})


def rules(method: str) -> st.SearchStrategy:
    """Return rules that divide in a way; "fixed" ones give every initiative its share."""
    vendors = st.sampled_from([VENDORS[method], VENDORS[method], "*"])
    if method == "fixed":
        return st.tuples(st.just("rule"), vendors, st.just({0: "0.125", 1: "0.333333"}), st.just("equal"))
    return st.tuples(st.just("rule"), vendors, parts, st.just(method))


reverts = st.tuples(st.just("revert"), st.integers(0, 3))
every_step = st.tuples(
    *(files, files, files, files, reverts, st.just(("rate",)), st.just(("apply",))),
    *(rules(method) for method in VENDORS),
).flatmap(st.permutations)


def text_of(named: dict[str, Row], plain: list[Row], keys: list[str]) -> str:
    """Write a file."""
    text = HEADER
    for external_id, row in [*named.items(), *(("", row) for row in plain)]:
        key = "" if row.place is None else keys[row.place]
        text += f"{key},{row.on},cloud,{row.amount:f},{row.currency},{row.vendor},{external_id}\n"
    return text


class World:
    """Does what the steps say by the product's doors, and keeps books beside."""

    def __init__(self) -> None:
        self.books, self.is_rate_there = Books(), False
        self.initiatives = [InitiativeFactory() for _ in range(3)]
        abouts = (About("test", "nobody", "model-a", initiative.pk) for initiative in self.initiatives)
        used = zip(abouts, (30, 10, 1), strict=True)  # of no price, so that they cost nothing
        usage_lines.add(None, [UsageRow(about, FIRST, Tokens(tokens)) for about, tokens in used])

    def file(self, named: dict[str, Row], plain: list[Row]) -> None:
        job = bring_in("costs_csv", text_of(named, plain, [each.key for each in self.initiatives]))
        assert job.rows_rejected == 0
        self.books.enter(job.pk, named, plain)

    def revert(self, which: int) -> None:
        done = list(Import.objects.filter(state="done").order_by("pk"))
        if done:
            job = done[which % len(done)]
            jobs.revert(job, None)
            self.books.take_back(job.pk)

    def rate(self) -> None:
        self.is_rate_there = True
        add_rate(str(FIRST), "EUR", str(RATE))

    def rule(self, vendor: str, shares: dict[int, str | None], method: str) -> None:
        rule({"vendor": vendor}, *((self.initiatives[at], share) for at, share in shares.items()), method=method)

    def apply(self) -> None:
        allocation_runs.apply(None)


def hold(world: World) -> None:
    """Hold every sum that tells of all cost, allocated and not, against the books."""
    expected = world.books.by_month(is_rate_there=world.is_rate_there)
    for model in (GroupMonth, InitiativeMonth, PortfolioMonth):
        kept = model.objects.order_by().values_list("month").annotate(amount=Sum("gross"))
        assert {month: amount for month, amount in kept if amount} == expected
    flows = totals.flows_by_initiative(None, LATER, with_unallocated=True).values()
    with localcontext(prec=100):
        assert sum(flow.gross for flow in flows) == sum(expected.values())


@pytest.mark.django_db
@settings(max_examples=5)
@given(every_step)
def test_allocated_and_unallocated_are_what_the_files_brought(steps: list[tuple]) -> None:
    with transaction.atomic():
        world = World()
        for name, *details in steps:
            getattr(world, name)(*details)
            hold(world)
        for settle in (world.apply, tasks.follow_use):
            settle()
            hold(world)
        for _ in range(4):
            world.revert(-1)  # the last first, so that what it restated counts again
            hold(world)
        transaction.set_rollback(True)
