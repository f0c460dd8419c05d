"""Days and months as a spreadsheet writes them."""

from datetime import date

import pytest

from costs.entry import paste


@pytest.mark.parametrize(
    "text", ["2026-03-05", "2026/03/05", "2026/3/5", "2026-3-5", " 2026年3月5日 ", "２０２６／３／５", "2026年03月05日"]
)
def test_a_day_is_read_whose_order_is_clear(text):
    assert paste.day(text) == date(2026, 3, 5)


@pytest.mark.parametrize("text", ["2026-03", "2026/3", "2026年3月", "2026/3/31", "2026-03-01", "２０２６年３月"])
def test_a_month_is_read_also_from_a_day_in_it(text):
    assert paste.month(text) == date(2026, 3, 1)


@pytest.mark.parametrize(
    "text", ["", "soon", "05.03.2026", "3/5/2026", "2026-02-30", "2026-W05-1", "2026-3", "20260305"]
)
def test_what_is_no_day_is_told_how_to_be_written(text):
    with pytest.raises(ValueError, match=r"Write the date as 2026-03-31\."):
        paste.day(text)


@pytest.mark.parametrize("text", ["", "March", "Mar-26", "2026-13", "03/2026", "2026"])
def test_what_is_no_month_is_told_how_to_be_written(text):
    with pytest.raises(ValueError, match=r"Write the month as 2026-03\."):
        paste.month(text)


@pytest.mark.parametrize("read", [paste.day, paste.month])
def test_what_no_calendar_of_ours_has_is_told_so(read):
    with pytest.raises(ValueError, match=r"Dates go from 1950-01-01 to 2100-12-31\."):
        read("2999-12-01")
