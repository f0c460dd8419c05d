"""Rates that deserve a second look before they are recorded, because none is ever changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection
from django.utils.translation import gettext as _

from display import numbers
from money.ledger import NewRate

FAR = Decimal("0.2")  # as a share of the rate beside it


@dataclass(frozen=True)
class Doubt:
    """A rate, and the one beside it, of an earlier day if there is one, from which it lies far."""

    new: NewRate
    beside: NewRate

    @property
    def said(self) -> str:
        """Say what is doubtful."""
        text = _("On {day} one {currency} was {rate}: this is more than {far} away from it.")
        told = {"day": numbers.day(self.beside.on), "rate": numbers.number(self.beside.rate)}
        return text.format(currency=self.new.currency, far=numbers.percent(FAR), **told)


# A rate between two others is doubtful where it lies far from both: one that moved for good lies near the next one.
_SQL = """
WITH wanted AS (
    SELECT * FROM unnest(%(currencies)s::text[], %(days)s::date[], %(rates)s::numeric[]) AS new (currency, "on", rate)
    WHERE NOT EXISTS (SELECT FROM money_exchangerate WHERE currency = new.currency AND "on" = new."on")
), every AS (
    SELECT currency, "on", rate, false AS is_new FROM money_exchangerate WHERE currency = ANY(%(currencies)s)
    UNION ALL SELECT currency, "on", rate, true FROM wanted
), beside AS (
    SELECT *, lag("on") OVER by_day AS on_before, lag(rate) OVER by_day AS before,
        lead("on") OVER by_day AS on_after, lead(rate) OVER by_day AS after
    FROM every WINDOW by_day AS (PARTITION BY currency ORDER BY "on")
)
SELECT currency, "on", rate, coalesce(on_before, on_after), coalesce(before, after) FROM beside
WHERE is_new AND coalesce(before, after) IS NOT NULL
  AND coalesce(abs(rate - before) > %(far)s * before, true) AND coalesce(abs(rate - after) > %(far)s * after, true)
ORDER BY currency, "on"
"""


def doubts(rates: Sequence[NewRate]) -> list[Doubt]:
    """Return the rates that lie far from those beside them, kept ones or others of these, by currency and day.

    `rates` are each of another currency or day. The first rate of a currency is not doubted, nor one that cannot go in
    because its day has a rate.
    """
    if not rates:
        return []
    given = {"currencies": [new.currency for new in rates], "days": [new.on for new in rates], "far": FAR}
    with connection.cursor() as cursor:
        cursor.execute(_SQL, given | {"rates": [new.rate for new in rates]})
        found = cursor.fetchall()
    return [
        Doubt(NewRate(on, currency, rate), NewRate(beside_on, currency, beside))
        for currency, on, rate, beside_on, beside in found
    ]
