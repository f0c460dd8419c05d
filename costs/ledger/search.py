"""Looking for what only lines tell: each is read for it, so it is done only where they are not too many."""

from __future__ import annotations

from dataclasses import replace

from django.utils.translation import gettext_lazy as _

from accounts.errors import RuleError
from accounts.models import User
from costs.ledger.filters import Filters
from costs.ledger.page import Ledger
from display.numbers import number

TOO_MANY = _(
    "A text, an invoice, an import or a billing is looked for in at most %(most)s lines. The other filters keep "
    "%(lines)s: choose a month, or filter further."
)
TOO_MANY_VERSIONS = _(
    "A text, an invoice, an import or a billing is looked for in at most %(most)s versions of lines. The %(lines)s "
    "lines that the other filters keep have more: choose a month, or filter further."
)


def check(filters: Filters, user: User) -> None:
    """Refuse to look through more lines than that; how many the other filters keep is told by the sums.

    Their earlier versions lie on the same key and are read with them.
    """
    if not filters.looked_for or filters.is_of_small_import:
        return
    others = Ledger(replace(filters, q="", invoice_ref="", import_id=None, billed=None), user)
    most, lines, refused = filters.MOST_READ, others.sums.lines, None
    if lines > most:
        refused = TOO_MANY
    elif filters.is_searched and others.has_more_versions(than=most):
        refused = TOO_MANY_VERSIONS
    if refused:
        said = refused % {"most": number(most), "lines": number(lines)}
        raise RuleError(said, errors=[(name, said) for name in filters.looked_for])
