"""Shared cost divided by tokens used: of all classes, of the month, priced or not."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.test import Client

from costs import tasks
from costs.allocation import belonging
from costs.allocation import rules as allocation_rules
from costs.allocation import runs as allocation_runs
from costs.allocation.rules import Terms
from costs.models import Category, Method, UsageLine
from costs.pricing import Tokens
from costs.usage import lines as usage_lines
from costs.usage.rows import About, UsageRow
from projects.models import Initiative
from tests.costs.allocation.test_places import cost_of
from tests.costs.factories import add_line, category
from tests.factories import InitiativeFactory, UserFactory

pytestmark = pytest.mark.django_db
MARCH, APRIL = date(2026, 3, 9), date(2026, 4, 9)


def use(initiative: Initiative, on: date, *tokens: int) -> None:
    """Record usage of a model without a price, so that it adds no cost of its own."""
    usage_lines.add(None, [UsageRow(About("test", "nobody", "model-a", initiative.pk), on, Tokens(*tokens))])


def split(*parts: Initiative | tuple[Initiative, str], measure: Category | None = None) -> None:
    """Divide what Platform costs between initiatives; (initiative, share) for a fixed part."""
    kept = tuple((each[0], Decimal(each[1])) if isinstance(each, tuple) else (each, None) for each in parts)
    method = Method.COST if measure else Method.TOKENS
    allocation_rules.create(None, Terms({"vendor": "Platform"}, kept, method=method, measure=measure))
    allocation_runs.apply(None)


@pytest.fixture
def three() -> list[Initiative]:
    """Three initiatives, and 100 of March that belong to none."""
    add_line(None, "2026-03-05", "100", vendor="Platform")
    return [InitiativeFactory() for _ in range(3)]


def test_tokens_of_every_class_divide_a_cost_30_to_10(three: list[Initiative]) -> None:
    one, two, other = three
    use(one, MARCH, 11, 2, 4, 5, 8)
    use(two, MARCH, 10)
    use(other, MARCH, 1_000)
    split(one, two)
    assert cost_of(one, two, other, None) == [75, 25, 0, 0]


def test_the_fixed_part_comes_first_and_tokens_divide_the_rest(three: list[Initiative]) -> None:
    fixed, one, two = three
    use(fixed, MARCH, 1_000)
    use(one, MARCH, 30)
    use(two, MARCH, 10)
    split((fixed, "0.2"), one, two)
    assert cost_of(fixed, one, two, None) == [20, 60, 20, 0]


def test_the_fixed_part_comes_first_and_another_cost_divides_the_rest(three: list[Initiative]) -> None:
    fixed, one, two = three
    for initiative, amount in ((fixed, "1000"), (one, "30"), (two, "10")):
        add_line(initiative, "2026-03-09", amount, category="tokens")
    split((fixed, "0.2"), one, two, measure=category("tokens"))
    assert cost_of(fixed, one, two, None) == [1_000 + 20, 30 + 60, 10 + 20, 0]


def test_tokens_of_another_month_divide_nothing_and_the_fixed_part_stays(three: list[Initiative]) -> None:
    fixed, one, two = three
    use(one, APRIL, 30)
    use(two, APRIL, 10)
    split((fixed, "0.2"), one, two)
    assert cost_of(fixed, one, two, None) == [20, 0, 0, 80]


def test_use_that_is_recorded_later_divides_the_cost_anew_by_the_daily_task_as_the_page_of_the_rule_says(
    three: list[Initiative], client: Client
) -> None:
    one, two, _other = three
    use(one, MARCH, 10)
    split(one, two)
    use(two, MARCH, 30)
    assert cost_of(one, two) == [100, 0]
    tasks.follow_use()
    assert cost_of(one, two) == [25, 75]
    client.force_login(UserFactory(finance=True))
    page = client.get("/costs/allocation/new/").content.decode()
    assert "follow what is recorded later: once a day, and whenever the rules are applied." in page


def test_cost_that_comes_before_the_use_is_divided_by_the_daily_task() -> None:
    one, two = InitiativeFactory(), InitiativeFactory()
    split(one, two)
    line = add_line(None, "2026-03-05", "100", vendor="Platform")
    assert cost_of(one, two, None) == [0, 0, 100]
    assert not belonging.tell([line])[0].by_rule  # it waits: nobody is said to have it
    use(one, MARCH, 10)
    use(two, MARCH, 30)
    assert cost_of(one, two, None) == [0, 0, 100]
    assert tasks.follow_use() == 1
    assert cost_of(one, two, None) == [25, 75, 0]  # 100 as 10 to 30
    assert tasks.follow_use() == 0


def test_cost_whose_use_is_taken_back_is_divided_when_there_is_use_again() -> None:
    one, two = InitiativeFactory(), InitiativeFactory()
    add_line(None, "2026-03-05", "100", vendor="Platform")
    use(one, MARCH, 10)
    split(one, two)
    assert cost_of(one, two, None) == [100, 0, 0]
    usage_lines.remove(None, UsageLine.objects.get())
    assert tasks.follow_use() == 1
    assert cost_of(one, two, None) == [0, 0, 100]
    use(two, MARCH, 30)
    assert tasks.follow_use() == 1
    assert cost_of(one, two, None) == [0, 100, 0]
