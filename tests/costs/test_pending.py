"""Lines that wait for an exchange rate: one that comes values them, in every race, and no other write looks at them."""

from __future__ import annotations

import time
from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from django.db import connection, transaction
from django.db.models import Sum
from django.utils import timezone

from accounts.models import AuditEntry
from costs import lines, tasks, totals
from costs.budgets import notices
from costs.bulk.lines import LINES, Bulk
from costs.groups import GroupKey, find_or_make
from costs.models import AllocationRun, CostLine, GroupMonth, UsageLine
from costs.pricing import Tokens
from costs.runs import queue
from costs.usage import lines as usage_lines
from costs.usage.rows import About, UsageRow
from imports import jobs
from money.models import ExchangeRate
from tests.beside import MY_LOCK, SECONDS, beside, somebody_waits
from tests.costs.allocation.test_places import LATER
from tests.costs.factories import add_line, add_rate, category, new_line
from tests.costs.importers.test_focus import bill
from tests.costs.lines_read import lines_read
from tests.costs.prices.test_book import add as add_price
from tests.costs.test_runs import api, finance, is_waited_for, office, worker_in_the_middle
from tests.factories import InitiativeFactory
from tests.imports.files import bring_in
from tests.imports.test_killed import wait

__all__ = ["api", "finance", "office"]  # fixtures
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
        # As with many. An import may look for its own lines by the index of blocks of 32 pages, which it reads whole
        # however many lines wait elsewhere: here all of them are in one.
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
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


