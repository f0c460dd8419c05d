"""The page "Budgets", worked out by hand: budget against actual by unit, category and initiative."""

import csv
import io
import re
from datetime import date
from decimal import Decimal

import openpyxl
import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.models import Organisation
from costs.budgets.overview import overview
from costs.budgets.overview_form import OverviewForm
from projects import units
from tests.costs.allocation.test_places import rule
from tests.costs.budgets.test_totals import add_budget
from tests.costs.factories import add_line, add_rate
from tests.factories import InitiativeFactory, UserFactory
from tests.markup import tight

pytestmark = pytest.mark.django_db
NOW = time_machine.travel("2026-06-12", tick=False)  # 12 of the 30 days of June
PAGE = "/costs/budgets/"
NONE = ["—There is no budget to compare with."] * 2
QUERIES = 10  # and one more for which units have others below them


def signed_in(user=None) -> Client:
    client = Client()
    client.force_login(user or UserFactory(finance=True))
    return client


def page(**asked) -> str:
    answer = signed_in().get(reverse("costs:budgets"), asked)
    assert answer.status_code == 200
    return tight(answer.content.decode())


def rows(text: str) -> list[list[str]]:
    """Return the cells of every row of the table, as read."""
    table = text.partition("<tbody>")[2].partition("</table>")[0]
    found = []
    for row in table.split("<tr>")[1:]:
        cells = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)
        found.append([re.sub(r"\s+", " ", re.sub(r"<[^>]+>|\u2060", "", cell)).strip() for cell in cells])
    return found


@pytest.fixture
def two():
    """Two units, one over and one under; cost that has no budget, and cost of nobody."""
    with NOW:
        claims, sales = units.find_or_make("Claims / Motor", None), units.find_or_make("Sales", None)
        over = InitiativeFactory(title="Letters", business_unit=claims)
        under = InitiativeFactory(title="Leads", business_unit=sales)
        bare = InitiativeFactory(title="Bare", business_unit=sales)
        add_budget(over, "2025-12", "100", approved_on="2025-01-01")
        add_budget(over, "2026-05", "1000", of="cloud")
        add_budget(over, "2026-06", "3000")
        add_budget(over, "2026-07", "500")
        add_budget(under, "2026-04", "2000", of="cloud")
        add_line(over, "2025-12-20", "40")
        add_line(over, "2026-05-20", "1500")
        add_line(over, "2026-06-12", "1250", category="people")
        add_line(over, "2026-06-13", "999")  # dated ahead
        add_line(under, "2026-04-02", "1200")
        add_line(bare, "2026-05-01", "77")
        add_line(None, "2026-05-02", "23")
        yield over, under, bare


def test_a_fiscal_year_by_unit_with_the_worst_overrun_first(two):
    # Claims: 1,000 of May + 3,000 × 12 of 30 days = 2,200 due of 4,500; 1,500 + 1,250 spent. Sales: 1,200 of 2,000.
    text = page()
    assert rows(text) == [
        ["Claims", "$4,500", "$2,200", "$2,750", "+$550", "+25 %"],
        ["Sales", "$2,000", "$2,000", "$1,200", "−$800", "−40 %"],
        ["With a budget, in all", "$6,500", "$4,200", "$3,950", "−$250", "−6 %"],
        ["1 initiative without a budget", *NONE, "$77", *NONE],
        ["Unallocated", *NONE, "$23", *NONE],
    ]
    assert "All cost of this period comes to $4,050." in text
    said = "<b>$250</b> under budget in 2026: $3,950 spent, where $4,200 was budgeted to 12\xa0June\xa02026."
    assert f"<h1>{said}</h1>" in text


def test_from_the_beginning_there_is_an_estimate_at_completion(two):
    # Claims: 2,790 spent of 2,300 due, 4,600 in all: 2,790 + 2,300 to come. Sales: all of 2,000 is due.
    assert rows(page(period="all"))[:3] == [
        ["Claims", "$4,600", "$2,300", "$2,790", "+$490", "+21 %", "$5,090"],
        ["Sales", "$2,000", "$2,000", "$1,200", "−$800", "−40 %", "$1,200"],
        ["With a budget, in all", "$6,600", "$4,300", "$3,990", "−$310", "−7 %", "$6,290"],
    ]


