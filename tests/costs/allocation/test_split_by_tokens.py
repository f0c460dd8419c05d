"""Shared cost divided by tokens used: of all classes, of the month, priced or not."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pytest
from django.test import Client

from accounts.models import User
from costs import tasks
from costs.allocation import belonging
from costs.allocation import rules as allocation_rules
from costs.allocation import runs as allocation_runs
from costs.allocation.rules import Terms
from costs.models import AllocationRule, Category, Kind, Method, UsageLine, UsagePlacement
from costs.pricing import Tokens
from costs.reconciliation import sources as ledger_sources
from costs.usage import lines as usage_lines
from costs.usage.filters import UsageFilters
from costs.usage.listing import UsageList
from costs.usage.rows import About, UsageRow
from projects.models import Initiative
from tests.costs.allocation.test_places import cost_of
from tests.costs.factories import add_line, category
from tests.costs.importers.test_focus import bill
from tests.factories import InitiativeFactory, UserFactory, bearer
from tests.imports.files import bring_in

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


class Gateway:
    """A log with calls of two keys, 30 and 10 tokens, that a rule for each places; a bill of the same is 100."""

    def __init__(self, kind: str = "gateway", *, one: int = 30, two: int = 10) -> None:
        self.one, self.two = InitiativeFactory(number=1), InitiativeFactory(number=2)
        for name, initiative in (("one", self.one), ("two", self.two)):
            allocation_rules.create(None, Terms({"api_key": name}, ((initiative, None),)))
        shared = ((self.one, None), (self.two, None))
        allocation_rules.create(None, Terms({"vendor": "Platform"}, shared, method=Method.TOKENS))
        add_line(None, "2026-03-05", "100", vendor="Platform")
        self.log(kind, one=one, two=two)

    def log(self, kind: str = "gateway", vendor: str = "OpenAI", **tokens: int) -> None:
        """Record calls by key: a gateway says what they cost, a unit a token; of other usage nothing does."""
        currency = "USD" if kind == Kind.GATEWAY else ""
        abouts = {key: About("x", vendor, "model-a", api_key=key, kind=kind, currency=currency) for key in tokens}
        rows = [
            UsageRow(abouts[key], MARCH, Tokens(count), amount=Decimal(count) if currency else None)
            for key, count in tokens.items()
        ]
        usage_lines.add(None, rows)

    def bill_arrives(self) -> None:
        bring_in(
            "focus", bill({"ProviderName": "OpenAI", "BilledCost": "40", "ServiceCategory": "AI and Machine Learning"})
        )

    def bill(self) -> None:
        self.bill_arrives()
        ledger_sources.take(UserFactory(finance=True), "openai", date(2026, 1, 1), Kind.BILL)

    @property
    def cost(self) -> list[Decimal]:
        return cost_of(self.one, self.two)

    def tokens(self, user: User) -> list[tuple[int, list[str], list[str]]]:
        """Return what the API says of the usage of each: tokens in all, its lines' initiatives, and on the page."""
        found, client = [], Client()
        client.force_login(user)
        for each in (self.one, self.two):
            asked = {"initiative": each.key}
            listed = client.get("/api/v1/usage", asked, headers=bearer(user)).json()
            placed = [part["initiative"] for item in listed["items"] for part in item["allocations"]]
            page = client.get("/costs/usage/", asked).content.decode()
            total = sum(item["input_tokens"] for item in listed["items"])
            found.append((total, placed, re.findall(r'class="key">(AI-000[12])<', page)))
        return found


@pytest.mark.parametrize("first", ["bill", "log"])
def test_tokens_that_rules_place_divide_a_cost_also_when_the_ledger_takes_the_bill(first: str) -> None:
    finance = UserFactory(finance=True)
    given = Gateway()
    if first == "log":
        allocation_runs.apply(None)
        assert given.cost == [30 + 75, 10 + 25]
        given.bill()
    else:
        given.bill()
        allocation_runs.apply(None)
    assert given.cost == [75, 25]
    assert given.tokens(finance) == [(30, ["AI-0001"], ["AI-0001"]), (10, ["AI-0002"], ["AI-0002"])]
    given.log(two=20)
    assert tasks.follow_use() == 1
    assert given.cost == [50, 50]
    assert not allocation_runs.preview()
    ledger_sources.take(finance, "openai", date(2026, 1, 1), Kind.GATEWAY)
    assert given.cost == [30 + 50, 30 + 50]
    # Nothing by a rule: the tokens of the bill were nobody's.
    assert set(UsagePlacement.objects.values_list("group__kind", "initiative_id", "rule")) == {("bill", 0, None)}


