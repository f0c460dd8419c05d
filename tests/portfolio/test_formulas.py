"""Formulas of the portfolio's figures, with numbers that were chosen for how they read."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from django.utils import translation

from portfolio.definitions import DEFINITIONS, INSTEAD, LEFT_OUT, REASONS
from portfolio.formulas import COUNTED, COUNTS, Writer
from portfolio.initiative_definitions import OF_ONE
from portfolio.left_out import told


def written(name: str, value: Decimal, currency: str = "USD", language: str = "en", **inputs) -> str:
    definition = DEFINITIONS[name]
    with translation.override(language):
        show = Writer(currency)
        return " ".join(show.formula(definition.formula, show.value(definition, value), inputs).split())


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "−$10.00 gross − (−$5.00) recovered = −$5.00"),
        ("ja", "総コスト −$10.00 − 回収済み (−$5.00) = −$5.00"),
    ],
)
def test_an_amount_below_zero_stands_in_brackets_behind_a_sign(language, expected):
    amounts = {"gross": Decimal(-10), "recovered": Decimal(-5)}
    assert written("net_cost", Decimal(-5), language=language, **amounts) == expected


NOUNS = "(?:monthly |cost |budget )?(?:initiative|prototype|proposal|reading|line|flow|day|month)"


@pytest.mark.parametrize("count", [0, 1, 2])
def test_every_count_in_a_formula_reads_as_so_many(count):
    numbers = dict.fromkeys([*COUNTED, *COUNTS], count) | {"days": 31, "passed": 31}
    texts = [each.formula for each in [*DEFINITIONS.values(), *OF_ONE.values()]] + list(INSTEAD.values())
    with translation.override("en"):
        written = [Writer("USD").formula(text, str(count), numbers) for text in texts]
        written += [f"{left.counted} – {left.words}" for why in REASONS for left in told({why: count})]
    wrong = f"\\b{count} {NOUNS}s\\b" if count == 1 else f"\\b{count} {NOUNS}\\b"
    assert [text for text in written if re.search(wrong, text)] == []
    assert sum(bool(re.search(rf"\b{count} {NOUNS}", text)) for text in written) > 20


@pytest.mark.parametrize(
    ("why", "count", "english", "japanese"),
    [
        ("pending lines", 1, "1 cost line – waiting for an exchange rate", "コスト明細1件 – 為替待ち"),
        ("pending readings", 2, "2 readings – waiting for an exchange rate", "実績値2件 – 為替待ち"),
        ("pending budget lines", 1, "1 budget line – waiting for an exchange rate", "予算明細1件 – 為替待ち"),
        ("absent", 1, "1 initiative – date absent in the source", "施策1件 – 元データに日付なし"),
        ("absent", 1200, "1,200 initiatives – date absent in the source", "施策1,200件 – 元データに日付なし"),
    ],
)
def test_what_was_left_out_says_what_it_counts(why, count, english, japanese):
    for language, expected in (("en", english), ("ja", japanese)):
        with translation.override(language):
            (left,) = told({why: count})
            assert f"{left.counted} – {left.words}" == expected
    assert set(LEFT_OUT) <= set(REASONS)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [("payback_months", 1.0004, "= 1 month"), ("payback_months", 7.894, "= 7.89 months"), ("stage_days", 1, "= 1 day")],
)
def test_a_value_that_is_shown_as_one_reads_as_one(name, value, expected):
    assert written(name, value).endswith(expected)
