"""Arithmetic that loses no digit: Python's default context would round after 28."""

from collections.abc import Iterable
from decimal import Context, Decimal

ZERO = Decimal(0)
EXACT = Context(prec=100)  # quotients that are kept have as many digits, so it stays as it is


def total(amounts: Iterable[Decimal]) -> Decimal:
    """Return the sum of amounts; 0 of none."""
    found = ZERO
    for amount in amounts:
        found = EXACT.add(found, amount)
    return found
