"""The bulk door for cost lines: prepared columns in, lines and sums out, in the open transaction of an import.

    bulk = Bulk(import_id)       # Bulk(import_id, ByPeriod()) for the rows of a bill
    bulk.add(lines, groups)      # as often as there are blocks of the file: a frame with the columns of `LINES`
    done = bulk.finish(beat)     # lines and sums are right afterwards

Where a group has no lines in a month yet, which is the normal case, its lines go straight into the table in the order
of its index, and what they add to the sums is added up here. Lines of a month that has some already, with an external
id, or among others with more digits than can be added up here, are staged and merged by SQL (costs/bulk/merge.py),
which knows what is there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal

import polars as pl
from django.db import connection

from accounts.models import Organisation
from costs import fingerprints, rollups
from costs.ai import categories as ai_categories
from costs.allocation import places
from costs.budgets import notices
from costs.bulk import (
    binary,
    copying,
    kept_rates,
    merge,
    planner_statistics,
    resubmitted,
    rules_snapshot,
    sums,
    valuation,
)
from costs.bulk.ahead import one_ahead
from costs.bulk.identities import ByContent, ByPeriod, Identity
from costs.bulk.spool import LineSpool
from costs.groups import GroupKey
from costs.import_findings import agreeing, restated
from costs.import_findings.agreeing import Agreeing
from costs.importers.account_names import AccountNames
from costs.models import Kind
from costs.reconciliation import sources as ledger_sources
from imports.report import Tally
from money.exact import EXACT, ZERO

# What a frame of lines has. `amount` is a plain number without trailing zeros: every digit of it is kept.
LINES = {
    "group_id": pl.Int64,
    "incurred_on": pl.Date,
    "amount": pl.String,
    "billed_on": pl.Date,
    "external_id": pl.String,
    "invoice_ref": pl.String,
    "description": pl.String,
    "line_number": pl.Int64,
}
# What only tells groups from each other: by far the most of a key.
NOT_ASKED = dict.fromkeys(("account", "service", "service_category", "sku", "region", "resource", "api_key"), "") | {
    "tags": "{}",
    "details": "{}",
}
_AMOUNTS = ("amount", "rate", "base_amount")
_DAY = pl.col("incurred_on")
_MONTH = (_DAY.to_physical() - _DAY.dt.day() + 1).cast(pl.Date)  # a third of the time of `month_start`


@dataclass
class Done:
    """What came of the lines."""

    created: int = 0
    unchanged: int = 0
    amount: Decimal = ZERO  # in base currency, of all lines given, pending ones left out
    waiting: int = 0  # how many are pending
    contradicted: list[int] = field(
        default_factory=list
    )  # lines whose external id stands further up with other content
    restated: int = 0  # rows that came in the place of another version: `restated.tell` tells them
    not_restating: list[int] = field(default_factory=list)  # lines that would have, and must not
    agreeing: list[Agreeing] = field(default_factory=list)  # rows of costs that agree with others but for the amount
    equal: Tally = field(default_factory=lambda: Tally(is_rejection=False))  # rows sent back: taken for what is there


class Bulk:
    """Takes the lines of one import."""

    def __init__(
        self, import_id: int, identity: Identity | None = None, account_names: AccountNames | None = None
    ) -> None:
        self._import_id = import_id
        self._account_names = account_names
        self._identity = identity or ByContent()
        self._is_bill = isinstance(identity, ByPeriod)
        self._spool = LineSpool()
        self._abouts: dict[GroupKey, GroupKey] = {}
        self.groups: dict[int, GroupKey] = {}  # those that lines were given of
        self._sums = sums.Sums(self.groups)
        self._staged = 0
        self._has_external_ids = False
        self._has_met_lines = False  # in months of theirs, rows without an external id
        self._before = rules_snapshot.now()
        merge.prepare()

    def add(self, lines: pl.DataFrame, groups: Mapping[int, GroupKey]) -> None:
        """Take a block of lines; `groups` are at least those that it names and no block before has."""
        self.groups.update(self._shared(groups))
        plain, named = _apart(lines, pl.col("external_id").is_null())
        if plain.height:
            self._spool.add(self._identity.fingerprinted(plain))
        if named.height:
            self._has_external_ids = True
            sources = {pk: self.groups[pk].source for pk in named["group_id"].unique()}
            named = named.with_columns(source=pl.col("group_id").replace_strict(sources, return_dtype=pl.String))
            self._stage(valuation.valued(named.with_columns(fingerprints.of_external_ids(named)), self.groups))

    def _shared(self, groups: Mapping[int, GroupKey]) -> dict[int, GroupKey]:
        """Keep of groups what is asked here, once for all that say the same: a bill may have one per resource."""
        slim = {pk: key._replace(**NOT_ASKED) for pk, key in groups.items()}
        return {pk: self._abouts.setdefault(key, key) for pk, key in slim.items()}

    def finish(self, beat: Callable[[], None], *, may_restate: bool = True) -> Done:
        """Make lines of what is new, and sums of that. Rows of a bill without those beside them may not restate.

        `beat` is called as often as some of them are written.
        """
        rollups.lock()
        planner_statistics.analyze_if_believed_empty()
        # Nothing was decided for groups that had no lines left, and no line of theirs moves when it is now.
        first_of = places.bare(pk for pk in self._open_groups() if pk <= self._before.newest_group)
        done = Done(contradicted=merge.take_out_contradictions() if self._has_external_ids else [])
        self._staged -= len(done.contradicted)
        with ThreadPoolExecutor(1) as beside:
            for part in one_ahead(map(self._identity.numbered, self._spool.parts())):
                self._put(valuation.valued(part, self.groups), done, beside)
                beat()
        self._sums.write()
        planner_statistics.analyze_if_believed_empty()
        if self._staged:
            self._merge(done, may_restate)
            beat()
        self._place(first_of)
        notices.raise_reached()
        return done

    def _put(self, lines: pl.DataFrame, done: Done, beside: Executor) -> None:
        """Write the lines of months that are new to their group, adding them up meanwhile; stage the others."""
        exact = sums.exact(lines["base_amount"])
        if exact is None:  # more digits than can be added up here
            self._has_met_lines = True  # or may have
            self._stage(lines)
            return
        lines = lines.with_columns(exact.alias("exact"), month=_MONTH)
        if not self._sums.fits(exact):
            self._sums.write()  # before the look at what is there: a month may have been cut by its days
        there = _months_there(lines, self._is_bill)
        if there.height:
            self._has_met_lines = True
            self._stage(lines.join(there, on=["group_id", "month"], how="semi", maintain_order="left"))
            lines = lines.join(there, on=["group_id", "month"], how="anti", maintain_order="left")
        if lines.height:
            are_all = self._spool.is_one_part
            adding = beside.submit(self._sums.add, lines, sums.places_of(lines), are_all)
            self._write(lines)
            adding.result()
            done.created += lines.height
            done.amount = EXACT.add(done.amount, lines["exact"].sum() or ZERO)
            done.waiting += lines["exact"].null_count()

    def _open_groups(self) -> Iterator[int]:
        """Yield the groups that may belong elsewhere than to the initiative that they name."""
        return (pk for pk, key in self.groups.items() if key.initiative_id is None or key.kind != Kind.ENTERED)

    def _place(self, first_of: list[int]) -> None:
        """Renew what these groups are for and where they belong, as far as that is not for a person to do."""
        records = {(key.vendor, key.kind) for key in self.groups.values()}
        ledger_sources.settle(records)
        now = rules_snapshot.now()
        if not self._before.labels_hold(now):
            ai_categories.synchronise(list(self.groups))
        of_providers = {(ledger_sources.provider_of(vendor), kind) for vendor, kind in records}
        renamed = self._renamed()
        open_ones = list(self._open_groups())
        if not self._before.places_hold(now, of_providers):
            first_of = first_of + [pk for pk in open_ones if pk > self._before.newest_group]
        places.after_coming(open_ones, first_of + renamed)

    def _renamed(self) -> list[int]:
        """Give accounts their names; return the groups that go elsewhere by that."""
        return self._account_names.renew(self._before.newest_group, self._import_id) if self._account_names else []

    def _write(self, lines: pl.DataFrame) -> None:
        """Write lines as numbers where they fit, else as the texts that they are. What is left out the table knows."""
        numbers = [number.alias(name) for name in _AMOUNTS if (number := _number(lines, name)) is not None]
        packed = lines.with_columns(*numbers, pl.col("line_number").cast(pl.Int32))
        made = packed if binary.fits(packed.select(pl.exclude("month", "exact"))) else lines
        is_known = ["month", "exact", *(["occurrence"] if (lines["occurrence"] == 1).all() else [])]
        import_id = pl.lit(self._import_id, pl.Int64)
        copying.copy("costs_costline", made.drop(is_known).with_columns(import_id=import_id))

    def _stage(self, lines: pl.DataFrame) -> None:
        self._staged += lines.height
        copying.copy("costs_staged", lines.select(merge.STAGED_COLUMNS))

    def _merge(self, done: Done, may_restate: bool) -> None:
        if not may_restate:
            done.not_restating, done.equal = resubmitted.take_out_restating(), resubmitted.equal()
            self._staged -= len(done.not_restating)
        merge.know_staged(is_bill=self._is_bill)
        self._keep_rates()
        amount, waiting = merge.staged_amount()
        done.amount = EXACT.add(done.amount, amount)
        done.waiting += waiting
        if self._is_bill:
            created = merge.merge_bill(self._import_id)
            done.restated = restated.of_bill(self._import_id)
        else:
            created = merge.merge(self._import_id, self._has_external_ids)
            done.restated = restated.of_external_ids(self._import_id) if self._has_external_ids else 0
            done.agreeing = agreeing.of_costs(self._import_id) if self._has_met_lines and created else []
        done.created += created
        done.unchanged += self._staged - created

    def _keep_rates(self) -> None:
        base = Organisation.current().base_currency
        if (self._is_bill or self._has_external_ids) and any(key.currency != base for key in self._abouts):
            kept_rates.keep(base, is_bill=self._is_bill)


def _apart(lines: pl.DataFrame, condition: pl.Expr) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the lines of which the condition holds, and the others; all of them as they are where it holds of all."""
    holds = lines.select(condition).to_series()
    return (lines, lines.clear()) if holds.all() else (lines.filter(holds), lines.filter(~holds))


