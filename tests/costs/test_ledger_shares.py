"""The ledger of cost that rules have placed: lines appear where they belong with their share, sums are of shares."""

from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from costs import totals
from costs.allocation import places
from costs.ledger.filters import Filters
from costs.ledger.page import Ledger, key_of
from costs.models import ChargeGroup, LedgerSource
from display.numbers import percent
from projects import transitions, units
from tests.costs.allocation.test_places import APRIL, LATER, apply, rule
from tests.costs.factories import add_line
from tests.factories import InitiativeFactory, UserFactory, bearer

pytestmark = pytest.mark.django_db


def walk(filters: Filters, user, size: int = 2) -> list:
    found, after = [], None
    while True:
        page = Ledger(filters, user).page(after, size)
        found += page.lines
        if page.next_after is None:
            return found
        after = key_of(page.next_after)


@pytest.fixture
def split():
    """Bill of 1,200 in March, 25 % of it AI-0001, 75 % AI-0002; of 60 in April, placed nowhere. And 100 by name."""
    claims = units.child(None, "Claims", None)
    motor = units.child(claims, "Motor", None)
    one, two = InitiativeFactory(number=1, business_unit=claims), InitiativeFactory(number=2, business_unit=motor)
    add_line(None, "2026-03-05", "1000", vendor="Stratus")
    add_line(None, "2026-03-06", "200", vendor="Stratus")
    add_line(None, "2026-04-05", "60", vendor="Stratus")
    add_line(one, "2026-03-07", "100")
    rule({"vendor": "stratus"}, (one, "0.25"), (two, "0.75"), until=APRIL)
    apply()
    return one, two


@pytest.mark.parametrize(
    ("filters", "lines", "gross"),
    [
        (Filters(), 4, 1360),
        (Filters(initiative="AI-0001"), 3, 400),  # 25 % of 1,200, and 100
        (Filters(initiative="AI-0002"), 2, 900),
        (Filters(business_unit="claims"), 3, 1300),  # both: a line that is divided between them counts once
        (Filters(business_unit="claims / motor"), 2, 900),
        (Filters(initiative="AI-0002", business_unit="claims"), 2, 900),
        (Filters(initiative="AI-0002", month=APRIL), 0, None),
        (Filters(unallocated=True), 1, 60),
        (Filters(unallocated=True, initiative="AI-0001"), 0, None),
        (Filters(vendor="stratus"), 3, 1260),
        (Filters(compared=True), 0, None),
    ],
)
def test_lines_and_sums_are_those_of_the_shares_asked_for(split, filters, lines, gross):
    user = UserFactory(finance=True)
    found, sums = walk(filters, user), Ledger(filters, user).sums
    assert (sums.lines, sums.gross) == (lines, gross)
    assert len({line.pk for line in found}) == len(found) == lines
    assert sum(line.shared_amount for line in found) == (gross or 0)


def test_a_part_that_is_left_over_is_unallocated_like_the_portfolio_says():
    one = InitiativeFactory(number=1)
    add_line(None, "2026-03-05", "100", vendor="x")
    rule({"vendor": "x"}, (one, "0.4"))
    apply()
    sums = Ledger(Filters(unallocated=True), UserFactory(finance=True)).sums
    assert (sums.lines, sums.gross) == (1, 60)
    assert totals.unallocated(LATER).gross == 60


def test_lines_of_one_import_or_pending_ones_are_added_up_by_share_too(split):
    add_line(None, "2026-03-08", "5", vendor="Stratus", currency="EUR")
    places.synchronise()
    sums = Ledger(Filters(initiative="AI-0001", pending=True), UserFactory(finance=True)).sums
    assert (sums.lines, sums.gross, sums.pending) == (1, None, 1)


def test_what_is_kept_to_compare_appears_only_when_it_is_asked_for():
    line = add_line(None, "2026-03-05", "10", vendor="OpenAI")
    add_line(None, "2026-03-05", "7", vendor="Stratus")
    ChargeGroup.objects.filter(pk=line.group_id).update(kind="usage")
    LedgerSource.objects.create(provider="openai", since=date(1900, 1, 1), kind="bill")
    apply()
    user = UserFactory(finance=True)
    assert Ledger(Filters(), user).sums == (1, 7, 0)
    assert Ledger(Filters(compared=True), user).sums == (1, 10, 0)
    (compared,) = walk(Filters(compared=True), user)
    assert compared.is_compared and compared.only_place is None
    answer = Client().get("/api/v1/costs?compared=true", headers=bearer(user)).json()
    assert [(each["compared"], each["allocations"], each["initiative"]) for each in answer["items"]] == [
        (True, [], None)
    ]


