"""Budgets worked out by hand: phasing, variance, estimate at completion, and the grid that they are entered in."""

import json
import re
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from accounts.models import AuditEntry, Organisation
from costs import totals
from costs.budgets import burn_down
from costs.budgets import figures as budget_figures
from costs.budgets import lines as budget_lines
from costs.budgets import totals as budget_totals
from costs.budgets.grid import BudgetGrid, save
from costs.budgets.lines import NewBudget
from costs.models import BudgetLine, Category
from tests.costs.factories import add_line, add_rate, category
from tests.costs.test_worked_example import example, expected  # noqa: F401 - fixtures
from tests.factories import InitiativeFactory, UserFactory, bearer
from tests.markup import tight

pytestmark = pytest.mark.django_db
D = date(2026, 6, 12)


def add_budget(
    initiative, month: str, amount: str, approved_on: str = "2026-01-01", currency: str = "USD", of=""
) -> None:
    row = NewBudget(
        initiative,
        date.fromisoformat(f"{month}-01"),
        category(of) if of else None,
        Decimal(amount),
        currency,
        date.fromisoformat(approved_on),
    )
    budget_lines.add(None, [row])


@pytest.fixture
def initiative():
    """Three months of 3,000 and one of 600 that was approved too late for D."""
    made = InitiativeFactory()
    for month in ("2026-05", "2026-06", "2026-07"):
        add_budget(made, month, "3000")
    add_budget(made, "2026-05", "600", approved_on="2026-06-13")
    return made


def figures(initiative, on: date = D, method="remaining"):
    planned, pending = budget_totals.by_month(initiative.pk, on)
    gross = totals.gross_by_initiative([initiative.pk], on).get(initiative.pk, Decimal(0))
    return budget_figures.figures(gross, planned, pending, on, method)


def phased(initiative, on: date = D) -> Decimal | None:
    budget = budget_totals.budgets([initiative.pk], on).get(initiative.pk)
    return budget and budget.phased


def test_a_month_counts_in_full_when_past_and_by_its_days_while_it_runs(initiative):
    # May 3,000 in full; June 3,000 × 12 of 30 days = 1,200; July is to come.
    assert phased(initiative) == Decimal(4200)
    assert phased(initiative, date(2026, 5, 31)) == Decimal(3000)
    assert phased(initiative, date(2026, 6, 1)) == Decimal(3100)


def test_a_line_counts_from_the_day_of_approval(initiative):
    # A day later the 600 of May are approved, and June has 13 of 30 days.
    assert phased(initiative, date(2026, 6, 13)) == Decimal(4900)
    assert phased(initiative, date(2025, 12, 31)) is None


def test_variance_and_both_estimates(initiative):
    add_line(initiative, "2026-05-20", "4000")
    add_line(initiative, "2026-06-12", "1250")
    add_line(initiative, "2026-06-13", "999")  # after D
    # 5,250 − 4,200; 5,250 + (9,000 − 4,200); 9,000 ÷ (4,200 ÷ 5,250 = 0.8)
    shown = figures(initiative)
    assert (shown.variance, shown.variance_share, shown.index) == (1050, Decimal("0.25"), Decimal("0.8"))
    assert (shown.estimate, figures(initiative, method="cpi").estimate) == (10050, 11250)


def test_a_budget_in_another_currency_counts_at_the_rate_of_its_approval():
    initiative = InitiativeFactory()
    add_budget(initiative, "2026-05", "100", approved_on="2026-01-02", currency="EUR")
    assert figures(initiative).budget is None
    assert figures(initiative).pending == 1
    assert "waits" in figures(initiative).why_not
    add_rate("2026-01-01", "EUR", "1.10")
    add_rate("2026-05-01", "EUR", "1.50")
    assert phased(initiative) == Decimal(110)


def test_without_a_budget_nothing_is_compared():
    initiative = InitiativeFactory()
    add_line(initiative, "2026-05-20", "4000")
    shown = figures(initiative)
    assert (shown.variance, shown.variance_share, shown.estimate, shown.by_index) == (None, None, None, None)
    assert phased(initiative) is None


