"""Writes by hand beside an import that still reads its file: none stops the others, and none waits in a circle."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.db import OperationalError, connection, transaction

from accounts.models import AuditEntry
from costs import lines, rollups, tasks
from costs.ai import categories as ai_categories
from costs.allocation import places
from costs.budgets import lines as budget_lines
from costs.groups import find_or_make
from costs.models import AiCategoryRule, AllocationRule, ChargeGroup, CostLine, Repricing
from costs.new_line import NewLine
from costs.prices import repricing
from costs.pricing import Tokens
from costs.usage import lines as usage_lines
from costs.usage.rows import About, UsageRow
from imports import jobs, runner
from imports.models import State
from money import ledger
from money.models import ExchangeRate
from tests.beside import MY_END, MY_LOCK, SECONDS, beside, somebody_waits
from tests.costs.allocation.test_places import cost_of, rule
from tests.costs.budgets.test_totals import add_budget
from tests.costs.factories import add_line, new_line
from tests.costs.importers.test_focus import bill
from tests.costs.prices.test_book import add as add_price
from tests.factories import InitiativeFactory, UserFactory
from tests.imports.files import bring_in
from tests.outcomes.factories import make_outcome, read

pytestmark = pytest.mark.django_db(transaction=True)


def moved(line: CostLine, vendor: str) -> Callable[[], object]:
    return lambda: lines.correct(None, line, replace(NewLine.of(line), vendor=vendor))


@pytest.mark.parametrize("way", ["new", "corrected"])
def test_who_waits_for_a_group_of_an_import_does_not_stop_the_others(way: str):
    new, line = new_line(None, "2026-03-05", "10", vendor="New"), add_line(None, "2026-03-06", "11")
    write = moved(line, "New") if way == "corrected" else lambda: lines.add(None, [new])
    with transaction.atomic():  # an import in the middle of its file
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{SECONDS}s'")
        find_or_make([new.group_key])
        waiting = beside(write)
        assert somebody_waits(MY_END)
        other = beside(lambda: add_line(None, "2026-03-07", "12"))
        other.join(SECONDS)
        assert not other.is_alive()
        rollups.lock()  # as it ends
    waiting.join(SECONDS)
    assert not waiting.is_alive()
    # 11 and 12, and 10 where it is new; a corrected line stays one.
    assert cost_of(None) == [23 if way == "corrected" else 33]
    assert CostLine.objects.live().filter(group__vendor="New").count() == 1


def test_an_import_that_waits_in_a_circle_with_lines_by_hand_makes_way_and_is_taken_up_again(monkeypatch):
    rows = [new_line(None, "2026-03-05", amount, vendor=f"New {amount}") for amount in ("10", "11")]
    first, second = (row.group_key for row in sorted(rows, key=lambda row: row.group_key.identity))
    job = jobs.submit(None, format_name="costs_csv", chunks=[b"incurred_on,category,amount,currency\n"], file_name="a")
    hand = []

    def reading(*_given):
        find_or_make([second])
        hand.append(beside(lambda: lines.add(None, rows)))  # makes the first and waits for the second
        assert somebody_waits(MY_END)
        time.sleep(1.5)  # longer than the database waits until it looks for a circle
        find_or_make([first])

    monkeypatch.setattr(runner, "_work", reading)
    with pytest.raises(OperationalError, match="deadlock detected"):
        runner.run(job.pk)
    hand[0].join(SECONDS)
    assert cost_of(None) == [21]
    job.refresh_from_db()
    assert job.state == State.QUEUED  # which the clock looks for


def test_a_rule_that_is_applied_while_a_new_line_waits_places_it():
    one, line = InitiativeFactory(), new_line(None, "2026-03-05", "10", vendor="Acme")
    with transaction.atomic():
        rollups.lock()
        waiting = beside(lambda: lines.add(None, [line]))
        assert somebody_waits(MY_LOCK)
        rule({"vendor": "acme"}, one)
        places.synchronise()
    waiting.join(SECONDS)
    assert AllocationRule.objects.count() == 1
    assert cost_of(one) == [10]


def test_a_bill_s_line_that_is_corrected_while_its_account_is_renamed_has_the_new_name():
    one = InitiativeFactory()
    rule({"account_name": "Production"}, one)
    bring_in("focus", bill({"SubAccountId": "11", "SubAccountName": "Prod", "BilledCost": "2"}))
    line = CostLine.objects.select_related("group").get()
    with transaction.atomic():
        rollups.lock()
        waiting = beside(lambda: lines.correct(None, line, replace(NewLine.of(line), capex=True)))
        assert somebody_waits(MY_LOCK)
        ChargeGroup.objects.update(account_name="Production")  # as the import of a bill does
    waiting.join(SECONDS)
    assert list(ChargeGroup.objects.values_list("account_name")) == [("Production",), ("Production",)]
    assert cost_of(one, None) == [2, 0]


def test_a_group_that_an_import_brings_while_labels_are_renewed_follows_the_new_rule(monkeypatch):
    monkeypatch.setattr(ai_categories, "MOST_GROUPS", 0)  # so that a worker does it
    monkeypatch.setattr(tasks.run_waiting, "delay", lambda: None)
    new = AiCategoryRule(priority=1, match={"provider": "acme"}, ai_category="data")
    with transaction.atomic():  # an import that ends: it has seen that the rules are those it labelled by
        rollups.lock()
        find_or_make([new_line(None, "2026-03-05", "10", vendor="Acme").group_key])
        for work in (
            lambda: find_or_make([new_line(None, "2026-03-05", "10", vendor="Acme", resource="a").group_key]),
            lambda: ai_categories.save(None, new),
        ):
            beside(work).join(SECONDS)
        renewing = beside(tasks.run_waiting)
        assert somebody_waits(MY_LOCK)
    renewing.join(SECONDS)
    assert list(ChargeGroup.objects.values_list("resource", "ai_category").order_by("id")) == [
        ("", "data"), ("a", "data"),
    ]  # fmt: skip


def test_an_exchange_rate_that_waits_for_an_import_stops_no_reading():
    finance, outcome = UserFactory(finance=True), make_outcome(worth=True)
    rate = ledger.NewRate(date(2026, 3, 5), "EUR", Decimal("1.08"))
    with transaction.atomic():
        rollups.lock()  # of an import that ends, which may take minutes
        waiting = beside(lambda: ledger.add(finance, rate))
        assert somebody_waits(MY_LOCK)
        reading = beside(lambda: read(outcome, date(2025, 3, 3), "11.2"))
        reading.join(SECONDS)
        was_written = not reading.is_alive()
    waiting.join(SECONDS)
    reading.join(SECONDS)
    assert was_written
    assert ExchangeRate.objects.get().rate == Decimal("1.08")


def test_a_budget_line_that_two_take_back_at_once_goes_once():
    one = InitiativeFactory()
    add_budget(one, "2026-03", "10")
    line = one.budget_lines.get()
    with transaction.atomic():
        budget_lines.remove(None, [line])
        other = beside(lambda: budget_lines.remove(None, [line]))
        assert somebody_waits(MY_LOCK)
    other.join(SECONDS)
    assert not other.is_alive()
    assert list(AuditEntry.objects.filter(action="delete").values_list("object_id")) == [(line.pk,)]


def test_usage_is_not_priced_anew_into_a_group_that_was_not_shown():
    finance = UserFactory(finance=True)
    add_price("turbo", "2")
    usage_lines.add(None, [UsageRow(About("test", "acme", "turbo"), date(2026, 11, 3), Tokens(1_000_000))])
    add_price("turbo", "3")
    planned = repricing.plan(finance, date(2026, 11, 1), date(2026, 12, 1))
    repricing.run_next()
    add_price("turbo", "3", currency="EUR")  # priced in euros the line would be in another group
    repricing.apply(finance, Repricing.objects.get(pk=planned.pk))
    with transaction.atomic():  # an import in the middle of its file, which brings just that group
        group = CostLine.objects.get().group
        key = lines.GroupKey.of(group)._replace(currency="EUR")
        find_or_make([key])
        applying = beside(repricing.run_next)
        applying.join(SECONDS)
        assert not applying.is_alive()
    planned.refresh_from_db()
    assert planned.state == "stale"
    assert CostLine.objects.get().amount == Decimal(2)
