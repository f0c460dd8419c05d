"""What templates show numbers, money and dates with: filters, and `{% figure %}`. Part of `{% load display %}`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal
from functools import wraps
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from display import currency, formulas, numbers

register = template.Library()


def _or_dash(show: Callable[..., str]) -> Callable[..., str]:
    """A filter shows a missing value as "—"; where the reason is known, `{% figure %}` says it too."""

    @wraps(show)  # Django reads from the function behind it which arguments the filter takes
    def shown(value: Any, *arguments: Any) -> str:
        return numbers.NO_VALUE if value is None or value == "" else show(value, *arguments)

    return shown


def _kept(words: str) -> str:
    """On a page day, month and year stay on one line; files and the API have plain spaces."""
    return re.sub(r"(?<=\d) (?=[A-Z])|(?<=[a-z]) (?=\d{4}\b)", numbers.SPACE, words)


def _money_filter(name: str, show: Callable[..., str], **options: Any) -> None:
    def shown(value: Any, code: str | None = None) -> str:
        return show(value, code or currency.active(), **options)

    register.filter(name, _or_dash(shown))


_money_filter("money", numbers.money)
_money_filter("money_whole", numbers.money_whole)
_money_filter("money_short", numbers.money_short)
_money_filter("money_significant", numbers.money_significant)
_money_filter("money_headline", numbers.money_headline)
_money_filter("money_signed", numbers.money, signed=True)
_money_filter("money_whole_delta", numbers.money_whole, signed=True)
_money_filter("money_headline_delta", numbers.money_headline, signed=True)
register.filter("operand", formulas.operand)
register.filter("span", numbers.span)
register.filter("percent", _or_dash(numbers.percent))
register.filter("percent_exact", _or_dash(numbers.percent_exact))
register.filter("percent_delta", _or_dash(lambda value: numbers.percent(value, signed=True)))
register.filter("number", _or_dash(numbers.number))
register.filter("number_delta", _or_dash(lambda value: numbers.number(value, 0, signed=True)))
register.filter("price", _or_dash(numbers.price))
register.filter("currency_word", numbers.currency_word)
register.filter("number_short", _or_dash(numbers.number_short))
register.filter("significant", _or_dash(numbers.significant))
register.filter("quantity", _or_dash(numbers.quantity))
register.filter("day", _or_dash(lambda value: _kept(numbers.day(value))))
register.filter("day_short", _or_dash(lambda value: _kept(numbers.day(value, "day_short"))))
register.filter("days", _or_dash(lambda start, end: _kept(numbers.days(start, end))))
register.filter("month", _or_dash(lambda value: _kept(numbers.day(value, "month"))))
register.filter("month_short", _or_dash(lambda value: _kept(numbers.day(value, "month_short"))))
register.filter("month_only", _or_dash(lambda value: numbers.day(value, "month_only")))
register.filter("moment", _or_dash(lambda value: _kept(numbers.day(value, "moment"))))
register.filter("ago", _or_dash(numbers.ago))
register.filter("seconds", _or_dash(numbers.duration))


@register.filter
def exactly(text: str, amount: Any) -> str | SafeString:
    """Show a rounded amount with all its digits behind it, for pointer and program: `{{ a|money|exactly:a }}`."""
    if amount is None:
        return text
    shown = re.sub(r"[^0-9.]", "", text)
    if "<" not in text and Decimal(shown or 0) == abs(amount):
        return text
    given = {"value": numbers.plain(amount), "title": numbers.number(amount), "text": text}
    return format_html('<data value="{value}" title="{title}">{text}</data>', **given)


@register.filter
def behind_a_number(unit: str) -> str:
    """Return a unit with what stands between a number and it: nothing before 分, a space before minutes."""
    return numbers.with_unit("", unit)


@register.filter
def decimals(rows: Iterable[Any], name: str) -> int:
    """Return how many decimals a column of rows needs: `{% with digits=rows|decimals:"value" %}`."""
    return numbers.decimals(getattr(row, name) for row in rows)


@register.filter
def differ(rows: Iterable[Any], names: str) -> bool:
    """Tell whether two values of any of these rows differ: `{% if rows|differ:"value shown_per_month" %}`."""
    one, other = names.split()
    return any(getattr(row, one) != getattr(row, other) for row in rows)


@register.filter
def iso(value: date | datetime) -> str:
    """Show a date for `<time datetime>` and date inputs."""
    return value.isoformat()


_FORMATS = (
    "money",
    "money_whole",
    "money_whole_delta",
    "money_short",
    "percent",
    "percent_delta",
    "number",
    "price",
    "significant",
    "day_short",
    "day",
    "month",
)


@register.simple_tag
def figure(value: Any, form: str = "number", reason: str = "", unit: str = "") -> str | SafeString:
    """Show a value, or "—" with its reason for pointer and screen reader; `form` is the name of a filter."""
    if value is not None:
        if form not in _FORMATS:
            raise template.TemplateSyntaxError(f"figure: unknown form {form!r}, one of {', '.join(_FORMATS)}")
        text = register.filters[form](value)
        return numbers.with_unit(text, unit)
    said = reason or _("No figure")
    return format_html(
        '<span class="missing" title="{0}"><span aria-hidden="true">—</span>'
        '<span class="visually-hidden">{0}</span></span>',
        said,
    )
