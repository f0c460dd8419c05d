"""Allocated and unallocated add up to what files brought, to the last digit, worked out from the files alone.

Tables, bills and a gateway's logs come, restate and are taken back, rules of every way of dividing come and are
applied, the rate of a currency arrives late: in any order. What should be there is kept beside in Python, by what the
files say. Of a provider that has a bill and a log one is kept to compare only: the third place that cost can be in.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal, localcontext
from typing import NamedTuple

import pytest
from django.db import transaction
from django.db.models import Model, Sum
from hypothesis import given, settings
from hypothesis import strategies as st

from costs import tasks, totals
from costs.allocation import runs as allocation_runs
from costs.models import (
    NOT_COUNTED,
    AiCategory,
    AiCategoryRule,
    GroupMonth,
    InitiativeMonth,
    Kind,
    Placement,
    PortfolioMonth,
)
from costs.pricing import Tokens
from costs.usage import lines as usage_lines
from costs.usage.rows import About, UsageRow
from imports import jobs
from imports.models import Import
from tests.costs.allocation.test_places import LATER, rule
from tests.costs.factories import add_rate
from tests.costs.importers.test_focus import bill
from tests.factories import InitiativeFactory
from tests.imports.files import bring_in

FIRST = date(2026, 2, 25)  # a rate of this day serves them all, in two months
RATE = Decimal("1.0731")
VENDORS = {
    "fixed": "a",
    "equal": "b",
    "cost": "c",
    "tokens": "d",
    "named": "b",
}  # what rules of each way mostly ask for
HEADER = "initiative,incurred_on,category,amount,currency,vendor,external_id\n"


class Row(NamedTuple):
    """A row of a file; `place`: which initiative it names, if any."""

    place: int | None
    on: date
    amount: Decimal
    currency: str
    vendor: str


class Books:
    """What there should be: versions of rows that have a name, and other rows, equal ones numbered."""

    def __init__(self) -> None:
        self._versions: dict[object, list[tuple[int, Row]]] = defaultdict(list)
        self._plain: dict[tuple[Row, int], int] = {}

    def enter(self, job: int, named: Mapping[object, Row], plain: list[Row]) -> None:
        """Take a file: what is there already with the same content stays as it is."""
        for name, row in named.items():
            there = self._versions[name]
            if not there or there[-1][1] != row:
                there.append((job, row))
        for at, row in enumerate(plain):
            self._plain.setdefault((row, plain[:at].count(row)), job)

    def take_back(self, job: int) -> None:
        """Take back what a file brought; the version before counts again."""
        for name, there in self._versions.items():
            self._versions[name] = [each for each in there if each[0] != job]
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
    st.sampled_from(sorted(set(VENDORS.values()))),
)
files = st.tuples(
    st.just("file"),
    st.dictionaries(st.sampled_from(["E1", "E2"]), rows, min_size=1),
    st.lists(rows, min_size=2, max_size=5),
)
days = st.integers(0, 9).map(lambda number: FIRST + timedelta(days=number))
vendors = st.sampled_from(["a", "b"])
# A charge of a bill: vendor, currency, service and day tell which it is, never the amount. A gateway's log stands for
# tokens alone, so the machines always count.
TOKENS, MACHINES = "Tokens by the call", "Machines"
charges = st.tuples(vendors, st.sampled_from(["EUR", "USD"]), st.sampled_from([TOKENS, TOKENS, MACHINES]), days)
amounts = st.decimals(-100, 100, places=11)
bills = st.tuples(st.just("bill"), st.dictionaries(charges, amounts, min_size=1, max_size=4))
# A call: what the log says under one number may change altogether.
calls = st.tuples(vendors, days, st.decimals("0.001", 100, places=11))
logs = st.tuples(st.just("log"), st.dictionaries(st.sampled_from(["r-1", "r-2", "r-3"]), calls, min_size=1))
share = st.sampled_from([None, None, "0.333333"])
parts = st.fixed_dictionaries({0: st.none(), 1: st.none(), 2: share})


def rules(method: str) -> st.SearchStrategy:
    """Return rules that divide in a way; "fixed" ones give every initiative its share, "named" ones ask the service."""
    vendors = st.sampled_from([VENDORS[method], VENDORS[method], "*"])
    if method == "named":
        return st.tuples(st.just("rule"), vendors, st.just({}), st.just("equal"))
    if method == "fixed":
        return st.tuples(st.just("rule"), vendors, st.just({0: "0.125", 1: "0.333333"}), st.just("equal"))
    return st.tuples(st.just("rule"), vendors, parts, st.just(method))


reverts = st.tuples(st.just("revert"), st.integers(0, 3))
every_step = st.tuples(
    *(files, files, files, bills, bills, logs, logs, reverts, st.just(("rate",)), st.just(("apply",))),
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
        AiCategoryRule.objects.create(priority=1, match={"service": TOKENS}, ai_category=AiCategory.INFERENCE)
        self.initiatives = [
            InitiativeFactory(external_ref=service, stage="approved") for service in (MACHINES, None, None)
        ]
        abouts = (About("test", "nobody", "model-a", initiative.pk) for initiative in self.initiatives)
        used = zip(abouts, (30, 10, 1), strict=True)  # of no price, so that they cost nothing
        usage_lines.add(None, [UsageRow(about, FIRST, Tokens(tokens)) for about, tokens in used])

    def file(self, named: dict[str, Row], plain: list[Row]) -> None:
        job = bring_in("costs_csv", text_of(named, plain, [each.key for each in self.initiatives]))
        assert job.rows_rejected == 0
        self.books.enter(job.pk, named, plain)

    def bill(self, charges: dict[tuple[str, str, str, date], Decimal]) -> None:
        rows = [
            {
                "ServiceCategory": "",
                "ProviderName": vendor,
                "BillingCurrency": currency,
                "ServiceName": service,
                "ChargePeriodStart": f"{on}T10:00:00Z",
                "ChargePeriodEnd": f"{on}T11:00:00Z",
                "BilledCost": f"{amount:f}",
            }
            for (vendor, currency, service, on), amount in charges.items()
        ]
        job = bring_in("focus", bill(*rows))
        said = {each: Row(None, each[3], amount, each[1], each[0]) for each, amount in charges.items()}
        self._enter(job, said)

    def log(self, calls: dict[str, tuple[str, date, Decimal]]) -> None:
        rows = [
            {"request_id": name, "startTime": f"{on}T10:00:00Z", "spend": f"{spend:f}", "custom_llm_provider": vendor}
            | {"model": "model-a", "prompt_tokens": 10, "completion_tokens": 1}
            for name, (vendor, on, spend) in calls.items()
        ]
        job = bring_in("litellm_spend", json.dumps(rows))
        self._enter(job, {name: Row(None, on, spend, "USD", vendor) for name, (vendor, on, spend) in calls.items()})

    def _enter(self, job: Import, said: Mapping[object, Row]) -> None:
        assert job.rows_rejected == 0
        self.books.enter(job.pk, said, [])

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
        parts = ((self.initiatives[at], share) for at, share in shares.items())
        rule({"vendor": vendor}, *parts, method=method, named_by="" if shares else "service")

    def apply(self) -> None:
        allocation_runs.apply(None)


def compared() -> dict[date, Decimal]:
    """Return what is kept to compare only, by month; of a provider's records one alone counts in a month."""
    apart = list(Placement.objects.filter(initiative_id=NOT_COUNTED).values_list("group", "since", "until"))
    found: dict[date, Decimal] = defaultdict(Decimal)
    counted: dict[tuple[str, date], set[str]] = defaultdict(set)
    for each in GroupMonth.objects.filter(lines__gt=0).select_related("group"):
        if any(group == each.group_id and since <= each.month < until for group, since, until in apart):
            found[each.month] += each.gross
        elif each.group.kind != Kind.ENTERED and each.group.service != MACHINES:
            counted[each.group.vendor, each.month].add(each.group.kind)
    assert all(len(kinds) == 1 for kinds in counted.values())
    return found


def hold(world: World) -> None:
    """Hold every sum that tells of all cost, allocated and not, against the books."""
    imported = world.books.by_month(is_rate_there=world.is_rate_there)
    assert by_month(GroupMonth) == imported
    with localcontext(prec=100):
        apart = compared()
        counted = {month: imported.get(month, Decimal(0)) - apart.get(month, 0) for month in apart | imported}
        counted = {month: amount for month, amount in counted.items() if amount}
        for model in (InitiativeMonth, PortfolioMonth):
            assert by_month(model) == counted
        flows = totals.flows_by_initiative(None, LATER, with_unallocated=True).values()
        assert sum(flow.gross for flow in flows) == sum(counted.values())


def by_month(model: type[Model]) -> dict[date, Decimal]:
    kept = model._default_manager.order_by().values_list("month").annotate(amount=Sum("gross"))
    return {month: amount for month, amount in kept if amount}


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
