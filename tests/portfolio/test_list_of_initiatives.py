"""Money and guidance in the list of initiatives: columns, sort, filter, files; small amounts, added up by hand."""

import csv
import io
import re
from datetime import date
from decimal import Decimal

import openpyxl
import pytest

from accounts.models import Role, User
from costs import lines
from costs.budgets import lines as budget_lines
from costs.budgets.lines import NewBudget
from costs.models import Category
from costs.new_line import NewLine
from projects import columns, initiatives, transitions, units
from tests.factories import InitiativeFactory, bearer
from tests.markup import tight
from tests.outcomes.factories import make_flow, read

pytestmark = pytest.mark.django_db
LIST = "/initiatives/"
DAY = "2025-06-17"
EVERY = {"columns": ",".join(column.name for column in columns.CHOICES)}
# Every filter at once: Paid is kept by all of them.
FILTERS = {
    "q": "Paid", "stage": "prototype", "unit": "Claims", "tag": "x", "hosting": "saas", "risk": "high",
    "owner": "admin@example.com", "guidance": "partly_guided", "as_of": DAY,
}  # fmt: skip


@pytest.fixture
def admin():
    return User.objects.create_user("admin@example.com", role=Role.ADMIN)


@pytest.fixture
def listed(client, admin):
    """Three prototypes since 1 February; only Paid has agreed a target before.

    Paid cost 100 + 50 by 17 June and 30 after it, and brought 10 hours in May at 60 = 600. Waiting cost 200, and 10 EUR
    that have no rate. Bare has nothing.
    """
    claims = units.find_or_make("Claims", admin)
    made = {
        title: initiatives.create(
            admin, title=title, owner=admin, business_unit=claims, tags=["x"], hosting="saas", risk_tier="high"
        )
        for title in ("Paid", "Waiting", "Bare")
    }
    for each in made.values():
        for stage, on in (("proposed", date(2025, 1, 1)), ("prototype", date(2025, 2, 1))):
            transitions.move(each, stage, on, admin)
    cloud = Category.objects.get(name="cloud")
    spent = [
        ("Paid", date(2025, 3, 1), "100", "USD"),
        ("Paid", date(2025, 6, 10), "50", "USD"),
        ("Paid", date(2025, 6, 20), "30", "USD"),
        ("Waiting", date(2025, 6, 1), "200", "USD"),
        ("Waiting", date(2025, 6, 2), "10", "EUR"),
    ]
    lines.add(admin, [NewLine(made[title], on, cloud, Decimal(much), code) for title, on, much, code in spent])
    hours = make_flow(made["Paid"])
    read(hours, date(2025, 5, 31), 10, period_start=date(2025, 5, 1))
    client.force_login(admin)
    return made


def rows(client, **query):
    """Return the cells of each row as text, by title, in the order of the list."""
    answer = client.get(LIST, query)
    assert answer.status_code == 200
    found = {}
    body = answer.content.decode().partition("<tbody>")[2].partition("</tbody>")[0]
    for row in body.split("<tr>")[1:]:
        cells = [
            " ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in re.findall(r"<td.*?</td>", row, flags=re.DOTALL)
        ]
        found[cells[1]] = cells[2:]
    return found


MONEY = {"columns": "gross_cost,realised_benefit,roi", "as_of": DAY}


def test_cost_benefit_and_roi_are_those_of_the_day_and_say_why_they_are_none(client, listed):
    assert rows(client, **MONEY) == {
        "Bare": [
            "— No cost is recorded.", "— No benefit measured yet", "— There is no net cost to divide by.",
        ],
        "Waiting": [
            "pending 1 line waits for an exchange rate 200", "— No benefit measured yet",
            "pending 1 line waits for an exchange rate −100 %",  # (0 − 200) ÷ 200
        ],
        "Paid": ["150", "600", "300 %"],  # (600 − 150) ÷ 150
    }  # fmt: skip
    assert rows(client, **MONEY | {"as_of": "2025-06-09"})["Paid"][0] == "100"
    assert rows(client, **MONEY | {"as_of": "2025-06-20"})["Paid"][0] == "180"


def test_a_reading_without_a_rate_is_said_at_benefit_and_roi(client, listed):
    read(make_flow(listed["Bare"], unit_value_currency="EUR"), date(2025, 5, 31), 10, period_start=date(2025, 5, 1))
    waits = "pending 1 reading waits for an exchange rate"
    assert rows(client, **MONEY)["Bare"] == [
        "— No cost is recorded.", waits, f"{waits} — There is no net cost to divide by.",
    ]  # fmt: skip


def test_a_return_that_lacks_lines_and_readings_says_both(client, listed):
    read(make_flow(listed["Waiting"], unit_value_currency="EUR"), date(2025, 5, 31), 10, period_start=date(2025, 5, 1))
    both = "1 line waits for an exchange rate · 1 reading waits for an exchange rate"
    assert rows(client, **MONEY)["Waiting"][-1].startswith(f"pending {both}")