def test_without_spending_or_anything_due_there_is_no_index(initiative):
    assert figures(initiative).by_index is None
    early = date(2026, 2, 1)
    add_line(initiative, "2026-01-20", "40")
    shown = figures(initiative, early)
    assert (shown.variance, shown.variance_share, shown.by_remaining, shown.by_index) == (40, None, 9040, None)


def test_budgets_of_the_worked_example_by_another_way(example, shared_data: Path):  # noqa: F811
    as_of, made = example
    given = json.loads((shared_data / "worked-example/portfolio.json").read_text())
    approved = budget_totals.budgets(None, as_of)
    _passed, days = budget_totals.phased_share(as_of)
    checked = 0
    for each in given["initiatives"]:
        lines = [b for b in each["budgets"] if b["approved_on"] <= str(as_of) and b["currency"] == "USD"]
        if len(lines) != len(each["budgets"]) or not lines:
            continue
        before = sum((Decimal(b["amount"]) for b in lines if b["month"] < str(as_of)[:7]), Decimal(0))
        running = sum((Decimal(b["amount"]) for b in lines if b["month"] == str(as_of)[:7]), Decimal(0))
        got = approved[made[each["external_ref"]].pk].phased
        checked += 1
        assert abs(got - (before + running * as_of.day / days)) < Decimal("0.000001"), each["external_ref"]
    assert checked


@pytest.fixture
def office(initiative):
    client = Client()
    client.force_login(UserFactory(portfolio=True))
    return client, reverse("costs:budget", args=[initiative.key]) + "?year=2026"


def grid_of(initiative, year: int = 2026) -> BudgetGrid:
    return BudgetGrid(initiative, date(year, 1, 1), "USD", list(Category.objects.all()))


def test_the_months_say_which_they_are_and_the_costs_since_when_they_are_summed(office, initiative):
    client, url = office
    page = tight(client.get(url).content.decode())
    assert "<h2>Month by month, Jan 2026 to Dec 2026</h2>" in page.replace("\xa0", " ")
    assert '<th scope="col" class="num">Due</th>' in page
    add_line(initiative, "2026-03-01", "5")
    page = tight(client.get(reverse("costs:initiative", args=[initiative.key])).content.decode())
    assert "; the last twelve months, and the total since the start" in page
    assert '<th scope="col" class="num">Since the start</th>' in page


def test_a_changed_cell_adds_a_line_with_the_difference(office, initiative):
    client, url = office
    seen = grid_of(initiative).seen
    typed = {"seen": seen, "approved_on": "2026-06-20", "2026-05.": "4,000", "2026-08.cloud": "50", "2026-07.": ""}
    assert client.post(url, {**typed, "do": "save"}).status_code == 302
    added = BudgetLine.objects.filter(approved_on="2026-06-20").order_by("month")
    assert [(f"{line.month:%m}", line.amount, str(line.category or "")) for line in added] == [
        ("05", 400, ""), ("07", -3000, ""), ("08", 50, "Cloud"),
    ]  # fmt: skip
    assert BudgetLine.objects.count() == 7  # nothing was overwritten
    assert phased(initiative) == Decimal(4200)  # earlier days keep their budget
    assert AuditEntry.objects.filter(action="create", object_type="costs.budgetline").count() == 7


def test_a_wrong_cell_keeps_everything_out_and_what_was_typed_stays(office, initiative):
    client, url = office
    typed = {"seen": grid_of(initiative).seen, "approved_on": "2026-06-20", "2026-05.": "4.000,00", "2026-08.": "50"}
    same = {"2026-06.": "$3000.00", "2026-09.": "-0"}
    answer = client.post(url, {**typed, **same, "do": "save"})
    assert answer.status_code == 422
    assert set(answer.context["grid"].errors) == {(date(2026, 5, 1), "")}
    assert 'value="4.000,00"' in answer.content.decode()
    assert 'value="50"' in answer.content.decode()
    assert {name for name in same if f'value="{same[name]}"' in answer.content.decode()} == {*same}
    assert BudgetLine.objects.count() == 4


