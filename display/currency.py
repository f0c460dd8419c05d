"""The currency that amounts are shown in when a template names none, like Django's active language or time zone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_active: ContextVar[str] = ContextVar("base_currency")


def activate(code: str) -> None:
    """Make `code` the currency of amounts in this request or task: the organisation's base currency."""
    _active.set(code)


def active() -> str:
    """Return the active currency; nobody having activated one is a mistake in the program, not a reason to guess."""
    try:
        return _active.get()
    except LookupError:
        raise LookupError("No base currency is active: call display.currency.activate() first.") from None


@contextmanager
def using(code: str) -> Iterator[None]:
    """Show amounts in `code` inside a `with` block."""
    token = _active.set(code)
    try:
        yield
    finally:
        _active.reset(token)
