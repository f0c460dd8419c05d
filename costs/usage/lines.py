"""The door for token usage: rows in; usage lines with their price, cost lines and the sums of both out.

By hand and by API, audited, all or nothing:

    add(actor, rows)

For a file, in the open transaction of its import (costs/importers/usage_csv.py is a short example):

    bulk = UsageBulk(import_id)
    bulk.add(rows)           # as often as there are batches: `UsageRow`s in the order of the file, with line numbers
    done = bulk.finish()     # lines, costs and sums are right afterwards
    …
    revert(import_id)        # in the importer's `revert`

What a row has to say is told in costs/usage/rows.py.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.changes import Change, changing
from accounts.errors import RuleError
from accounts.models import User
from api.decimals import plain
from costs import initiative_history, rollups
from costs.ai import categories as ai_categories
from costs.allocation import places
from costs.budgets import notices
from costs.groups import GroupKey, find_or_make
from costs.import_findings import agreeing, restated
from costs.import_findings.agreeing import Agreeing
from costs.models import AllocationRun, UsageLine
from costs.pricing import TokenClass
from costs.reconciliation import sources as ledger_sources
from costs.usage import merge, namesakes, resubmitted
from costs.usage.priced import Pricing
from costs.usage.remarks import Remark, Remarks
from costs.usage.rows import UsageRow, content_of, fingerprint_of
from imports.pipeline import unwatched
from imports.report import Tally

MOST_KNOWN = 20_000  # groups: a log whose tags differ from call to call brings one a row


class Added(NamedTuple):
    """What came of rows: made, or there already with the same content."""

    created: int
    unchanged: int


@dataclass
class Done:
    """What came of the rows of a file."""

    created: int = 0
    unchanged: int = 0
    # Of those created: `Lack`, how many have it, the first of their lines.
    unpriced: list[tuple[str, int, list[int]]] = field(default_factory=list)
    amount: Decimal = Decimal(0)  # in base currency, of all rows given; pending and unpriced ones left out
    waiting: int = 0  # how many are pending
    contradicted: list[int] = field(default_factory=list)  # lines whose external id stands above with other content
    restated: int = 0  # rows that came in the place of another version: `restated.tell` tells them
    not_restating: list[int] = field(default_factory=list)  # lines that would have, and must not
    equal: Tally = field(default_factory=lambda: Tally(is_rejection=False))  # rows sent back: taken for what is there
    agreeing: list[Agreeing] = field(default_factory=list)  # rows that agree with others but for the counts
    compared: list[str] = field(default_factory=list)  # providers of which the ledger takes another record
    remarks: dict[Remark, Tally] = field(default_factory=dict)  # of the rows that were taken: how they were priced


class UsageBulk:
    """Takes the usage rows of one import; or of one call, without an import."""

    def __init__(self, import_id: int | None, actor: User | None = None, *, looks_for_agreeing: bool = False) -> None:
        self._import_id = import_id
        self._looks_for_agreeing = looks_for_agreeing
        self._actor = actor
        self._pricing = Pricing()
        self._known: dict[GroupKey, int] = {}  # groups of rows not long ago
        self._ids: set[int] = set()  # of every group
        self._records: set[tuple[str, str]] = set()  # their vendors and kinds
        self._remarks = Remarks()
        self._staged = 0
        self._days: set[date] = set()
        merge.prepare()

    def add(self, rows: Sequence[UsageRow]) -> None:
        """Price rows and stage them."""
        priced = [(row, self._pricing.of(row)) for row in rows]
        keys = [self._pricing.key_of(row.about, found.chosen) for row, found in priced]
        ids = self._ids_of(keys)
        merge.stage(
            [
                self._staged_row(row, ids[key], self._pricing.price_id(found.chosen), found.amount, found.lack)
                for (row, found), key in zip(priced, keys, strict=True)
            ]
        )
        for row, found in priced:
            self._remarks.look_at(row, found)
        self._staged += len(rows)
        self._days.update(row.occurred_on for row in rows)

    def _ids_of(self, keys: Collection[GroupKey]) -> dict[GroupKey, int]:
        """Return the ids of at least these groups; those that are new are made."""
        if len(self._known) > MOST_KNOWN:
            self._known = {}
        new = find_or_make({key for key in keys if key not in self._known})
        self._known.update(new)
        self._ids.update(new.values())
        self._records.update((key.vendor, key.kind) for key in new)
        return self._known

    def tell_namesakes_apart(self, source: str, name_of: Callable[[str, int], str]) -> None:
        """Number the rows of one name, before `finish`; all are of this source (costs/usage/namesakes.py)."""
        namesakes.tell_apart(source, name_of)

    def finish(self, beat: Callable[[], None] = unwatched, *, may_restate: bool = True) -> Done:
        """Make lines of what is new, costs of what has a price, and the sums of both; `beat` between the steps.

        Rows that are told from others by their number, and come without those beside them, may not restate.
        """
        rollups.lock()
        done = Done()
        if not may_restate:
            done.not_restating, done.equal = resubmitted.take_out_restating(), resubmitted.equal()
        done.contradicted = merge.take_fresh()
        not_taken = [*done.contradicted, *done.not_restating]
        done.remarks = self._remarks.without(not_taken)
        beat()
        self._staged -= len(not_taken)
        done.amount, done.waiting = merge.staged_amount()
        done.created = merge.fresh_count()
        done.unchanged = self._staged - done.created
        done.unpriced = merge.fresh_unpriced()
        done.restated = restated.of_usage(self._import_id)
        done.agreeing = agreeing.of_usage() if self._looks_for_agreeing else []
        before = merge.restated_records() if done.restated else []
        first_of = places.bare(self._ids)
        beat()
        self._swap()
        beat()
        _place(self._ids, self._records, first_of)
        places.after_removal(before)  # the version before may have been of another provider
        done.compared = ledger_sources.compared(self._ids)
        return done

    def finish_without_restating(self, change: Change) -> Added:
        """As `finish`, told in histories, but refuse (409) rows whose external id is known with other content."""
        rollups.lock()
        known = merge.take_fresh(merge.OR_WAS_DELETED) or merge.versions_that_count()
        if known:
            text = _("There is usage with this external id already, and it says otherwise.")
            raise RuleError(text, status=409, errors=[(f"{number}.external_id", text) for number in known])
        created = merge.fresh_count()
        first_of = places.bare(self._ids)
        with initiative_history.placed(change, UsageLine(), "create", self._days):
            self._swap()
        _settle_told(change, self._ids, self._records, first_of)
        return Added(created, self._staged - created)

    def _swap(self) -> None:
        merge.swap(timezone.now(), self._actor.pk if self._actor else None, self._import_id)

    def _staged_row(
        self, row: UsageRow, group_id: int, price_id: int | None, amount: Decimal | None, lack: str
    ) -> tuple[object, ...]:
        tokens = row.tokens
        return (
            group_id,
            row.occurred_on,
            self._fingerprint(row),
            content_of(row),
            row.external_id or None,
            row.requests,
            row.batch,
            row.prompt_tokens,
            *(getattr(tokens, each) for each in TokenClass),
            price_id,
            amount,
            lack,
            self._import_id,
            row.line_number,
        )

    def _fingerprint(self, row: UsageRow) -> uuid.UUID | None:
        if row.external_id:
            return fingerprint_of(row.about.source, row.external_id)
        return None if self._import_id is not None else uuid.uuid4()


def add(actor: User | None, rows: Sequence[UsageRow]) -> Added:
    """Add rows. One whose source and external id are known is unchanged, or a conflict (409) if it says otherwise."""
    with changing(actor) as change:
        bulk = UsageBulk(None, actor)
        bulk.add(rows)
        added = bulk.finish_without_restating(change)
        made = UsageLine.objects.live().filter(fingerprint__in=merge.fresh_prints())
        for line in made.select_related("group"):
            change.record(
                line, "create", {n: (None, v) for n, v in audit_values(line).items() if v}, line.group.initiative_id
            )
    return added


def remove(actor: User | None, line: UsageLine) -> None:
    """Take a line and its cost out of every sum; both stay in the history."""
    with changing(actor) as change:
        rollups.lock()
        if not UsageLine.objects.live().filter(pk=line.pk).exists():
            raise RuleError(_("Somebody has recalculated this line or deleted it meanwhile."), status=409)
        with initiative_history.placed(change, line, "delete", [line.occurred_on], str(line)):
            merge.withdraw(line.fingerprint, change.at)
        _settle_told(change, [line.group_id], [(line.group.vendor, line.group.kind)], ())
        with initiative_history.placed(change, line, "delete", [line.occurred_on], str(line)):
            places.after_removal([(line.group.vendor, line.group.kind)])
        gone = {name: (value, None) for name, value in audit_values(line).items() if value}
        change.record(line, "delete", gone, line.group.initiative_id)


def revert(import_id: int) -> int:
    """Take back the lines that an import created and their costs; return how many usage lines that were."""
    rollups.lock()
    removed = merge.revert(import_id)
    places.after_revert()
    notices.raise_reached()  # credits may have gone
    return removed


def settle(groups: Mapping[GroupKey, int], first_of: Collection[int]) -> None:
    """Bring what follows from new lines of groups to where it should be: labels, places, notices.

    `first_of`: groups that had none before (`places.bare`).
    """
    _place(groups.values(), {(key.vendor, key.kind) for key in groups}, first_of)


def _settle_told(
    change: Change, ids: Collection[int], records: Collection[tuple[str, str]], first_of: Collection[int]
) -> None:
    """Settle, and tell what that does to other costs: it may be the use that divides them."""
    with initiative_history.recording(change, AllocationRun(), "apply", f"{timezone.localdate()}"):
        _place(ids, records, first_of)


def _place(ids: Collection[int], records: Collection[tuple[str, str]], first_of: Collection[int]) -> None:
    """Renew labels of groups that lines are the first of, and places; `records` are vendors and kinds of all groups."""
    ledger_sources.settle(records)  # groups that are there may have had no lines left
    ai_categories.synchronise(first_of)
    places.after_coming(ids, first_of)
    notices.raise_reached()


def audit_values(line: UsageLine) -> dict[str, object]:
    """Return a line as the audit trail tells it: field name → plain value."""
    group = line.group
    return {
        "occurred_on": line.occurred_on,
        "provider": group.vendor,
        "model": group.sku,
        **{name: getattr(line, name) for name in merge.CLASSES},
        "requests": line.requests,
        "batch": line.batch,
        "amount": None if line.amount is None else plain(line.amount),
        "currency": None if line.amount is None else group.currency,
        "unpriced": line.unpriced,
        "external_id": line.external_id or "",
        "source": group.source,
    }
