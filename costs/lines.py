"""The door for cost lines by hand and by API: add, correct, remove. Audited, sums kept right, all or nothing."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.changes import Change, changing
from accounts.errors import RuleError
from accounts.models import User
from api.decimals import plain
from costs import fingerprints, rollups, touched
from costs.allocation import places as allocation
from costs.groups import GroupKey, find_or_make_then_lock, tags_text
from costs.models import Category, ChargeGroup, CostLine, Kind, Withdrawal
from costs.registers import generated
from money.rates import convert, rates_on
from projects.models import Initiative

API, BY_HAND = "api", "manual"
MOST_AT_ONCE = 1_000


@dataclass(frozen=True)
class NewLine:
    """A cost as somebody enters it. `initiative` None: unallocated."""

    initiative: Initiative | None
    incurred_on: date
    category: Category
    amount: Decimal
    currency: str
    capex: bool = False
    recurring: bool = False
    recoverable: bool = False
    billed_on: date | None = None
    invoice_ref: str = ""
    vendor: str = ""
    service: str = ""
    resource: str = ""
    description: str = ""
    external_id: str = ""
    source: str = BY_HAND
    tags: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, line: CostLine) -> NewLine:
        """Return a line as it would be entered."""
        group = line.group
        shared = (
            "category",
            "currency",
            "capex",
            "recurring",
            "recoverable",
            "vendor",
            "service",
            "resource",
            "source",
        )
        texts = ("invoice_ref", "description", "external_id")
        return cls(
            initiative=group.initiative,
            incurred_on=line.incurred_on,
            amount=line.amount,
            billed_on=line.billed_on,
            tags=group.tags,
            **{name: getattr(group, name) for name in shared},
            **{name: getattr(line, name) or "" for name in texts},
        )

    @property
    def group_key(self) -> GroupKey:
        """What the line has in common with others."""
        return GroupKey(
            source=self.source,
            initiative_id=self.initiative.pk if self.initiative else None,
            category_id=self.category.pk,
            currency=self.currency,
            capex=self.capex,
            recurring=self.recurring,
            recoverable=self.recoverable,
            vendor=self.vendor,
            service=self.service,
            resource=self.resource,
            tags=tags_text(self.tags),
        )

    @property
    def own(self) -> tuple[object, ...]:
        """What is the line's own, to compare it with another version of it."""
        return (self.incurred_on, self.amount, self.billed_on, self.invoice_ref, self.description)


class Place(NamedTuple):
    """Where a line goes: into a group, and in the place of another line if there is one."""

    row: NewLine
    key: GroupKey
    old: CostLine | None = None


class Created(NamedTuple):
    """What came of the lines: made, or there already with the same content."""

    created: int
    unchanged: int
    lines: list[CostLine]


def add(actor: User | None, rows: Sequence[NewLine]) -> Created:
    """Add lines. One whose source and external id are known is unchanged, or a conflict (409) if it says otherwise.

    Unchanged is also what says the same as before somebody corrected it.
    """
    with changing(actor) as change:
        groups = find_or_make_then_lock(row.group_key for row in rows)
        fresh = _without_known(rows)
        lines = prepared([Place(row, row.group_key) for row, _, _ in fresh], actor, groups)
        for line, (_row, fingerprint, occurrence) in zip(lines, fresh, strict=True):
            line.fingerprint, line.occurrence = uuid.UUID(fingerprint), occurrence
        with _placed(change, lines, "create"):
            put(lines)
        for line in lines:
            change.record(line, "create", {n: (None, v) for n, v in told(line).items() if v}, line.group.initiative_id)
    return Created(len(lines), len(rows) - len(lines), lines)


def correct(actor: User | None, line: CostLine, row: NewLine) -> CostLine:
    """Put another line in the place of `line`, which stays as it was but counts no more."""
    return correct_all(actor, [(line, row)])[0]