@pytest.fixture
def budgeted(admin, listed):
    """Paid may cost 120 in May and 60 in June, of which 34 are due by the 17th; Waiting 500 in May, and 1 EUR."""
    cloud = Category.objects.get(name="cloud")
    planned = [
        ("Paid", date(2025, 5, 1), cloud, "120", "USD"),
        ("Paid", date(2025, 6, 1), None, "60", "USD"),
        ("Waiting", date(2025, 5, 1), None, "500", "USD"),
        ("Waiting", date(2025, 5, 1), None, "1", "EUR"),
    ]
    budget_lines.add(
        admin,
        [
            NewBudget(listed[title], month, category, Decimal(much), code, date(2025, 1, 1))
            for title, month, category, much, code in planned
        ],
    )
    return listed


BUDGET = {"columns": "budget_total,budget_variance,estimate_at_completion", "as_of": DAY}


def test_budget_variance_and_estimate_are_those_of_the_day(client, budgeted):
    none, both = "— No budget has been approved.", "pending 2 lines wait for an exchange rate"
    assert rows(client, **BUDGET) == {
        "Bare": [none] * 3,
        "Waiting": ["pending 1 line waits for an exchange rate 500", f"{both} −300", f"{both} 200"],
        "Paid": ["180", "−4", "176"],  # 150 − 154; 150 + 26 to come
    }
    assert rows(client, **BUDGET | {"as_of": "2025-06-30"})["Paid"] == ["180", "0", "180"]
    assert rows(client, **BUDGET | {"as_of": "2024-12-31"})["Paid"] == [none] * 3


@pytest.mark.parametrize(
    ("sort", "titles"),
    [
        ("budget_total", ["Paid", "Waiting", "Bare"]),
        ("-budget_total", ["Waiting", "Paid", "Bare"]),
        ("budget_variance", ["Waiting", "Paid", "Bare"]),
        ("-budget_variance", ["Paid", "Waiting", "Bare"]),
        ("estimate_at_completion", ["Paid", "Waiting", "Bare"]),
        ("-estimate_at_completion", ["Waiting", "Paid", "Bare"]),
    ],
)
def test_the_list_is_sorted_by_budget(client, admin, budgeted, sort, titles):
    budget_lines.add(
        admin, [NewBudget(budgeted["Bare"], date(2025, 5, 1), None, Decimal(9), "EUR", date(2025, 1, 1))]
    )  # waits, so it has no budget
    assert list(rows(client, sort=sort, as_of=DAY)) == titles


def test_files_have_the_budget(client, budgeted):
    text = client.get(f"{LIST}export.csv", {"sort": "key", "as_of": DAY}).getvalue().decode("utf-8-sig")
    names = ("budget_total", "budget_variance", "estimate_at_completion", "pending_budget_lines")
    assert [[row[name] for name in names] for row in csv.DictReader(io.StringIO(text))] == [
        ["180", "-4", "176", "0"], ["500", "-300", "200", "1"], ["", "", "", "0"],
    ]  # fmt: skip


def test_cost_stands_in_the_list_by_default_with_its_currency_in_the_head(client, listed):
    shown = tight(client.get(LIST).content.decode())
    assert '<th scope="col" class="num"><a class="sort" href="?sort=-gross_cost">Gross cost, USD</a></th>' in shown
    assert re.search(r'<td class="num nowrap" data-label="Gross cost, USD">\s*180</td>', shown)
    assert "Measured benefit, USD" not in shown


@pytest.mark.parametrize(
    ("sort", "titles"),
    [
        ("gross_cost", ["Paid", "Waiting", "Bare"]),
        ("-gross_cost", ["Waiting", "Paid", "Bare"]),
        ("realised_benefit", ["Paid", "Bare", "Waiting"]),  # what has none comes last, the newest first
        ("-realised_benefit", ["Paid", "Bare", "Waiting"]),
    ],
)
def test_money_sorts_all_pages_and_what_has_none_comes_last(client, admin, listed, sort, titles):
    InitiativeFactory.create_batch(60, owner=admin, title="Free of cost")
    assert next(iter(rows(client, sort=sort, as_of=DAY))) == titles[0]
    assert list(rows(client, sort=sort, as_of=DAY, tag="x")) == titles


def test_cost_sorts_by_the_day_it_is_asked_for(client, listed):
    before = {"sort": "-gross_cost", "tag": "x"}
    assert next(iter(rows(client, **before, as_of="2025-05-31"))) == "Paid"  # 100 beside nothing yet
    assert next(iter(rows(client, **before, as_of="2025-06-30"))) == "Waiting"  # 200 beside 180


def test_guidance_filters_by_the_day_and_stands_as_a_chip(client, listed):
    assert list(rows(client, guidance="partly_guided", as_of=DAY)) == ["Paid"]
    assert list(rows(client, guidance="aimless", as_of=DAY)) == ["Bare", "Waiting"]
    assert rows(client, guidance="guided", as_of=DAY) == {}
    assert rows(client, guidance="aimless", as_of="2025-01-31") == {}  # none was a prototype yet
    shown = tight(client.get(LIST, {"guidance": "aimless", "sort": "title"}).content.decode())
    assert 'Guidance: Aimless <a class="off" href="?sort=title"' in shown
    assert len(rows(client, guidance="nonsense")) == 3


