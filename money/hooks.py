"""What other rooms do when rates are added: they append callables in their AppConfig.ready."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from accounts.models import User

# Called in the same transaction with the (currency, day) pairs of the new rates: pending amounts get their value. True:
# there are so many that a worker does it.
# What may be waited for long comes first, so that nobody waits meanwhile for a lock that is held already: costs put
# themselves at the front, since an import keeps theirs for its whole end.
after_rates_added: list[Callable[[Sequence[tuple[str, date]]], bool]] = []
# Each returns how many entries of its room that a person may see wait for a rate, by currency; for the page of rates.
pending_by_currency: list[Callable[[User], dict[str, int]]] = []
