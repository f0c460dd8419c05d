"""Cost lines that follow from registers: own hardware, people, licences and other costs that come again.

Each module says which lines its register comes to up to today; `costs.generators.restating` brings the ledger there.
Every edit of a register does that for what it touches, a task does it for all every day. Nothing is dated ahead: a
month is dated its last day (what is due on a day, that day), at the price, rate and shares in force then, and comes
when that day comes.
"""

from __future__ import annotations

from accounts.changes import changing
from accounts.models import Organisation, User
from costs.generators import assets, labour, recurring
from costs.generators.restating import Restated


def synchronise(actor: User | None = None) -> Restated:
    """Bring the ledger to what all registers say today."""
    about = Organisation.current()
    with changing(actor, counts=False):  # each says whether it changed anything
        done = [register.synchronise(actor, about) for register in (assets, labour, recurring)]
    return Restated(*map(sum, zip(*done, strict=True)))
