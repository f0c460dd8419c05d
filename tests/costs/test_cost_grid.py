"""The grid of cost lines without scripts: typed, grown, filled from a text, wrong at its cells, saved all or none."""

import re
from decimal import Decimal

import pytest
from django.urls import reverse

from costs.models import CostLine
from tests.costs.factories import add_line
from tests.costs.test_pages import signed_in
from tests.factories import InitiativeFactory, UserFactory

pytestmark = pytest.mark.django_db
COLUMNS = ("initiative", "incurred_on", "category", "amount", "currency", "vendor", "description")
GOOD = "{key}\t2026-03-05\tcloud\t12.50\tUSD\tContoso\tMarch\n{key}\t2026/03/06\tPeople\t1,200\tusd\t\t\n"


@pytest.fixture
def initiative():
    return InitiativeFactory()


def typed(*rows: tuple[str, ...], start: int = 0) -> dict[str, str]:
    """Return rows of cells as the form sends them."""
    return {
        f"row-{number}-{column}": text
        for number, cells in enumerate(rows, start)
        for column, text in zip(COLUMNS, cells, strict=False)
    }


def sent(user, data: dict[str, str], do: str = "save"):
    return signed_in(user).post(reverse("costs:grid"), {**data, "do": do})


def shown(answer) -> dict[int, list[str]]:
    """Return the cells of the rows that say something, by their number."""
    rows = {row.number: [cell.text for cell in row.cells] for row in answer.context["grid"].rows}
    return {number: cells for number, cells in rows.items() if any(cells)}


def test_what_is_typed_becomes_lines_and_blank_rows_say_nothing(initiative):
    first = (initiative.key, "2026-03-05", "cloud", "12.50", "USD", "Contoso", "March")
    second = (f" {initiative.key.lower()}", "2026/03/06", "People", " 1,200 ", "usd")
    answer = sent(initiative.owner, typed(first, ("",) * 7, second))
    ledger = f"{reverse('costs:ledger')}?initiative={initiative.key}&source=manual&since=2026-03&until=2026-03"
    assert (answer.status_code, answer.url) == (302, ledger)
    made = CostLine.objects.order_by("incurred_on").values_list(
        "group__initiative", "incurred_on", "group__category__name", "amount", "group__currency", "group__vendor",
        "description",
    )  # fmt: skip
    assert [(*row[:1], row[1].isoformat(), *row[2:]) for row in made] == [
        (initiative.pk, "2026-03-05", "cloud", Decimal("12.50"), "USD", "Contoso", "March"),
        (initiative.pk, "2026-03-06", "people", Decimal(1200), "USD", "", None),
    ]


def test_what_was_recorded_is_shown_also_where_later_costs_are_many(initiative):
    other = InitiativeFactory()
    for number in range(51):
        add_line(initiative, "2026-11-05", f"{number + 1}")
    rows = [(each.key, day, "cloud", "7", "USD") for each, day in ((initiative, "2024-12-31"), (other, "2025-02-01"))]
    answer = signed_in(UserFactory(admin=True)).post(reverse("costs:grid"), {**typed(*rows), "do": "save"}, follow=True)
    assert "2 lines are recorded." in answer.content.decode()
    assert [line.incurred_on.isoformat() for line in answer.context["page"].lines] == ["2025-02-01", "2024-12-31"]


def test_one_wrong_cell_keeps_everything_out_and_is_said_where_it_stands(initiative):
    good = (initiative.key, "2026-03-05", "cloud", "12.50", "USD")
    wrong = (initiative.key, "2026-02-30", "moon", "1.234,56", "USDD", "v" * 201, "kept")
    answer = sent(initiative.owner, typed(good, wrong, start=3))
    assert answer.status_code == 422
    assert not CostLine.objects.exists()
    assert shown(answer) == {4: [*good, "", ""], 5: list(wrong)}
    row = next(row for row in answer.context["grid"].rows if row.number == 5)
    assert [cell.column for cell in row.wrong] == ["incurred_on", "category", "amount", "currency", "vendor"]
    page = answer.content.decode()
    assert 'value="1.234,56"' in page
    assert 'aria-invalid="true" aria-describedby="row-4-amount_error"' in page
    assert '<span id="row-4-incurred_on_error">Date, row 5: Write the date as 2026-03-31.</span>' in page


def test_nothing_at_all_is_said_to_be_nothing(initiative):
    answer = sent(initiative.owner, typed(("", " ")))
    assert answer.status_code == 422
    assert "Nothing is entered yet." in answer.content.decode()


def test_more_rows_keep_what_is_typed(initiative):
    answer = sent(initiative.owner, typed((initiative.key, "soon"), start=7), do="more")
    assert answer.status_code == 200
    assert shown(answer) == {8: [initiative.key, "soon", "", "", "", "", ""]}
    assert len(list(answer.context["grid"].rows)) == 18


