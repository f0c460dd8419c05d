"""What a rule would move that was saved, switched off or deleted stays until somebody applies the rules.

Further cost of the same kind goes where that kind stands; only what comes for the first time follows the rules of now.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from importlib import import_module

import pytest
from django.db import connection
from django.test import Client

from accounts.models import AuditEntry
from costs import rollups, tasks
from costs.ai import categories as ai_categories
from costs.allocation import places
from costs.allocation import rules as allocation_rules
from costs.allocation import runs as allocation_runs
from costs.allocation.belonging import Scope, usage_in
from costs.allocation.rules import remove
from costs.models import (
    AiCategory,
    AiCategoryRule,
    AllocationRule,
    AllocationRun,
    Kind,
    Placement,
    UsageLine,
)
from costs.pricing import Tokens
from costs.reconciliation import sources as ledger_sources
from costs.usage import lines as usage_lines
from costs.usage.rows import About, UsageRow
from imports import jobs
from projects.models import Initiative
from tests.costs.allocation.test_places import cost_of, rule
from tests.costs.factories import add_line
from tests.costs.importers.test_focus import bill
from tests.costs.importers.test_usage_csv import HEADER as USAGE
from tests.costs.importers.test_usage_csv import row as usage_row
from tests.costs.prices.test_book import add as add_price
from tests.costs.prices.test_repricing import applied, worked_out
from tests.costs.reconciliation.test_sources import call
from tests.factories import InitiativeFactory, UserFactory, bearer
from tests.imports.files import bring_in

pytestmark = pytest.mark.django_db
ACME = {"ProviderName": "acme", "BilledCost": "10"}
OTHER = ACME | {"ResourceId": "i-9", "BilledCost": "5"}
APRIL = {"ChargePeriodStart": "2026-04-05T10:00:00Z", "ChargePeriodEnd": "2026-04-05T11:00:00Z"}


@pytest.fixture
def claims() -> Initiative:
    return InitiativeFactory()


def test_a_later_bill_applies_no_rule_to_what_is_there(claims: Initiative) -> None:
    bring_in("focus", bill(ACME))
    rule({"vendor": "acme"}, claims)
    bring_in("focus", bill(ACME | APRIL, OTHER | APRIL))
    # 10 of March and 10 of April stay where that kind of cost stands; what is of a new kind follows the rule.
    assert cost_of(claims, None) == [5, 20]
    run = allocation_runs.apply(None)
    assert (run.lines, run.amount, cost_of(claims, None)) == (2, 20, [25, 0])


def test_what_a_deleted_rule_has_placed_stays_there_and_so_does_what_comes_after_it(claims: Initiative) -> None:
    made = rule({"vendor": "acme"}, claims)
    bring_in("focus", bill(ACME))
    remove(UserFactory(finance=True), made, made.version)
    bring_in("focus", bill(ACME, ACME | APRIL, OTHER | APRIL))
    assert cost_of(claims, None) == [20, 5]
    allocation_runs.apply(None)
    assert cost_of(claims, None) == [0, 25]


def test_what_has_no_lines_left_follows_the_rules_of_now(claims: Initiative) -> None:
    jobs.revert(bring_in("focus", bill(ACME)), None)
    rule({"vendor": "acme"}, claims)
    bring_in("focus", bill(ACME))
    assert cost_of(claims, None) == [10, 0]


def test_a_rule_that_comes_while_a_bill_is_read_places_what_is_new_in_it(
    claims: Initiative, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring_in("focus", bill(ACME))
    lock = rollups.lock

    def locked() -> None:
        monkeypatch.undo()
        rule({"vendor": "acme"}, claims)
        lock()

    monkeypatch.setattr(rollups, "lock", locked)  # which an import takes when it has read its file
    bring_in("focus", bill(ACME | APRIL, OTHER | APRIL))
    assert cost_of(claims, None) == [5, 20]


def test_a_rule_that_divides_by_use_waits_too(claims: Initiative) -> None:
    motor = InitiativeFactory()
    abouts = (About("test", "nobody", "model-a", each.pk) for each in (claims, motor))
    used = zip(abouts, (3, 1), strict=True)  # of no price, so that they cost nothing
    usage_lines.add(None, [UsageRow(about, date(2026, 4, 5), Tokens(tokens)) for about, tokens in used])
    bring_in("focus", bill(ACME))
    rule({"vendor": "acme"}, claims, motor, method="tokens")
    bring_in("focus", bill(ACME | APRIL, OTHER | APRIL | {"BilledCost": "4"}))
    assert cost_of(claims, motor, None) == [3, 1, 20]
    # Once it is applied, what comes is divided as it comes: 10 + 4 + 2 of April, three quarters of it for claims.
    allocation_runs.apply(None)
    bring_in("focus", bill(ACME | APRIL | {"BilledCost": "12"}))
    assert cost_of(claims, motor, None) == [12, 4, 10]


def test_usage_applies_no_rule_to_what_is_there_by_whichever_door(claims: Initiative) -> None:
    add_price("turbo", "2")
    add_price("mini", "1")
    about = About("test", "acme", "turbo")
    usage_lines.add(None, [UsageRow(about, date(2026, 11, 3), Tokens(1_000_000))])
    bring_in("usage_csv", USAGE + usage_row(1_000_000, "U-1", "turbo", provider="acme"))
    rule({"vendor": "acme"}, claims)
    usage_lines.add(None, [UsageRow(about, date(2026, 11, 4), Tokens(2_000_000))])
    bring_in("usage_csv", USAGE + usage_row(3_000_000, "U-2", "turbo", provider="acme"))
    assert cost_of(claims, None) == [0, 14]  # 2 × (1 + 1 + 2 + 3)
    usage_lines.add(None, [UsageRow(about._replace(model="mini"), date(2026, 11, 4), Tokens(1_000_000))])
    bring_in("usage_csv", USAGE + usage_row(1_000_000, "U-3", "mini", provider="acme"))
    assert cost_of(claims, None) == [2, 14]  # of another model: a new kind


def test_a_new_price_applies_no_rule(claims: Initiative) -> None:
    finance = UserFactory(finance=True)
    add_price("turbo", "2")
    usage_lines.add(None, [UsageRow(About("test", "acme", "turbo"), date(2026, 11, 3), Tokens(1_000_000))])
    rule({"vendor": "acme"}, claims)
    add_price("turbo", "3")
    applied(finance, worked_out(finance))
    assert cost_of(claims, None) == [0, 3]


class ByUse:
    """10 of March that a rule divides by use, half and half as it was applied; then more use came: 30 to 10."""

    def __init__(self) -> None:
        self.one, self.two = InitiativeFactory(number=1), InitiativeFactory(number=2)
        self._use(10, 10)
        self.bill = bring_in("focus", bill(ACME))
        self.client = Client()
        self.client.force_login(UserFactory(finance=True))
        self.save(initiative_1="AI-0002")
        self.rule = AllocationRule.objects.get()
        self.apply()
        assert self.cost == [5, 5, 0]
        self._use(20, 0)

    def _use(self, *tokens: int) -> None:
        abouts = (About("test", "nobody", "model-a", each.pk) for each in (self.one, self.two))
        rows = [UsageRow(*each) for each in zip(abouts, [date(2026, 3, 6)] * 2, map(Tokens, tokens), strict=True)]
        usage_lines.add(None, [row for row in rows if row.tokens.input])

    def save(self, address: str = "new/", **typed: str) -> None:
        sent = {"field_0": "vendor", "glob_0": "acme", "initiative_0": "AI-0001", "method": "tokens", "is_active": "on"}
        assert self.client.post(f"/costs/allocation/{address}", sent | typed).status_code == 302

    def edit(self, **typed: str) -> None:
        self.rule.refresh_from_db()
        self.save(f"{self.rule.pk}/", initiative_1="AI-0002", **{"version": str(self.rule.version)} | typed)

    def apply(self) -> None:
        assert self.client.post("/costs/allocation/apply/").status_code == 302

    @property
    def cost(self) -> list[Decimal]:
        return cost_of(self.one, self.two, None)


def at_night(_given: ByUse) -> None:
    tasks.follow_use()


def by_an_import(_given: ByUse) -> None:
    bring_in("focus", bill(ACME))


def by_a_revert(_given: ByUse) -> None:
    jobs.revert(bring_in("costs_csv", "incurred_on,category,amount,currency\n2026-03-05,cloud,0,USD\n"), None)


@pytest.mark.parametrize("later", [at_night, by_an_import, by_a_revert])
@pytest.mark.parametrize(
    ("save", "applied"),
    [
        (lambda given: given.edit(share_0="90"), [9, 1, 0]),
        (lambda given: given.edit(method="cost"), [0, 0, 10]),
        (lambda given: given.edit(since="2026-03"), [Decimal("7.5"), Decimal("2.5"), 0]),
        (lambda given: given.edit(glob_0="other"), [0, 0, 10]),
        (lambda given: given.save(method="equal", priority="1"), [10, 0, 0]),
        (lambda given: given.save(method="equal", priority="1", since="2026-02", last="2026-02"), None),
    ],
)
def test_no_rule_that_is_only_saved_moves_what_use_divides(
    save: Callable[[ByUse], None], applied: list[Decimal] | None, later: Callable[[ByUse], None]
) -> None:
    given = ByUse()
    save(given)
    later(given)
    assert given.cost == [5, 5, 0]
    given.apply()
    assert given.cost == (applied or [Decimal("7.5"), Decimal("2.5"), 0])
    later(given)
    assert tasks.follow_use() == 0


@pytest.mark.parametrize("later", [at_night, by_an_import, by_a_revert])
@pytest.mark.parametrize(
    "save",
    [
        lambda _given: None,
        lambda given: given.edit(name="Another name"),
        lambda given: given.save(glob_0="somebody else", priority="1"),
        lambda given: given.client.post(f"/costs/allocation/{given.rule.pk}/move/", {"to": "0"}),
    ],
)
def test_what_would_place_it_as_it_is_hinders_no_weights(
    save: Callable[[ByUse], None], later: Callable[[ByUse], None]
) -> None:
    given = ByUse()
    save(given)
    later(given)
    assert given.cost == [Decimal("7.5"), Decimal("2.5"), 0]


def test_a_rule_that_is_only_saved_is_no_measure_of_what_use_divides() -> None:
    """It would place what stays where it is; by cost, that would weigh in the shares of others."""
    one, two = InitiativeFactory(), InitiativeFactory()
    for each, amount in ((one, "10"), (two, "30")):
        add_line(each, "2026-03-05", amount)
    bring_in("focus", bill(ACME, {"ProviderName": "zeta", "BilledCost": "40"}))
    for vendor in ("acme", "zeta"):
        rule({"vendor": vendor}, one, two, method="cost", priority=5)
    allocation_runs.apply(None)
    assert cost_of(one, two) == [Decimal("22.5"), Decimal("67.5")]
    rule({"vendor": "acme"}, one, priority=1)
    assert tasks.follow_use() == 0
    assert cost_of(one, two) == [Decimal("22.5"), Decimal("67.5")]


def by_tokens(rule: AllocationRule) -> None:
    allocation_rules.edit(None, rule, rule.version, replace(allocation_rules.terms_of(rule), method="tokens"))


@pytest.mark.parametrize("save", [by_tokens, lambda rule: remove(None, rule, rule.version)])
@pytest.mark.parametrize("method", ["equal", "cost"])
def test_what_a_rule_has_placed_is_a_measure_as_it_was_when_it_was_applied(
    method: str, save: Callable[[AllocationRule], None]
) -> None:
    one, two = InitiativeFactory(), InitiativeFactory()
    add_line(one, "2026-03-05", "30")
    add_line(two, "2026-03-05", "10")
    bring_in("focus", bill(ACME, {"ProviderName": "zeta", "BilledCost": "60"}))
    made = rule({"vendor": "acme"}, one, method=method)
    rule({"vendor": "zeta"}, one, two, method="cost")
    allocation_runs.apply(None)
    before = cost_of(one, two, None)
    assert before == ([40 + 48, 10 + 12, 0] if method == "equal" else [40 + 45, 10 + 15, 0])
    save(made)
    tasks.follow_use()
    assert cost_of(one, two, None) == before


def upgrade() -> None:
    """Bring placements from before their division was kept to what the trail tells of it."""
    Placement.objects.update(division=None)
    AllocationRule.objects.update(division=1)
    with connection.cursor() as cursor:
        cursor.execute(import_module("costs.migrations.0030_division_of_placements").KNOWN)


@pytest.mark.parametrize("is_known", [True, False])
def test_what_was_placed_before_its_division_was_kept_follows_use_where_the_trail_tells_it(is_known: bool) -> None:
    given = ByUse()
    given.edit(name="Another name") if is_known else given.edit(share_0="90")
    upgrade()
    tasks.follow_use()
    assert given.cost == ([Decimal("7.5"), Decimal("2.5"), 0] if is_known else [5, 5, 0])
    given.apply()
    assert given.cost == ([Decimal("7.5"), Decimal("2.5"), 0] if is_known else [9, 1, 0])


def equally_and_then_by_tokens(given: ByUse) -> None:
    given.edit(method="equal")
    given.apply()
    given.edit(method="tokens")


@pytest.mark.parametrize(
    ("save", "division"),
    [
        (lambda given: given.edit(method="equal"), 0),
        (lambda given: remove(None, given.rule, given.rule.version), 0),
        (lambda given: given.edit(priority="7"), 1),
        (equally_and_then_by_tokens, None),
    ],
)
def test_whether_use_divided_what_is_there_is_told_by_the_method_of_when_it_was_placed(
    save: Callable[[ByUse], None], division: int | None
) -> None:
    save(given := ByUse())
    upgrade()
    assert set(Placement.objects.filter(initiative_id=given.one.pk).values_list("division", flat=True)) == {division}


AWS = {"ProviderName": "Amazon Web Services", "ServiceCategory": "Compute", "BilledCost": "100"}
BEDROCK = AWS | {"ServiceName": "Amazon Bedrock", "SkuId": "USE1-Claude3Sonnet-output-tokens", "BilledCost": "4"}


def test_another_record_in_the_ledger_moves_nothing_that_counts_before_and_after() -> None:
    """Machines of a bill always count, its tokens before April do as well: only those from then on go."""
    one, two, finance = InitiativeFactory(), InitiativeFactory(), UserFactory(finance=True)
    rule({"vendor": "Amazon*"}, one)
    bring_in("focus", bill(AWS, BEDROCK, BEDROCK | APRIL | {"BilledCost": "8"}))
    bring_in("litellm_spend", call("bedrock", "3", "2026-04-05"))
    assert cost_of(one, two, None) == [112, 0, 0]
    rule({"vendor": "*"}, two, priority=1)
    ledger_sources.take(finance, "aws", date(2026, 4, 1), Kind.GATEWAY)
    # Nothing is known of where the log belongs, so that the rules of now say it.
    assert cost_of(one, two, None) == [104, 3, 0]
    ledger_sources.take(finance, "aws", date(2026, 4, 1), Kind.BILL)
    assert cost_of(one, two, None) == [112, 0, 0]
    allocation_runs.apply(None)
    assert cost_of(one, two, None) == [0, 112, 0]


def test_shares_by_use_outlast_the_time_in_which_they_are_only_compared() -> None:
    one, two, finance = InitiativeFactory(), InitiativeFactory(), UserFactory(finance=True)
    abouts = [About("test", "nobody", "model-a", each.pk) for each in (one, two)]
    usage_lines.add(None, [UsageRow(about, date(2026, 3, 5), Tokens(10)) for about in abouts])
    rule({"vendor": "Amazon*"}, one, two, method="tokens")
    bring_in("focus", bill(BEDROCK))
    bring_in("litellm_spend", call("bedrock", "3", "2026-03-05"))
    assert cost_of(one, two, None) == [2, 2, 0]
    ledger_sources.take(finance, "aws", date(2026, 1, 1), Kind.GATEWAY)
    assert cost_of(one, two, None) == [0, 0, 3]
    usage_lines.add(None, [UsageRow(abouts[0], date(2026, 3, 6), Tokens(20))])
    ledger_sources.take(finance, "aws", date(2026, 1, 1), Kind.BILL)
    assert cost_of(one, two, None) == [2, 2, 0]
    assert tasks.follow_use() == 1
    assert cost_of(one, two, None) == [3, 1, 0]  # 30 to 10


def test_what_was_nobodys_stays_so_over_the_time_in_which_it_is_only_compared() -> None:
    two, finance = InitiativeFactory(), UserFactory(finance=True)
    bring_in("focus", bill(BEDROCK))
    bring_in("litellm_spend", call("bedrock", "3", "2026-03-05"))
    rule({"vendor": "Amazon*"}, two)
    ledger_sources.take(finance, "aws", date(2026, 1, 1), Kind.GATEWAY)
    assert cost_of(two, None) == [0, 3]
    ledger_sources.take(finance, "aws", date(2026, 1, 1), Kind.BILL)
    assert cost_of(two, None) == [0, 4]
    allocation_runs.apply(None)
    assert cost_of(two, None) == [4, 0]


def test_that_it_was_nobodys_is_no_difference_to_the_rules_and_outlasts_them() -> None:
    two, finance = InitiativeFactory(), UserFactory(finance=True)
    bring_in("focus", bill(BEDROCK))
    bring_in("litellm_spend", call("bedrock", "3", "2026-03-05"))
    ledger_sources.take(finance, "aws", date(2026, 1, 1), Kind.GATEWAY)
    assert not places.changes().wanted
    from_april = rule({"vendor": "Amazon*"}, two, since=date(2026, 4, 1))
    assert len(places.changes().wanted) == 1
    allocation_runs.apply(None)  # which says something of April alone
    assert not places.changes().wanted
    remove(None, from_april, from_april.version)
    rule({"vendor": "Amazon*"}, two)
    ledger_sources.take(finance, "aws", date(2026, 1, 1), Kind.BILL)
    assert cost_of(two, None) == [0, 4]


def test_what_was_nobodys_for_a_time_is_divided_anew_by_use_in_another() -> None:
    one, two, finance = InitiativeFactory(), InitiativeFactory(), UserFactory(finance=True)
    abouts = [About("test", "nobody", "model-a", each.pk) for each in (one, two)]
    usage_lines.add(None, [UsageRow(about, date(2026, 4, 5), Tokens(10)) for about in abouts])
    rule({"vendor": "Amazon*"}, one, two, method="tokens", since=date(2026, 4, 1))
    bring_in("focus", bill(BEDROCK, BEDROCK | APRIL | {"BilledCost": "8"}))
    bring_in("litellm_spend", call("bedrock", "3", "2026-03-05"))
    assert cost_of(one, two, None) == [4, 4, 4]
    ledger_sources.take(finance, "aws", date(2026, 1, 1), Kind.GATEWAY)
    usage_lines.add(None, [UsageRow(abouts[0], date(2026, 4, 6), Tokens(20))])
    tasks.follow_use()
    ledger_sources.take(finance, "aws", date(2026, 1, 1), Kind.BILL)
    assert cost_of(one, two, None) == [6, 2, 4]  # 30 to 10


def test_what_a_log_has_of_an_initiative_stays_its_own_over_the_time_in_which_it_is_only_compared() -> None:
    own, finance = InitiativeFactory(), UserFactory(finance=True)
    about = About("litellm_spend", "bedrock", "m", own.pk, kind=Kind.GATEWAY, currency="USD")
    usage_lines.add(None, [UsageRow(about, date(2026, 3, 5), Tokens(10), amount=Decimal(3))])
    bring_in("focus", bill(BEDROCK))
    assert cost_of(own, None) == [3, 0]
    ledger_sources.take(finance, "aws", date(2026, 1, 1), Kind.BILL)
    assert cost_of(own, None) == [0, 4]
    scope = Scope(initiatives=Initiative.objects.filter(pk=own.pk))
    assert usage_in(UsageLine.objects.live(), "occurred_on", scope).count() == 1
    ledger_sources.take(finance, "aws", date(2026, 1, 1), Kind.GATEWAY)
    assert cost_of(own, None) == [3, 0]


def test_what_was_nobodys_stays_so_where_it_is_compared_by_its_label_for_a_time() -> None:
    two = InitiativeFactory()
    bring_in("litellm_spend", call("acme", "3", "2026-03-05"))
    bring_in("focus", bill(ACME))
    label = AiCategoryRule(match={"provider": "acme"}, ai_category=AiCategory.INFERENCE, priority=1)
    ai_categories.save(None, label)
    assert cost_of(two, None) == [0, 3]
    rule({"vendor": "acme"}, two)
    label.refresh_from_db()
    ai_categories.remove(None, label, label.version)
    assert cost_of(two, None) == [0, 13]


def test_what_was_nobodys_stays_so_where_the_last_line_of_another_record_goes() -> None:
    two = InitiativeFactory()
    bring_in("litellm_spend", call("acme", "3", "2026-03-05"))
    bring_in("focus", bill(ACME))
    label = AiCategoryRule(match={"provider": "acme"}, ai_category=AiCategory.INFERENCE, priority=1)
    ai_categories.save(None, label)
    rule({"vendor": "acme"}, two)
    usage_lines.remove(None, UsageLine.objects.live().shown().get())
    assert cost_of(two, None) == [0, 10]


def test_a_log_that_counted_for_itself_and_is_taken_back_moves_nothing_of_what_a_bill_has_beside_tokens() -> None:
    one, two = InitiativeFactory(), InitiativeFactory()
    rule({"vendor": "Amazon*"}, one)
    log = bring_in("litellm_spend", call("bedrock", "3", "2026-03-05"))
    bring_in("focus", bill(AWS, BEDROCK))
    assert cost_of(one, two, None) == [100, 0, 3]
    rule({"vendor": "*"}, two, priority=1)
    jobs.revert(log, None)
    assert cost_of(one, two, None) == [104, 0, 0]  # the tokens of the bill go where they were kept for


def test_a_rule_that_is_only_saved_moves_no_tokens_that_a_label_makes_count() -> None:
    one, two = InitiativeFactory(), InitiativeFactory()
    rule({"vendor": "acme"}, one)
    bring_in("litellm_spend", call("acme", "3", "2026-03-05"))
    bring_in("focus", bill(ACME))
    rule({"vendor": "acme"}, two, priority=1)
    label = AiCategoryRule(match={"vendor": "acme"}, ai_category=AiCategory.INFERENCE, priority=1)
    ai_categories.save(None, label)
    assert cost_of(one, two) == [3, 0]
    label.refresh_from_db()
    ai_categories.remove(None, label, label.version)
    assert cost_of(one, two) == [13, 0]


def test_a_label_moves_what_a_rule_places_by_it_and_nothing_by_another_that_is_only_saved() -> None:
    one, two, three = (InitiativeFactory() for _ in range(3))
    rule({"vendor": "acme"}, one)
    bring_in("focus", bill(ACME, ACME | {"ProviderName": "zeta", "BilledCost": "7"}))
    rule({"vendor": "acme"}, two, priority=1)
    rule({"ai_category": "gpu"}, three, priority=200)
    ai_categories.save(None, AiCategoryRule(match={"vendor": "acme|zeta"}, ai_category=AiCategory.GPU, priority=1))
    assert cost_of(one, two, three, None) == [10, 0, 7, 0]


def applying(client: Client) -> str:
    """Return what the page says on which rules are applied, and apply them where it has a button for that."""
    page = " ".join(re.sub(r"<[^>]+>", " ", shown := client.get("/costs/allocation/apply/").content.decode()).split())
    if '<button class="btn">Apply the rules</button>' in shown:
        assert client.post("/costs/allocation/apply/").status_code == 302
    return page


AHEAD = "No cost recorded so far would move. Later months, or what is kept for comparison, would be placed otherwise."


def test_a_rule_for_months_to_come_is_applied_by_page(claims: Initiative) -> None:
    other, finance, client = InitiativeFactory(), UserFactory(finance=True), Client()
    client.force_login(finance)
    rule({"vendor": "acme"}, claims)
    bring_in("focus", bill(ACME))
    typed = {"field_0": "vendor", "glob_0": "acme", "initiative_0": other.key, "priority": "1", "since": "2026-04"}
    typed |= {"method": "equal", "is_active": "on"}
    simulated = client.post("/costs/allocation/new/", typed | {"simulate": "1"}).content.decode()
    assert AHEAD in " ".join(simulated.split())
    assert client.post("/costs/allocation/new/", typed).status_code == 302
    simulated = client.post("/costs/allocation/new/", typed | {"glob_0": "zeta", "simulate": "1"}).content.decode()
    assert "Besides, rules that were saved and not applied yet would place later months" in " ".join(simulated.split())
    asked = client.post("/api/v1/allocation-rules/simulate", {}, "application/json", headers=bearer(finance)).json()
    assert (asked["lines"], asked["groups"]) == (0, 1)
    assert AHEAD in applying(client)
    told = client.get("/costs/allocation/").content.decode()
    assert "The rules are applied. No cost recorded so far had to move." in told
    run = AllocationRun.objects.get()
    assert (run.lines, run.asked_by, AuditEntry.objects.filter(action="apply").count()) == (0, finance, 1)
    bring_in("focus", bill(ACME | APRIL))
    assert cost_of(claims, other, None) == [10, 10, 0]
    assert "Applying the rules would move nothing." in applying(client)
    assert AllocationRun.objects.count() == 1