def _number(lines: pl.DataFrame, name: str) -> pl.Series | None:
    """Return amounts as numbers; None where they have too many digits, or are not there at all."""
    if lines[name].null_count() == lines.height:
        return None
    is_base = name == "base_amount" or (name == "amount" and lines["amount"].equals(lines["base_amount"]))
    return lines["exact"] if is_base else sums.exact(lines[name])


def _months_there(lines: pl.DataFrame, with_families: bool) -> pl.DataFrame:
    """Return which months of these groups have lines, or had; of a bill also those of groups of the same families."""
    groups, months = lines["group_id"].unique(), lines["month"]
    with connection.cursor() as cursor:
        cursor.execute(_OF_FAMILIES if with_families else _OF_GROUPS, [groups.to_list(), months.min(), months.max()])
        return pl.DataFrame(cursor.fetchall(), {"group_id": pl.Int64, "month": pl.Date}, orient="row")


_OF_GROUPS = "SELECT group_id, month FROM costs_groupmonth WHERE group_id = ANY(%s) AND month BETWEEN %s AND %s"
_OF_FAMILIES = """
SELECT DISTINCT charge.id, kept.month FROM costs_chargegroup AS charge
JOIN costs_chargegroup AS relative ON relative.family = charge.family
JOIN costs_groupmonth AS kept ON kept.group_id = relative.id
WHERE charge.id = ANY(%s) AND kept.month BETWEEN %s AND %s
"""
