"""The door for days of roles: what an initiative took of a role in a month is said anew, and the ledger follows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.utils.translation import gettext as _

from accounts.changes import Change, changing
from accounts.errors import RuleError
from accounts.models import User
from api.decimals import plain
from costs import rollups
from costs.generators import labour
from costs.models import LabourDays, LabourRole
from display import sentences
from projects.models import Initiative

MOST_DAYS = 10_000  # of all people of a role together
Key = tuple[int, int, date]


class NewDays(NamedTuple):
    """How many days of a role an initiative took in a month; 0: none.

    `was` is what stood there as it was read (0: nothing); None takes the place of whatever stands there.
    """

    initiative: Initiative
    role: LabourRole
    month: date
    days: Decimal
    was: Decimal | None = None

    @property
    def key(self) -> Key:
        """What it is said about."""
        return self.initiative.pk, self.role.pk, self.month


class UnseenDaysError(RuleError):
    """Something else than was read stands there by now; `there`: what."""

    def __init__(self, errors: list[tuple[str, str]], there: Mapping[Key, Decimal]) -> None:
        super().__init__(errors[0][1], status=409, errors=errors)
        self.there = there


def check_days(days: Decimal) -> Decimal:
    """Return a number of days; ValueError for one that cannot be."""
    if not 0 <= days <= MOST_DAYS:
        raise ValueError(_("Between 0 and 10,000 days."))
    return days


def role_named(roles: Mapping[str, LabourRole], name: str) -> LabourRole:
    """Return a role by its name, in any case (`roles` by their names in lower case); ValueError where there is none."""
    found = roles.get(name.strip().casefold())
    if found is None:
        known = sentences.listed(role.name for role in roles.values())
        raise ValueError(_("There is no such role. There are: {names}.").format(names=known))
    return found


def set_all(actor: User | None, rows: Sequence[NewDays]) -> int:
    """Say days anew, all or none; return how many differ from what was there. Of two of the same the last one holds.

    UnseenDaysError (409) where something else than was read stands there by now.
    """
    wanted = {row.key: row for row in rows}
    for number, row in enumerate(rows):
        try:
            check_days(row.days)
        except ValueError as error:
            raise RuleError(str(error), "days", errors=[(f"{number}.days", str(error))]) from error
    with changing(actor) as change:
        rollups.lock()
        there = _there(wanted)
        _refuse_unseen(rows, there)
        changed = [row for row in wanted.values() if row.days != _days(there, row.key)]
        if changed:
            _write(changed, there, change)
            _synchronise(actor, changed)
    return len(changed)


def _synchronise(actor: User | None, changed: Sequence[NewDays]) -> None:
    """Let the ledger follow, role by role: each has a history of its own."""
    initiatives: dict[LabourRole, set[int]] = defaultdict(set)
    for row in changed:
        initiatives[row.role].add(row.initiative.pk)
    for role, concerned in initiatives.items():
        labour.synchronise(actor, role, {role.pk}, concerned)


def _there(wanted: dict[Key, NewDays]) -> dict[Key, LabourDays]:
    rows = LabourDays.objects.filter(
        initiative__in={key[0] for key in wanted},
        role__in={key[1] for key in wanted},
        month__in={key[2] for key in wanted},
    )
    return {(row.initiative_id, row.role_id, row.month): row for row in rows}


def _days(there: dict[Key, LabourDays], key: Key) -> Decimal:
    return there[key].days if key in there else Decimal(0)


def _refuse_unseen(rows: Sequence[NewDays], there: dict[Key, LabourDays]) -> None:
    errors, unseen = [], {}
    for number, row in enumerate(rows):
        now = _days(there, row.key)
        if row.was is not None and now not in (row.was, row.days):
            said = _("{initiative}, {role}, {month}: {amount} days stand there by now.")
            names = {"initiative": row.initiative.key, "role": row.role.name, "month": f"{row.month:%Y-%m}"}
            errors.append((f"{number}.was", said.format(**names, amount=plain(now))))
            unseen[row.key] = now
    if errors:
        raise UnseenDaysError(errors, unseen)


def _write(changed: Sequence[NewDays], there: dict[Key, LabourDays], change: Change) -> None:
    gone = [there[row.key].pk for row in changed if row.key in there]
    LabourDays.objects.filter(pk__in=gone).delete()
    LabourDays.objects.bulk_create(
        LabourDays(initiative=row.initiative, role=row.role, month=row.month, days=row.days)
        for row in changed
        if row.days
    )
    for row in changed:
        before = plain(there[row.key].days) if row.key in there else None
        new = {f"{row.month:%Y-%m}": (before, plain(row.days) if row.days else None)}
        change.record(row.role, "edit", new, row.initiative.pk)
