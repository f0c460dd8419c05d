"""The list's columns: which there are, what they sort by, which a person has chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Case, F, IntegerField, OrderBy, Value, When
from django.db.models.functions import Coalesce, Lower, NullIf
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from display import currency
from display.numbers import currency_word
from projects import hooks
from projects.models import Hosting, RiskTier
from projects.querysets import PLAN_THEN, InitiativeQuerySet
from projects.stages import Stage

COOKIE = "initiative_columns"
COOKIE_AGE = 365 * 24 * 3600


@dataclass(frozen=True)
class Column:
    """A column; `sort` names what it sorts by, "" where it cannot."""

    name: str
    label: str | Promise
    sort: str = ""
    is_money: bool = False  # an amount in the base currency

    @property
    def heading(self) -> str:
        """Return what stands above it, and beside a value on a telephone: of an amount with its currency."""
        if not self.is_money:
            return str(self.label)
        return gettext("%(label)s, %(base)s") % {"label": self.label, "base": currency_word(currency.active())}


#: What can be chosen; key and title always stand first.
CHOICES = (
    Column("stage", _("Stage"), "stage"),
    Column("guidance", _("Guidance")),
    Column("unit", _("Business unit"), "unit"),
    Column("owner", _("Owner"), "owner"),
    Column("planned", _("Planned production"), "planned"),
    Column("gross_cost", _("Gross cost"), "gross_cost", is_money=True),
    Column("realised_benefit", _("Measured benefit"), "realised_benefit", is_money=True),
    Column("roi", _("ROI")),
    Column("budget_total", _("Budget"), "budget_total", is_money=True),
    Column("budget_variance", _("Against budget"), "budget_variance", is_money=True),
    Column("estimate_at_completion", _("Estimate at completion"), "estimate_at_completion", is_money=True),
    Column("tags", _("Tags")),
    Column("hosting", _("Hosting"), "hosting"),
    Column("risk", _("Risk tier"), "risk"),
    Column("updated", _("Last change"), "updated"),
)
DEFAULT = ("stage", "guidance", "unit", "owner", "planned", "gross_cost")
BUDGET = ("budget_total", "budget_variance", "estimate_at_completion")
MONEY = {"gross_cost", "realised_benefit", "roi", *BUDGET}
DEFAULT_SORT = "-key"


def _as_listed(field: str, values: Sequence[str]) -> Case:
    """Return what sorts a field by the order in which its choices are listed: risk goes up, and stages go on."""
    places = [When(**{field: value}, then=Value(place)) for place, value in enumerate(values)]
    return Case(*places, output_field=IntegerField())


_SORTS = {
    "key": F("number"),
    "title": Lower("title"),
    "stage": _as_listed("stage_then", Stage.values),
    "unit": Lower("business_unit__path"),
    "owner": Lower(Coalesce(NullIf("owner__name", Value("")), "owner__email")),
    "planned": F(PLAN_THEN["planned_production_on"]),
    "hosting": _as_listed("hosting", Hosting.values),
    "risk": _as_listed("risk_tier", RiskTier.values),
    "updated": F("updated_at"),
}


def chosen(request: HttpRequest) -> list[Column]:
    """Return the columns of the address, else of the cookie, else the default ones, in our order.

    Whoever unticks all of them has chosen none; names that we do not know are no choice.
    """
    if "columns" in request.GET:
        asked = ",".join(request.GET.getlist("columns"))
    else:
        asked = request.COOKIES.get(COOKIE, ",".join(DEFAULT)).replace(".", ",")
    known = [column for column in CHOICES if column.name in asked.split(",")]
    return known if known or not asked else [column for column in CHOICES if column.name in DEFAULT]


def remember(request: HttpRequest, response: HttpResponse, columns: list[Column]) -> None:
    """Keep a choice made in the address for the next visit, in this browser only."""
    if "columns" in request.GET:
        value = ".".join(column.name for column in columns)
        response.set_cookie(COOKIE, value, max_age=COOKIE_AGE, samesite="Lax", httponly=True)


def in_order(found: InitiativeQuerySet, wanted: str, day: date) -> InitiativeQuerySet:
    """Sort by a column ("-key": downwards), amounts as of `day`; what has no value comes last, ties by key."""
    name = wanted.removeprefix("-")
    money = hooks.money_sorts.get(name)
    expression = money(day) if money else _SORTS.get(name)
    if expression is None:
        return in_order(found, DEFAULT_SORT, day)
    return found.order_by(OrderBy(expression, descending=wanted.startswith("-"), nulls_last=True), "-number")
