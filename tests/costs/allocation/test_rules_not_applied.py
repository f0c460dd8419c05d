"""What a rule would move that was saved, switched off or deleted stays until somebody applies the rules.

Further cost of the same kind goes where that kind stands; only what comes for the first time follows the rules of now.
"""

from __future__ import annotations

from datetime import date

import pytest

from costs import rollups
from costs.allocation import runs as allocation_runs
from costs.allocation.rules import remove
from costs.pricing import Tokens
from costs.usage import lines as usage_lines
from costs.usage.rows import About, UsageRow
from imports import jobs
from projects.models import Initiative
from tests.costs.allocation.test_places import cost_of, rule
from tests.costs.importers.test_focus import bill
from tests.costs.importers.test_usage_csv import HEADER as USAGE
from tests.costs.importers.test_usage_csv import row as usage_row
from tests.costs.prices.test_book import add as add_price
from tests.costs.prices.test_repricing import applied, worked_out
from tests.factories import InitiativeFactory, UserFactory
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
