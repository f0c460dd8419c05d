"""The rate of a day: the last one on or before it that is at most ten days old, else none (METRICS.md 3)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal

from django.db import connection

from accounts.models import Organisation
from money.exact import EXACT

OLDEST_DAYS = 10

# For bulk work in SQL: join it LATERAL on expressions for currency and day. Gives no row where there is no rate.
RATE_SQL = f"""
    SELECT rate FROM money_exchangerate
    WHERE currency = {{currency}} AND "on" <= {{day}} AND "on" >= {{day}} - {OLDEST_DAYS}
    ORDER BY "on" DESC LIMIT 1
"""  # noqa: S608 - constants alone

_RATES_SQL = """
    SELECT wanted.currency, wanted.day, CASE WHEN wanted.currency = base.currency THEN 1 ELSE found.rate END
    FROM unnest(%(currencies)s::text[], %(days)s::date[]) AS wanted(currency, day)
    CROSS JOIN (
        SELECT coalesce((SELECT base_currency FROM accounts_organisation ORDER BY id LIMIT 1), %(default)s) AS currency
    ) AS base
    LEFT JOIN LATERAL ({rate}) AS found ON wanted.currency <> base.currency AND wanted.day <= %(to)s
""".format(rate=RATE_SQL.format(currency="wanted.currency", day="wanted.day"))  # noqa: S608 - constants alone


def rates_on(pairs: Iterable[tuple[str, date]], to: date = date.max) -> dict[tuple[str, date], Decimal | None]:
    """Return the rate for each (currency, day) in one query, none for a day after `to`; the base currency's is 1."""
    wanted = list(set(pairs))
    given = {"currencies": [currency for currency, _ in wanted], "days": [day for _, day in wanted]}
    with connection.cursor() as cursor:
        cursor.execute(_RATES_SQL, {**given, "to": to, "default": Organisation().base_currency})
        return {(currency, day): rate for currency, day, rate in cursor.fetchall()}


def days_served(on: date) -> tuple[date, date]:
    """Return the first and last day that a rate of this day can serve."""
    return on, on + timedelta(days=OLDEST_DAYS)


def convert(amount: Decimal, rate: Decimal) -> Decimal:
    """Multiply exactly."""
    return EXACT.multiply(amount, rate)


def total_in_base(amounts: Sequence[tuple[Decimal, str]], on: date) -> Decimal | None:
    """Return what (amount, currency) come to in base currency at the rates of a day; None where one has no rate."""
    rates = rates_on({(currency, on) for amount, currency in amounts if amount})
    total = Decimal(0)
    for amount, currency in amounts:
        rate = rates[currency, on] if amount else Decimal(1)
        if rate is None:
            return None
        total = EXACT.add(total, convert(amount, rate))
    return total
