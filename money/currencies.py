"""Currencies: the codes of ISO 4217 that are in use, and their names (the set-up page needs them too)."""

from accounts.currencies import CODES, check_currency, choices

__all__ = ["CODES", "check_currency", "choices"]
