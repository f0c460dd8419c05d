"""Groups of lines by hand: found or made in one trip with the lock of the sums; new ones are settled under it.

An import makes its groups while it reads its file, labels and places them at once, and looks at its end whether that
still holds (costs/bulk/rules_snapshot.py). Who enters a line has the lock right away: a new group gets label and place
by what is decided then, asked for once.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

from django.db import connection

from costs import batched_reads, rollups
from costs.ai import categories as ai_categories
from costs.allocation import active_rules, placements, places
from costs.groups import COLUMNS, GroupKey, find
from costs.models import Category, ChargeGroup
from costs.reconciliation import sources as ledger_sources

# What somebody corrects on the line of a bill leaves its account called as it was.
_NAME_OF_FAMILY = """(
    SELECT coalesce(max(relative.account_name), '') FROM costs_chargegroup AS relative
    WHERE relative.family = given.family
)"""
_VALUES = {f'"{name}"': f'"{name}"' for name in COLUMNS} | {'"account_name"': _NAME_OF_FAMILY}
# In one order: of two lines by hand that make the same groups one waits for the other, never each for each. Where an
# import that makes groups block by block comes to want one of these while this waits for one of its, the database ends
# the import, which has waited least; it is taken up again (imports/runner.py).
FIND_OR_MAKE = """
WITH there AS MATERIALIZED (
    SELECT identity, id, account_name, ai_category FROM costs_chargegroup WHERE identity = ANY(%(identities)s::uuid[])
),
made AS (
    INSERT INTO costs_chargegroup ({columns})
    SELECT {values} FROM json_populate_recordset(NULL::costs_chargegroup, %(groups)s) AS given
    WHERE identity NOT IN (SELECT identity FROM there) ORDER BY identity
    ON CONFLICT DO NOTHING RETURNING identity, id, account_name, ai_category
)
SELECT *, false AS is_new FROM there UNION ALL SELECT *, true FROM made
""".format(columns=", ".join(_VALUES), values=", ".join(_VALUES.values()))  # noqa: S608 - our own names

# An import may have renamed the account since the groups were made, before this had the lock.
RENAME = """
UPDATE costs_chargegroup AS charge SET account_name = relative.account_name
FROM costs_chargegroup AS relative
WHERE charge.id = ANY(%(groups)s) AND relative.family = charge.family AND relative.id <> ALL(%(groups)s)
  AND relative.account_name NOT IN ('', charge.account_name)
RETURNING charge.id, charge.account_name
"""

LABEL = """
WITH labelled AS (
    UPDATE costs_chargegroup AS charge SET ai_category = given.label
    FROM unnest(%(labelled)s::bigint[], %(labels)s::text[]) AS given (id, label) WHERE charge.id = given.id
)
"""


def find_or_make_then_lock(keys: Collection[GroupKey], categories: Iterable[Category]) -> dict[GroupKey, ChargeGroup]:
    """Return the group of every key and take the lock of the sums (`rollups.lock`); `categories` are those of the keys.

    In this order: an import takes the lock at its end. Who waits for one of its groups with the lock in hand would stop
    all writes until then, and the import for good.
    """
    wanted = {key.identity: key.group(key.identity) for key in keys}
    if not wanted:
        rollups.lock()
        return {}
    found, new = _found_or_made_then_locked(wanted)
    if new:
        _settle(new, {category.pk: category.name for category in categories})
    missing = [key for key in keys if key.identity not in found]  # somebody has made them while this waited for it
    return {key: found[key.identity] for key in keys if key.identity in found} | find(missing)


def _found_or_made_then_locked(wanted: Mapping[UUID, ChargeGroup]) -> tuple[dict[UUID, ChargeGroup], list[ChargeGroup]]:
    """Return the groups that are there now, and those of them that are new."""
    rows = [{name: getattr(group, name) for name in COLUMNS} for group in wanted.values()]
    given = {"identities": list(wanted), "groups": json.dumps(rows, default=str)}
    found, new = {}, []
    with connection.cursor() as cursor:
        cursor.execute(f"{FIND_OR_MAKE}; {rollups.LOCK}", given)
        for identity, pk, account_name, ai_category, is_new in cursor.fetchall():
            group = found[identity] = wanted[identity]
            group.pk, group.account_name, group.ai_category = pk, account_name, ai_category
            group._state.adding = False
            if is_new:
                new.append(group)
    return found, new


def _settle(groups: Collection[ChargeGroup], categories: Mapping[int, str]) -> None:
    """Name, label and place groups that have just been made bare, by what is decided now."""
    _rename({group.pk: group for group in groups if group.family})
    rules, in_force, known = batched_reads.read_all(ai_categories.RULES, active_rules.IN_FORCE, ledger_sources.KNOWN)
    ai_categories.label(groups, ai_categories.Labels(rules, categories))
    labelled = {group.pk: group.ai_category for group in groups if group.ai_category}
    open_ones, by = filter(places.may_be_placed, groups), [active_rules.Rule.of(row) for row in in_force]
    placed = places.wanted(open_ones, by, ledger_sources.Sources(known), are_new=True)
    if labelled or any(placed.values()):
        placements.insert(placed, LABEL, {"labelled": list(labelled), "labels": list(labelled.values())})


def _rename(groups: Mapping[int, ChargeGroup]) -> None:
    """Call what was corrected on bills as its family is called now."""
    if not groups:
        return
    with connection.cursor() as cursor:
        cursor.execute(RENAME, {"groups": list(groups)})
        for pk, name in cursor.fetchall():
            groups[pk].account_name = name
