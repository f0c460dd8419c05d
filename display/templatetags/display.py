"""`{% load display %}`: every tag and filter that pages show things with. Each is a thin call of a pure function."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache, wraps
from typing import Any
from urllib.parse import urlencode

from django import forms, template
from django.forms.boundfield import BoundField
from django.template.context import Context
from django.urls import get_script_prefix, get_urlconf, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from display import badges, currency, fields, formulas, numbers, sentences, stages
from display.charts import Chart, inline
from display.charts.svg import Tone

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
register.filter("percent", _or_dash(numbers.percent))
register.filter("percent_exact", _or_dash(numbers.percent_exact))
register.filter("percent_delta", _or_dash(lambda value: numbers.percent(value, signed=True)))
register.filter("number", _or_dash(numbers.number))
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


@register.simple_tag
def sentence_space() -> str:
    """Return what stands between two sentences: a space, in Japanese nothing."""
    return sentences.space()


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
def shortened(text: str, most: int) -> str:
    """Return a text up to the last word that fits in `most` characters."""
    return sentences.shortened(text, most)


@register.simple_tag
def colon(name: Any = "") -> str:
    """Return what stands between a name and what is said of it; `name` where it may be a question."""
    return sentences.colon(str(name))


@register.simple_tag
def aside(text: Any) -> str:
    """Return what is said in brackets behind something else, with what stands before them: `</b>{% aside range %}`."""
    return sentences.aside(str(text or ""))


@register.filter
def initials(person: Any) -> str:
    """Show the letters that stand for a person."""
    return numbers.initials(str(person))


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
    "money_short",
    "percent",
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


@register.inclusion_tag("display/_field.html")
def field(bound: BoundField, **options: Any) -> dict[str, Any]:
    """Show one form field: label, help above, input, errors and soft warnings below."""
    if "help" in options:
        options["help_text"] = options.pop("help")
    return fields.field_context(bound, **options)


@register.inclusion_tag("display/_form_errors.html")
def form_errors(form: forms.BaseForm) -> dict[str, Any]:
    """Sum up what is wrong with a form above it, each line a link to its field."""
    return fields.error_summary(form)


@register.simple_tag(takes_context=True)
def query(context: Context, **changes: Any) -> str:
    """Return this page's address with some parameters changed, and back on page 1; None takes one out."""
    request = context["request"]
    parameters = request.GET.copy()
    if "page" not in changes:
        parameters.pop("page", None)
    for name, value in changes.items():
        if value is None or value == "":
            parameters.pop(name, None)
        elif isinstance(value, list | tuple):
            parameters.setlist(name, [str(one) for one in value])
        else:
            parameters[name] = str(value)
    encoded = parameters.urlencode()
    return f"?{encoded}" if encoded else request.path


@register.simple_tag
def address(name: str, *arguments: Any, query: str = "", **more: str) -> str:
    """Return where a page is, with a query string and what else to say: `{% address "a:b" key query=query %}`."""
    parts = [part for part in (query, urlencode(more)) if part]
    path = _path(get_script_prefix(), get_urlconf(), name, arguments)
    return f"{path}?{'&'.join(parts)}" if parts else path


@lru_cache(maxsize=1024)
def _path(_prefix: str, _urlconf: str | None, name: str, arguments: tuple[Any, ...]) -> str:
    """Find the path of a page once: the portfolio page asks for fifty, and they are the same for as long as we run."""
    return reverse(name, args=arguments)


@register.inclusion_tag("display/_sort_header.html", takes_context=True)
def sort_header(context: Context, name: str, label: str, num: bool = False, parameter: str = "sort") -> dict[str, Any]:
    """Show a column head that sorts by `name`, and back, through the URL."""
    now = context["request"].GET.get(parameter) or context.get("default_sort", "")
    direction = "ascending" if now == name else "descending" if now == f"-{name}" else ""
    upward = direction == "descending" or (not direction and not num)
    wanted = name if upward else f"-{name}"
    return {
        "label": label,
        "num": num,
        "direction": direction,
        "url": query(context, **{parameter: wanted}),
    }


