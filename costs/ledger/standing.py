"""What stands in the place of a line: corrections and restatements of it, one after the other."""

from __future__ import annotations

from datetime import datetime

from accounts.models import AuditEntry
from costs.groups import INVOICE
from costs.ledger.page import key_of
from costs.line_versions import follower
from costs.models import CostLine, Withdrawal
from costs.querysets import CostLineQuerySet

MOST_CORRECTIONS = 1_000  # of an initiative, in which that of a line that is gone is looked for
_REPLACED = (Withdrawal.CORRECTED, Withdrawal.RESTATED)


def standing(line: CostLine) -> CostLine:
    """Return the last version of a line, one that was deleted too; the line itself where none is known to follow."""
    if line.external_id:
        return _later(line).filter(external_id__isnull=False).order_by("-occurrence").first() or line
    if line.group.family:
        return _of_a_bill(line) or line
    while line.withdrawn in _REPLACED and line.withdrawn_at:
        following = _told_by_the_audit_trail(line, line.withdrawn_at)
        if following is None:
            break
        line = following
    return line


def successor(gone: CostLine) -> CostLine | None:
    """Return what counts in the place of a line that went with its import: a correction of it stays; None: nothing."""
    named = _later(gone).filter(external_id__isnull=False).order_by("-occurrence").first()
    found = named or (_of_a_bill(gone) if gone.group.family else _corrected_of(gone))
    now = standing(found) if found else None
    return now if now and now.withdrawn_at is None else None


def _corrected_of(gone: CostLine) -> CostLine | None:
    """Find what corrected a line of which nothing is left but its name, among the latest corrections."""
    told = AuditEntry.objects.filter(
        object_type=CostLine._meta.label_lower, object_id=None, action="edit", initiative_id=gone.group.initiative_id
    )
    for at, key in told.order_by("-id").values_list("at", "object_key")[:MOST_CORRECTIONS]:
        if follower(gone, at).hex in key:
            return CostLine.objects.shown().filter(pk=key_of(key)).first()
    return None


def _later(line: CostLine) -> CostLineQuerySet:
    return CostLine.objects.shown().filter(fingerprint=line.fingerprint, occurrence__gt=line.occurrence)


def _of_a_bill(line: CostLine) -> CostLine | None:
    """Return the last version of a line of a bill; None where it may be another line's.

    Rows of a bill that differ in tags or invoice alone are several lines, whose versions are numbered together.
    """
    later = _later(line).filter(group__family=line.group.family, incurred_on=line.incurred_on)
    lasts = list(later.exclude(withdrawn__in=_REPLACED).order_by("occurrence"))
    lasts = [each for each in lasts if _may_be_on_one_invoice(each, line)]
    own = [each for each in lasts if each.group.tags == line.group.tags]
    found = [each for each in own if each.withdrawn_at is None] or own[-1:]
    if not found and line.withdrawn in _REPLACED:  # with other tags now
        found = lasts
    return found[0] if len(found) == 1 else None


def _may_be_on_one_invoice(one: CostLine, other: CostLine) -> bool:
    """Tell whether two lines name the same invoice, or one of them none: it has no number until its month is closed."""
    named = {invoice for each in (one, other) if (invoice := each.group.details.get(INVOICE))}
    return len(named) < 2


def _told_by_the_audit_trail(line: CostLine, at: datetime) -> CostLine | None:
    """Find a line by the entry of its correction: no index finds one without an external id by its fingerprint."""
    told = AuditEntry.objects.filter(
        object_type=CostLine._meta.label_lower,
        object_id=None,
        at=at,
        object_key__contains=follower(line, at).hex,
    )
    entry = told.first()
    return CostLine.objects.shown().filter(pk=key_of(entry.object_key)).first() if entry else None
