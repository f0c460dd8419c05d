"""What bills call their accounts: labels that may change, no part of what a charge is.

An account has one name, that of the last bill that names it: all its groups of that source go with it. What each bill
calls its accounts is kept, so that without it they are called as the last of those says that are left.

    names = AccountNames("focus")
    names.note("AWS", "11", "Prod", line=2)  # as often as good rows say so; of several names the last
    find_or_make(keys, names)                # new groups have it at once, so that rules can place them
    names.renew(newest, import_id)           # at the end of the import, under the lock of the sums
    …
    take_back(import_id)                     # as the import is reverted, under that lock
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import connection

from costs.allocation import places

if TYPE_CHECKING:
    from costs.models import ChargeGroup

MOST = 200  # characters; what is longer is cut

_GROUPS = """unnest(%(vendors)s::text[], %(accounts)s::text[], %(names)s::text[]) AS given (vendor, account, name)
JOIN costs_chargegroup AS charge ON charge.source = %(source)s AND charge.vendor = given.vendor
    AND charge.account = given.account AND charge.kind = 'bill' AND charge.account > ''"""  # as the index has it
# What the last bill that names accounts calls them: nothing, where none does.
_LAST = """
SELECT given.vendor, given.account, coalesce((
    SELECT kept.name FROM costs_accountnaming AS kept
    WHERE kept.account = given.account AND kept.vendor = given.vendor AND kept.source = %(source)s
    ORDER BY kept.id DESC LIMIT 1), '')
FROM unnest(%(vendors)s::text[], %(accounts)s::text[]) AS given (vendor, account)
"""
_OTHERWISE = f"""
SELECT given.vendor, given.account, charge.account_name, given.name, min(charge.id) <= %(newest)s FROM {_GROUPS}
WHERE charge.account_name <> given.name GROUP BY 1, 2, 3, 4 ORDER BY 2, 3, 1
"""  # noqa: S608 - our own names
_RENAME = """
WITH renamed AS (
    UPDATE costs_chargegroup AS charge SET account_name = given.name
    FROM unnest(%(vendors)s::text[], %(accounts)s::text[], %(before)s::text[], %(names)s::text[], %(asked)s::bool[])
        AS given (vendor, account, before, name, is_asked)
    WHERE charge.source = %(source)s AND charge.vendor = given.vendor AND charge.account = given.account
      AND charge.kind = 'bill' AND charge.account > '' AND charge.account_name = given.before
    RETURNING charge.id, given.is_asked
)
SELECT id FROM renamed WHERE is_asked
"""
_KEEP = """
INSERT INTO costs_accountnaming (source, vendor, account, name, import_id)
SELECT %(source)s, vendor, account, name, %(import)s
FROM unnest(%(vendors)s::text[], %(accounts)s::text[], %(names)s::text[]) AS given (vendor, account, name)
"""
# What accounts are called without what an import calls them: nothing, where nobody else has named them.
_WITHOUT = """
WITH gone AS (DELETE FROM costs_accountnaming WHERE import_id = %(import)s RETURNING *)
SELECT gone.source, gone.vendor, gone.account, coalesce((
    SELECT kept.name FROM costs_accountnaming AS kept
    WHERE kept.account = gone.account AND kept.vendor = gone.vendor AND kept.source = gone.source
      AND kept.import_id IS DISTINCT FROM %(import)s
    ORDER BY kept.id DESC LIMIT 1), '')
FROM gone
"""
_EVERY_GROUP = 2**62
Account = tuple[str, str]  # vendor and account


class Named(NamedTuple):
    """A name, and the line that says it; 0: known before its line is."""

    line: int
    name: str


class Renamed(NamedTuple):
    """An account, and what it was called until now; "": nothing."""

    account: str
    before: str
    now: str


class AccountNames:
    """The names that a file gives to the accounts of a source."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._names: dict[Account, Named] = {}
        self._stored: dict[Account, str] = {}  # what earlier bills call accounts that this file has not named yet
        self.renamed: list[Renamed] = []  # accounts whose cost a new name may have moved; known once all is renewed

    def note(self, vendor: str, account: str, name: str, line: int = 0) -> None:
        """Take a name down; what has no name says nothing, and without an account there is nothing to name."""
        if account and name and line >= self._names.get((vendor, account), Named(0, "")).line:
            self._names[vendor, account] = Named(line, name[:MOST])

    def give(self, groups: Collection[ChargeGroup]) -> None:
        """Give new groups the names of their accounts: the file's, else those of earlier bills."""
        accounts = {(group.vendor, group.account) for group in groups if group.account}
        self._stored |= self._last_of(accounts - self._names.keys() - self._stored.keys())
        for group in groups:
            account = group.vendor, group.account
            named = self._names.get(account)
            group.account_name = named.name if named else self._stored.get(account, "")

    def renew(self, newest: int, import_id: int) -> list[int]:
        """Give all groups of these accounts their names; return those that a rule may place elsewhere by that.

        Keep that the import names them. `newest` is the newest group of before the import: of those made since, none
        had a name before.
        """
        # Another import may have renamed what this file does not name, since its groups were made, or a revert.
        last = self._last_of([account for account in self._stored if account not in self._names])
        given = {account: named.name for account, named in self._names.items()}
        if given:
            self._run(_KEEP, given, **{"import": import_id})
        return self.rename(last | given, newest)

    def rename(self, names: Mapping[Account, str], newest: int = _EVERY_GROUP) -> list[int]:
        """Give all groups of accounts these names; return those that a rule may place elsewhere by that."""
        found = self._rows(_OTHERWISE, names, newest=newest)
        if not found:
            return []
        asked = places.account_names_asked_for({name for row in found for name in row[2:4]})
        is_asked = [was in asked or now in asked for _vendor, _account, was, now, _is_older in found]
        told = {
            Renamed(account, was, now)
            for (_vendor, account, was, now, is_older), may_move in zip(found, is_asked, strict=True)
            if is_older and (was or may_move)
        }
        self.renamed = sorted(told)
        vendors, accounts, before, now, _is_older = (list(each) for each in zip(*found, strict=True))
        given = {"vendors": vendors, "accounts": accounts, "before": before, "names": now, "asked": is_asked}
        with connection.cursor() as cursor:
            cursor.execute(_RENAME, given | {"source": self._source})
            return [group for (group,) in cursor.fetchall()]

    def _last_of(self, accounts: Collection[Account]) -> dict[Account, str]:
        """Return what earlier bills call accounts."""
        return {(vendor, account): name for vendor, account, name in self._rows(_LAST, dict.fromkeys(accounts, ""))}

    def _rows(self, statement: str, names: Mapping[Account, str], **more: int) -> list[tuple[Any, ...]]:
        return self._run(statement, names, **more) if names else []

    def _run(self, statement: str, names: Mapping[Account, str], **more: int) -> list[tuple[Any, ...]]:
        vendors, accounts = (list(each) for each in zip(*names, strict=True))
        given = {"source": self._source, "vendors": vendors, "accounts": accounts, "names": list(names.values())}
        with connection.cursor() as cursor:
            cursor.execute(statement, given | more)
            return cursor.fetchall() if cursor.description else []


def take_back(import_id: int) -> list[int]:
    """Call accounts as they are without an import; return the groups that a rule may place elsewhere by that."""
    with connection.cursor() as cursor:
        cursor.execute(_WITHOUT, {"import": import_id})
        found = cursor.fetchall()
    by_source: dict[str, dict[Account, str]] = {}
    for source, vendor, account, name in found:
        by_source.setdefault(source, {})[vendor, account] = name
    return [group for source, names in by_source.items() for group in AccountNames(source).rename(names)]
