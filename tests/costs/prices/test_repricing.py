"""A period priced anew: shown first, applied as shown, old prices kept."""

import re
from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.errors import RuleError
from accounts.models import AuditEntry
from costs.models import ChargeGroup, CostLine, Kind, Repricing, UsageLine
from costs.prices import own_rows, repricing
from costs.pricing import Tokens
from costs.usage import lines as usage_lines
from costs.usage.rows import About, UsageRow
from imports import jobs
from imports.workers import MOST_IN_VAIN
from tests.costs.importers.test_usage_csv import HEADER, everything
from tests.costs.importers.test_usage_csv import row as csv_row
from tests.costs.prices.test_book import add as add_price
from tests.factories import UserFactory
from tests.imports.files import bring_in

pytestmark = pytest.mark.django_db
NOVEMBER, DECEMBER = date(2026, 11, 1), date(2026, 12, 1)


@pytest.fixture
def finance():
    return UserFactory(finance=True)


def used(tokens: int, model: str = "turbo", on: date = date(2026, 11, 3), **about) -> None:
    usage_lines.add(None, [UsageRow(About("test", "acme", model, **about), on, Tokens(tokens))])


def worked_out(actor, since: date = NOVEMBER, until: date = DECEMBER, provider: str = "") -> Repricing:
    planned = repricing.plan(actor, since, until, provider)
    repricing.run_next()
    planned.refresh_from_db()
    return planned


def applied(actor, planned: Repricing) -> Repricing:
    repricing.apply(actor, planned)
    repricing.run_next()
    planned.refresh_from_db()
    return planned


def amounts() -> list[Decimal | None]:
    return sorted((line.amount for line in UsageLine.objects.live()), key=lambda amount: (amount is not None, amount))


def test_one_whose_workers_die_each_time_is_given_up(finance, monkeypatch):
    def die(_due):
        raise KeyboardInterrupt  # as little is noted as when a worker is killed

    planned = repricing.plan(finance, NOVEMBER, DECEMBER)
    with monkeypatch.context() as patch:
        patch.setattr(repricing, "_work_out", die)
        for _attempt in range(MOST_IN_VAIN):
            with pytest.raises(KeyboardInterrupt):
                repricing.run_next()
    repricing.run_next()
    planned.refresh_from_db()
    assert (planned.state, repricing.run_next()) == ("failed", None)


def test_the_difference_is_shown_and_nothing_changes(finance):
    add_price("turbo", "2")
    used(1_000_000)
    used(3_000_000)
    add_price("turbo", "2.5")
    before = everything()
    planned = worked_out(finance)
    assert (planned.state, planned.lines, planned.changed) == ("ready", 2, 2)
    assert planned.differences == [
        {
            "provider": "acme", "model": "turbo", "currency_before": "USD", "currency_after": "USD", "lines": 2,
            "before": "8", "after": "10",
        }
    ]  # fmt: skip
    assert everything() == before


def test_applied_it_counts_and_the_old_price_stays_in_the_history(finance):
    old = add_price("turbo", "2")
    used(1_000_000)
    new = add_price("turbo", "2.5")
    assert applied(finance, worked_out(finance)).state == "done"
    versions = UsageLine.objects.order_by("occurrence")
    assert [(line.price, line.amount, line.withdrawn) for line in versions] == [
        (old, 2, "restated"),
        (new, Decimal("2.5"), ""),
    ]
    assert [(line.amount, line.withdrawn) for line in CostLine.objects.order_by("occurrence")] == [
        (2, "restated"), (Decimal("2.5"), ""),
    ]  # fmt: skip
    told = AuditEntry.objects.get(object_type="costs.repricing")
    assert (told.action, told.actor, told.changes["lines"]) == ("reprice", finance, [None, 1])


def test_what_had_no_price_gets_one_and_may_lose_it_again(finance):
    used(1_000_000)
    assert amounts() == [None]
    price = add_price("turbo", "3")
    (shown,) = worked_out(finance).differences
    assert (shown["currency_before"], shown["before"], shown["currency_after"], shown["after"]) == ("", "0", "USD", "3")
    applied(finance, Repricing.objects.get())
    assert amounts() == [3]
    own_rows.end(finance, price, date(2026, 1, 1))
    applied(finance, worked_out(finance))
    assert amounts() == [None]
    assert not CostLine.objects.live().exists()


def test_what_stays_without_a_price_says_so(finance, client):
    usage_lines.add(None, [UsageRow(About("test", "acme", "turbo"), date(2026, 11, 3), Tokens(1_000, output=10))])
    add_price("turbo", "3")  # of input alone
    client.force_login(finance)
    page = client.get(f"/costs/usage/pricing/{worked_out(finance).pk}/").content.decode()
    assert "still without: a class of its tokens has no price" in page
    assert "another currency" not in page


