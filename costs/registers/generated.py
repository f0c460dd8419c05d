"""Lines that follow from the registers: the ledger holds them at what the registers say.

They are changed in their register, never in the ledger: there only their billing is entered (billed on, invoice),
which no register knows, and which stays with a line when the register restates it. Their sources are kept for them:
no file and no call may bring lines under these names.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from accounts.errors import RuleError
from costs.models import CostLine, Kind

if TYPE_CHECKING:
    from costs.new_line import NewLine

ASSETS, LABOUR, RECURRING = "asset-register", "labour-register", "recurring-register"
SOURCES = (ASSETS, LABOUR, RECURRING)


def is_generated(line: CostLine) -> bool:
    """Tell whether a line follows from a register."""
    return line.group.source in SOURCES


def follows_from_usage(line: CostLine) -> bool:
    """Tell whether a line is what token usage costs (costs/usage/lines.py): it changes with that alone."""
    return line.group.kind in (Kind.USAGE, Kind.GATEWAY)


def follows(line: CostLine) -> bool:
    """Tell whether a line follows from what is recorded elsewhere, and changes with that alone."""
    return is_generated(line) or follows_from_usage(line)


def check_source(source: str) -> str:
    """Return a source that people and files may use; ValueError for one of a register."""
    if source.strip().casefold() in SOURCES:
        raise ValueError(_("The lines of “{source}” follow from its register.").format(source=source))
    return source


def refuse_removal(line: CostLine) -> None:
    """Refuse (409) to take out a line that would be there again tomorrow."""
    _refuse_usage(line)
    if is_generated(line):
        raise RuleError(_("This line follows from a register: change it there."), status=409)


def refuse_all_but_billing(changes: Iterable[tuple[CostLine, NewLine, Any]]) -> None:
    """Refuse (409) corrections of generated lines that change more than their billing."""
    for line, row, key in changes:
        _refuse_usage(line)
        if is_generated(line) and (key.identity != line.group.identity or not _only_billing(line, row)):
            raise RuleError(_("This line follows from a register: change it there. Here it can be billed."), status=409)


def with_billing_of(row: NewLine, line: CostLine | None) -> NewLine:
    """Return a row with the billing that was entered for the line that it stands for, if there was one."""
    if line is None or not row.recoverable:
        return row
    return replace(row, billed_on=line.billed_on, invoice_ref=line.invoice_ref or "")


def _refuse_usage(line: CostLine) -> None:
    if follows_from_usage(line):
        raise RuleError(_("This line follows from token usage: recalculate that, or take it out there."), status=409)


def _only_billing(line: CostLine, row: NewLine) -> bool:
    kept = (line.incurred_on, line.amount, line.description or "")
    return kept == (row.incurred_on, row.amount, row.description)