def test_by_category_what_is_budgeted_for_any_stands_by_itself(two):
    # Cloud: 1,000 + 2,000 due; 1,500 + 1,200 spent. People: no budget. Any: 1,200 of 3,500 due.
    found = rows(page(by="category"))
    assert sorted(found[:3]) == [
        ["Any category", "$3,500", "$1,200", "$0", "−$1,200", "−100 %"],
        ["Cloud", "$3,000", "$3,000", "$2,700", "−$300", "−10 %"],
        ["People", "$0", "$0", "$1,250", "+$1,250", "—No budget is due in this period by then."],
    ]
    assert [row[0] for row in found[:3]] == ["People", "Cloud", "Any category"]
    assert found[3][1:5] == ["$6,500", "$4,200", "$3,950", "−$250"]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"period": "quarter"}, [["Letters", "$4,000", "$2,200", "$2,750"], ["Leads", "$2,000", "$2,000", "$1,200"]]),
        ({"since": "2026-06", "until": "2026-07"}, [["Letters", "$3,500", "$1,200", "$1,250"]]),
        ({"since": "2026-07"}, [["Letters", "$500", "$0", "$0"]]),
        ({"until": "2025-12"}, [["Letters", "$100", "$100", "$40"]]),
        ({"as_of": "2026-05-31"}, [["Letters", "$4,500", "$1,000", "$1,500"], ["Leads", "$2,000", "$2,000", "$1,200"]]),
        ({"as_of": "2025-12-31", "period": "year"}, [["Letters", "$100", "$100", "$40"]]),
        ({"business_unit": "Sales"}, [["Leads", "$2,000", "$2,000", "$1,200"]]),
        ({"business_unit": "Claims", "own_unit": "on"}, []),
        ({"category": "people"}, [["Letters", "$0", "$0", "$1,250"]]),
        ({"sort": "gross"}, [["Leads", "$2,000", "$2,000", "$1,200"], ["Letters", "$4,500", "$2,200", "$2,750"]]),
    ],
)
def test_initiatives_of_a_period_and_a_filter(two, asked, expected):
    found = [row[:4] for row in rows(page(by="initiative", **asked)) if re.match(r"AI-\d+", row[0])]
    assert [[name.partition(" ")[2], *cells] for name, *cells in found] == expected


def test_the_fiscal_year_is_the_organisation_s(two):
    Organisation.objects.create(base_currency="USD", fiscal_year_start=4)
    # From April 2026 on; the quarter from April to June has 1,000 of May, 3,000 of June and 2,000 of April.
    assert rows(page())[2][1] == "$6,500"
    assert "in FY 2026 (Apr 2026–Mar 2027)" in page()
    assert rows(page(period="quarter"))[2][1] == "$6,000"
    assert rows(page(as_of="2026-03-31", by="initiative"))[0][1:4] == ["$100", "$100", "$40"]


def test_a_row_leads_to_a_closer_look_its_lines_and_its_budget(two):
    text = page()
    assert '<a href="?business_unit=Claims">Claims</a>' in text  # which has Motor below it
    assert '<a href="?by=initiative&amp;business_unit=Sales">Sales</a>' in text
    add_line(InitiativeFactory(business_unit=two[0].business_unit.parent), "2026-05-01", "3")
    below = page(business_unit="Claims")
    assert [row[0] for row in rows(below)][:2] == ["Motor", "With a budget, in all"]
    assert '<a href="?by=initiative&amp;business_unit=Claims+%2F+Motor">Motor</a>' in below
    assert "/costs/?business_unit=Claims&amp;since=2026-01&amp;until=2026-12&amp;as_of=2026-06-12" in text
    assert 'href="/costs/explore/?rows=business_unit&amp;columns=none&amp;since=2026-01' in text
    text = page(by="initiative", business_unit="Claims", period="quarter")
    assert f'<a href="/initiatives/{two[0].key}/budget/">' in text
    assert f"/costs/?initiative={two[0].key}&amp;business_unit=Claims&amp;since=2026-04&amp;until=2026-06" in text


@pytest.mark.parametrize("asked", [{}, {"period": "all"}, {"as_of": "2026-05-31"}, {"category": "cloud"}])
def test_the_lines_behind_a_row_come_to_what_it_says(two, asked):
    found = signed_in().get(PAGE, {"by": "initiative", **asked}).context["rows"]
    assert len(found) == 2
    for row in found:
        assert signed_in().get(row.lines).context["sums"].gross == row.row.gross


def test_those_without_a_budget_are_listed_with_the_way_to_enter_one(two):
    text = page(without="on")
    assert [row[:2] for row in rows(text)] == [
        [f"{two[2].key} Bare", "$77"], ["1 initiative without a budget", "$77"],
    ]  # fmt: skip
    assert f'<a href="/initiatives/{two[2].key}/budget/">' in text
    assert 'name="by"' in page()
    assert '<input type="hidden" name="by" value="category">' in page(without="on", by="category")
    assert '<select name="by"' not in text


