"""The picture of an answer says what its table says, and stands on the page."""

import re
from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.test import Client

from costs import lines
from costs.explorer.chart import chart
from display.charts import Ranking, StackedColumns
from tests.costs.explorer.test_sums import ask
from tests.costs.factories import new_line
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
JAN, FEB, MARCH = (date(2026, month, 1) for month in (1, 2, 3))


@pytest.fixture
def spent():
    """Eight vendors in January, the largest two in March, the smallest with a credit in March; nothing in February."""
    given = [("2026-01-05", str(2**number), f"V{number}") for number in range(8)]
    given += [("2026-03-05", "0.5", "V7"), ("2026-03-05", "10", "V6"), ("2026-03-06", "-3.25", "V0")]
    lines.add(None, [new_line(None, on, amount, vendor=vendor) for on, amount, vendor in given])


def test_a_column_a_month_with_the_amounts_of_the_table_and_the_small_ones_as_one(spent):
    drawn = chart(ask("vendor", "month"), "USD")
    assert isinstance(drawn, StackedColumns)
    assert drawn.title == "The largest part, 49\u202f%, was V7"  # 128.5 of 262.25
    assert (drawn.starts, drawn.names) == ([JAN, FEB, MARCH], ["Jan 2026", "Feb 2026", "Mar 2026"])
    assert [(each.name, each.values, each.detail, each.is_rest) for each in drawn.series] == [
        ("V7", [128, None, Decimal("0.5")], "49\u202f%", False),
        ("V6", [64, None, 10], "28\u202f%", False),  # 74
        ("V5", [32, None, None], "12\u202f%", False),
        ("V4", [16, None, None], "6\u202f%", False),
        ("V3", [8, None, None], "3\u202f%", False),
        ("3 more", [7, 0, Decimal("-3.25")], "1\u202f%", True),  # 4 + 2 + 1, and the credit: 3.75
    ]


def test_time_in_rows_is_drawn_as_time_in_columns_is(spent):
    across, down = chart(ask("vendor", "month"), "USD"), chart(ask("month", "vendor"), "USD")
    assert isinstance(down, StackedColumns)
    assert (down.starts, down.series) == (across.starts, across.series)
    assert chart(ask("quarter", "vendor"), "USD").series[1].values == [74]


def test_without_time_the_rows_of_the_table_are_bars(spent):
    drawn = chart(ask("vendor", "category", top=2), "USD")
    assert isinstance(drawn, Ranking)
    assert (drawn.head, drawn.note) == ("Vendor", "Gross cost by vendor")
    assert [(bar.name, bar.value, round(bar.share, 4), bar.is_rest) for bar in drawn.bars] == [
        ("V7", Decimal("128.5"), 0.49, False),
        ("V6", 74, 0.2822, False),
        ("6 more", Decimal("59.75"), 0.2278, True),
    ]


def test_what_stands_together_by_time_is_no_column_of_its_own(spent):
    given = [new_line(None, f"{2022 + number // 12}-{number % 12 + 1:02d}-01", "1") for number in range(40)]
    lines.add(None, given)
    found = ask("category", "month", top=12, since=date(2022, 1, 1))
    assert found.columns[0].label == "Before Jul 2022"  # 40 months to April 2025, January and March 2026
    drawn = chart(found, "USD")
    assert (drawn.starts[0], drawn.series[0].values[0]) == (date(2022, 7, 1), 1)


def test_the_picture_stands_on_the_page_with_its_amounts(spent):
    client = Client()
    client.force_login(UserFactory(finance=True))
    with time_machine.travel("2026-06-20", tick=False):
        page = client.get("/costs/explore/?rows=vendor&columns=month").content.decode()
        bars = client.get("/costs/explore/?rows=vendor&columns=none").content.decode()
    (wide, *_narrow) = re.findall(r"<svg[^>]*>.*?</svg>", page[page.index("</form>") :], re.DOTALL)
    for words in ("V7", "V3", "3 more", "Jan", "Mar"):
        assert f">{words}" in wide
    assert wide.count("<rect") == 15  # six pieces in January, three in March, a shade beside each of six names
    assert "Mar 2026, V6: $10" in page  # what the picture says where one points
    assert ">V6" in re.findall(r"<svg[^>]*>.*?</svg>", bars[bars.index("</form>") :], re.DOTALL)[0]
