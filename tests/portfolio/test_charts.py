"""Titles of the portfolio's charts: what they say of the curves, and of which month."""

import pytest

from portfolio.charts import incidence_chart
from portfolio.guidance import Guidance
from portfolio.summary import summarise
from tests.portfolio.build import Case, facts, reached, row


def cohort(guidance: Guidance, production: int, of: int) -> list[Case]:
    """So many in production after half a year; the others in flight for 17 months, so that 12 is the last horizon."""
    first = 1 if guidance == Guidance.GUIDED else 101
    made = [reached(number, guidance=guidance) for number in range(first, first + production)]
    return made + [row(number, guidance=guidance) for number in range(first + production, first + of)]


@pytest.mark.parametrize(
    ("aimless", "said"),
    [
        (5, "within 12 months guided prototypes get there 6 times as often"),  # 12 of 20 against 5 of 50
        (4, "within 12 months guided prototypes get there far more often"),  # a fifth of four would turn it over
    ],
)
def test_the_title_of_the_curves_names_the_month_of_its_ratio_and_none_of_a_few(aimless, said):
    cases = cohort(Guidance.GUIDED, 12, 20) + cohort(Guidance.AIMLESS, aimless, 50)
    assert incidence_chart(summarise(facts(cases), "USD"), {}).title == f"Knowing why pays: {said}"