def correct_all(actor: User | None, pairs: Sequence[tuple[CostLine, NewLine]]) -> list[CostLine]:
    """Correct lines, all or none; return what stands there now. A row that says the same leaves its line as it is."""
    with changing(actor) as change:
        keys = {_corrected_key(line, row) for line, row in pairs}
        groups = {GroupKey.of(line.group): line.group for line, _row in pairs}
        groups |= find_or_make_then_lock(keys - groups.keys())
        now = _still_live([line for line, _row in pairs])
        corrected = [(now[line.pk], row, _corrected_key(now[line.pk], row)) for line, row in pairs]
        changed = [each for each in corrected if each[2] != GroupKey.of(each[0].group) or each[1].own != own(each[0])]
        generated.refuse_all_but_billing(changed)
        _refuse_another_charge([(old, row) for old, row, _key in changed])
        befores = [old for old, *_new in changed]
        made = prepared([Place(row, key, old) for old, row, key in changed], actor, groups)
        for new, (old, _row, _key) in zip(made, changed, strict=True):
            new.is_correction, new.external_id = True, old.external_id
        with _placed(change, made, "edit"):
            replace(befores, made, Withdrawal.CORRECTED, change)
        for new, (old, *_new) in zip(made, changed, strict=True):
            _record_correction(change, old, new)
            now[old.pk] = new
    return [now[line.pk] for line, _row in pairs]


def remove(actor: User | None, line: CostLine) -> None:
    """Take a line out of every sum; it stays in the history."""
    with changing(actor) as change:
        rollups.lock()
        old = _still_live([line])[line.pk]
        generated.refuse_removal(old)
        with _placed(change, [old], "delete"):
            rollups.apply_entries([rollups.went(old)], *withdrawing([old], Withdrawal.DELETED, change))
            if old.group.kind != Kind.ENTERED:
                allocation.after_removal([(old.group.vendor, old.group.kind)])
        gone = {name: (value, None) for name, value in told(old).items() if value}
        change.record(old, "delete", gone, old.group.initiative_id)


def told(line: CostLine) -> dict[str, object]:
    """Return a line as the audit trail and exports tell it: field name → plain value."""
    group = line.group
    return {
        "initiative": group.initiative.key if group.initiative else None,
        "incurred_on": line.incurred_on,
        "category": group.category.name,
        "amount": plain(line.amount),
        "currency": group.currency,
        "capex": group.capex,
        "recurring": group.recurring,
        "recoverable": group.recoverable,
        "billed_on": line.billed_on,
        "invoice_ref": line.invoice_ref or "",
        "vendor": group.vendor,
        "description": line.description or "",
        "external_id": line.external_id or "",
        "source": group.source,
        "tags": group.tags,
    }


def own(line: CostLine) -> tuple[object, ...]:
    """Return what is a line's own, as `NewLine.own` does."""
    return (line.incurred_on, line.amount, line.billed_on, line.invoice_ref or "", line.description or "")


def prepared(places: Sequence[Place], actor: User | None, groups: Mapping[GroupKey, ChargeGroup]) -> list[CostLine]:
    """Return lines with their groups and base amounts, not yet told apart from others.

    `groups` has those that no line has in whose place one comes.
    """
    groups = {GroupKey.of(old.group): old.group for _row, _key, old in places if old is not None} | dict(groups)
    made = []
    for (row, key, _old), rate in zip(places, _rates(places), strict=True):
        group = groups[key]
        group.category, group.initiative = row.category, row.initiative
        made.append(
            CostLine(
                group=group,
                incurred_on=row.incurred_on,
                amount=row.amount,
                rate=rate,
                base_amount=None if rate is None else convert(row.amount, rate),
                billed_on=row.billed_on,
                invoice_ref=row.invoice_ref or None,
                description=row.description or None,
                external_id=row.external_id or None,
                recorded_by=actor,
            )
        )
    return made


