"""Filters are read strictly, and the address that they write leads back to them."""

from datetime import date
from decimal import Decimal

import pytest

from portfolio.selection.filters import FilterError, read_filters


def test_an_address_leads_back_to_its_filters():
    given = {"as_of": "2026-06-17", "business_unit": "Claims / Motor", "started_from": "2025-01-01", "rate": "0.08"}
    filters = read_filters(given)
    assert filters.query() == "as_of=2026-06-17&business_unit=Claims+%2F+Motor&started_from=2025-01-01&rate=0.08"
    assert (filters.as_of, filters.rate) == (date(2026, 6, 17), Decimal("0.08"))


@pytest.mark.parametrize("text", ["0", "-0", "-0.0"])
def test_a_rate_of_nothing_is_kept_and_has_no_sign(text):
    filters = read_filters({"rate": text})
    assert str(float(filters.rate)) == "0.0"
    assert read_filters({"rate": filters.query().removeprefix("rate=")}).rate == 0


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *(("as_of", text) for text in ("2026-02-30", "1949-12-31", "20260617", "2026-W25-3")),
        *(("rate", text) for text in ("NaN", "-1", "1e400", "1_0", "０.１")),
        *(("hosting", "moon"), ("stage", "done"), ("guidance", "wise"), ("tag", "a\x00b")),
    ],
)
def test_what_cannot_be_read_is_named(name, text):
    with pytest.raises(FilterError) as refused:
        read_filters({name: text})
    assert list(refused.value.errors) == [name]


def test_only_as_of_and_rate_leave_the_portfolio_whole():
    assert not read_filters({"as_of": "2026-06-17", "rate": "0.2"}).narrows
    assert read_filters({"tag": "x"}).narrows
