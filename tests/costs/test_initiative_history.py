"""The history of an initiative tells what imports, reverts, rules and prices did to its cost, an entry for each."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from accounts.models import AuditEntry
from costs import ai_categories, allocation_runs, generators, ledger_sources, registers, repricing
from costs.models import AiCategoryRule
from imports import jobs
from tests.costs.factories import add_asset, add_line, add_rate, on_day
from tests.costs.test_allocation import rule
from tests.costs.test_costs_csv import HEADER, row
from tests.costs.test_price_book import add as add_price
from tests.costs.test_usage_csv import HEADER as USAGE_HEADER
from tests.costs.test_usage_csv import row as usage_row
from tests.factories import InitiativeFactory, UserFactory
from tests.imports.files import bring_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def finance():
    return UserFactory(finance=True, name="Kay Ito")


@pytest.fixture
def claims():
    return InitiativeFactory()


@pytest.fixture
def motor():
    return InitiativeFactory()


def told(initiative, kind: str = "imports.import") -> list[tuple]:
    """Return action, lines and gross cost before and after, the latest first."""
    entries = AuditEntry.objects.filter(initiative_id=initiative.pk, object_type=kind).order_by("-id")
    return [
        (entry.action, entry.changes.get("cost_lines", [None, 0])[1], *entry.changes.get("gross_cost", ["=", "="]))
        for entry in entries
    ]


def test_an_import_and_its_revert_stand_once_in_each_initiative_that_they_touch(claims, motor, finance):
    other = InitiativeFactory()
    add_line(claims, "2026-03-01", "100.50")
    text = HEADER + row(claims, "10") + row(claims, "2.25", vendor="Acme") + row(motor, "-7") + row(None, "99")
    job = bring_in("costs_csv", text, actor=finance)
    assert told(claims) == [("import", 2, "100.5", "112.75")]
    assert told(motor) == [("import", 1, "0", "-7")]
    assert told(other) == []
    entry = AuditEntry.objects.get(initiative_id=claims.pk, object_type="imports.import")
    assert (entry.actor, entry.actor_label, entry.object_id, entry.object_label) == (
        finance, "Kay Ito", job.pk, "test.csv",
    )  # fmt: skip
    jobs.revert(job, finance)
    assert told(claims) == [("revert", 2, "112.75", "100.5"), ("import", 2, "100.5", "112.75")]
    assert told(motor) == [("revert", 1, "-7", "0"), ("import", 1, "0", "-7")]


def test_the_same_file_again_and_a_dry_run_tell_nothing(claims):
    text = HEADER + row(claims, "10")
    bring_in("costs_csv", text, dry_run=True)
    assert told(claims) == []
    bring_in("costs_csv", text)
    bring_in("costs_csv", text)
    assert told(claims) == [("import", 1, "0", "10")]


def test_a_restated_line_is_one_line_and_one_that_changes_its_initiative_stands_in_both(claims, motor):
    bring_in("costs_csv", HEADER + row(claims, "10", external_id="A") + row(claims, "5", external_id="B"))
    job = bring_in("costs_csv", HEADER + row(claims, "12", external_id="A") + row(motor, "5", external_id="B"))
    assert told(claims)[0] == ("import", 2, "15", "12")
    assert told(motor) == [("import", 1, "0", "5")]
    jobs.revert(job, None)
    assert told(claims)[0] == ("revert", 2, "12", "15")
    assert told(motor)[0] == ("revert", 1, "5", "0")


def test_lines_that_wait_for_a_rate_are_told_and_so_is_the_rate(claims):
    bring_in("costs_csv", HEADER + row(claims, "10", currency="EUR") + row(claims, "1"))
    assert told(claims) == [("import", 2, "0", "1")]
    add_rate("2026-03-05", "EUR", "1.1")
    assert told(claims, "money.exchangerate") == [("value", 0, "1", "12")]


def test_an_import_that_rules_place_is_told_where_it_goes(claims, motor):
    rule({"vendor": "acme"}, (claims, "0.25"), (motor, "0.75"))
    text = HEADER + row(None, "100", vendor="Acme") + row(None, "20", vendor="Acme") + row(None, "5")
    bring_in("costs_csv", text)
    assert told(claims) == [("import", 2, "0", "30")]
    assert told(motor) == [("import", 2, "0", "90")]


def test_rules_applied_are_told_where_they_take_and_where_they_give(claims, motor, finance):
    for amount in ("100", "20"):
        add_line(None, "2026-03-05", amount, vendor="Acme")
    allocation = rule({"vendor": "acme"}, claims)
    allocation_runs.apply(finance)
    assert told(claims, "costs.allocationrun") == [("apply", 2, "0", "120")]
    allocation.parts.update(initiative=motor)
    allocation_runs.apply(finance)
    allocation_runs.apply(finance)
    assert told(claims, "costs.allocationrun")[0] == ("apply", 2, "120", "0")
    assert told(motor, "costs.allocationrun") == [("apply", 2, "0", "120")]


def test_usage_and_its_pricing_anew_are_told(claims, finance):
    add_price("turbo", "2")
    used = USAGE_HEADER + usage_row(1_000_000, model="turbo", provider="acme", initiative=claims.key)
    bring_in("usage_csv", used)
    assert told(claims) == [("import", 1, "0", "2")]
    add_price("turbo", "2.5")
    planned = repricing.plan(finance, date(2026, 11, 1), date(2026, 12, 1))
    repricing.run(planned.pk)
    planned.refresh_from_db()
    repricing.apply(finance, planned)
    repricing.run(planned.pk)
    assert told(claims, "costs.repricing") == [("reprice", 1, "2", "2.5")]


def test_another_ledger_source_is_told(claims, finance):
    used = USAGE_HEADER + usage_row(1_000_000, initiative=claims.key)  # 2.50 USD (genai-prices 0.2.3)
    bring_in("usage_csv", used)
    ledger_sources.take(finance, "openai", date(2026, 11, 1), "bill")
    assert told(claims, "costs.ledgersource") == [("edit", 1, "2.5", "0")]


def test_no_digit_is_lost(claims):
    add_line(claims, "2026-03-01", "0.000000000000000000000000000001")
    bring_in("costs_csv", HEADER + row(claims, "10000000000000000000"))
    assert told(claims) == [
        ("import", 1, "0.000000000000000000000000000001", "10000000000000000000.000000000000000000000000000001")
    ]
    assert Decimal(told(claims)[0][3]) > 10**19


def test_the_page_links_the_import_for_those_who_may_see_it(client, claims, finance, django_assert_max_num_queries):
    made = [bring_in("costs_csv", HEADER + row(claims, str(amount)), actor=finance) for amount in range(10, 40)]
    url = reverse("projects:initiative-history", args=[claims.key])
    client.force_login(finance)
    with django_assert_max_num_queries(15):
        page = client.get(url).content.decode()
    address = reverse("imports:import-detail", args=[made[0].pk])
    assert f'<a class="link" href="{address}">File: test.csv</a>' in page
    assert "<del>$0.00</del> → <ins>$10.00</ins>" in page
    assert page.count("Kay Ito") >= 30
    client.force_login(UserFactory(executive=True))
    page = client.get(url).content.decode()
    assert "File: test.csv" in page
    assert address not in page


def test_what_follows_from_a_register_is_told_with_its_entry(claims, motor, monkeypatch):
    on_day(monkeypatch, "2026-03-15")  # of 36 months of 1,000 from 10 January on two have ended
    asset = add_asset([(claims, "0.25"), (motor, "0.75")])
    assert told(claims, "costs.asset") == [("generate", 2, "0", "500")]
    assert told(motor, "costs.asset") == [("generate", 2, "0", "1500")]
    on_day(monkeypatch, "2026-04-01")
    generators.bring_up()
    generators.bring_up()
    assert told(claims, "accounts.organisation") == [("generate", 1, "500", "750")]
    registers.delete(None, asset)
    assert told(claims, "costs.asset")[0] == ("generate", 3, "750", "0")


def test_a_rule_for_ai_categories_is_told_where_it_moves_cost(claims):
    add_line(None, "2026-03-05", "40", vendor="Acme")
    rule({"ai_category": "data"}, claims)
    allocation_runs.apply(None)
    ai_rule = AiCategoryRule(match={"vendor": "acme"}, ai_category="data", priority=1)
    ai_categories.save(None, ai_rule)
    assert told(claims, "costs.aicategoryrule") == [("apply", 1, "0", "40")]
    ai_categories.remove(None, ai_rule)
    assert told(claims, "costs.aicategoryrule")[0] == ("apply", 1, "40", "0")