def test_usage_without_a_price_is_shared_by_what_use_divides(three: list[Initiative]) -> None:
    """It has no month with cost, and tokens all the same: those of all keys by the tokens of two that name theirs."""
    one, two, _other = three
    usage_lines.add(None, [UsageRow(About("test", "anybody", "model-a"), MARCH, Tokens(100))])
    use(one, MARCH, 30)
    use(two, MARCH, 10)
    allocation_rules.create(None, Terms({"vendor": "anybody"}, ((one, None), (two, None)), method=Method.TOKENS))
    allocation_runs.apply(None)
    finance = UserFactory(finance=True)
    used = [UsageList(UsageFilters(initiative=each.key), finance).sums["tokens"] for each in (one, two)]
    assert used == [30 + 75, 10 + 25]


def test_tokens_that_two_records_of_a_provider_tell_of_weigh_once() -> None:
    """A gateway logs some of the calls that the provider's usage counts; those of another provider come on top."""
    given = Gateway("usage", one=30, two=30)
    given.log(one=30)
    allocation_runs.apply(None)
    assert given.cost == [50, 50]
    given.log(one=60)  # more than the usage has of it: 90 to 30
    tasks.follow_use()
    assert given.cost == [75, 25]
    given.log(vendor="Another AI", two=60)  # 90 to 90
    tasks.follow_use()
    assert given.cost == [50, 110]


def test_compared_usage_is_shared_as_its_rule_says_and_what_no_rule_gives_is_nobodys() -> None:
    finance, given = UserFactory(finance=True), Gateway()
    AllocationRule.objects.filter(match={"api_key": "two"}).delete()
    kept = AllocationRule.objects.get(match={"api_key": "one"})
    parts = ((given.one, Decimal("0.9")), (given.two, Decimal("0.1")))
    allocation_rules.edit(finance, kept, kept.version, Terms({"api_key": "one"}, parts, priority=1))
    given.bill()
    allocation_runs.apply(None)
    used = [UsageList(UsageFilters(initiative=each.key), finance) for each in (given.one, given.two)]
    assert [(each.lines, each.sums["tokens"], each.gross) for each in used] == [
        (1, 27, {Kind.GATEWAY: 27}), (1, 3, {Kind.GATEWAY: 3}),
    ]  # fmt: skip
    assert given.cost == [90, 10]


def test_a_rule_that_placed_compared_usage_alone_gives_it_up_when_the_rules_are_applied_by_page(client: Client) -> None:
    given = Gateway()
    AllocationRule.objects.filter(method=Method.TOKENS).delete()  # no cost follows its tokens
    given.bill()
    allocation_runs.apply(None)
    client.force_login(UserFactory(finance=True))
    made = AllocationRule.objects.get(match={"api_key": "two"})
    client.post(f"/costs/allocation/{made.pk}/", {"version": made.version, "delete": "1"})
    assert UsagePlacement.objects.filter(initiative_id=given.two.pk).exists()
    assert '<button class="btn">Apply the rules</button>' in client.get("/costs/allocation/apply/").content.decode()
    client.post("/costs/allocation/apply/")
    assert list(UsagePlacement.objects.values_list("initiative_id", flat=True)) == [given.one.pk]


def test_usage_of_a_confidential_initiative_is_not_shown_because_it_is_only_compared() -> None:
    given, stranger = Gateway(), UserFactory()
    allocation_runs.apply(None)
    given.bill()
    Initiative.objects.filter(pk=given.one.pk).update(confidential=True)
    assert given.tokens(stranger) == [(0, [], []), (10, ["AI-0002"], ["AI-0002"])]
    listed = Client().get("/api/v1/usage", headers=bearer(stranger)).json()["items"]
    assert [item["input_tokens"] for item in listed] == [10]


def test_a_bill_of_a_confidential_initiative_is_not_shown_because_it_is_only_compared(client: Client) -> None:
    given, stranger, finance = Gateway(), UserFactory(), UserFactory(finance=True)
    allocation_rules.create(None, Terms({"service_category": "AI*"}, ((given.one, None),)))
    given.bill_arrives()
    Initiative.objects.filter(pk=given.one.pk).update(confidential=True)

    def compared(user: User) -> list[str]:
        asked = {"vendor": "OpenAI", "compared": "true"}
        items = client.get("/api/v1/costs", asked, headers=bearer(user)).json()["items"]
        return [item["amount"] for item in items]

    assert (compared(finance), compared(stranger)) == (["40"], [])
    # What counted, and is only compared from now on, belongs where it did, whatever rules were saved meanwhile.
    ledger_sources.take(finance, "openai", date(2026, 1, 1), Kind.BILL)
    AllocationRule.objects.all().delete()
    ledger_sources.take(finance, "openai", date(2026, 1, 1), Kind.GATEWAY)
    assert (compared(finance), compared(stranger)) == (["40"], [])


def test_whom_compared_usage_belongs_to_waits_for_the_rules_to_be_applied() -> None:
    given = Gateway()
    allocation_runs.apply(None)
    given.bill()
    AllocationRule.objects.filter(match={"api_key": "two"}).update(match={"api_key": "three"})
    tasks.follow_use()
    assert given.cost == [75, 25]
    allocation_runs.apply(None)
    assert given.cost == [100, 0]