def _rates(places: Sequence[Place]) -> list[Decimal | None]:
    """Return the rate of each. Currency and day unchanged: the rate of before, whatever came later (METRICS.md 3)."""
    days = {(row.currency, row.incurred_on) for row, _key, old in places if not _keeps_rate(row, old)}
    rates = rates_on(days) if days else {}
    return [
        old.rate if old is not None and _keeps_rate(row, old) else rates[row.currency, row.incurred_on]
        for row, _key, old in places
    ]


def _keeps_rate(row: NewLine, old: CostLine | None) -> bool:
    return old is not None and (old.group.currency, old.incurred_on) == (row.currency, row.incurred_on)


def put(lines: Sequence[CostLine]) -> None:
    """Write lines and take them into the sums."""
    CostLine.objects.bulk_create(lines, batch_size=2_000)
    rollups.apply_entries(map(rollups.came, lines))


def replace(old: Sequence[CostLine], new: Sequence[CostLine], why: Withdrawal, change: Change) -> None:
    """Put lines in the place of others, each as the next version of the one it stands for; no half of it counts."""
    last = last_versions(line.fingerprint for line in old if line.external_id)
    last |= _last_deliveries([line for line in old if line.group.family and not line.external_id])
    for line, before in zip(new, old, strict=True):
        has_versions = before.external_id or before.group.family
        line.fingerprint = before.fingerprint if has_versions else uuid.uuid4()
        line.occurrence = last.get(line.fingerprint, 0) + 1
    CostLine.objects.bulk_create(new, batch_size=2_000)
    entries = [*map(rollups.went, old), *map(rollups.came, new)]
    rollups.apply_entries(entries, *withdrawing(old, why, change))


def last_versions(prints: Iterable[uuid.UUID]) -> dict[uuid.UUID, int]:
    """Return the number of the last version by fingerprint, of lines with an external id."""
    wanted = list(prints)
    if not wanted:
        return {}
    lines = CostLine.objects.filter(fingerprint__in=wanted, external_id__isnull=False)
    return dict(lines.order_by().values_list("fingerprint").annotate(Max("occurrence")))


def _last_deliveries(lines: Sequence[CostLine]) -> dict[uuid.UUID, int]:
    """Return the same of lines of a bill: their versions lie in the groups of their family, on their day."""
    if not lines:
        return {}
    relatives = ChargeGroup.objects.filter(family__in={line.group.family for line in lines}).values("pk")
    versions = CostLine.objects.filter(
        group__in=relatives,
        incurred_on__in={line.incurred_on for line in lines},
        fingerprint__in={line.fingerprint for line in lines},
    )
    return dict(versions.order_by().values_list("fingerprint").annotate(Max("occurrence")))


_WITHDRAWN = """withdrawn AS (
    UPDATE costs_costline AS line SET withdrawn = %(why)s, withdrawn_at = %(at)s
    FROM unnest(%(of_groups)s::bigint[], %(on_days)s::date[], %(prints)s::uuid[], %(versions)s::int[])
        AS gone (group_id, incurred_on, fingerprint, occurrence)
    WHERE line.group_id = gone.group_id AND line.incurred_on = gone.incurred_on
      AND line.fingerprint = gone.fingerprint AND line.occurrence = gone.occurrence
), """


def withdrawing(lines: Sequence[CostLine], why: Withdrawal, change: Change) -> tuple[str, dict[str, object]]:
    """Return what lets lines count no more in the same statement that takes them out of the sums."""
    names = ("of_groups", "on_days", "prints", "versions")
    keys = zip(*(line.pk for line in lines), strict=True) if lines else [()] * len(names)
    columns = {name: list(column) for name, column in zip(names, keys, strict=True)}
    return _WITHDRAWN, {**columns, "why": why.value, "at": change.at}


# What a correction may change of what a line has in common with others; where it came from stays.
_MAY_CHANGE = ("initiative_id", "category_id", "currency", "capex", "recurring", "recoverable", "vendor", "tags")


