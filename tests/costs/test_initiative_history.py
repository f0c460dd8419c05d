"""The history of an initiative tells what imports, reverts, rules and prices did to its cost, an entry for each."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from accounts.models import AuditEntry
from costs import generators, lines
from costs.ai import categories as ai_categories
from costs.allocation import places as allocation
from costs.allocation import runs as allocation_runs
from costs.models import AiCategoryRule, ChargeGroup, CostLine, UsageLine
from costs.prices import repricing
from costs.pricing import Tokens
from costs.reconciliation import sources as ledger_sources
from costs.registers import entries as register_entries
from costs.usage import lines as usage_lines
from costs.usage.rows import About, UsageRow
from imports import jobs
from tests.costs.allocation.test_places import rule
from tests.costs.factories import add_asset, add_line, add_rate, category, new_line, on_day
from tests.costs.importers.test_costs_csv import HEADER, row
from tests.costs.importers.test_focus import bill
from tests.costs.importers.test_usage_csv import HEADER as USAGE_HEADER
from tests.costs.importers.test_usage_csv import row as usage_row
from tests.costs.prices.test_book import add as add_price
from tests.factories import InitiativeFactory, UserFactory, bearer
from tests.imports.files import bring_in
from tests.markup import tight

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


def test_usage_and_its_pricing_anew_are_told_with_its_page_for_those_who_may_see_it(claims, finance, client):
    add_price("turbo", "2")
    used = USAGE_HEADER + usage_row(1_000_000, model="turbo", provider="acme", initiative=claims.key)
    bring_in("usage_csv", used)
    assert told(claims) == [("import", 1, "0", "2")]
    add_price("turbo", "2.5")
    planned = repricing.plan(finance, date(2026, 11, 1), date(2026, 12, 1))
    repricing.run_next()
    planned.refresh_from_db()
    repricing.apply(finance, planned)
    repricing.run_next()
    assert told(claims, "costs.repricing") == [("reprice", 1, "2", "2.5")]
    address = f'href="{reverse("costs:repricing", args=[planned.pk])}"'
    for reader, is_led_there in ((finance, True), (UserFactory(executive=True), False)):
        client.force_login(reader)
        page = client.get(reverse("projects:initiative-history", args=[claims.key])).content.decode()
        assert (address in page) is is_led_there


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
    made = [bring_in("costs_csv", HEADER + row(claims, str(amount)), actor=finance) for amount in range(10, 22)]
    url = reverse("projects:initiative-history", args=[claims.key])
    client.force_login(finance)
    with django_assert_max_num_queries(15):
        page = tight(client.get(url).content.decode())
    address = reverse("imports:import-detail", args=[made[0].pk])
    assert f'<a class="link" href="{address}">File: test.csv</a>' in page
    assert "<del>$0.00</del> → <ins>$10.00</ins>" in page
    assert page.count("Kay Ito") >= 12
    client.force_login(UserFactory(executive=True))
    page = client.get(url).content.decode()
    assert "File: test.csv" in page
    assert address not in page


def test_the_page_of_a_line_links_the_import_for_those_who_may_see_it(client, claims, finance):
    made = bring_in("costs_csv", HEADER + row(claims, "10"), actor=finance)
    address = reverse("imports:import-detail", args=[made.pk])
    for user, is_linked in ((finance, True), (claims.owner, False)):
        client.force_login(user)
        page = client.get(reverse("costs:line", args=[CostLine.objects.get().key])).content.decode()
        assert "test.csv" in page
        assert (address in page) is is_linked


def test_what_follows_from_a_register_is_told_with_its_entry(claims, motor, monkeypatch):
    on_day(monkeypatch, "2026-03-15")  # of 36 months of 1,000 from 10 January on two have ended
    asset = add_asset([(claims, "0.25"), (motor, "0.75")])
    assert told(claims, "costs.asset") == [("generate", 2, "0", "500")]
    assert told(motor, "costs.asset") == [("generate", 2, "0", "1500")]
    on_day(monkeypatch, "2026-04-01")
    generators.synchronise()
    generators.synchronise()
    assert told(claims, "accounts.organisation") == [("generate", 1, "500", "750")]
    register_entries.delete(None, asset, asset.version)
    assert told(claims, "costs.asset")[0] == ("generate", 3, "750", "0")


def test_a_rule_for_ai_categories_is_told_where_it_moves_cost(claims):
    add_line(None, "2026-03-05", "40", vendor="Acme")
    rule({"ai_category": "data"}, claims)
    allocation_runs.apply(None)
    ai_rule = AiCategoryRule(match={"vendor": "acme"}, ai_category="data", priority=1)
    ai_categories.save(None, ai_rule)
    assert told(claims, "costs.aicategoryrule") == [("apply", 1, "0", "40")]
    ai_categories.remove(None, ai_rule, ai_rule.version)
    assert told(claims, "costs.aicategoryrule")[0] == ("apply", 1, "40", "0")


def test_a_line_by_hand_that_a_rule_places_is_told_where_it_goes(claims, motor, finance):
    rule({"vendor": "acme"}, (claims, "0.25"), (motor, "0.75"))
    line = add_line(None, "2026-03-05", "100", vendor="Acme", actor=finance)
    assert told(claims, "costs.costline") == [("create", 1, "0", "25")]
    assert told(motor, "costs.costline") == [("create", 1, "0", "75")]
    line = lines.correct(finance, line, new_line(None, "2026-03-05", "140", vendor="Acme"))
    assert told(claims, "costs.costline")[0] == ("edit", 1, "25", "35")
    lines.remove(finance, line)
    assert told(claims, "costs.costline")[0] == ("delete", 1, "35", "0")
    assert told(motor, "costs.costline")[0] == ("delete", 1, "105", "0")
    entry = AuditEntry.objects.filter(initiative_id=claims.pk).latest("id")
    assert (entry.actor, entry.object_id, entry.object_label) == (finance, None, "2026-03-05 140 USD")


def test_lines_by_hand_stand_once_each_where_they_name_their_initiative_and_where_a_rule_places_them(claims, motor):
    rule({"vendor": "acme"}, claims)
    rows = [new_line(None, f"2026-03-{day}", "10", vendor="Acme") for day in ("05", "20")]
    lines.add(None, [*rows, new_line(claims, "2026-03-06", "1"), new_line(motor, "2026-03-06", "2")])
    # Its own line is told with its amount, those placed there with what they come to: 1, then 20 of 21.
    assert sorted(told(claims, "costs.costline")) == [("create", 0, "=", "="), ("create", 2, "1", "21")]
    assert told(motor, "costs.costline") == [("create", 0, "=", "=")]
    assert AuditEntry.objects.filter(object_label="2026-03-05 – 2026-03-20").count() == 1


def test_a_line_that_goes_from_a_rule_to_an_initiative_is_told_in_both(claims, motor):
    rule({"vendor": "acme"}, claims)
    line = add_line(None, "2026-03-05", "100", vendor="Acme")
    lines.correct(None, line, new_line(motor, "2026-03-05", "100", vendor="Acme"))
    assert told(claims, "costs.costline")[0] == ("edit", 1, "100", "0")
    entry = AuditEntry.objects.get(initiative_id=motor.pk, object_type="costs.costline")
    assert entry.changes == {"initiative": [None, motor.key]}


USED = UsageRow(About("test", "acme", "turbo"), date(2026, 11, 3), Tokens(1_000_000))


def test_usage_by_hand_that_a_rule_places_is_told_where_it_goes(claims, motor, finance):
    add_price("turbo", "2")
    rule({"vendor": "acme"}, claims)
    named = replace(USED, about=USED.about._replace(initiative_id=motor.pk))
    usage_lines.add(finance, [USED, named])
    assert told(claims, "costs.usageline") == [("create", 1, "0", "2")]
    assert told(motor, "costs.usageline") == [("create", 0, "=", "=")]
    usage_lines.remove(finance, UsageLine.objects.get(group__initiative=None))
    assert told(claims, "costs.usageline")[0] == ("delete", 1, "2", "0")
    usage_lines.remove(finance, UsageLine.objects.live().get())
    assert told(motor, "costs.usageline") == [("delete", 0, "=", "="), ("create", 0, "=", "=")]
    assert set(AuditEntry.objects.exclude(initiative_id=None).values_list("object_type", flat=True)) == {
        "costs.usageline"
    }


def test_a_bill_that_counts_since_the_usage_before_it_was_deleted_is_told_as_that_deletion(claims, finance):
    add_price("turbo", "2")
    rule({"vendor": "acme"}, claims)
    usage_lines.add(finance, [USED])
    bring_in("focus", bill({"ProviderName": "acme", "SkuId": "turbo", "BilledCost": "3"}))
    ChargeGroup.objects.filter(kind="bill").update(ai_category="inference")
    allocation.synchronise()
    usage_lines.remove(finance, UsageLine.objects.get())
    assert told(claims, "costs.usageline") == [
        ("delete", 1, "0", "3"), ("delete", 1, "2", "0"), ("create", 1, "0", "2"),
    ]  # fmt: skip


def test_what_usage_brings_up_besides_is_told_as_what_did_it(claims, motor):
    add_price("turbo", "2")
    add_line(claims, "2026-11-02", "10")
    rule({"vendor": "acme"}, claims, motor, method="cost", measure=category("cloud"))
    usage_lines.add(None, [USED])
    add_line(motor, "2026-11-02", "10")  # the next usage of the group is divided by it, and so is what is there
    usage_lines.add(None, [USED])
    assert told(claims, "costs.allocationrun") == [("apply", 2, "14", "12"), ("apply", 1, "10", "12")]
    assert told(motor, "costs.allocationrun") == [("apply", 2, "10", "12")]


def test_labels_applied_are_told_where_they_move_cost(claims):
    add_line(None, "2026-03-05", "40", vendor="Acme")
    rule({"ai_category": "data"}, claims)
    allocation_runs.apply(None)
    AiCategoryRule.objects.create(match={"vendor": "acme"}, ai_category="data", priority=1)  # as after an upgrade
    ai_categories.apply(None)
    assert told(claims, "costs.aicategoryrule") == [("apply", 1, "0", "40")]


COST = {"incurred_on": "2026-03-05", "category": "cloud", "amount": "40", "currency": "USD", "vendor": "Acme"}
TOKENS = {
    "occurred_on": "2026-11-03",
    "provider": "acme",
    "model": "turbo",
    "input_tokens": 1_000_000,
    "output_tokens": 0,
}


@pytest.mark.parametrize(("address", "sent", "gross"), [("costs", COST, "40"), ("usage", TOKENS, "2")])
def test_what_rules_place_is_told_by_whichever_door_it_comes_and_goes(client, claims, finance, address, sent, gross):
    add_price("turbo", "2")
    rule({"vendor": "acme"}, claims)
    url, headers = f"/api/v1/{address}", bearer(finance)
    assert client.post(url, sent, "application/json", headers=headers).status_code == 201
    kind = {"costs": "costs.costline", "usage": "costs.usageline"}[address]
    assert told(claims, kind) == [("create", 1, "0", gross)]
    [item] = client.get(url, headers=headers).json()["items"]
    client.force_login(finance)
    lines_at = {"costs": "/costs/lines", "usage": "/costs/usage/lines"}[address]
    assert client.post(f"{lines_at}/{item['id']}/delete/").status_code == 302
    assert told(claims, kind)[0] == ("delete", 1, gross, "0")
    page = tight(client.get(reverse("projects:initiative-history", args=[claims.key])).content.decode())
    assert f"<del>$0.00</del> → <ins>${gross}.00</ins>" in page


def test_what_rules_place_is_told_from_the_grid(client, claims, finance):
    rule({"vendor": "acme"}, claims)
    client.force_login(finance)
    typed = {f"row-0-{name}": value for name, value in COST.items()}
    assert client.post(reverse("costs:grid"), typed | {"do": "save"}).status_code == 302
    assert told(claims, "costs.costline") == [("create", 1, "0", "40")]