def test_two_people_at_once_overwrite_nothing_unseen(office, initiative):
    client, url = office
    seen = grid_of(initiative).seen
    add_budget(initiative, "2026-06", "500")  # somebody else: June is 3,500 now
    typed = {"seen": seen, "approved_on": "2026-06-20", "2026-06.": "3000", "2026-07.": "3100"}
    assert client.post(url, {**typed, "do": "save"}).status_code == 302
    stands = grid_of(initiative).stands
    assert (stands[date(2026, 6, 1), ""], stands[date(2026, 7, 1), ""]) == (3500, 3100)  # June was not touched here
    answer = client.post(url, {**typed, "2026-06.": "2000", "do": "save"})
    assert answer.status_code == 422
    assert "3500" in str(answer.context["grid"].errors[date(2026, 6, 1), ""])
    again = {**typed, "2026-06.": "2000", "seen": answer.context["grid"].seen, "do": "save"}
    assert client.post(url, again).status_code == 302
    assert grid_of(initiative).stands[date(2026, 6, 1), ""] == 2000


def test_last_year_is_copied_into_empty_cells_and_not_saved(office, initiative):
    client, url = office
    answer = client.post(url.replace("2026", "2027"), {"seen": "x", "2027-05.": "7", "do": "copy"})
    typed = answer.context["grid"].typed
    assert {key: text for key, text in typed.items() if text} == {
        (date(2027, 5, 1), ""): "7", (date(2027, 6, 1), ""): "3,000", (date(2027, 7, 1), ""): "3,000",
    }  # fmt: skip
    assert BudgetLine.objects.count() == 4


def test_an_amount_is_spread_to_the_cent_on_top_of_what_stands(office):
    client, url = office
    given = {"spread_amount": "100", "spread_category": "", "spread_from": "2026-07", "spread_to": "2026-09"}
    grid = client.post(url, {**given, "do": "spread"}).context["grid"]
    shown = [grid.typed[date(2026, month, 1), ""] for month in (7, 8, 9)]
    assert shown == ["3,033.33", "33.33", "33.34"]
    backwards = client.post(url, {**given, "spread_to": "2026-01", "do": "spread"})
    assert backwards.status_code == 422


def test_a_table_from_a_spreadsheet_is_put_into_the_grid(office, initiative):
    client, url = office
    table = "\tCloud\tpeople\n2026-08\t10\t1,000\n2026/09\t20\t\n"
    grid = client.post(url, {"seen": grid_of(initiative).seen, "table": table, "do": "table"}).context["grid"]
    got = {f"{month:%m}.{name}": text for (month, name), text in grid.typed.items() if text}
    assert got == {"08.cloud": "10", "08.people": "1,000", "09.cloud": "20"}
    for wrong in ("2026-08\t1\n5\t6\n", "2031-01\t5\n", "\tmoon\n2026-01\t4\n", "\t".join("1" * 30)):
        assert client.post(url, {"table": wrong, "do": "table"}).status_code == 422, wrong
    assert client.post(url, {"table": "12\tx\n", "do": "table"}).context["grid"].errors


def test_what_is_typed_below_the_grid_is_put_into_it_before_anything_is_saved(office, initiative):
    client, url = office
    given = {"spread_amount": "100", "spread_category": "cloud", "spread_from": "2026-08", "spread_to": "2026-09"}
    typed = {"seen": grid_of(initiative).seen, "approved_on": "2026-06-20", "2026-10.": "7", "do": "save"}
    answer = client.post(url, {**typed, **given, "table": "\tCloud\n2026-08\t10\n"})
    got = {f"{month:%m}.{name}": text for (month, name), text in answer.context["grid"].typed.items() if text}
    assert (answer.status_code, got) == (200, {"08.cloud": "60", "09.cloud": "50", "10.": "7"})
    page = tight(answer.content.decode())
    assert "The table is put into the grid. The amount is spread over 2 months. <b>Not saved yet.</b>" in page
    assert '<details class="f more-fields" open>' not in page  # nothing is left in the fields
    assert BudgetLine.objects.count() == 4


@pytest.mark.parametrize("wrong", [{"spread_amount": "much"}, {"table": "2031-01\t5\n"}, {"copy_percent": "x"}])
def test_what_cannot_be_put_into_the_grid_keeps_everything_from_being_saved(office, initiative, wrong):
    client, url = office
    typed = {"seen": grid_of(initiative).seen, "approved_on": "2026-06-20", "2026-10.": "7", "do": "save"}
    answer = client.post(url, {**typed, **wrong})
    page = answer.content.decode()
    assert (answer.status_code, BudgetLine.objects.count()) == (422, 4)
    assert answer.context["grid"].typed[date(2026, 10, 1), ""] == "7"
    assert next(iter(wrong.values())).strip() in page
    assert "another look" in page
    assert "more-fields" in page.split(" open>")[0].rsplit("<details", 1)[-1]


