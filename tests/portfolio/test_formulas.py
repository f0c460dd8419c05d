"""Formulas of the portfolio's figures, with numbers that were chosen for how they read."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from django.utils import translation

from portfolio.explanations.counted_nouns import measured
from portfolio.explanations.formulas import COUNTED, COUNTS, Writer
from portfolio.explanations.left_out import told
from portfolio.explanations.texts.initiative import OF_ONE
from portfolio.explanations.texts.portfolio import DEFINITIONS, INSTEAD
from portfolio.explanations.texts.reasons import LEFT_OUT, REASONS


def written(name: str, value: Decimal, currency: str = "USD", language: str = "en", **inputs) -> str:
    definition = DEFINITIONS[name]
    with translation.override(language):
        return " ".join(Writer(currency).formula(definition, value, inputs).split())


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "−$10.00 gross − (−$5.00) recovered = −$5.00"),
        ("ja", "総コスト −$10.00 − 回収済み (−$5.00) = −$5.00"),
    ],
)
def test_an_amount_below_zero_stands_in_brackets_behind_a_sign(language, expected):
    amounts = {"gross": Decimal(-10), "recovered": Decimal(-5)}
    assert written("net_cost", Decimal(-5), language=language, **amounts).replace("\u2060", "") == expected


NOUNS = "(?:monthly |cost |budget )?(?:initiative|prototype|proposal|reading|line|flow|day|month)"


@pytest.mark.parametrize("count", [0, 1, 2])
def test_every_count_in_a_formula_reads_as_so_many(count):
    numbers = dict.fromkeys([*COUNTED, *COUNTS], count) | {"days": 31, "passed": 31}
    counts = DEFINITIONS["prototypes"]
    with translation.override("en"):
        written = [Writer("USD").formula(each, count, numbers) for each in [*DEFINITIONS.values(), *OF_ONE.values()]]
        written += [Writer("USD").formula(counts, count, numbers, text) for text in INSTEAD.values()]
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
    [("payback_months", 1.0004, "≈ 1 month"), ("payback_months", 7.894, "≈ 7.89 months"), ("stage_days", 1, "= 1 day")],
)
def test_a_value_that_is_shown_as_one_reads_as_one(name, value, expected):
    assert written(name, value).endswith(expected)


@pytest.mark.parametrize(
    ("name", "value", "language", "inputs", "expected"),
    [
        ("roi", Decimal("0.5"), "en", (1, 2), "$1.00 net benefit ÷ $2.00 net cost = 50.0 %"),
        ("roi", Decimal(2) / 3, "en", (2, 3), "$2.00 net benefit ÷ $3.00 net cost ≈ 66.7 %"),
        ("roi", Decimal(2) / 3, "ja", (2, 3), "純効果 $2.00 ÷ 純コスト $3.00 ≈ 66.7%"),
        ("roi", Decimal("0.5"), "en", ("1.001", "2.002"), "$1.00 net benefit ÷ $2.00 net cost ≈ 50.0 %"),
        ("roi", Decimal("0.0001"), "en", (1, 10000), "$1.00 net benefit ÷ $10,000.00 net cost <0.1 %"),
    ],
)
def test_a_formula_that_shows_less_than_all_digits_says_so(name, value, language, inputs, expected):
    amounts = {key: Decimal(each) for key, each in zip(("net_benefit", "net_cost"), inputs, strict=True)}
    assert written(name, value, language=language, **amounts) == expected


@pytest.mark.parametrize(
    ("cost", "gross", "language", "expected"),
    [
        (1, 8, "en", "gross cost of 1 initiative = $1.00, which is 12.5 % of $8.00"),
        (2, 3, "en", "gross cost of 1 initiative = $2.00, which is about 66.7 % of $3.00"),
        (2, 3, "ja", "施策1件の総コスト = $2.00（総コスト $3.00の約66.7%）"),
        (1, 10000, "en", "gross cost of 1 initiative = $1.00, which is less than 0.1 % of $10,000.00"),
        (1, 10000, "ja", "施策1件の総コスト = $1.00（総コスト $10,000.00の0.1%未満）"),
        (0, 3, "en", "gross cost of 1 initiative = $0.00, which is 0.0 % of $3.00"),
    ],
)
def test_a_share_in_a_formula_follows_from_its_amounts(cost, gross, language, expected):
    share = Decimal(cost) / Decimal(gross)
    inputs = {"gross": Decimal(gross), "initiatives": 1, "share": share}
    assert written("cost_reached", Decimal(cost), language=language, **inputs) == expected


def test_a_number_that_does_not_stand_in_the_formula_says_nothing_about_it():
    found = written("roi", Decimal("0.5"), net_benefit=Decimal(1), net_cost=Decimal(2), benefit=Decimal(1) / 3)
    assert found == "$1.00 net benefit ÷ $2.00 net cost = 50.0 %"


def test_a_payback_comes_out_of_the_months_that_stand_in_it():
    # 214 and 244 days of 30.4375: 7.0308 + (8.0164 − 7.0308) × 7 ÷ 8 = 7.8932
    inputs = {"since": 214 / 30.4375, "until": 244 / 30.4375, "short": Decimal(1050), "over": Decimal(150)}
    found = written("payback_months", 7.89322, **inputs)
    assert found == "7.0308 + (8.0164 − 7.0308) × $1,050.00 ÷ ($1,050.00 + $150.00) ≈ 7.89 months"


@pytest.mark.parametrize(("written", "expected"), [("+1", "+1 point"), ("−1", "−1 point"), ("0", "0 points")])
def test_a_change_by_one_point_reads_as_one(written, expected):
    with translation.override("en"):
        assert measured("points", written) == expected
