"""The door for cost lines by hand and by API: add, correct, remove. Audited, sums kept right, all or nothing."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple

from django.utils.translation import gettext as _

from accounts.changes import Change, changing
from accounts.errors import RuleError
from accounts.models import User
from costs import fingerprints, initiative_history, rollups
from costs.allocation import places as allocation
from costs.groups import GroupKey
from costs.line_versions import Place, prepared, put, replace, withdrawing
from costs.models import CostLine, Kind, Withdrawal
from costs.new_groups import find_or_make_then_lock
from costs.new_line import NewLine, audit_values, own
from costs.registers import generated


class LineGoneError(RuleError):
    """A line counts no more: somebody was quicker."""

    def __init__(self, status: int = 409) -> None:
        super().__init__(_("Somebody has corrected or deleted this line meanwhile."), status=status)


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
        groups = find_or_make_then_lock({row.group_key for row in rows}, (row.category for row in rows))
        fresh = _without_known(rows)
        lines = prepared([Place(row, row.group_key) for row, _, _ in fresh], actor, groups)
        for line, (_row, fingerprint, occurrence) in zip(lines, fresh, strict=True):
            line.fingerprint, line.occurrence = uuid.UUID(fingerprint), occurrence
        with _placed(change, lines, "create"):
            put(lines)
        for line in lines:
            change.record(
                line, "create", {n: (None, v) for n, v in audit_values(line).items() if v}, line.group.initiative_id
            )
    return Created(len(lines), len(rows) - len(lines), lines)


def correct(actor: User | None, line: CostLine, row: NewLine) -> CostLine:
    """Put another line in the place of `line`, which stays as it was but counts no more."""
    return correct_all(actor, [(line, row)])[0]


def correct_all(actor: User | None, pairs: Sequence[tuple[CostLine, NewLine]]) -> list[CostLine]:
    """Correct lines, all or none; return what stands there now. A row that says the same leaves its line as it is."""
    with changing(actor) as change:
        keys = {_corrected_key(line, row) for line, row in pairs}
        groups = {GroupKey.of(line.group): line.group for line, _row in pairs}
        groups |= find_or_make_then_lock(keys - groups.keys(), (row.category for _line, row in pairs))
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
            replace(befores, made, Withdrawal.CORRECTED, change, [old.last_version for old in befores])
        for new, (old, *_new) in zip(made, changed, strict=True):
            _record_correction(change, old, new)
            now[old.pk] = new
    return [now[line.pk] for line, _row in pairs]


def remove(actor: User | None, line: CostLine) -> None:
    """Take a line out of every sum; it stays in the history."""
    remove_all(actor, [line])


def remove_all(actor: User | None, chosen: Sequence[CostLine]) -> None:
    """Take lines out of every sum, all or none; they stay in the history."""
    with changing(actor) as change:
        rollups.lock()
        gone = list(_still_live(chosen).values())
        for old in gone:
            generated.refuse_removal(old)
        with _placed(change, [old for old in gone if _may_be_placed(old)], "delete"):
            rollups.apply_entries(map(rollups.went, gone), *withdrawing(gone, Withdrawal.DELETED, change))
            records = {(old.group.vendor, old.group.kind) for old in gone if old.group.kind != Kind.ENTERED}
            if records:
                allocation.after_removal(records)
        for old in gone:
            values = {name: (value, None) for name, value in audit_values(old).items() if value}
            change.record(old, "delete", values, old.group.initiative_id)


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
    """Return the lines, by key, as they are now that nobody else can change them; the same versions as were read."""
    wanted = [line.pk for line in lines]
    found = CostLine.objects.live().shown().with_last_versions().filter(pk__in=wanted)
    now = {line.pk: line for line in found}
    if any(line.pk not in now or now[line.pk].version != line.version for line in lines):
        raise LineGoneError
    return now


def _may_be_placed(line: CostLine) -> bool:
    """Tell whether rules have placed a line, or place others by its record; what names its initiative is its alone."""
    return line.group.initiative_id is None or line.group.kind != Kind.ENTERED


def _placed(change: Change, lines: Sequence[CostLine], action: str) -> AbstractContextManager[None]:
    """Tell what lines do to the initiatives that rules place them on."""
    if not lines:
        return nullcontext()
    label = str(lines[0]) if len(lines) == 1 else ""
    return initiative_history.placed(change, lines[0], action, [line.incurred_on for line in lines], label)


def _record_correction(change: Change, old: CostLine, new: CostLine) -> None:
    """Note what is different; a line that moves to another initiative stands in the history of both."""
    before, after = audit_values(old), audit_values(new)
    differences = {name: (before[name], value) for name, value in after.items() if before[name] != value}
    for initiative_id in dict.fromkeys((old.group.initiative_id, new.group.initiative_id)):
        change.record(new, "edit", differences, initiative_id)