def test_those_without_a_budget_are_those_with_cost_on_the_page_and_in_its_file(two):
    add_budget(InitiativeFactory(title="Planned"), "2026-05", "50", currency="EUR")  # no rate, and no cost
    assert [row[0] for row in rows(page(without="on"))] == [f"{two[2].key} Bare", "1 initiative without a budget"]
    file = signed_in().get("/costs/budgets.csv", {"without": "on"}).getvalue().decode("utf-8-sig")
    table = [row[:5] for row in csv.reader(io.StringIO(file))]
    assert table[1:] == [
        [two[2].key, f"{two[2].key} Bare", "", "", "77"],
        ["without a budget", "", "", "", "77"],
        ["unallocated", "", "", "", "23"],
    ]


def test_a_budget_that_waits_for_its_rate_is_none_and_is_said(two):
    add_budget(two[2], "2026-05", "50", currency="EUR")
    text = page()
    assert rows(text)[3][0] == "1 initiative without a budget"
    assert "1 budget line waits for an exchange rate of its day of approval and is in no sum." in text
    add_rate("2026-01-01", "EUR", "1.10")
    assert rows(page())[1] == ["Sales", "$2,055", "$2,055", "$1,277", "−$778", "−38 %"]


def test_cost_that_waits_for_its_rate_is_said(two):
    add_line(two[0], "2026-05-06", "9", currency="EUR")
    assert "1 line waits for an exchange rate" in page()


def test_what_is_confidential_counts_for_those_alone_who_may_see_it(two):
    owner = UserFactory()
    secret = InitiativeFactory(title="Whisper", business_unit=two[0].business_unit, owner=owner, confidential=True)
    add_budget(secret, "2026-05", "10000")
    for user, whole in ((owner, "$14,500"), (UserFactory(finance=True), "$14,500"), (UserFactory(), "$4,500")):
        text = tight(signed_in(user).get(PAGE).content.decode())
        assert next(row for row in rows(text) if row[0] == "Claims")[1] == whole
        listed = signed_in(user).get("/costs/budgets.csv", {"by": "initiative"}).getvalue().decode()
        assert ("Whisper" in listed) is (whole == "$14,500")


def test_the_page_takes_as_many_queries_whatever_there_is(two, django_assert_num_queries):
    client = signed_in()
    for asked in ({}, {"by": "category"}, {"by": "initiative"}, {"without": "on"}):
        client.get(PAGE, asked)
        with django_assert_num_queries(QUERIES + (not asked)):
            client.get(PAGE, asked)
    for number in range(40):
        made = InitiativeFactory(business_unit=units.find_or_make(f"Unit {number}", None))
        add_budget(made, "2026-05", "10")
        add_line(made, "2026-05-01", "5")
        add_line(InitiativeFactory(), "2026-05-01", "5")
    for asked in ({}, {"by": "category"}, {"by": "initiative"}, {"without": "on"}):
        with django_assert_num_queries(QUERIES + (not asked)):
            client.get(PAGE, asked)


def test_files_have_every_row_and_digit(two):
    add_line(two[0], "2026-05-21", "0.125")
    asked = {"by": "initiative", "period": "all"}
    text = signed_in().get(reverse("costs:budgets-export", args=["csv"]), asked).getvalue().decode("utf-8-sig")
    table = list(csv.reader(io.StringIO(text)))
    assert table[0] == [
        "initiative", "name", "budget", "budget_phased", "gross_cost", "budget_variance", "budget_variance_share",
        "eac", "currency",
    ]  # fmt: skip
    assert table[1][0] == two[0].key
    assert table[1][2:6] == ["4600", "2300", "2790.125", "490.125"]
    assert (table[1][7], table[1][8]) == ("5090.125", "USD")
    assert [row[0] for row in table[2:]] == [two[1].key, "total", "without a budget", "unallocated"]
    assert [row[4] for row in table[3:]] == ["3990.125", "77", "23"]
    file = signed_in().get(reverse("costs:budgets-export", args=["xlsx"]), {"by": "category"}).getvalue()
    sheet = list(openpyxl.load_workbook(io.BytesIO(file)).active.iter_rows(values_only=True))
    assert sheet[1][:6] == ("people", "People", 0, 0, 1250, 1250)
    assert sheet[3][:3] == (None, "Any category", 3500)


