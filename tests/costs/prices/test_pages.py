"""The pages of the price book: in which currency, whose names, what a price ends by."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from costs.prices import own_rows
from costs.prices.own_rows import NewPrice
from costs.pricing import Rate, TokenClass
from tests.costs.prices.test_book import add
from tests.costs.test_pages import signed_in
from tests.factories import UserFactory
from tests.markup import tight

pytestmark = pytest.mark.django_db


def page(address: str, *of, **asked: str) -> str:
    return tight(signed_in(UserFactory(finance=True)).get(reverse(address, args=of), asked).content.decode())


def test_the_currency_is_in_the_heading_where_all_prices_share_it_and_else_in_each_row():
    add("kestrel", "3")
    book = page("costs:prices", q="kestrel")
    assert "<h2>For a million tokens, in USD</h2>" in book
    assert "Currency</th>" not in book
    add("kestrel-eu", "3", currency="EUR")
    book = page("costs:prices", q="kestrel")
    assert "<h2>For a million tokens</h2>" in book
    assert [book.count(f'<td data-label="Currency">{each}</td>') for each in ("USD", "EUR")] == [1, 1]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "The library’s prices are switched off for: Anthropic, OpenAI."),
        ("ja", "ライブラリの価格を使わないプロバイダー：Anthropic、OpenAI。"),
    ],
)
def test_whose_prices_are_not_taken_from_the_library_is_said_as_the_language_does(language, said):
    finance = UserFactory(finance=True)
    for provider in ("openai", "anthropic"):
        own_rows.use_library(finance, provider, uses=False)
    book = signed_in(finance).get(reverse("costs:prices"), headers={"accept-language": language}).content.decode()
    assert f'<p class="note">{said}</p>' in tight(book)


def test_a_row_names_its_provider_as_the_filter_does_and_says_what_its_day_is():
    add("claude-opus-4-*", "4", provider="anthropic")
    book = page("costs:prices", provider="anthropic", q="opus", on="2026-11-25")
    assert '<span class="key">Anthropic</span>' in book
    assert '<span class="key">anthropic</span>' not in book
    assert '<td class="nowrap" data-label="Holds from"><span class="soft">undated</span>' in book
    assert '<span class="tag">own</span>' in book  # teal is for what is guided


def test_the_page_of_a_price_says_who_set_it_and_whether_it_ends():
    rates = [Rate({TokenClass.INPUT: Decimal(3)})]
    with_end = NewPrice("acme", "kestrel", date(2026, 8, 1), rates, until=date(2026, 12, 1))
    ended, open_one = own_rows.add(UserFactory(finance=True), with_end), add("corvid", "3")
    said = page("costs:price", open_one.pk)
    assert "<dt>Set by</dt><dd>your organisation</dd>" in said
    assert "<dt>Ends</dt><dd>no end set</dd>" in said
    assert "<h2>End this price</h2>" in said
    assert "Enter its first day to remove the price entirely." in said
    assert "<dt>Ends</dt><dd>before 1 Dec 2026</dd>" in page("costs:price", ended.pk).replace("\u00a0", " ")


def test_the_grid_of_a_new_price_names_each_cell_for_a_telephone():
    form = page("costs:price-new")
    assert [form.count(f'<td class="num" data-label="{each}">') for each in ("Price", "Batch")] == [5, 5]
    assert 'class="sheet narrow pairs"' in form
