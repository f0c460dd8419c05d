"""Formulas of the portfolio's figures, with numbers that were chosen for how they read."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.utils import translation

from portfolio.definitions import DEFINITIONS
from portfolio.formulas import Writer


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
