"""The picture of an answer: columns over time where time is asked for, else the rows as bars."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from costs.explorer.headings import Heading
from costs.explorer.pivot import Pivot
from costs.explorer.question import Question
from display import charts, numbers
from money.exact import total
from money.months import is_over

MOST_PARTS = 5  # told apart in a column; the others are put together
Amounts = Sequence[Decimal | None]


def chart(found: Pivot, currency: str, is_said: bool = False) -> charts.Chart:
    """Return the chart. Its title says what is largest, unless the first line of the page has said it."""
    question, title = found.question, _title(found, is_said)
    if question.column_dimension.is_time:
        lines = [(row.heading, row.cells) for row in found.rows]
        return _columns(found, found.columns, lines, currency, question.columns, title)
    if question.row_dimension.is_time:
        lines = [(head, [row.cells[index] for row in found.rows]) for index, head in enumerate(found.columns)]
        return _columns(found, [row.heading for row in found.rows], lines, currency, question.rows, title)
    bars = [
        charts.Bar(row.heading.label, row.total, None if row.share is None else float(row.share), row.heading.is_many)
        for row in found.rows
    ]
    return charts.Ranking(
        title=title,
        note=_note(found),
        description=_note(found),
        bars=bars,
        currency=currency,
        head=str(question.row_dimension.label),
    )


def _columns(
    found: Pivot, times: list[Heading], lines: list[tuple[Heading, Amounts]], currency: str, unit: str, title: str
) -> charts.StackedColumns:
    """Return a column per stretch of time that is shown by itself, the largest parts at the bottom."""
    places = {each.changes["since"]: index for index, each in enumerate(times) if not each.is_many}
    are_months = unit == "month"
    starts = charts.without_gaps(sorted(places)) if are_months else sorted(places)
    names = [numbers.day(start, "month_short") if are_months else times[places[start]].label for start in starts]
    taken = [(head, _taken(amounts, places, starts)) for head, amounts in lines]
    return charts.StackedColumns(
        title=title,
        note=_note(found),
        description=_note(found),
        starts=starts,
        names=names,
        series=_series(found, taken),
        currency=currency,
        are_months=are_months,
        is_running=_is_running(found.question) and any(_reaches(each, found.question.until) for each in times),
    )


def _is_running(question: Question) -> bool:
    return not is_over(question.until, question.as_of, timezone.localdate())


def _reaches(last: Heading, until: date) -> bool:
    return last.changes["until"] == until


def _note(found: Pivot) -> str:
    """Say what is plotted; of rows without time, rows alone."""
    rows, columns = found.question.row_dimension, found.question.column_dimension
    words = [_inside(str(each.label)) for each in (rows, columns) if each.name != "none"]
    if len(words) == 2 and (rows.is_time or columns.is_time):
        return _("Gross cost by %(rows)s and %(columns)s") % {"rows": words[0], "columns": words[1]}
    return _("Gross cost by %(dimension)s") % {"dimension": words[0]}


def _inside(label: str) -> str:
    """Write a label inside a sentence: "month", but "AI category"."""
    return label if label[:2].isupper() else label[:1].lower() + label[1:]


def _taken(amounts: Amounts, places: dict[date, int], starts: Sequence[date]) -> list[Decimal | None]:
    return [amounts[places[start]] if start in places else None for start in starts]


def _series(found: Pivot, taken: list[tuple[Heading, list[Decimal | None]]]) -> list[charts.Series]:
    """Return the largest parts, and all others as one."""
    sums = {id(head): total(amount for amount in amounts if amount) for head, amounts in taken}
    order = sorted(taken, key=lambda line: (line[0].is_many, -sums[id(line[0])]))
    single = [line for line in order if not line[0].is_many]
    keep = single[: MOST_PARTS + (len(single) == len(order) == MOST_PARTS + 1)]
    rest = order[len(keep) :]
    series = [charts.Series(head.label, amounts, _share(found, sums[id(head)])) for head, amounts in keep]
    if rest:
        added = [
            total(amount for amount in column if amount) for column in zip(*(line for _, line in rest), strict=True)
        ]
        count = sum(head.many or 1 for head, _amounts in rest)
        name = _("%(count)s more") % {"count": numbers.number(count)}
        series.append(charts.Series(name, added, _share(found, total(added)), is_rest=True))
    return series


def _share(found: Pivot, amount: Decimal) -> str:
    share = found.share(amount)
    return "" if share is None else numbers.percent(share)


def _title(found: Pivot, is_said: bool) -> str:
    """Say what is largest, where there is something to compare it with."""
    if not found.largest_words:
        return _("Where does the money go?")
    if not is_said:
        return capfirst(found.largest_words)
    time = next(
        (each for each in (found.question.column_dimension, found.question.row_dimension) if each.is_time), None
    )
    if time is None:
        return _("Where the money went")
    return _("Where the money went, by %(time)s") % {"time": _inside(str(time.label))}
