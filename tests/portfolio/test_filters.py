"""Filters are read strictly, and the address that they write leads back to them."""

from datetime import date
from decimal import Decimal

import pytest

from portfolio.facts import keeps
from portfolio.filters import FilterError, Filters, read_filters
from tests.portfolio.build import row


def test_an_address_leads_back_to_its_filters():
    given = {"as_of": "2026-06-17", "business_unit": "Claims / Motor", "started_from": "2025-01-01", "rate": "0.08"}
    filters = read_filters(given)
    assert filters.query() == "as_of=2026-06-17&business_unit=Claims+%2F+Motor&started_from=2025-01-01&rate=0.08"
    assert (filters.as_of, filters.rate) == (date(2026, 6, 17), Decimal("0.08"))


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


def test_a_unit_keeps_those_below_it_without_case():
    assert keeps(Filters(business_unit="claims"), row(unit="Claims / Motor"))
    assert not keeps(Filters(business_unit="Claims"), row(unit="Claims handling"))


def test_a_cohort_by_start_leaves_out_unknown_starts():
    filters = Filters(started_from=date(2025, 1, 1), started_to=date(2025, 12, 31))
    assert keeps(filters, row())
    assert not keeps(filters, row(started_on=None))
    assert not keeps(filters, row(started_on=date(2026, 1, 1)))
