"""The rate of a day: the last one on or before it that is at most ten days old, else none (METRICS.md 3)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal, localcontext

from django.db import connection

from accounts.models import Organisation

OLDEST_DAYS = 10

# For bulk work in SQL: join it LATERAL on expressions for currency and day. Gives no row where there is no rate.
RATE_SQL = """
    SELECT rate FROM money_exchangerate
    WHERE currency = {currency} AND "on" <= {day} AND "on" >= {day} - 10
    ORDER BY "on" DESC LIMIT 1
"""

_RATES_SQL = """
    SELECT wanted.currency, wanted.day, found.rate
    FROM unnest(%s::text[], %s::date[]) AS wanted(currency, day) CROSS JOIN LATERAL ({rate}) AS found
""".format(rate=RATE_SQL.format(currency="wanted.currency", day="wanted.day"))  # noqa: S608 - constants alone


def rates_on(pairs: Iterable[tuple[str, date]]) -> dict[tuple[str, date], Decimal | None]:
    """Return the rate for each (currency, day) in one query; the base currency's is 1."""
    base = Organisation.current().base_currency
    wanted = set(pairs)
    found: dict[tuple[str, date], Decimal | None] = {pair: Decimal(1) if pair[0] == base else None for pair in wanted}
    foreign = [pair for pair in wanted if pair[0] != base]
    if foreign:
        found.update(_read(foreign))
    return found


def days_served(on: date) -> tuple[date, date]:
    """Return the first and last day that a rate of this day can serve."""
    return on, on + timedelta(days=OLDEST_DAYS)


def convert(amount: Decimal, rate: Decimal) -> Decimal:
    """Multiply exactly: Python's default context would round after 28 digits."""
    with localcontext(prec=100):
        return amount * rate


def _read(pairs: list[tuple[str, date]]) -> dict[tuple[str, date], Decimal | None]:
    with connection.cursor() as cursor:
        cursor.execute(_RATES_SQL, [[currency for currency, _ in pairs], [day for _, day in pairs]])
        return {(currency, day): rate for currency, day, rate in cursor.fetchall()}