def test_files_have_guidance_and_money_as_numbers(client, listed):
    query = {"sort": "key", "as_of": DAY}
    text = client.get(f"{LIST}export.csv", query).getvalue().decode("utf-8-sig")
    names = ("guidance", "gross_cost", "realised_benefit", "roi")
    found = {row["title"]: [row[name] for name in names] for row in csv.DictReader(io.StringIO(text))}
    assert {title: cells[0] for title, cells in found.items()} == {
        "Paid": "partly_guided", "Waiting": "aimless", "Bare": "aimless",
    }  # fmt: skip
    assert [Decimal(cell) for cell in found["Paid"][1:]] == [150, 600, 3]
    assert (Decimal(found["Waiting"][1]), found["Waiting"][2], Decimal(found["Waiting"][3])) == (200, "0", -1)
    assert found["Bare"][1:] == ["0", "0", ""]  # as in the API
    narrowed = client.get(f"{LIST}export.csv", query | {"guidance": "partly_guided"}).getvalue().decode("utf-8-sig")
    assert [row["title"] for row in csv.DictReader(io.StringIO(narrowed))] == ["Paid"]
    sheet = openpyxl.load_workbook(io.BytesIO(client.get(f"{LIST}export.xlsx", query).getvalue())).active
    assert [cell.value for cell in sheet[2]][-11:-4] == ["partly_guided", 150, 600, 3, "USD", 0, 0]
    assert [cell.value for cell in sheet[3]][-7:-4] == ["USD", 1, 0]
    assert [cell.value for cell in sheet[4]][-11:] == ["aimless", 0, 0, None, "USD", 0, 0, None, None, None, 0]


PLANS = ("plan_agreed_on", "planned_prototype_on", "planned_pilot_on", "planned_production_on")


@pytest.mark.parametrize(
    ("day", "plan"),
    [
        ("2025-01-09", (None, None, None, None)),
        ("2025-01-10", ("2025-01-10", "2025-02-01", None, "2025-06-30")),
        ("2025-02-28", ("2025-01-10", "2025-02-01", None, "2025-06-30")),
        ("2025-03-01", ("2025-03-01", "2025-02-01", "2025-07-01", "2025-12-31")),
        ("", ("2025-03-01", "2025-02-01", "2025-07-01", "2025-12-31")),  # today
    ],
)
def test_page_files_and_api_show_the_plan_that_was_in_force_on_the_day(client, admin, day, plan):
    first = {"planned_prototype_on": date(2025, 2, 1), "planned_production_on": date(2025, 6, 30)}
    later = {"planned_pilot_on": date(2025, 7, 1), "planned_production_on": date(2025, 12, 31)}
    made = initiatives.create(admin, title="Moved", owner=admin, **first, plan_agreed_on=date(2025, 1, 10))
    initiatives.edit(made, version=1, actor=admin, **later, plan_agreed_on=date(2025, 3, 1))
    client.force_login(admin)
    query, headers = {"as_of": day} if day else {}, bearer(admin)
    shown = rows(client, columns="planned", **query)["Moved"]
    assert shown == [{"2025-06-30": "30 Jun 2025", "2025-12-31": "31 Dec 2025"}.get(plan[-1], "— No date is planned.")]
    text = client.get(f"{LIST}export.csv", query).getvalue().decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text))
    assert [row[name] or None for name in PLANS[1:]] == list(plan[1:])
    calls = (f"initiatives/{made.key}", "initiatives", "portfolio/initiatives")
    one, many, figures = (client.get(f"/api/v1/{call}", query, headers=headers).json() for call in calls)
    assert [tuple(each[name] for name in PLANS) for each in (one, many["items"][0])] == [plan, plan]
    assert figures["items"][0]["planned_production_on"] == plan[-1]


def test_the_list_is_sorted_by_the_plan_of_the_day(client, admin):
    for title, agreed in (("Early", [date(2025, 6, 1), date(2025, 12, 1)]), ("Late", [date(2025, 9, 1)])):
        planned = initiatives.create(
            admin, title=title, owner=admin, planned_production_on=agreed[0], plan_agreed_on=date(2025, 1, 1)
        )
        for version, on in enumerate(agreed[1:], start=1):
            initiatives.edit(
                planned, version=version, actor=admin, planned_production_on=on, plan_agreed_on=date(2025, 3, 1)
            )
    client.force_login(admin)
    assert list(rows(client, sort="planned", as_of="2025-02-28")) == ["Early", "Late"]
    assert list(rows(client, sort="planned", as_of="2025-03-01")) == ["Late", "Early"]
    assert list(rows(client, sort="planned")) == ["Late", "Early"]


def test_every_column_and_filter_at_once_take_at_most_15_queries(client, listed, django_assert_max_num_queries):
    for sort in ("-gross_cost", "realised_benefit", "-budget_variance"):
        with django_assert_max_num_queries(15):
            assert client.get(LIST, EVERY | FILTERS | {"sort": sort}).context["page_obj"].paginator.count == 1
