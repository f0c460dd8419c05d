"""Arithmetic that loses no digit, as this room calls it."""

from money.exact import EXACT, total

__all__ = ["EXACT", "total"]
