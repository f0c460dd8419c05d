"""The sentence that the page opens with, in both languages, with and without each of its figures."""

import re
from datetime import date
from decimal import Decimal

import pytest
from django.utils import translation

from costs.models import UNALLOCATED
from portfolio.dashboard.headline_sentence import answer
from portfolio.facts.pending import Pending
from portfolio.metrics.summary import summarise
from portfolio.selection.filters import Filters
from projects.stages import Stage
from tests.portfolio.build import AS_OF, facts, reached, row, stopped

PRODUCTION = date(2025, 7, 1)


def told(rows, language="en", **options):
    with translation.override(language):
        words = re.sub("<[^>]+>", "", answer(summarise(facts(rows, **options), "USD")))
    return re.sub(r"\s", " ", words)  # thin spaces too


def whole():
    amounts = {"gross": Decimal(900_000), "until_production": Decimal(800_000), "benefit": Decimal(600_000)}
    return {"rows": [reached(1, on=PRODUCTION, **amounts), stopped(2, gross=Decimal(300_000))]}


def test_everything_is_known():
    assert told(**whole()) == (
        "Of 2 prototypes, 1 reached production. It cost $1.20 M, "
        "and $0.40 M of that is what failure and operation add. "
        "Measured benefit has paid back 50 % of the money so far."
    )


def test_everything_is_known_in_japanese():
    assert told(**whole(), language="ja") == (
        "プロトタイプ2件のうち、1件が本番に到達しました。本番\u20601件あたりのコストは$120万で、"
        "うち$40.0万は失敗と運用による上乗せです。測定された効果で、これまでにコストの50%を回収しました。"
    )


OWN = {"gross": Decimal(800), "until_production": Decimal(800)}
RUN = {"gross": Decimal(900), "until_production": Decimal(800)}


@pytest.mark.parametrize(
    ("rows", "of_that"),
    [
        # 800 + 300 = 1,100 for one in production, of which 800 are its own until production.
        ([reached(1, **OWN), stopped(2, gross=Decimal(300))], "$300 of that is what failure adds."),
        ([reached(1, **OWN), row(2, gross=Decimal(300))], "$300 of that is what unfinished work adds."),
        (
            [reached(1, **OWN), stopped(2, gross=Decimal(200)), row(3, gross=Decimal(100))],
            "$300 of that is what failure and unfinished work add.",
        ),
        # What was stopped or is unfinished has cost nothing: 900 less 800.
        ([reached(1, **RUN), stopped(2), row(3)], "$100 of that is what operation adds."),
        (
            [reached(1, **RUN), row(2, gross=Decimal(50))],
            "$150 of that is what unfinished work and operation add.",
        ),
        (
            [reached(1, **RUN), stopped(2, gross=Decimal(20)), row(3, gross=Decimal(30))],
            "$150 of that is what failure, unfinished work and operation add.",
        ),
        # The day that the second reached production is unknown: (800 + 1,200) ÷ 2 − 800 ÷ 1.
        (
            [reached(1, **OWN), reached(2, on=None, end_unknown="absent", gross=Decimal(1_200))],
            "$200 of that is what operation or undated cost adds.",
        ),
        # A credit since production, 700 after 800, and 300 stopped: 1,000 − 800.
        (
            [reached(1, gross=Decimal(700), until_production=Decimal(800)), stopped(2, gross=Decimal(300))],
            "$200 of that is what failure adds.",
        ),
    ],
)
def test_what_a_success_costs_beyond_its_own_way_is_told_by_where_it_went(rows, of_that):
    assert f", and {of_that} No benefit" in told(rows)


@pytest.mark.parametrize(
    ("other", "tone"), [(stopped(2, gross=Decimal(300)), ' class="stop"'), (row(2, gross=Decimal(300)), "")]
)
def test_only_what_was_stopped_has_the_colour_of_it(other, tone):
    assert f"<b{tone}>$300</b>" in answer(summarise(facts([reached(1, **OWN), other]), "USD"))


def test_neither_cost_nor_benefit():
    assert told([reached(1), reached(2)]) == (
        "Of 2 prototypes, 2 reached production. "
        "What they cost has not been recorded, and no benefit has been measured yet."
    )


def test_none_in_production():
    assert told([row(1, gross=Decimal(5_000))]) == (
        "Of 1 prototype, none has reached production yet. "
        "They have cost $5,000 so far. No benefit has been measured yet."
    )


def test_a_benefit_that_has_evened_out_is_still_one():
    cost = {"gross": Decimal(1_000), "until_production": Decimal(1_000)}
    assert told([reached(1, **cost, has_benefit=True)]) == (
        "Of 1 prototype, 1 reached production. It cost $1,000. Measured benefit has paid back 0 % of the money so far."
    )


def test_what_waits_for_a_rate_is_not_called_absent():
    assert told([reached(1)], waits={1: Pending(lines=1, readings=2)}) == (
        "Of 1 prototype, 1 reached production. What they cost waits for an exchange rate. "
        "The benefit that has been measured waits for an exchange rate."
    )
    # The line belongs to no prototype.
    assert told([reached(1)], waits={UNALLOCATED: Pending(lines=1)}) == (
        "Of 1 prototype, 1 reached production. What they cost has not been recorded. No benefit has been measured yet."
    )


@pytest.mark.parametrize(
    ("rows", "filters", "sentence"),
    [
        ([], Filters(as_of=AS_OF), "No initiative is registered yet."),
        ([], Filters(as_of=AS_OF, tag="x"), "No initiative matches these filters."),
        (
            [row(1, Stage.PROPOSED, is_prototype=False)],
            Filters(as_of=AS_OF),
            "1 initiative is registered; it is not a prototype yet.",
        ),
    ],
)
def test_without_prototypes_it_says_so(rows, filters, sentence):
    assert told(rows, filters=filters) == sentence
