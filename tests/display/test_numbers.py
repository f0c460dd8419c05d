"""Numbers, money and dates, in both languages."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import translation

from costs.entry.paste import amount_as_shown
from display import currency, numbers, sentences


@pytest.fixture(params=["en"])
def language(request):
    with translation.override(request.param):
        yield request.param


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("1240000", "$1.24 M"),
        ("470000", "$0.47 M"),
        ("701234", "$0.70 M"),
        ("100000", "$0.10 M"),
        ("96400", "$96,400"),
        ("96449.99", "$96,400"),
        ("-23400000", "−\u2060$23.4 M"),
        ("8100000", "$8.10 M"),
        ("999999", "$1.00 M"),
        ("1e9", "$1.00 B"),
        ("12.5", "$12.50"),
        ("12", "$12"),
        ("0", "$0"),
        ("0.003754", "$0.00375"),
        ("123456789012.34", "$123 B"),
    ],
)
def test_headline_amounts_have_three_significant_digits_at_most(language, value, shown):
    assert numbers.money_short(Decimal(value), "USD").replace("\u00a0", " ") == shown


@pytest.mark.parametrize("language", ["ja"], indirect=True)
@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        ("1240000", "USD", "$124万"),
        ("96400", "USD", "$9.64万"),
        ("-23400000", "USD", "−\u2060$2,340万"),
        ("1e9", "USD", "$10.0億"),
        ("12400000", "JPY", "1,240万円"),
        ("230000000", "JPY", "2.30億円"),
        ("400000", "USD", "$40.0万"),
        ("9999", "USD", "$1.00万"),
    ],
)
def test_japanese_headline_amounts_count_in_ten_thousands(language, value, code, shown):
    assert numbers.money_short(Decimal(value), code) == shown


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        ("148220.155", "USD", "$148,220.16"),
        ("0", "USD", "$0.00"),
        ("0.005", "USD", "<$0.01"),
        ("0.015", "USD", "$0.02"),
        ("-1200", "USD", "−\u2060$1,200.00"),
        ("-0.001", "USD", "−<$0.01"),
        ("1200.5", "JPY", "¥1,200"),
        ("123456789012.34", "EUR", "€123,456,789,012.34"),
        ("5", "CHF", "CHF\u00a05.00"),
    ],
)
def test_amounts_in_tables_are_rounded_half_even_and_never_to_nothing(language, value, code, shown):
    assert numbers.money(Decimal(value), code) == shown


def test_yen_in_japanese_are_written_behind_the_amount():
    with translation.override("ja"):
        assert numbers.money(Decimal("-148220"), "JPY") == "−148,220円"


def test_percent_has_a_narrow_space_in_english_and_none_in_japanese(language):
    assert numbers.percent(0.38) == "38\u202f%"
    assert numbers.percent(-0.38) == "−38\u202f%"
    assert numbers.percent(0.22, signed=True) == "+22\u202f%"
    assert numbers.percent(0.004) == "0.4\u202f%"
    assert numbers.percent(0.00004) == "<0.1\u202f%"
    assert numbers.percent(0) == "0\u202f%"
    with translation.override("ja"):
        assert numbers.percent(0.38) == "38%"


def test_intervals_say_their_unit_once(language):
    assert numbers.share_range(0.312, 0.458) == "31–46"
    assert numbers.percent_range(0.45, 0.5) == "45–50\u202f%"
    assert numbers.percent_range(0.15, 0.15) == "15\u202f%"
    assert numbers.any_percent([0.8, 1, Decimal("1.2")]) == "80, 100 or 120\u202f%"
    assert (numbers.any_percent([0.8]), numbers.any_percent([])) == ("80\u202f%", "")
    with translation.override("ja"):
        assert numbers.percent_range(0.45, 0.5) == "45～50%"
        assert numbers.any_percent([0.8, 1]) == "80%・100%"


def test_numbers_keep_every_digit_they_have(language):
    assert numbers.number(Decimal("1234567.10")) == "1,234,567.1"
    assert numbers.number(Decimal("1E-11")) == "0.00000000001"
    assert numbers.number(0.1) == "0.1"
    assert numbers.number(Decimal("-0.04"), 1) == "0.0"
    assert numbers.significant(Decimal("41230.4")) == "41,200"


def test_units_follow_with_a_space_that_does_not_break_unless_they_are_wide(language):
    assert numbers.quantity(9.1, "minutes") == "9.1\u00a0minutes"
    assert numbers.quantity(9.1, "分") == "9.1分"
    assert numbers.quantity(9.1, "%") == "9.1\u202f%"
    assert numbers.with_unit("9.1", "") == "9.1"
    with translation.override("ja"):
        assert numbers.quantity(9.1, "%") == "9.1%"


def test_a_column_has_as_many_decimals_as_its_longest_number():
    assert numbers.decimals([Decimal("7.00"), Decimal("7.3"), Decimal("120")]) == 1
    assert numbers.decimals([Decimal("7E+2")]) == 0
    assert numbers.decimals([]) == 0


def test_dates_read_as_people_write_them(language):
    day = date(2026, 6, 7)
    assert numbers.day(day) == "7 June 2026"
    assert numbers.day(day, "day_short") == "7 Jun 2026"
    assert numbers.day(day, "month") == "June 2026"
    assert numbers.day(datetime(2026, 6, 7, 8, 5, tzinfo=UTC), "moment") == "7 Jun 2026, 08:05"
    with translation.override("ja"):
        assert numbers.day(day) == "2026年6月7日"
        assert numbers.day(day, "day_short") == "2026/06/07"


@pytest.mark.parametrize(
    ("start", "end", "english", "japanese"),
    [
        (date(2026, 2, 1), date(2026, 2, 28), "Feb 2026", "2026年2月"),
        (date(2026, 2, 1), date(2026, 2, 27), "1–27 Feb 2026", "2026/02/01～02/27"),
        (date(2026, 10, 30), date(2026, 11, 5), "30 Oct – 5 Nov 2026", "2026/10/30～11/05"),
        (date(2025, 12, 29), date(2026, 1, 4), "29 Dec 2025 – 4 Jan 2026", "2025/12/29～2026/01/04"),
        (date(2026, 2, 1), date(2026, 2, 1), "1 Feb 2026", "2026/02/01"),
    ],
)
def test_a_period_says_month_and_year_once(language, start, end, english, japanese):
    assert numbers.days(start, end) == english
    with translation.override("ja"):
        assert numbers.days(start, end) == japanese


def test_ago_says_how_long_since(language):
    now = datetime(2026, 6, 7, tzinfo=UTC)
    assert numbers.ago(now - timedelta(seconds=4), now) == "4 seconds ago"
    assert numbers.duration(200) == "3 minutes"
    with translation.override("ja"):
        assert numbers.ago(now - timedelta(seconds=4), now) == "4秒前"


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Mika Oda", "MO"), ("小田 美香", "小"), ("mika.oda@example.org", "MO"), ("Cher", "C"), ("", "")],
)
def test_initials_stand_for_a_person(name, letters):
    assert sentences.initials(name) == letters


def test_amounts_without_an_active_currency_are_refused_rather_than_guessed():
    import contextvars

    with pytest.raises(LookupError, match="No base currency"):
        contextvars.Context().run(currency.active)


def test_the_active_currency_is_the_innermost_one():
    with currency.using("USD"):
        with currency.using("JPY"):
            assert currency.active() == "JPY"
        assert currency.active() == "USD"


@pytest.mark.parametrize(
    ("value", "shown"),
    [("194497.4", "$194,497"), ("-58700", "−\u2060$58,700"), ("9999999.4", "$9,999,999"), ("12345678", "$12.3\xa0M")],
)
def test_one_initiative_s_headline_is_whole_below_ten_million(value, shown, language):
    assert numbers.money_headline(Decimal(value), "USD") == shown


@pytest.mark.parametrize(
    ("value", "currency", "shown"),
    [("1010000", "USD", "$1,010,000"), ("12345678", "USD", "$1,230万"), ("6280000", "JPY", "628万円")],
)
def test_in_japanese_too_but_yen_are_counted_by_the_ten_thousand(value, currency, shown):
    with translation.override("ja"):
        assert numbers.money_headline(Decimal(value), currency) == shown


@pytest.mark.parametrize(
    ("value", "currency_code", "shown"),
    [
        (Decimal("-596363.2"), "USD", "−\u2060$596,363"),
        (Decimal(-5), "SEK", "−\u2060SEK\xa05"),
        (Decimal(5), "USD", "+\u2060$5"),
        (Decimal(0), "USD", "$0"),
    ],
)
def test_an_amount_is_one_piece_with_its_sign_and_can_be_pasted_back(value, currency_code, shown):
    written = numbers.money_whole(value, currency_code, signed=True)
    assert written == shown
    assert amount_as_shown(written, currency_code) == round(value)


@pytest.mark.parametrize("language", ["ja"], indirect=True)
def test_a_sign_before_digits_needs_no_joiner(language):
    assert numbers.money(Decimal(-1200), "JPY") == "−1,200円"
    assert numbers.money(Decimal(-1200), "CNY") == "−1,200.00元"


def test_an_axis_stands_in_one_unit(language):
    ticks = [-50_000.0, 0.0, 50_000.0, 200_000.0]
    assert numbers.money_axis(ticks, "USD") == ["−\u2060$50\xa0k", "$0", "$50\xa0k", "$200\xa0k"]
    assert numbers.money_axis([0.0, 500_000.0, 2_000_000.0], "USD") == ["$0", "$0.5\xa0M", "$2.0\xa0M"]
    assert numbers.money_axis([0.0, 2_500.0], "USD") == ["$0", "$2,500"]
    with translation.override("ja"):
        assert numbers.money_axis([0.0, 5_000.0, 20_000.0], "USD") == ["$0", "$0.5万", "$2.0万"]


def test_prices_are_told_by_their_first_digits_and_in_whole_cents_at_least():
    shown = {value: numbers.money_significant(Decimal(value), "USD") for value in ("3.75375", "0.003753", "4", "1.5")}
    assert list(shown.values()) == ["$3.754", "$0.003753", "$4.00", "$1.50"]
    assert numbers.money_significant(375.375, "USD") == "$375.38"
    assert numbers.money_significant(0, "USD") == "$0.00"
    assert numbers.money_significant(-1234567.891, "JPY") == "−\u2060¥1,234,568"
    assert numbers.money_significant(1e40, "USD").startswith("$10,000,")


@pytest.mark.parametrize(
    ("value", "english", "japanese"),
    [(0, "0", "0"), (940, "940", "940"), (96_412, "96,400", "9.64万"), (1_238_000_000, "1.24\u00a0B", "12.4億")],
)
def test_large_counts_are_short(value, english, japanese):
    with translation.override("en"):
        assert numbers.number_short(value) == english
    with translation.override("ja"):
        assert numbers.number_short(value) == japanese


def test_prices_have_two_decimals_at_least_and_every_digit_they_have():
    shown = {"15": "15.00", "0.8": "0.80", "0.0625": "0.0625", "1200.5": "1,200.50"}
    assert {value: numbers.price(Decimal(value)) for value in shown} == shown


def test_a_cell_shows_0_only_for_0(language):
    shown = [numbers.fixed(Decimal(value), 2) for value in ("0", "0.00000000503", "-0.001", "0.015", "1200")]
    assert shown == ["0.00", "<0.01", "−<0.01", "0.02", "1,200.00"]
    assert numbers.fixed(Decimal("0.4"), 0) == "<1"


def test_small_amounts_in_headlines_show_whole_cents(language):
    shown = [numbers.money_short(Decimal(value), "USD") for value in ("16.04", "16", "0.0999999", "0.2", "0.000123456")]
    assert shown == ["$16.04", "$16", "$0.10", "$0.20", "$0.000123"]


def test_the_largest_float_is_written_as_money_and_in_per_cent(language):
    # A rate of return may be as much as 1e300.
    assert numbers.money(1e308, "USD") == "$100" + ",000" * 102 + ".00"
    assert numbers.percent(1e300, 1) == "100" + ",000" * 100 + ".0\u202f%"
