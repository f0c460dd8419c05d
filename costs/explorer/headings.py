"""What the keys of a dimension mean: the words at its rows and columns, and the filters that lead to each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from django.db.models import Min
from django.db.models.functions import Upper
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from costs.explorer.dimensions import NO_UNIT, NOTHING, Dimension
from costs.explorer.question import Question
from costs.explorer.rest import changes_to_rest
from costs.ledger.filters import TEXTS, WORDS, Filters
from costs.ledger.words import in_words
from costs.models import AiCategory, Category, ChargeGroup, Kind
from display import numbers
from money.months import next_month
from projects.models import BusinessUnit, Hosting, Initiative
from projects.stages import Stage

Changes = Mapping[str, Any]
MONTHS_OF = {"month": 1, "quarter": 3, "year": 12}
STAGES = list(Stage.values)


@dataclass(frozen=True)
class Heading:
    """A row or column: its words, its name for files, and the filters that keep only it."""

    label: str
    name: str
    changes: Changes = field(default_factory=dict)
    many: int = 0  # how many stand together in it: all those that are not shown
    months: str = ""  # which ones a stretch of the fiscal year has, where they are not those of the calendar's

    @property
    def full(self) -> str:
        """The words, with the months where they do not go without saying."""
        return _("%(label)s (%(months)s)") % {"label": self.label, "months": self.months} if self.months else self.label

    @property
    def is_named(self) -> bool:
        """Tell whether it is one thing that has a name; what is unallocated has one, what is not stated has none."""
        return not self.is_many and "not_stated" not in self.changes

    @property
    def is_many(self) -> bool:
        """Tell whether it stands for all those that are not shown."""
        return self.many > 0


def headings(dimension: Dimension, keys: Collection[Any], question: Question) -> dict[Any, Heading]:
    """Return a heading for every key; at most one query."""
    if dimension.is_time:
        return {key: _time(dimension.name, key, question) for key in keys}
    return _DESCRIBED.get(dimension.name, _nothing)(keys, dimension.name, question)


def rest(axis: str, many: int, oldest: Any, question: Question) -> Heading:
    """Return the heading of all those that are not shown as `rows` or `columns`; of time they are the oldest."""
    dimension = question.row_dimension if axis == "rows" else question.column_dimension
    if dimension.is_time:
        label = _("Before %(day)s") % {"day": numbers.day(oldest, "month_short")}
        return Heading(label, "other", {"since": question.since, "until": next_month(oldest, -1)}, many)
    label = _("%(count)s more") % {"count": numbers.number(many)}
    return Heading(label, "other", changes_to_rest(question, axis), many)


def narrowed(filters: Filters, *changes: Changes) -> Filters:
    """Return filters that keep only what lies in all of these headings."""
    for each in changes:
        more = dict(each)
        if filters.since and "since" in more:  # a month of a quarter: what both have
            more["since"] = max(filters.since, more["since"])
        if filters.until and "until" in more:
            more["until"] = min(filters.until, more["until"])
        for name in ("not_stated", "rest_of"):
            if name in more:
                more[name] = tuple(sorted({*getattr(filters, name), *more[name]}))
        filters = replace(filters, **more)
    return filters


def _time(name: str, first: date, question: Question) -> Heading:
    """Return a month, or a fiscal quarter or year as far as it lies in the period."""
    last = next_month(first, MONTHS_OF[name] - 1)
    changes = {"since": max(first, question.since), "until": min(last, question.until)}
    if name == "month":
        return Heading(numbers.day(first, "month_short"), f"{first:%Y-%m}", changes)
    plain = next_month(first, 1 - question.year_start)  # where it would stand if the year began in January
    quarter = (plain.month + 2) // 3
    number = f"{plain:%Y}" if name == "year" else f"{plain:%Y}-Q{quarter}"
    given = {"year": f"{plain:%Y}", "quarter": quarter}
    if question.year_start == 1:
        label = pgettext("of time", "%(year)s") if name == "year" else _("Q%(quarter)s %(year)s")
        return Heading(label % given, number, changes)
    label = _("FY %(year)s") if name == "year" else _("Q%(quarter)s FY %(year)s")
    return Heading(label % given, number, changes, months=_months(first, last))


def _months(first: date, last: date) -> str:
    names = {name: numbers.day(month, "month_short") for name, month in (("first", first), ("last", last))}
    return _("%(first)s–%(last)s") % names


def _initiatives(keys: Collection[int], _name: str, _question: Question) -> dict[Any, Heading]:
    rows = Initiative.objects.filter(pk__in=[key for key in keys if key > 0]).order_by().only("number", "title")
    found = {each.pk: Heading(f"{each.key} {each.title}", each.key, {"initiative": each.key}) for each in rows}
    return found | {NOTHING: _unallocated()}


def _units(keys: Collection[int], _name: str, question: Question) -> dict[Any, Heading]:
    found: dict[Any, Heading] = {NOTHING: _unallocated()}
    found[NO_UNIT] = Heading(_("No business unit"), "", {"not_stated": ("business_unit",)})
    here = question.filters.business_unit.casefold()
    for unit in BusinessUnit.objects.filter(pk__in=[key for key in keys if key > 0]).order_by():
        changes = {"business_unit": unit.path}
        label = unit.name
        if unit.path.casefold() == here:
            label, changes = _("%(unit)s itself") % {"unit": unit.name}, changes | {"own_unit": True}
        found[unit.pk] = Heading(label, unit.path, changes)
    return found


def _categories(keys: Collection[int], _name: str, _question: Question) -> dict[Any, Heading]:
    rows = Category.objects.filter(pk__in=keys).order_by()
    return {each.pk: Heading(str(each), each.name, {"category": each.name}) for each in rows}


def _texts(keys: Collection[str], name: str, _question: Question) -> dict[Any, Heading]:
    groups = ChargeGroup.objects.annotate(key=Upper(name)).filter(key__in=keys).order_by()
    rows = groups.values_list("key").annotate(Min(name))
    found = {key: Heading(in_words(name, text), text, {name: text}) for key, text in rows if key}
    return found | {"": _not_stated(name, _("Not stated"))}


def _words(keys: Collection[str], name: str, _question: Question) -> dict[Any, Heading]:
    labels = dict({"ai_category": AiCategory, "kind": Kind, "hosting": Hosting, "stage": Stage}[name].choices)
    empty = _unallocated()
    if name in WORDS:
        empty = _not_stated(name, _("No AI category") if name == "ai_category" else _("Not stated"))
    return {key: Heading(str(labels[key]), key, {name: key}) if key else empty for key in keys}


def _nothing(keys: Collection[str], _name: str, _question: Question) -> dict[Any, Heading]:
    return {key: Heading(_("Cost"), "cost") for key in keys}


def _unallocated() -> Heading:
    return Heading(_("Unallocated"), "", {"unallocated": True})


def _not_stated(name: str, label: str) -> Heading:
    return Heading(label, "", {"not_stated": (name,)})


_DESCRIBED: dict[str, Callable[[Collection[Any], str, Question], dict[Any, Heading]]] = {
    "initiative": _initiatives,
    "business_unit": _units,
    "category": _categories,
    **dict.fromkeys(TEXTS, _texts),
    **dict.fromkeys(("ai_category", "kind", "hosting", "stage"), _words),
}