def test_a_percentage_that_was_typed_copies_last_year_once_before_saving(office, initiative):
    client, url = office
    url = url.replace("2026", "2027")
    typed = {"seen": grid_of(initiative).seen, "approved_on": "2026-06-20", "copy_percent": "10", "do": "save"}
    answer = client.post(url, typed)
    assert "3,300" in answer.content.decode()
    assert not answer.context["page"].copy["copy_percent"].value()  # so that the next press saves
    assert BudgetLine.objects.count() == 4


def test_the_budget_page_in_fifteen_queries_for_everybody(initiative, django_assert_max_num_queries):
    reader = Client()
    reader.force_login(UserFactory())
    url = reverse("costs:budget", args=[initiative.key])
    for query in ("", "?year=2026&eac=cpi", "?year=0&currency=nonsense", "?year=2099&currency=EUR"):
        with django_assert_max_num_queries(15):
            answer = reader.get(url + query)
        assert answer.status_code == 200
        assert b"Save the budget" not in answer.content
    assert reader.post(url, {"do": "save"}).status_code == 403


def test_amounts_have_a_column_of_their_own_where_some_are_in_another_currency():
    made = InitiativeFactory()
    reader = Client()
    reader.force_login(UserFactory())
    url = reverse("costs:budget", args=[made.key])

    def heads():
        page = reader.get(url).content.decode()
        return re.findall(r">\s*(Amount|In USD)\s*</th>", page)

    add_budget(made, "2026-01", "10")
    assert heads() == ["In USD"]
    add_budget(made, "2026-01", "10", currency="EUR")
    assert heads() == ["Amount", "In USD"]
    crumb = reader.get(url).content.decode().partition('<div class="crumb">')[2]
    assert crumb.index(">Initiatives</a>") < crumb.index(f">{made.key}</a>")


@pytest.mark.parametrize(("on", "told"), [("2026-06-20", True), ("2026-06-30", False)])
def test_the_days_of_the_month_are_told_until_its_last(initiative, on, told, monkeypatch):
    monkeypatch.setattr(timezone, "localdate", lambda *_of: date.fromisoformat(on))
    reader = Client()
    reader.force_login(UserFactory())
    page = re.sub(r"\s+", " ", reader.get(reverse("costs:budget", args=[initiative.key])).content.decode())
    assert ("this month counts 20 of 30 days" in page) == told
    assert ("Of this month 20 of 30 days are due." in page) == told
    assert ("of 30 days" in page) == told


def test_nothing_typed_saves_nothing(initiative):
    assert save(UserFactory(finance=True), grid_of(initiative), timezone.localdate()) == 0


def test_last_year_is_the_fiscal_year_before_and_grows_by_a_percentage(office, initiative, settings):
    Organisation.objects.create(base_currency="USD", fiscal_year_start=4)
    add_budget(initiative, "2027-02", "33.33", of="cloud")  # February belongs to the fiscal year that began in 2026
    client, url = office
    url = url.replace("2026", "2027")
    grid = client.post(url, {"seen": "x", "do": "copy", "copy_percent": "5"}).context["grid"]
    got = {f"{month:%Y-%m}.{name}": text for (month, name), text in grid.typed.items() if text}
    # (3,000 + 600) × 1.05; 33.33 × 1.05 = 34.9965, to the cent
    assert got == {"2027-05.": "3,780", "2027-06.": "3,150", "2027-07.": "3,150", "2028-02.cloud": "35"}
    assert client.post(url, {"seen": "x", "do": "copy", "copy_percent": "−100"}).context["grid"].typed == {}
    for wrong in ("x", "-101"):
        answer = client.post(url, {"seen": "x", "do": "copy", "copy_percent": wrong})
        assert answer.status_code == 422
        assert answer.context["grid"].typed == {}


