"""A table of the explorer that is wider than its paper stands there in parts, and nothing is cut off."""

from datetime import date

import pytest
from playwright.sync_api import Page

from costs import lines
from money.months import next_month
from tests.costs.factories import new_line

pytestmark = pytest.mark.django_db(transaction=True)
LANDSCAPE = 1032  # px: A4 on its side, 297 mm without margins of 12 mm
TEXTS = "tables => tables.map(table => [...table.tHead.rows[0].cells].map(cell => cell.textContent.trim()))"
CUT = """tables => tables.filter(table =>
    table.getBoundingClientRect().right > table.closest(".card").getBoundingClientRect().right + 1).length"""


@pytest.fixture
def spent(portfolio):
    months = [next_month(date(2022, 1, 1), later) for later in range(36)]
    lines.add(None, [new_line(None, f"{month:%Y-%m}-15", "12345678.90", vendor="Stratus") for month in months])


def on_paper(page: Page, address: str) -> list[list[str]]:
    page.set_viewport_size({"width": LANDSCAPE, "height": 900})
    page.emulate_media(media="print")
    page.goto(address)
    shown = page.locator(".pivot:visible table")
    assert shown.evaluate_all(CUT) == 0
    return shown.evaluate_all(TEXTS)


def test_three_years_of_months_stand_in_three_parts(page, live_server, spent):
    asked = "rows=category&columns=month&since=2022-01&as_of=2024-12-31"
    heads = on_paper(page, f"{live_server.url}/costs/explore/?{asked}")
    assert [(head[0], head[1], head[-1], len(head)) for head in heads] == [
        ("Category", "Jan 2022", "Dec 2022", 13),
        ("Category", "Jan 2023", "Dec 2023", 13),
        ("Category", "Jan 2024", "Share", 15),
    ]
    sums = page.locator(".pivot:visible tfoot").all_inner_texts()
    assert [text.count("12,345,679") for text in sums] == [12, 12, 12]
    assert "444,444,440" in sums[2]  # 36 × 12,345,678.90 = 444,444,440.40


def test_a_year_of_months_stands_in_one(page, live_server, spent):
    asked = "rows=category&columns=month&since=2024-01&as_of=2024-12-31"
    (head,) = on_paper(page, f"{live_server.url}/costs/explore/?{asked}")
    assert (head[1], head[-1], len(head)) == ("Jan 2024", "Share", 15)


def vendors(count: int) -> None:
    """Add a line of each vendor, in one after another of 36 months."""
    months = [next_month(date(2022, 1, 1), later) for later in range(36)]
    lines.add(None, [new_line(None, f"{months[at % 36]:%Y-%m}-15", "1", vendor=f"V{at}") for at in range(count)])


BY_VENDOR = "rows=vendor&columns=month&since=2022-01&as_of=2024-12-31&top=500"


@pytest.mark.parametrize(("count", "parts"), [(138, 3), (139, 0)])  # × 36 months: 4,968 and 5,004 cells
def test_a_table_of_thousands_of_cells_is_not_drawn_twice(page, live_server, portfolio, count, parts):
    vendors(count)
    heads = on_paper(page, f"{live_server.url}/costs/explore/?{BY_VENDOR}")
    assert len(heads) == parts
    note = page.get_by_text("The table is too large for paper: its XLSX file has all of it.")
    assert note.is_visible() == (parts == 0)
    page.emulate_media(media="screen")
    assert page.locator(".pivot:visible tbody tr").count() == count
    assert not note.is_visible()


@pytest.mark.parametrize(("top", "kept"), [(100, "auto"), (25, "avoid")])  # of 36 rows: all, and 25 with the rest
def test_only_a_part_that_has_room_on_a_page_is_kept_whole(page, live_server, portfolio, top, kept):
    vendors(36)
    heads = on_paper(page, f"{live_server.url}/costs/explore/?{BY_VENDOR.replace('top=500', f'top={top}')}")
    assert len(heads) == 3
    parts = page.locator(".pivot:visible")
    assert parts.evaluate_all("parts => parts.map(part => getComputedStyle(part).breakInside)") == [kept] * 3
