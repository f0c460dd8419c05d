"""Looking for a text or an invoice in lines: each is read for it, so it is done only where they are not too many."""

from __future__ import annotations

from dataclasses import replace

from django.utils.translation import gettext as _

from accounts.errors import RuleError
from accounts.models import User
from costs.ledger.filters import Filters
from costs.ledger.page import Ledger
from display.numbers import number

MOST_SEARCHED = 500_000  # lines


def check(filters: Filters, user: User) -> None:
    """Refuse to look through more lines than that; how many the other filters keep is told by the sums."""
    looked_for = [name for name in ("q", "invoice_ref") if getattr(filters, name)]
    if not looked_for:
        return
    lines = Ledger(replace(filters, q="", invoice_ref=""), user).sums.lines
    if lines > MOST_SEARCHED:
        text = _(
            "A text or an invoice is looked for in at most %(most)s lines. The other filters keep %(lines)s: choose a "
            "month, or filter further."
        )
        said = text % {"most": number(MOST_SEARCHED), "lines": number(lines)}
        raise RuleError(said, errors=[(name, said) for name in looked_for])