def test_an_amount_is_spread_like_another_year(office, initiative):
    client, url = office
    add_budget(initiative, "2025-07", "200", of="cloud")
    add_budget(initiative, "2025-08", "100", of="cloud")
    add_line(initiative, "2025-08-03", "40", category="cloud")
    add_line(initiative, "2025-09-03", "10", category="people")
    given = {"spread_amount": "100", "spread_category": "cloud", "spread_from": "2026-07", "spread_to": "2026-09"}

    def parts(like: str, category: str = "cloud") -> list[str]:
        sent = {**given, "spread_like": like, "spread_category": category, "do": "spread", "seen": "x"}
        return list(client.post(url, sent).context["grid"].typed.values())

    assert parts("budget-2025") == ["66.67", "33.33"]  # 200 : 100 : 0
    assert parts("cost-2025") == ["100"]
    assert parts("") == ["33.33", "33.33", "33.34"]
    # Any category goes by all of them together: 0 : 40 : 10; the 3,000 of July stay as they are.
    assert parts("cost-2025", "") == ["80", "20"]
    for wrong in ({"spread_like": "budget-2025", "spread_category": "people"}, {"spread_like": "budget-1999"}):
        assert client.post(url, {**given, **wrong, "do": "spread", "seen": "x"}).status_code == 422


REAL_PASTES = {
    # Excel: tabs, CRLF, an accounting format with brackets, dashes for nothing, an empty column at the right
    "\tCloud\tPeople\t\r\nJan-26\t $1,200.00 \t $(350.50)\t\r\nFeb-26\t $ -   \t\"1,000\"\t\r\n": {
        "01.cloud": "1200", "01.people": "-350.5", "02.cloud": "0", "02.people": "1000",
    },
    # Google Sheets, months across, with totals at both edges
    "Category\tJan 2026\tFeb 2026\tTotal\ncloud\t10\t20\t30\nPeople\t1,000.5\t\t1000.5\nTotal\t1010.5\t20\t1030.5": {
        "01.cloud": "10", "02.cloud": "20", "01.people": "1000.5", "02.people": "0",
    },
    # A Japanese sheet: full-width digits, months without a year, a triangle for what is below zero
    "月\tCloud\n４月\t１，２００\n5月\t▲５０\n2026年6月\t￥７": {
        "04.cloud": "1200", "05.cloud": "-50", "06.cloud": None,
    },
    # Spaces that do not break, and apostrophes, as thousands signs; no names at all
    "1\u00a0234\u202f567.89\t1'200\n": {"01.tokens": "1234567.89", "01.cloud": "1200"},
}  # fmt: skip


@pytest.mark.parametrize("table", REAL_PASTES)
def test_tables_as_spreadsheets_put_them_on_the_clipboard(office, initiative, table):
    client, url = office
    Category.objects.exclude(name__in=("tokens", "cloud", "people")).update(is_active=False)
    grid = client.post(url, {"seen": grid_of(initiative).seen, "table": table, "do": "table"}).context["grid"]
    cells = {cell.name: cell for row in grid.rows for cell in row.cells}
    for where, amount in REAL_PASTES[table].items():
        month, name = where.split(".")
        cell = cells[f"2026-{int(month):02d}.{name}"]
        if amount is None:  # yen in a budget of dollars: said at the cell, not converted
            assert cell.error
            assert [cell.label for row in grid.rows for cell in row.errors] == ["Jun 2026, Cloud"]
        else:
            assert cell.amount == Decimal(amount), where
    assert bool(grid.errors) == (None in REAL_PASTES[table].values())


@pytest.mark.parametrize(
    "table", ["03/04/2026\t5\n", "\tCloud\tcloud\n2026-01\t1\t2\n", "Jan\t1\nJanuary\t2\n", "2026年13月\t1\n2026-01\t2"]
)
def test_a_table_that_could_mean_two_things_is_refused(office, table):
    client, url = office
    answer = client.post(url, {"seen": "x", "table": table, "do": "table"})
    assert answer.status_code == 422
    assert not BudgetLine.objects.filter(approved_on__year=2026, month__year=2026, amount__lt=100).exists()


def shown(figures_on_day, planned, gross, on, view="left"):
    return burn_down.chart(figures_on_day, planned, gross, on, "USD", view)


