"""Whether all of a month is counted: by the day that is asked about, and by today."""

from datetime import date

import pytest

from money.months import is_over


@pytest.mark.parametrize(
    ("as_of", "today", "expected"),
    [
        (date(2026, 6, 29), date(2026, 9, 1), False),
        (date(2026, 6, 30), date(2026, 9, 1), True),
        (date(2026, 8, 5), date(2026, 9, 1), True),
        (date(2026, 6, 30), date(2026, 6, 30), False),  # the day goes on
        (date(2026, 6, 30), date(2026, 7, 1), True),
        (date(2026, 7, 31), date(2026, 6, 15), False),
    ],
)
def test_a_month_is_over_once_its_last_day_has_passed_and_the_as_of_date_reached_it(as_of, today, expected):
    assert is_over(date(2026, 6, 1), as_of, today) is expected