@register.inclusion_tag("display/_pages.html", takes_context=True)
def pages(context: Context, page_obj: Any) -> dict[str, Any]:
    """Show page numbers of a Django page."""
    paginator = page_obj.paginator
    numbered = paginator.get_elided_page_range(page_obj.number, on_each_side=2, on_ends=1)
    links = [(number, query(context, page=number) if isinstance(number, int) else "") for number in numbered]
    return {"page": page_obj, "links": links}


@register.inclusion_tag("display/_empty.html")
def empty_state(title: str, text: str = "", url: str = "", action: str = "") -> dict[str, str]:
    """Say what belongs here, and offer the first step."""
    return {"title": title, "text": text, "url": url, "action": action}


@register.inclusion_tag("display/_progress.html")
def progress(job: Any = None, note: str = "") -> dict[str, Any]:
    """Show how far a job is; without one, that something goes on whose end nobody knows.

    `job` has bytes_total (0: not known), bytes_done, rows_done, rows_per_second and seconds_left (or None). `note` is
    said instead of its rows.
    """
    return {"job": job, "note": note}


@register.simple_tag(takes_context=True)
def nav_item(context: Context, path: str, label: str) -> SafeString:
    """Show one entry of the main navigation, marked when this page lies below it.

    The portfolio stands at the root: what lies below it is in a folder of its name.
    """
    url = get_script_prefix().rstrip("/") + path
    request = context.get("request")
    here = request.path if request else ""
    inside = here == url or here.startswith(f"{url}portfolio/") if path == "/" else here.startswith(url)
    current = "page" if here == url else "true"
    return format_html(
        '<a href="{}"{}>{}</a>',
        url,
        format_html(' aria-current="{}"', current) if inside else "",
        label,
    )


@register.simple_tag
def tag(word: str, meaning: str = "") -> SafeString:
    """Show a word on its colour; `meaning` is guided, partly, aimless, cost, benefit, stop or nothing."""
    return badges.tag(word, meaning)


@register.simple_tag
def stage_badge(stage: str) -> SafeString:
    """Show a stage (METRICS.md §1)."""
    return badges.stage(stage)


@register.simple_tag
def guidance_badge(guidance: str | None) -> SafeString:
    """Show a guidance cohort (METRICS.md §2)."""
    return badges.guidance(guidance)


@register.simple_tag
def status_badge(status: str | None) -> SafeString:
    """Show the status of an outcome (METRICS.md §4)."""
    return badges.status(status)


@register.inclusion_tag("display/_chart.html")
def chart(
    drawn: Chart, table_url: str = "", how_url: str = "", heading: str = "h2", plain: bool = False, empty: str = ""
) -> dict[str, Any]:
    """Show a chart with title, note, both pictures, points and table; `plain` leaves title and note to the page.

    `empty` says what is missing where there is nothing to draw; `table_url` leads to all figures behind the chart.
    """
    options = {"table_url": table_url, "how_url": how_url, "heading": heading, "plain": plain, "empty": empty}
    return {"chart": drawn, **options}


@register.simple_tag
def sparkline(values: Sequence[float | None], tone: Tone = "cost") -> SafeString:
    """Show values as a small line with a dot at its end."""
    return inline.sparkline(values, tone)


@register.simple_tag
def interval_mark(
    estimate: float | None,
    low: float | None,
    high: float | None,
    tone: Tone,
    reference: tuple[float, float] | None = None,
    most: float = 0.7,
) -> SafeString:
    """Show an estimate on its interval, with a benchmark (low, high) as a grey mark."""
    return inline.interval_mark(estimate, low, high, tone, reference, most)


@register.inclusion_tag("display/_stage_line.html")
def stage_line(steps: Sequence[stages.StageStep]) -> dict[str, Any]:
    """Show the way of an initiative: what happened when, and what is planned when."""
    return {"steps": steps}