def test_a_price_in_another_currency_moves_the_line_to_another_group(finance):
    add_price("turbo", "2")
    used(1_000_000)
    add_price("turbo", "1", currency="EUR")
    applied(finance, worked_out(finance))
    line = CostLine.objects.live().get()
    assert (line.amount, line.group.currency, line.is_pending) == (1, "EUR", True)
    assert everything()[2][-1][1:] == (1, 1_000_000)


def test_only_the_period_and_the_provider_are_looked_at(finance):
    for day in (date(2026, 10, 31), date(2026, 11, 1), date(2026, 11, 30), date(2026, 12, 1)):
        used(1_000_000, on=day)
    add_price("turbo", "2", since="2026-10-01")
    assert worked_out(finance).changed == 2
    assert worked_out(finance, provider="openai").lines == 0
    assert worked_out(finance, provider="ACME").changed == 2


def test_twice_changes_nothing(finance):
    used(1_000_000)
    add_price("turbo", "2")
    done = applied(finance, worked_out(finance))
    before = everything()
    repricing.run_next()
    assert everything() == before
    assert (worked_out(finance).changed, everything()) == (0, before)
    with pytest.raises(RuleError):
        repricing.apply(finance, done)


def test_what_was_not_shown_is_not_applied(finance):
    used(1_000_000)
    add_price("turbo", "2")
    planned = worked_out(finance)
    add_price("turbo", "3")
    before = everything()
    assert applied(finance, planned).state == "stale"
    assert everything() == before


def test_an_upgrade_of_the_library_alone_changes_nothing(finance, monkeypatch):
    usage_lines.add(None, [UsageRow(About("test", "openai", "gpt-4o"), date(2026, 11, 3), Tokens(1_000_000))])
    monkeypatch.setattr("costs.prices.library.version", lambda: "9.9.9")
    assert worked_out(finance).changed == 0


def test_a_gateways_own_amounts_stay(finance):
    about = About("litellm", "acme", "turbo", kind="gateway", currency="USD")
    usage_lines.add(None, [UsageRow(about, date(2026, 11, 3), Tokens(10), amount=Decimal("0.125"))])
    add_price("turbo", "2")
    assert worked_out(finance).lines == 0


def test_an_import_goes_with_all_its_prices(finance):
    add_price("gpt-0", "2", provider="openai")
    job = bring_in("usage_csv", HEADER + csv_row(1_000_000, model="gpt-0") + csv_row(1_000_000, "A", model="gpt-0"))
    add_price("gpt-0", "3", provider="openai")
    applied(finance, worked_out(finance))
    text = HEADER + csv_row(1_000_000, model="gpt-0") + csv_row(1_000_000, "A", model="gpt-0")
    assert bring_in("usage_csv", text).rows_unchanged == 2  # the file says nothing new
    jobs.revert(job, finance)
    assert everything() == ([], [], [], [], [])
    assert not CostLine.objects.exists()


def test_a_restated_row_keeps_its_price_anew_after_a_revert(finance):
    add_price("gpt-0", "2", provider="openai")
    bring_in("usage_csv", HEADER + csv_row(1_000_000, "A", model="gpt-0"))
    add_price("gpt-0", "3", provider="openai")
    applied(finance, worked_out(finance))
    before = everything()
    second = bring_in("usage_csv", HEADER + csv_row(2_000_000, "A", model="gpt-0"))
    assert amounts() == [6]
    jobs.revert(second, finance)
    assert everything() == before


def test_only_finance_and_administrators_may(finance):
    with pytest.raises(PermissionDenied):
        repricing.plan(UserFactory(portfolio=True), NOVEMBER, DECEMBER)


def test_calls_that_a_gateway_says_the_cost_of_and_other_months_are_not_looked_at(finance):
    used(1_000_000)
    used(1_000_000, on=date(2026, 10, 3), model="older")
    said = About("log", "acme", "turbo", kind=Kind.GATEWAY, currency="USD")
    usage_lines.add(None, [UsageRow(said, date(2026, 11, 3), Tokens(1_000_000), amount=Decimal(7))])
    with CaptureQueriesContext(connection) as asked:
        assert worked_out(finance).lines == 1
    (lines,) = (each["sql"] for each in asked if re.search(r'FROM "costs_usageline" WHERE .* ORDER BY', each["sql"]))
    assert re.findall(r'"group_id" IN \(([^)]*)\)', lines) == [
        str(ChargeGroup.objects.get(source="test", sku="turbo").pk)
    ]