def test_what_cannot_be_read_is_said_and_the_rest_holds(two):
    for asked, said in (
        ({"since": "2026-05", "until": "2026-03"}, "ends before it begins"),
        ({"by": "colour"}, "“colour” is not offered here, so the usual choice is shown."),
        ({"sort": "colour"}, "“colour” is not offered here"),
        ({"not_stated": "vendor"}, "There is no such field"),
    ):
        answer = signed_in().get(PAGE, asked)
        assert answer.status_code == 422
        assert said in answer.content.decode()
    answer = signed_in().get("/costs/budgets.csv", {"by": "colour"})
    assert (answer.status_code, answer["Location"]) == (302, f"{PAGE}?by=colour")


def test_without_any_budget_the_page_says_what_to_do():
    text = page()
    assert "No budget to compare" in text
    assert 'href="/initiatives/"' in text


def test_cost_alone_has_no_budget_to_stand_beside():
    with NOW:
        add_line(InitiativeFactory(), "2026-05-01", "77")
        text = page()
    assert "<b>$77</b> was spent in 2026, and none of it has a budget." in text
    assert rows(text)[0][0] == "No initiative has a budget here."


def test_it_is_said_where_an_amount_opens_fewer_lines_than_it_is_made_of():
    seen, secret = InitiativeFactory(), InitiativeFactory(confidential=True)
    rule({"vendor": "aws"}, (seen, "0.25"), (secret, "0.75"))
    reader, finance = signed_in(UserFactory()), signed_in()
    said = "the ledger does not show you all of its lines"
    with NOW:
        add_budget(seen, "2026-05", "50")
        add_line(seen, "2026-06-06", "7", vendor="Other")
        assert said not in reader.get(PAGE).content.decode()  # nothing is divided
        add_line(None, "2026-05-06", "100", vendor="AWS")
        for asked in ({}, {"period": "all"}, {"until": "2026-06"}, {"initiative": seen.key}, {"without": "on"}):
            answer = reader.get(PAGE, asked)
            assert said in answer.content.decode(), asked
            assert said not in finance.get(PAGE, asked).content.decode(), asked
        for asked in ({"since": "2026-06"}, {"category": "data"}):
            assert said not in reader.get(PAGE, asked).content.decode(), asked
        (row,) = reader.get(PAGE, {"by": "initiative"}).context["rows"]
        assert (row.row.gross, reader.get(row.lines).context["sums"].gross) == (32, 7)


def test_where_no_budget_is_met_the_reason_is_the_period_and_the_filters():
    with NOW:
        made = InitiativeFactory(business_unit=units.find_or_make("Claims", None))
        add_budget(made, "2025-05", "50")
        add_line(None, "2026-05-02", "23")
        text = page()
        assert "<h1><b>$23</b> was spent in 2026, and none of it has a budget.</h1>" in text
        assert rows(text)[1][:2] == [
            "With a budget, in all", "—No budget in this period or under these filters.",
        ]  # fmt: skip
        assert "No budget has been approved." not in text
        narrowed = page(business_unit="Claims")
        assert "<h1>No budget and no cost in 2026 under these filters.</h1>" in narrowed
        assert "<h1>No initiative has a budget, or cost, in 2024.</h1>" in page(as_of="2024-06-01")
        add_budget(made, "2026-05", "50", currency="EUR")
        assert rows(page(business_unit="Claims"))[0][1] == "$0"  # that of 2025 has its rate
    assert "in 2026 under these filters" not in page()


def test_a_category_without_a_budget_of_its_own_is_no_overrun(two):
    # People: 1,250 of Letters, whose budget of June is for any category; Bare has a budget of none.
    add_line(two[2], "2026-05-01", "50", category="people")
    said = "<b>$1,300</b> was spent in 2026, where no budget is set for this category alone."
    assert f"<h1>{said}</h1>" in page(category="people")
    assert "over budget" not in page(category="people").partition("</h1>")[0]
    add_budget(two[0], "2026-07", "5", of="people")  # of which nothing is due
    said = "<b>$1,250</b> over budget in 2026: $1,250 spent, where $0 was budgeted to 12\xa0June\xa02026."
    assert f"<h1>{said}</h1>" in page(category="people")


def test_the_sums_are_exact():
    with NOW:
        made = [InitiativeFactory() for _ in range(3)]
        for each in made:
            add_budget(each, "2026-06", "0.1")  # 0.04 of each is due
        asked = OverviewForm({"by": "initiative"}, 1)
        found = overview(asked.asked(), UserFactory(finance=True))
    assert [row.due for row in found.rows] == [Decimal("0.04")] * 3
    assert (found.total.due, found.total.whole) == (Decimal("0.12"), Decimal("0.3"))
    assert asked.asked().as_of > date(2026, 6, 12)