def test_a_text_goes_into_the_grid_below_what_is_typed_and_is_not_saved_yet(initiative):
    there = typed((initiative.key, "2026-03-01", "data", "5", "USD"))
    answer = sent(initiative.owner, {**there, "cells": GOOD.format(key=initiative.key)}, do="table")
    assert answer.status_code == 200
    assert shown(answer)[2] == [initiative.key, "2026-03-05", "cloud", "12.50", "USD", "Contoso", "March"]
    assert list(shown(answer)) == [1, 2, 3]
    assert "All 3 rows are right and can be saved." in answer.content.decode()
    assert not CostLine.objects.exists()


def test_a_text_that_was_not_put_into_the_grid_is_put_there_before_anything_is_saved(initiative):
    there = typed((initiative.key, "2026-03-01", "data", "5", "USD"))
    answer = sent(initiative.owner, {**there, "cells": GOOD.format(key=initiative.key)})
    page = answer.content.decode()
    assert (answer.status_code, list(shown(answer)), CostLine.objects.count()) == (200, [1, 2, 3], 0)
    assert "What was pasted as text stands in the grid now: look it over." in page
    assert '<details class="f more-fields after-line">' in page  # nothing is left in the field
    wrong = sent(initiative.owner, {**there, "cells": "a\t" * 8})
    page = wrong.content.decode()
    assert (wrong.status_code, list(shown(wrong)), CostLine.objects.count()) == (422, [1], 0)
    assert wrong.context["form"]["cells"].value() == "a\t" * 8
    assert "1 field needs another look" in page


def test_where_a_text_stands_its_field_is_open(initiative):
    answer = sent(initiative.owner, {"cells": "5"}, do="more")
    assert '<details class="f more-fields after-line" open>' in answer.content.decode()


def test_a_text_with_headings_may_put_the_columns_in_any_order(initiative):
    cells = f"Amount\tcurrency\tDate\tCategory\tInitiative\n5\tUSD\t2026-03-05\tcloud\t{initiative.key}\n"
    answer = sent(initiative.owner, {"cells": cells}, do="table")
    assert shown(answer) == {1: [initiative.key, "2026-03-05", "cloud", "5", "USD", "", ""]}


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ("\t2026-03-05\tcloud\t1\tUSD\tx\ty\tover\n", "Row 1: The row has 8 cells, there are 7 columns."),
        ("\t2026-03-05\n" * 1_001, "At most 1,000 rows at once. Import a file instead."),
    ],
    ids=["too wide", "too long"],
)
def test_a_text_that_does_not_fit_stays_where_it_was_pasted(initiative, cells, said):
    answer = sent(initiative.owner, {"cells": cells}, do="table")
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert answer.context["form"]["cells"].value() == cells
    assert shown(answer) == {}


def test_rows_may_end_as_they_do_on_any_machine(initiative):
    answer = sent(initiative.owner, {"cells": "\t2026-03-05\rAI-2\t2026-03-06\n\t2026-03-07\r\n"}, do="table")
    assert [cells[1] for cells in shown(answer).values()] == ["2026-03-05", "2026-03-06", "2026-03-07"]


def test_a_cell_larger_than_any_is_told_apart(initiative):
    answer = sent(initiative.owner, {"cells": "x" * 1_000_001}, do="table")
    assert answer.status_code == 422
    assert "at most 1000000 characters" in answer.content.decode()


def test_more_rows_than_are_taken_at_once_are_refused_and_kept(initiative):
    row = (initiative.key, "2026-03-05", "cloud", "1", "USD")
    answer = sent(initiative.owner, typed(*[row] * 1_001))
    assert answer.status_code == 422
    assert "At most 1,000 rows at once." in answer.content.decode()
    assert len(shown(answer)) == 1_001


def test_an_unallocated_row_is_finances(initiative):
    row = typed(("", "2026-03-05", "cloud", "12.50", "USD"))
    assert sent(initiative.owner, row).status_code == 422
    assert sent(UserFactory(finance=True), row).status_code == 302
    assert sent(UserFactory(executive=True), row).status_code == 403


def test_a_thousand_rows_take_as_many_queries_as_one(initiative, django_assert_max_num_queries):
    rows = [(initiative.key, "2026-03-05", "cloud", str(amount), "USD") for amount in range(1, 1_001)]
    client = signed_in(initiative.owner)
    with django_assert_max_num_queries(30):
        answer = client.post(reverse("costs:grid"), {**typed(*rows), "do": "save"})
    assert answer.status_code == 302
    assert CostLine.objects.count() == 1_000


def test_on_a_telephone_rows_from_the_fourth_on_wait_until_more_are_asked_for(initiative):
    page = signed_in(initiative.owner).get(reverse("costs:grid")).content.decode()
    assert page.count('<tr class="spare">') == 5  # of eight
    assert 'class="card" method="post"' in page  # an empty form prints as a blank sheet
    more = sent(initiative.owner, typed((initiative.key,)), "more").content.decode()
    assert 'class="spare"' not in more
    assert 'class="card" method="post"' in more


def test_the_first_row_shows_what_may_stand_in_it(initiative):
    page = signed_in(initiative.owner).get(reverse("costs:grid")).content.decode()
    shown = re.findall(r'placeholder="([^"]+)"', page[page.index("<tbody>") :])
    assert shown[:7] == ["AI-0001", "2026-03-31", "cloud", "1234.56", "USD", " ", " "]
    assert set(shown[7:56]) == {" "}
