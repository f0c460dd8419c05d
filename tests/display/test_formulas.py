"""Formulas with numbers in them."""

import pytest

from display.formulas import fill, operand


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("%(a)s gross − %(b)s recovered = %(c)s", "−$1 gross − (−$2) recovered = −$3"),
        ("総コスト %(a)s − 回収済み %(b)s = %(c)s", "総コスト −$1 − 回収済み (−$2) = −$3"),
        ("%(a)s ÷ (%(b)s due ÷ %(c)s spent) = %(a)s", "−$1 ÷ (−$2 due ÷ (−$3) spent) = −$1"),
        ("%(a)s ÷（予算 %(b)s ÷ 支出 %(c)s）", "−$1 ÷（予算 −$2 ÷ 支出 (−$3)）"),
        ("%(a)s + %(one)s × %(b)s", "−$1 + 1 × (−$2)"),
        ("%(share)s − %(nobody)s", "12.5 % − —"),
    ],
)
def test_a_number_below_zero_has_brackets_behind_a_sign(formula, expected):
    assert fill(formula, {"a": "−$1", "b": "−$2", "c": "−$3", "one": "1", "share": "12.5 %"}) == expected


def test_an_operand_above_zero_has_none():
    assert (operand("5"), operand("−5")) == ("5", "(−5)")
