"""`{% load display %}`: every tag and filter that pages show things with. Each is a thin call of a pure function.

Those that show values are in `display/filters.py`, whose library this one goes on with.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.template.context import Context
from django.urls import get_script_prefix
from django.utils.html import format_html
from django.utils.safestring import SafeString

from display import badges, fields, sentences, stages
from display.addresses import address
from display.charts import Chart, inline
from display.charts.svg import Tone
from display.filters import register


@register.simple_tag
def sentence_space() -> str:
    """Return what stands between two sentences: a space, in Japanese nothing."""
    return sentences.space()


@register.filter
def shortened(text: str, most: int) -> str:
    """Return a text up to the last word that fits in `most` characters."""
    return sentences.shortened(text, most)


@register.filter
def listed(things: Sequence[Any]) -> str:
    """Show things in a row, with what stands between two of them: a comma, in Japanese one as wide as a character."""
    return sentences.listed(things)


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
    return sentences.initials(str(person))


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


register.simple_tag(address)


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
        "url": query(context, **{parameter: wanted, "after": None}),
    }


@register.inclusion_tag("display/_pages.html", takes_context=True)
def pages(context: Context, page_obj: Any) -> dict[str, Any]:
    """Show page numbers of a Django page."""
    paginator = page_obj.paginator
    numbered = paginator.get_elided_page_range(page_obj.number, on_each_side=2, on_ends=1)
    links = [(number, query(context, page=number) if isinstance(number, int) else "") for number in numbered]
    return {"page": page_obj, "links": links}


@register.inclusion_tag("display/_empty.html")
def empty_state(
    title: str, text: str = "", url: str = "", action: str = "", other_url: str = "", other: str = ""
) -> dict[str, str]:
    """Say what belongs here, and offer the first step, or another."""
    return {"title": title, "text": text, "url": url, "action": action, "other_url": other_url, "other": other}


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