# Many are valued by a worker ------------------------------------------------------------------------------------------
@pytest.fixture
def much(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let lines in pounds that wait be more than a request values, and no worker be there."""
    waiting()
    monkeypatch.setattr(queue, "MOST_LINES", 10)
    monkeypatch.setattr(tasks.run_waiting, "delay", lambda: None)


def rates(*days: int) -> list[dict[str, str]]:
    return [{"on": f"2026-01-{day:02}", "currency": "GBP", "rate": f"1.{day:02}"} for day in days]


def valued() -> list[tuple[date, Decimal]]:
    """Return the days and rates of the lines that do not wait; what they come to is what the sums say."""
    found = CostLine.objects.live().exclude(base_amount=None)
    gross = found.aggregate(found=Sum("base_amount"))["found"] or 0
    assert GroupMonth.objects.aggregate(found=Sum("gross"))["found"] == gross == totals.unallocated(LATER).gross
    assert GroupMonth.objects.aggregate(found=Sum("pending"))["found"] == CostLine.objects.pending().count()
    return list(found.order_by("incurred_on").values_list("incurred_on", "rate"))


@pytest.mark.django_db
def test_many_lines_wait_on_for_a_worker_and_the_rates_are_recorded_at_once(much, api, office):
    answer = api("post", "/exchange-rates", rates(5, 3))
    assert answer.status_code == 202
    assert [each["on"] for each in answer.json()] == ["2026-01-05", "2026-01-03"]
    assert (ExchangeRate.objects.count(), valued()) == (2, [])
    shown = " ".join(office.get("/costs/rates/").content.decode().split())
    assert "Costs that waited for an exchange rate are getting their value." in shown
    assert "Until that is done they wait as before, and stand in no sum." in shown
    assert f"<b>{MANY} entries</b> are waiting" in shown
    (run,) = api("get", "/cost-runs?about=rates").json()["items"]
    assert (run["state"], run["lines"]) == ("queued", None)
    # Another that comes meanwhile has no run of its own, and is the last before the days that it serves.
    assert api("post", "/exchange-rates", rates(9)[0]).status_code == 202
    assert tasks.run_waiting() == 1
    rate_of = {day: "1.03" if day < 5 else "1.05" if day < 9 else "1.09" for day in range(3, 20)}
    expected = [(date(2026, 1, day), Decimal(rate)) for day, rate in rate_of.items()]
    assert valued() == expected
    assert api("get", f"/cost-runs/{run['id']}").json()["state"] == "done"
    assert "are getting their value" not in office.get("/costs/rates/").content.decode()
    # What has its value keeps it.
    assert api("post", "/exchange-rates", rates(7)[0]).status_code == 202
    tasks.run_waiting()
    assert valued() == expected


@pytest.mark.django_db
def test_the_history_names_the_currency_of_the_lines_that_were_valued_and_no_other(api):
    pounds, crowns = InitiativeFactory(), InitiativeFactory()
    for initiative, currency, day in (
        (pounds, "GBP", "2026-03-05"),
        (crowns, "SEK", "2026-03-05"),
        (crowns, "SEK", "2026-01-05"),
    ):
        add_line(initiative, day, "10", currency=currency)
    rates = [{"on": "2026-03-05", "currency": currency, "rate": "2"} for currency in ("CHF", "EUR", "GBP", "SEK")]
    assert api("post", "/exchange-rates", rates).status_code == 201
    told = AuditEntry.objects.filter(action="value").order_by("object_label")
    assert list(told.values_list("initiative_id", "object_label")) == [(pounds.pk, "GBP"), (crowns.pk, "SEK")]


@pytest.mark.django_db
def test_a_few_lines_are_valued_at_once_and_many_in_another_currency_are_not_read(much):
    add_line(None, "2026-01-07", "10", currency="EUR")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # as with many
    before = lines_read()
    add_rate("2026-01-05", "EUR", "1.5")
    assert lines_read() - before < MANY
    assert valued() == [(date(2026, 1, 7), Decimal("1.5"))]
    assert not AllocationRun.objects.exists()


@pytest.mark.django_db
def test_valuing_that_failed_leaves_all_waiting_and_is_asked_for_again(much, api, office, monkeypatch):
    add_rate("2026-01-05", "GBP", "1.05")
    with monkeypatch.context() as patch:
        patch.setattr(notices, "raise_reached", lambda *_given: 1 / 0)
        for _time in range(2):
            with pytest.raises(ZeroDivisionError):
                tasks.run_waiting()
            failed = api("get", "/cost-runs").json()["items"][0]
            assert (failed["state"], valued()) == ("failed", [])
            shown = office.get("/costs/rates/").content.decode()
            assert "Costs that waited for an exchange rate were to get their value." in shown
            assert f'formaction="/costs/waiting/{failed["id"]}/again/"' in shown
            assert "Dismiss" not in shown  # for a line whose rate is there would wait for ever
            assert api("post", f"/cost-runs/{failed['id']}/leave").status_code == 409
            answer = api("post", f"/cost-runs/{failed['id']}/again")
            assert (answer.status_code, answer.json()["about"], answer.json()["state"]) == (202, "rates", "queued")
            assert api("post", f"/cost-runs/{failed['id']}/again").status_code == 409
        with pytest.raises(ZeroDivisionError):
            tasks.run_waiting()
    again = f"/costs/waiting/{AllocationRun.objects.latest('pk').pk}/again/"
    office.post(again, {"next": "/costs/rates/"})
    answer = office.post(again, {"next": "/costs/rates/"}, follow=True)
    assert answer.redirect_chain[0][0] == "/costs/rates/"
    assert "It has not failed." in answer.content.decode()
    assert tasks.run_waiting() == 1
    assert len(valued()) == 11


@pytest.mark.django_db
@pytest.mark.parametrize("about", ["rules", "labels", "ledger"])
def test_what_was_decided_is_asked_for_again_where_it_was_decided(api, about):
    of_ledger = {"provider": "aws", "since": date(2024, 1, 1), "kind": "bill"} if about == "ledger" else {}
    failed = AllocationRun.objects.create(about=about, failed=True, finished_at=timezone.now(), **of_ledger)
    assert api("post", f"/cost-runs/{failed.pk}/again").status_code == 409
    assert list(AllocationRun.objects.all()) == [failed]
    assert api("post", f"/cost-runs/{failed.pk}/leave").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_in_the_middle_leaves_all_waiting_and_another_values_each_line_once(much):
    add_rate("2026-01-05", "GBP", "1.05")
    other = connection.copy()
    for _time in range(2):
        with other.cursor() as cursor:
            other.set_autocommit(False)
            cursor.execute("LOCK TABLE costs_initiativemonth IN SHARE MODE")  # the sums
            process = worker_in_the_middle()
            process.kill()
            process.join()
            other.rollback()
        wait(60, lambda: not is_waited_for())
        assert valued() == []
    other.close()
    end = time.monotonic() + 60  # until the database has noticed that the worker is gone
    while not tasks.run_waiting() and time.monotonic() < end:
        time.sleep(0.1)
    assert valued() == [(date(2026, 1, day), Decimal("1.05")) for day in range(5, 16)]
    assert AllocationRun.objects.get().attempts == 3