def test_the_burn_down_goes_on_as_the_estimate():
    planned = {date(2026, month, 1): Decimal(3000) for month in (5, 6, 7)}
    gross = {date(2026, 5, 1): Decimal(4000), date(2026, 6, 1): Decimal(1250)}
    for method, ends in (
        ("remaining", [("06-12", 5250), ("06-30", 7050), ("07-31", 10050)]),  # + 1,800 of June, + July
        ("cpi", [("06-12", 5250), ("06-30", 7500), ("07-31", 11250)]),  # the same ÷ 0.8
    ):
        these = budget_figures.figures(Decimal(5250), planned, 0, D, method)
        actual, budgeted = shown(these, planned, gross, D, "spent").lines
        assert [(f"{day:%m-%d}", amount) for day, amount in [actual.known[-1], *actual.planned]] == ends
        assert [amount for _day, amount in budgeted.known] == [0, 3000, 6000, 9000]
        assert actual.planned[-1][1] == these.estimate
        left = shown(these, planned, gross, D)
        assert [amount for _day, amount in left.lines[0].planned] == [9000 - end for _day, end in ends[1:]]
        assert [(mark.day, mark.label) for mark in left.marks] == [(date(2026, 7, 31), "would be used up in Jul 2026")]
        assert "estimate" in left.wide
        assert left.title == "The budget would be used up in Jul 2026"
        assert left.table().rows[-1][0] == "31 Jul 2026"


def test_the_burn_down_of_nothing_is_empty_and_of_what_is_used_up_says_when():
    assert shown(budget_figures.figures(Decimal(5), {}, 0, D, "remaining"), {}, {}, D).is_empty
    planned, gross = {date(2026, 4, 1): Decimal(10)}, {date(2026, 5, 1): Decimal(11)}
    over = shown(budget_figures.figures(Decimal(11), planned, 0, D, "remaining"), planned, gross, D)
    assert [mark.label for mark in over.marks] == ["used up in May 2026"]
    assert over.title == "The budget was used up in May 2026"
    kept = shown(
        budget_figures.figures(Decimal(9), planned, 0, D, "remaining"), planned, {date(2026, 5, 1): Decimal(9)}, D
    )
    assert kept.title == "The budget lasts"
    unspent = budget_figures.figures(Decimal(0), planned, 0, D, "cpi")  # no index, so no estimate
    assert shown(unspent, planned, {}, D).lines[0].planned == []


def test_the_burn_down_says_used_up_only_of_what_is_used_up_today():
    april, july = date(2026, 4, 1), date(2026, 7, 1)

    def drawn(planned, gross, method="remaining", pending=0):
        these = budget_figures.figures(sum(gross.values(), Decimal(0)), planned, pending, D, method)
        chart = shown(these, planned, gross, D)
        return chart.title, [mark.label for mark in chart.marks]

    spent = {april: Decimal(11), date(2026, 5, 1): Decimal(-5)}  # a credit: 6 of 10 are spent today
    assert drawn({april: Decimal(10)}, spent) == ("The budget lasts", [])
    # 6 + 10 to come of a budget of 14: the estimate passes it, not what was spent.
    later = ("The budget would be used up in Jul 2026", ["would be used up in Jul 2026"])
    assert drawn({april: Decimal(4), july: Decimal(10)}, spent) == later

    used_up = ("The budget was used up in Apr 2026", ["used up in Apr 2026"])
    assert drawn({july: Decimal(10)}, {april: Decimal(11)}, "cpi") == used_up  # whatever the estimate
    asked = ("Does the budget last?", [])
    assert drawn({july: Decimal(10)}, {april: Decimal(1)}, "cpi") == asked  # nothing is due: no index
    assert drawn({april: Decimal(10)}, {}, "cpi") == asked  # nothing is spent
    for gross in (Decimal(9), Decimal(11)):  # part of the budget waits for an exchange rate
        assert drawn({april: Decimal(10)}, {april: gross}, pending=1) == asked


