"""What stands in the place of a line: corrections and restatements of it, one after the other."""

from __future__ import annotations

from datetime import datetime

from accounts.models import AuditEntry
from costs.ledger.page import key_of
from costs.line_versions import follower
from costs.models import CostLine, Withdrawal


def standing(line: CostLine) -> CostLine:
    """Return the last version of a line; one that was deleted too."""
    while line.withdrawn in (Withdrawal.CORRECTED, Withdrawal.RESTATED):
        following = _following(line)
        if following is None:
            break
        line = following
    return line


def _following(line: CostLine) -> CostLine | None:
    later = CostLine.objects.shown().filter(fingerprint=line.fingerprint, occurrence__gt=line.occurrence)
    if line.external_id:
        return later.filter(external_id__isnull=False).order_by("occurrence").first()
    if line.group.family:
        later = later.filter(group__family=line.group.family, incurred_on=line.incurred_on)
        return later.order_by("occurrence").first()
    return _told_by_the_audit_trail(line, line.withdrawn_at) if line.withdrawn_at else None


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
