"""The curves of the portfolio: their values and intervals; what their title says of them, and of which month."""

from datetime import timedelta

import pytest
from django.utils import translation

from portfolio.dashboard.charts import incidence_chart
from portfolio.explanations.formulas import Writer
from portfolio.explanations.texts.portfolio import DEFINITIONS
from portfolio.guidance import Guidance
from portfolio.metrics.summary import summarise
from projects.stages import Stage
from tests.portfolio.build import AS_OF, START, Case, facts, reached, row


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


@pytest.mark.parametrize(
    ("aimless", "reason", "expected"),
    [
        (5, "", "60.0 % of the guided ÷ 10.0 % of the aimless, within 12 months ≈ 6×"),
        (0, "no aimless by then", "60.0 % of the guided ÷ 0.0 % of the aimless, within 12 months = —"),
        (None, "not both observed", "— of the guided ÷ — of the aimless, within — = —"),
    ],
)
def test_the_ratio_of_the_title_is_a_figure_with_its_formula(aimless, reason, expected):
    others = [] if aimless is None else cohort(Guidance.AIMLESS, aimless, 50)
    found = summarise(facts(cohort(Guidance.GUIDED, 12, 20) + others), "USD")["guided_to_aimless"]
    assert found.reason == reason
    with translation.override("en"):
        written = Writer("USD").formula(DEFINITIONS["guided_to_aimless"], found.value, found.inputs)
    assert " ".join(written.split()) == expected


OPEN = "Do prototypes with a clear aim reach production more often?"


@pytest.mark.parametrize(
    ("another", "title"),
    [
        ([], "No aimless prototype has reached production; guided ones have"),
        ([reached(201, AS_OF - timedelta(days=60), guidance=Guidance.AIMLESS)], OPEN),  # after 15 months, not within 12
        ([reached(201, None, end_unknown="absent", guidance=Guidance.AIMLESS)], OPEN),  # nobody knows when
    ],
)
def test_no_aimless_one_has_reached_production_only_where_none_ever_has(another, title):
    cases = cohort(Guidance.GUIDED, 12, 20) + cohort(Guidance.AIMLESS, 0, 50) + another
    found = summarise(facts(cases), "USD")
    assert incidence_chart(found, {}).title == title
    assert found["guided_to_aimless"].reason == "no aimless by then"  # the curve is at 0 after 12 months in each


def test_the_curves_are_those_of_the_figures_with_their_intervals():
    """Four guided: production after 100 and 300 days, one stopped after 200, one in flight for 400.

    F(100) = 1/4. Of the three left one is stopped: S = 3/4 × 2/3 = 1/2. Of two left one is put to use: F(300) = 1/2.
    Interval at 100 days: V = 1 × 3 ÷ 4³, so 0.25^exp(±1.96 × 0.2165 ÷ (0.25 × ln 4)) = 0.0089 and 0.6653.
    """
    guided = [
        reached(1, START + timedelta(days=100)),
        row(2, Stage.STOPPED, end=START + timedelta(days=200)),
        reached(3, START + timedelta(days=300)),
        row(4, started_on=AS_OF - timedelta(days=400)),
    ]
    (curve,) = incidence_chart(summarise(facts(guided), "USD"), {}).curves
    rises = {round(step.at * 365.25 / 12): step for step in curve.steps}
    assert [(day, rises[day].value) for day in (100, 300)] == [(100, 0.25), (300, 0.5)]
    assert (rises[100].low, rises[100].high) == pytest.approx((0.0089, 0.6653), abs=0.0001)
    assert rises[300].low < 0.5 < rises[300].high
    assert (curve.detail, curve.until) == ("4 prototypes", pytest.approx(400 * 12 / 365.25))
    assert [curve.at(month).value for month in (3, 4, 9, 10)] == [0, 0.25, 0.25, 0.5]
    assert curve.at(14) is None  # nobody was observed for so long
