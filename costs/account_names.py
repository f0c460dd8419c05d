"""What bills call their accounts: labels that may change, no part of what a charge is.

An account has one name, that of the last bill that names it: all its groups of that source go with it.

    names = AccountNames("focus")
    names.note("AWS", "11", "Prod")   # as often as rows say so; of several names the last
    find_or_make(keys, names)         # new groups have it at once, so that rules can place them
    names.renew(newest)               # at the end of the import, under the lock of the sums
"""

from __future__ import annotations

from typing import NamedTuple

from django.db import connection

MOST = 200  # characters; what is longer is cut

_OTHERWISE = """
SELECT charge.id, charge.vendor, charge.account, charge.account_name, given.name
FROM unnest(%(vendors)s::text[], %(accounts)s::text[], %(names)s::text[]) AS given (vendor, account, name)
JOIN costs_chargegroup AS charge
    ON charge.source = %(source)s AND charge.vendor = given.vendor AND charge.account = given.account
WHERE charge.account_name <> given.name ORDER BY charge.id
"""
_RENAME = """
UPDATE costs_chargegroup AS charge SET account_name = given.name
FROM unnest(%s::bigint[], %s::text[]) AS given (id, name) WHERE charge.id = given.id
"""


class Renamed(NamedTuple):
    """An account, and what it was called until now."""

    account: str
    before: str
    now: str


class AccountNames:
    """The names that a file gives to the accounts of a source."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._names: dict[tuple[str, str], str] = {}
        self.renamed: list[Renamed] = []  # accounts that earlier bills call otherwise; known once all is renewed

    def note(self, vendor: str, account: str, name: str) -> None:
        """Take a name down; what has no name says nothing, and without an account there is nothing to name."""
        if account and name:
            self._names[vendor, account] = name[:MOST]

    def of(self, vendor: str, account: str) -> str:
        """Return the name of an account; "": none is known."""
        return self._names.get((vendor, account), "")

    def renew(self, newest: int) -> list[int]:
        """Give all groups of these accounts their names; return those that had another.

        `newest` is the newest group of before the import: of those made since, none had a name before.
        """
        if not self._names:
            return []
        accounts = list(self._names)
        given = {
            "source": self._source,
            "vendors": [vendor for vendor, _account in accounts],
            "accounts": [account for _vendor, account in accounts],
            "names": [self._names[each] for each in accounts],
        }
        with connection.cursor() as cursor:
            cursor.execute(_OTHERWISE, given)
            found = cursor.fetchall()
            if found:
                cursor.execute(_RENAME, [[row[0] for row in found], [row[4] for row in found]])
        told = {(vendor, Renamed(account, was, now)) for pk, vendor, account, was, now in found if was and pk <= newest}
        self.renamed = sorted(each for _vendor, each in told)
        return [row[0] for row in found]