def _without_known(rows: Sequence[NewLine]) -> list[tuple[NewLine, str, int]]:
    """Return the rows that are new, each with fingerprint and occurrence."""
    prints = [fingerprints.of_external_id(row.source, row.external_id) if row.external_id else "" for row in rows]
    versions = _versions([each for each in prints if each])
    seen: dict[str, NewLine] = {}
    fresh = []
    for number, (row, fingerprint) in enumerate(zip(rows, prints, strict=True)):
        if not fingerprint:
            fresh.append((row, uuid.uuid4().hex, 1))
            continue
        there = versions[fingerprint]
        latest = there[-1] if there else None
        if fingerprint in seen:
            _same_or_conflict(row == seen[fingerprint], row, number)
        elif latest is not None and latest.withdrawn_at is None:
            # What somebody has billed or corrected meanwhile stays so while its source says what it said before.
            delivered = [line for line in there if not line.is_correction][-1:]
            _same_or_conflict(any(_says_the_same(row, line) for line in (*delivered, latest)), row, number)
        else:
            fresh.append((row, fingerprint, latest.occurrence + 1 if latest else 1))
        seen[fingerprint] = row
    return fresh


def _same_or_conflict(same: bool, row: NewLine, number: int) -> None:
    if not same:
        message = _("The line “{external_id}” of “{source}” is there already with other content.")
        text = message.format(external_id=row.external_id, source=row.source)
        raise RuleError(text, "external_id", status=409, errors=[(f"{number}.external_id", text)])


def _versions(prints: Iterable[str]) -> dict[str, list[CostLine]]:
    """Return all versions by fingerprint, the last one last, of lines with an external id."""
    found: dict[str, list[CostLine]] = {each: [] for each in prints}
    if found:
        lines = CostLine.objects.filter(fingerprint__in=list(found), external_id__isnull=False).select_related("group")
        for line in lines.order_by("occurrence"):
            found[line.fingerprint.hex].append(line)
    return found


def _says_the_same(row: NewLine, line: CostLine) -> bool:
    return row.own == own(line) and row.group_key == GroupKey.of(line.group)


def _corrected_key(old: CostLine, row: NewLine) -> GroupKey:
    return GroupKey.of(old.group)._replace(**{name: getattr(row.group_key, name) for name in _MAY_CHANGE})


def _refuse_another_charge(pairs: Iterable[tuple[CostLine, NewLine]]) -> None:
    """Hold day, vendor and currency of a provider's record: a later delivery finds the line by them."""
    for old, row in pairs:
        if old.group.kind == Kind.ENTERED:
            continue
        if row.incurred_on != old.incurred_on:
            raise RuleError(_("The date of a provider's record is its charge period and stays."), "incurred_on")
        if row.vendor != old.group.vendor:
            raise RuleError(_("The vendor of a provider's record stays: a later delivery names it too."), "vendor")
        if row.currency != old.group.currency:
            raise RuleError(_("The currency of a provider's record stays: a later delivery is in it too."), "currency")


def _still_live(lines: Sequence[CostLine]) -> dict[object, CostLine]:
    """Return the lines, by key, as they are now that nobody else can change them."""
    wanted = [line.pk for line in lines]
    now = {line.pk: line for line in CostLine.objects.live().shown().filter(pk__in=wanted)}
    if set(wanted) - set(now):
        raise RuleError(_("Somebody has corrected or deleted this line meanwhile."), status=409)
    return now


def _placed(change: Change, lines: Sequence[CostLine], action: str) -> AbstractContextManager[None]:
    """Tell what lines do to the initiatives that rules place them on."""
    if not lines:
        return nullcontext()
    label = str(lines[0]) if len(lines) == 1 else ""
    return touched.placed(change, lines[0], action, [line.incurred_on for line in lines], label)


def _record_correction(change: Change, old: CostLine, new: CostLine) -> None:
    """Note what is different; a line that moves to another initiative stands in the history of both."""
    before, after = told(old), told(new)
    differences = {name: (before[name], value) for name, value in after.items() if before[name] != value}
    for initiative_id in dict.fromkeys((old.group.initiative_id, new.group.initiative_id)):
        change.record(new, "edit", differences, initiative_id)
