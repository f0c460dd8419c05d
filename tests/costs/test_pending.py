"""Lines that wait for an exchange rate: one that comes values them, in every race, and no other write looks at them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from django.db import connection, transaction

from costs import lines
from costs.bulk.lines import LINES, Bulk
from costs.groups import GroupKey, find_or_make
from costs.models import CostLine, UsageLine
from costs.pricing import Tokens
from costs.usage import lines as usage_lines
from costs.usage.rows import About, UsageRow
from imports import jobs
from tests.beside import MY_LOCK, SECONDS, beside, somebody_waits
from tests.costs.allocation.test_places import lines_read
from tests.costs.factories import add_rate, category, new_line
from tests.costs.importers.test_focus import bill
from tests.costs.prices.test_book import add as add_price
from tests.imports.files import bring_in

HEADER = "incurred_on,category,amount,currency,external_id\n"
USED = UsageRow(About("test", "acme", "turbo"), date(2026, 3, 5), Tokens(1_000_000))
MANY = 60


def waiting() -> None:
    """Let lines in pounds wait, on many days."""
    days = [f"2026-{1 + number // 28:02}-{1 + number % 28:02}" for number in range(MANY)]
    lines.add(None, [new_line(None, day, "10", currency="GBP", vendor="Elsewhere") for day in days])


def base_amounts() -> list[Decimal | None]:
    """Return what the lines that count come to in base currency."""
    return list(CostLine.objects.live().order_by("incurred_on", "amount").values_list("base_amount", flat=True))


@pytest.mark.django_db
def test_a_write_of_usage_or_a_file_reads_none_of_the_lines_that_wait():
    waiting()
    add_price("turbo", "2")
    add_price("turbo-eu", "2", currency="EUR")
    add_rate("2026-03-05", "EUR", "1.5")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # as with many
    before = lines_read()
    usage_lines.add(None, [USED])
    usage_lines.remove(None, UsageLine.objects.get())
    bring_in("costs_csv", HEADER + "2026-03-05,cloud,7,USD,A\n")
    assert lines_read() - before < MANY
    assert CostLine.objects.pending().count() == MANY


# A rate that comes while an import works ------------------------------------------------------------------------------
def taken_in(way: str) -> Bulk:
    """Let a bulk take in a line in euros, and stop before its end."""
    group = GroupKey("test", None, category().pk, "EUR")
    (group_id,) = find_or_make([group]).values()
    row = {"group_id": group_id, "incurred_on": date(2026, 3, 7), "amount": "10", "line_number": 2}
    bulk = Bulk(7)
    external_id = "E1" if way == "with an external id" else None
    bulk.add(pl.DataFrame([row | {"external_id": external_id}], schema=LINES), {group_id: group})
    return bulk


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", ["with an external id", "without"])
def test_a_rate_that_comes_while_an_import_reads_its_file_values_its_lines(way: str):
    with transaction.atomic():
        bulk = taken_in(way)
        coming = beside(lambda: add_rate("2026-03-05", "EUR", "1.5"))
        coming.join(SECONDS)
        assert not coming.is_alive()
        assert bulk.finish(lambda: None).waiting == 0
    assert base_amounts() == [15]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", ["with an external id", "without"])
def test_a_rate_that_waits_for_the_end_of_an_import_values_its_lines(way: str):
    with transaction.atomic():
        assert taken_in(way).finish(lambda: None).waiting == 1
        coming = beside(lambda: add_rate("2026-03-05", "EUR", "1.5"))
        assert somebody_waits(MY_LOCK)
    coming.join(SECONDS)
    assert base_amounts() == [15]


# Lines that come back -------------------------------------------------------------------------------------------------
def restated_costs(amount: str):
    return bring_in("costs_csv", HEADER + f"2026-03-05,cloud,{amount},EUR,E1\n")


def restated_bill(amount: str):
    return bring_in("focus", bill({"BilledCost": amount, "BillingCurrency": "EUR"}))


@pytest.mark.django_db
@pytest.mark.parametrize("bring", [restated_costs, restated_bill])
def test_a_line_that_a_revert_brings_back_has_the_value_of_a_rate_that_came_meanwhile(bring):
    bring("10")
    second = bring("12")
    day = CostLine.objects.live().get().incurred_on
    add_rate(str(day), "EUR", "1.5")
    assert base_amounts() == [18]
    jobs.revert(second, None)
    assert base_amounts() == [15]


@pytest.mark.django_db
def test_a_line_that_a_revert_brings_back_keeps_the_rate_that_it_had():
    add_rate("2026-03-01", "EUR", "1.25")
    restated_costs("10")
    second = restated_costs("12")
    add_rate("2026-03-05", "EUR", "1.5")
    jobs.revert(second, None)
    assert list(CostLine.objects.live().values_list("rate", "base_amount")) == [(Decimal("1.25"), Decimal("12.5"))]


@pytest.mark.django_db
def test_usage_that_a_revert_brings_back_has_the_value_of_a_rate_that_came_meanwhile():
    add_price("turbo", "2", currency="EUR")
    header = "occurred_on,provider,model,input_tokens,output_tokens,external_id\n"
    first, second = (bring_in("usage_csv", header + f"2026-03-05,acme,turbo,{n}000000,0,U1\n") for n in (1, 2))
    assert (first.state, second.state) == ("done", "done")
    add_rate("2026-03-05", "EUR", "1.5")
    assert base_amounts() == [6]
    jobs.revert(second, None)
    assert base_amounts() == [3]