@pytest.mark.parametrize("method", ["remaining", "cpi"])
@pytest.mark.parametrize(
    ("spent", "said"),
    [
        # Of 6,000, 3,000 and 12 of 30 days of 3,000 are due: 4,200; 1,800 are to come.
        ("4500", "The budget would be used up in Jun 2026"),  # 4,500 + 1,800 = 6,300; 6,000 × 4,500 ÷ 4,200 = 6,428.57
        ("4200", "The budget lasts"),  # 6,000 either way
    ],
)
def test_in_its_last_month_a_budget_lasts_as_long_as_its_estimate(method, spent, said):
    planned, gross = {date(2026, month, 1): Decimal(3000) for month in (5, 6)}, {date(2026, 5, 1): Decimal(spent)}
    these = budget_figures.figures(Decimal(spent), planned, 0, D, method)
    assert these.budget == budget_totals.Budget(Decimal(6000), Decimal(4200))
    assert shown(these, planned, gross, D).title == said


def test_an_estimate_is_drawn_only_where_it_reaches_past_the_running_month():
    planned, gross = {date(2026, month, 1): Decimal(3000) for month in (5, 6)}, {date(2026, 5, 1): Decimal(4000)}
    these = budget_figures.figures(Decimal(4000), planned, 0, D, "remaining")
    drawn = shown(these, planned, gross, D)
    assert drawn.lines[0].planned == []
    assert "Dashed" not in drawn.note and "estimate" not in drawn.wide


@pytest.mark.parametrize(
    ("cost", "said"),
    [
        ("1250", "25\u202f% more was spent than budgeted to date"),
        ("900", "10\u202f% less was spent than budgeted to date"),
        ("1000", "As much was spent as was budgeted to date"),
    ],
)
def test_the_bars_of_an_initiative_say_what_the_variance_is(cost, said, client):
    initiative = InitiativeFactory()
    client.force_login(initiative.owner)
    url = reverse("costs:initiative", args=[initiative.key])
    assert "What was spent, month by month?" in client.get(url).content.decode()
    add_budget(initiative, "2025-01", "1000", approved_on="2025-01-01")
    add_line(initiative, "2025-01-05", cost)
    assert said in client.get(url).content.decode()


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_field_of_the_grid_is_grouped_and_read_back_as_it_was(initiative, language):
    add_budget(initiative, "2026-08", "1600700.125")
    add_budget(initiative, "2026-09", "-4500")
    with translation.override(language):
        grid = BudgetGrid(initiative, date(2026, 1, 1), "USD", [])
        texts = {row.month.month: row.cells[-1].text for row in grid.rows}
        assert (texts[7], texts[8], texts[9], texts[10]) == ("3,000", "1,600,700.125", "−4,500", "")
        grid.type_in({"seen": grid.seen} | {cell.name: cell.text for row in grid.rows for cell in row.cells})
        assert grid.check() == [] and not grid.errors


def test_a_budget_of_a_day_yet_to_come_is_taken_and_counts_from_that_day(office, initiative):
    client, url = office
    next_month = timezone.localdate() + timedelta(days=31)
    typed = {"seen": grid_of(initiative).seen, "approved_on": str(next_month), "2026-05.": "4,000"}
    assert client.post(url, {**typed, "do": "save"}).status_code == 302
    cells = f"2026-01\tcloud\t100\tUSD\t{next_month}\n"
    assert client.post(url, {"cells": cells, "save": "1"}).status_code == 302
    body = {"initiative": initiative.key, "month": "2026-03", "amount": "100", "currency": "EUR"}
    answer = client.post(
        "/api/v1/budgets",
        body | {"approved_on": str(next_month)},
        content_type="application/json",
        headers=bearer(UserFactory(portfolio=True)),
    )
    assert (answer.status_code, answer.json()["base_amount"]) == (201, None)
    later = list(BudgetLine.objects.filter(approved_on=next_month).order_by("amount", "currency"))
    assert [(line.amount, line.currency, line.base_amount) for line in later] == [
        (100, "EUR", None), (100, "USD", 100), (400, "USD", 400),
    ]  # fmt: skip
    assert not BudgetLine.objects.approved_by(timezone.localdate()).filter(approved_on=next_month).exists()
    with time_machine.travel(f"{next_month}T12:00:00Z"):
        add_rate(str(next_month), "EUR", "1.25")
    later[0].refresh_from_db()
    assert later[0].base_amount == 125