def test_the_api_tells_shares_and_pages_through_every_line(split):
    headers, url, found = bearer(UserFactory(finance=True)), "/api/v1/costs?limit=1&initiative=AI-0001", []
    while url:
        answer = Client().get(url, headers=headers).json()
        assert answer["count"] == 3
        found += answer["items"]
        url = answer["next"]
    halves = [{"initiative": "AI-0001", "share": 0.25}, {"initiative": "AI-0002", "share": 0.75}]
    told = [(each["amount"], each["initiative"], each["allocations"]) for each in found]
    assert told == [
        ("100", "AI-0001", [{"initiative": "AI-0001", "share": 1.0}]),
        ("200", None, halves),
        ("1000", None, halves),
    ]
    assert Client().get("/api/v1/costs?cursor=WyJ4Il0", headers=headers).status_code == 422


def test_pages_and_exports_show_the_share(split, django_assert_max_num_queries):
    client = Client()
    client.force_login(UserFactory(finance=True))
    with django_assert_max_num_queries(18):
        page = client.get(reverse("costs:initiative", args=["AI-0001"])).content.decode()
    assert percent(Decimal("0.25")) + " of $1,000.00" in page
    assert "$250.00" in page
    page = client.get(reverse("costs:ledger")).content.decode()
    assert "AI-0002" in page and percent(Decimal("0.75")) in page
    text = b"".join(client.get(reverse("costs:export", args=["csv"]), {"initiative": "AI-0002"}).streaming_content)
    assert b'"AI-0001=0.25, AI-0002=0.75",0.75' in text
    assert client.get(reverse("costs:export", args=["xlsx"])).status_code == 200
    (line,) = [line for line in walk(Filters(initiative="AI-0002"), UserFactory(finance=True)) if line.amount == 200]
    detail = client.get(reverse("costs:line", args=[line.key])).content.decode()
    assert "AI-0001" in detail and percent(Decimal("0.75")) in detail


def test_nobody_learns_through_a_share_that_a_confidential_initiative_exists():
    secret = InitiativeFactory(number=8888, confidential=True)
    mine = InitiativeFactory(number=1)
    line = add_line(None, "2026-03-05", "1000", vendor="Stratus")
    rule({"vendor": "stratus"}, (secret, "0.25"), (mine, "0.75"))
    apply()
    client = Client()
    client.force_login(mine.owner)
    assert Ledger(Filters(), mine.owner).sums == (0, None, 0)
    for url in (reverse("costs:ledger"), reverse("costs:initiative", args=["AI-0001"])):
        assert percent(Decimal("0.25")) not in client.get(url).content.decode()
    assert client.get(reverse("costs:line", args=[line.key])).status_code == 404
    assert Ledger(Filters(), UserFactory(executive=True)).sums == (1, Decimal(1000), 0)


def test_a_stage_is_that_of_each_initiative_that_a_line_is_divided_among(split):
    one, _two = split
    transitions.move(one, "proposed", date(2026, 1, 1), None)
    transitions.move(one, "prototype", date(2026, 2, 1), None)
    user = UserFactory(finance=True)
    for stage, lines, gross in (("prototype", 3, 400), ("draft", 2, 900), ("pilot", 0, None)):
        filters = Filters(stage=stage)
        sums = Ledger(filters, user).sums
        assert (sums.lines, sums.gross) == (lines, gross), stage
        assert sum(line.shared_amount for line in walk(filters, user)) == (gross or 0)
        by_line = Ledger(Filters(stage=stage, as_of=date(2026, 3, 30)), user).sums
        assert (by_line.lines, by_line.gross) == (lines, gross), stage


def test_a_unit_deep_down_is_a_filter_of_lines_as_of_the_explorer():
    finance, unit = UserFactory(finance=True), None
    for name in ("a" * 120, "b" * 120):
        unit = units.child(unit, name, None)
    add_line(InitiativeFactory(business_unit=unit), "2026-03-05", "7")
    found = Client().get("/api/v1/costs", {"business_unit": unit.path}, headers=bearer(finance)).json()
    assert found["count"] == 1
