"""What the page "Budgets" says in words: its first line, its period, the names of its rows and where they lead."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from costs.budgets.overview import Overview, Row
from costs.budgets.overview_question import Asked
from costs.explorer.headings import Heading, headings, narrowed
from display import numbers
from projects.models import BusinessUnit


@dataclass(frozen=True)
class ShownRow:
    """A row with its words, the address of a closer look at it ("": none), and that of its cost lines ("": none)."""

    label: str
    url: str
    lines: str
    row: Row


def answer(found: Overview, asked: Asked, currency: str) -> SafeString:
    """Return the first line of the page."""
    total, period = found.total, period_words(asked)
    if total.variance is None or total.due is None:
        return _answer_without(found, asked, currency)
    if asked.filters.category and not (total.due or total.whole):
        text = _("<b>{gross}</b> was spent {period}, where no budget is set for this category alone.")
        return format_html(text, gross=numbers.money_short(found.everything, currency), period=period)
    text = _("Spending {period} is as budgeted: {gross}, where {due} was budgeted to {day}.")
    if total.variance > 0:
        text = _("<b>{amount}</b> over budget {period}: {gross} spent, where {due} was budgeted to {day}.")
    elif total.variance < 0:
        text = _("<b>{amount}</b> under budget {period}: {gross} spent, where {due} was budgeted to {day}.")
    return format_html(
        text,
        amount=numbers.money_short(abs(total.variance), currency),
        gross=numbers.money_short(total.gross, currency),
        due=numbers.money_short(total.due, currency),
        day=numbers.day_unbroken(asked.as_of),
        period=period,
    )


def _answer_without(found: Overview, asked: Asked, currency: str) -> SafeString:
    """Return the first line where no initiative that is shown has a budget."""
    text = _("No initiative has a budget, or cost, {period}.")
    if found.without.gross or found.unallocated.gross:
        text = _("<b>{gross}</b> was spent {period}, and none of it has a budget.")
    elif asked.is_narrowed:
        text = _("No budget and no cost {period} under these filters.")
    return format_html(text, gross=numbers.money_short(found.everything, currency), period=period_words(asked))


def period_words(asked: Asked) -> str:
    """Say the period: "from the beginning", "in Q4 2026", "in March 2026", "from Jan 2026 to Mar 2026"."""
    since, until = asked.filters.since, asked.filters.until
    if since is None and until is None:
        return _("from the beginning")
    if asked.period_words:
        return _("in %(period)s") % {"period": asked.period_words}
    if until is None:
        return _("since %(month)s") % {"month": numbers.day(since, "month")}  # type: ignore[arg-type]
    if since is None:
        return _("to the end of %(month)s") % {"month": numbers.day(until, "month")}
    if since == until:
        return _("in %(month)s") % {"month": numbers.day(since, "month")}
    given = {"since": numbers.day(since, "month_short"), "until": numbers.day(until, "month_short")}
    return _("from %(since)s to %(until)s") % given


def named(keys: Collection[int | None], asked: Asked) -> dict[int | None, Heading]:
    """Return the heading of each row; at most one query."""
    known = headings(asked.dimension, [key for key in keys if key is not None], asked.explored)
    return {None: Heading(_("Any category"), "")} | known


def shown(rows: Sequence[Row], asked: Asked) -> list[ShownRow]:
    """Return rows as the page shows them."""
    found, divided = named([row.key for row in rows], asked), _divided(rows, asked)
    return [_shown(row, found[row.key], asked, row.key in divided) for row in rows]


def _divided(rows: Sequence[Row], asked: Asked) -> set[int]:
    """Return the units that have units below them; one query where rows are units."""
    if asked.dimension.name != "business_unit":
        return set()
    keys = [row.key for row in rows if row.key is not None]
    return set(BusinessUnit.objects.filter(parent__in=keys).order_by().values_list("parent", flat=True))


def _shown(row: Row, heading: Heading, asked: Asked, is_divided: bool) -> ShownRow:
    if row.key is None:
        return ShownRow(heading.label, "", "", row)
    lines = lines_of(asked, heading.changes)
    if asked.dimension.name == "initiative":
        return ShownRow(heading.label, reverse("costs:budget", args=[heading.name]), lines, row)
    changes = {name: getattr(narrowed(asked.filters, heading.changes), name) for name in heading.changes}
    by = "business_unit" if is_divided and "own_unit" not in changes else "initiative"
    return ShownRow(heading.label, f"?{asked.query(by=by, **changes)}", lines, row)


def lines_of(asked: Asked, *changes: Any) -> str:
    """Return where the ledger shows the cost lines that are counted, of the period and by the day."""
    return f"{reverse('costs:ledger')}?{urlencode(narrowed(asked.filters, *changes).words())}"


def lines_waiting(asked: Asked) -> str:
    """Return where the ledger shows those of them that wait for an exchange rate."""
    return f"{reverse('costs:ledger')}?{urlencode(replace(asked.filters, pending=True).words())}"


def without_words(found: Overview) -> str:
    """Say how many initiatives have cost and no budget."""
    count = found.without.initiatives
    said = ngettext("{count} initiative without a budget", "{count} initiatives without a budget", count)
    return said.format(count=numbers.number(count))
