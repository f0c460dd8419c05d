"""The answer in a sentence, and the filters in words."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple, Protocol

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from costs.explorer.dimensions import DIMENSIONS
from costs.explorer.forms import ExploreForm
from costs.explorer.pivot import Pivot
from costs.explorer.question import MONTHS, Question
from costs.ledger.filter_form import FilterForm
from costs.ledger.filters import Filters
from costs.ledger.words import in_words
from display import numbers, sentences
from money.exact import EXACT
from money.months import next_month

# Filters that stand in the sentence, the most telling first; all of them stand above the table.
NAMED = ("ai_category", "category", "sku", "service", "service_category", "vendor", "account", "api_key", "tag")
NAMED += ("source", "kind", "initiative", "business_unit", "hosting", "stage")


class Filtered(Protocol):
    """A question with filters: the explorer's, or one like it."""

    filters: Filters

    def query(self, **changes: Any) -> str:
        """Return the query string of the question, with some filters changed."""


class Chip(NamedTuple):
    """A filter that is set, in words, and the query string without it."""

    text: str
    without: str


def answer(found: Pivot, everything: Decimal, form: ExploreForm, currency: str) -> SafeString:
    """Return the first line of the page; `everything` is all cost of the period."""
    question = found.question
    period, amount = period_words(question), numbers.money_short(found.total, currency)
    subject = subject_of(question, form)
    if not found.rows:
        return format_html(_("No such cost {period}."), period=period)
    if subject and everything > 0:
        share = numbers.percent(EXACT.divide(found.total, everything))
        text = _("<b>{subject}</b> cost <b>{amount}</b> {period}, {share} of all cost.")
        return format_html(text, subject=subject, amount=amount, period=period, share=share)
    if not found.largest_words:
        return format_html(_("AI cost <b>{amount}</b> {period}."), amount=amount, period=period)
    text = _("AI cost <b>{amount}</b> {period}; {largest}.")
    return format_html(text, amount=amount, period=period, largest=found.largest_words)


def subject_of(question: Question, form: ExploreForm) -> str:
    """Return what the sentence is about; "" where it is about all cost."""
    if question.filters.unallocated:
        return _("What belongs to no initiative")
    said = {name: words_of(name, form) for name in NAMED if form.cleaned_data.get(name)}
    if "tag" in said:
        said["tag"] = _("Tag {name}").format(name=said["tag"])
    return " · ".join(said.values())


def period_words(question: Question) -> str:
    """Say the period: "in the last 12 months", "in March 2026", "from Jan 2026 to Mar 2026"."""
    today = timezone.localdate()
    usual = question.until == today.replace(day=1) and question.since == next_month(question.until, 1 - MONTHS)
    if usual and question.as_of == today:
        return _("in the last 12 months")
    if question.since == question.until:
        return _("in %(month)s") % {"month": numbers.day(question.since, "month")}
    return _("from %(since)s to %(until)s") % {"since": _month(question.since), "until": _month(question.until)}


def words_of(name: str, form: FilterForm) -> str:
    """Return what a filter is set to as people read it."""
    value = form.cleaned_data[name]
    choices = getattr(form.fields[name], "choices", None)
    return in_words(name, value) if choices is None else str(dict(choices).get(value, value))


def chips(question: Filtered, form: FilterForm) -> list[Chip]:
    """Return the filters that are set, beside period and day."""
    empty, filters = Filters(), question.filters
    found = [
        Chip(f"{form.fields[name].label}{sentences.colon()}{words_of(name, form)}", question.query(**{name: ""}))
        for name in NAMED
        if getattr(filters, name)
    ]
    for name in filters.not_stated:
        left = tuple(each for each in filters.not_stated if each != name)
        said = _("%(field)s: not stated") % {"field": DIMENSIONS[name].label}
        found.append(Chip(said, question.query(not_stated=left)))
    for name in ("own_unit", "unallocated"):
        if getattr(filters, name):
            found.append(Chip(str(form.fields[name].label), question.query(**{name: getattr(empty, name)})))
    return found


def _month(month: date) -> str:
    return numbers.day(month, "month_short")
