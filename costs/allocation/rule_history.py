"""The history of a rule, told from the audit trail in the reader's language, in the words of its form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import AuditEntry
from costs.allocation.listing import conditions, label_of
from costs.models import AllocationRule, Category, Method
from display import numbers, sentences
from money.months import next_month
from projects.telling import FieldChange, Told, tell

MOST = 50
# What `rules.audit_values` names, in the order of the form.
LABELS = {
    "name": gettext_lazy("Name of the rule"),
    "match": gettext_lazy("Which cost"),
    "named_by": gettext_lazy("Read the initiative from"),
    "split": gettext_lazy("Whose it is"),
    "method": gettext_lazy("How is the rest divided?"),
    "measure": gettext_lazy("By which other cost?"),
    "since": gettext_lazy("From month"),
    "until": gettext_lazy("To month"),
    "priority": gettext_lazy("Priority"),
    "is_active": gettext_lazy("In use"),
}


class RuleHistory(NamedTuple):
    """What is told of a rule, the latest first, and whether there is more of it."""

    told: list[Told]
    is_cut: bool


def of(rule: AllocationRule) -> RuleHistory:
    """Return who made the rule, and who changed what of it since; two queries."""
    entries = AuditEntry.objects.filter(object_type=AllocationRule._meta.label_lower, object_id=rule.pk)
    found = list(entries.select_related("actor").order_by("-id")[: MOST + 1])
    categories = {each.name: str(each) for each in Category.objects.all()}
    written = {**_WRITTEN, "measure": lambda name: categories.get(name, name)}
    return RuleHistory([_told(entry, written) for entry in found[:MOST]], len(found) > MOST)


def _told(entry: AuditEntry, written: Mapping[str, Callable[[Any], str]]) -> Told:
    changes = [
        FieldChange(str(label), *(_said(value, written.get(name, str)) for value in entry.changes[name]))
        for name, label in LABELS.items()
        if name in entry.changes
    ]
    return replace(tell(entry, {}), about="", changes=changes)


def _said(value: Any, write: Callable[[Any], str]) -> str | None:
    return None if value is None or value in ("", {}) else write(value)


def _conditions(match: Mapping[str, str]) -> str:
    each = ((condition.label, condition.glob or _("(empty)")) for condition in conditions(match))
    return sentences.listed(label + sentences.colon() + glob for label, glob in each)


def _shares(split: Mapping[str, str | None]) -> str:
    each = ((key, "" if share is None else numbers.percent_exact(Decimal(share))) for key, share in split.items())
    return sentences.listed(" ".join(filter(None, part)) for part in each)


def _month(text: str) -> date:
    return date.fromisoformat(f"{text}-01")


_WRITTEN: dict[str, Callable[[Any], str]] = {
    "match": _conditions,
    "named_by": label_of,
    "split": _shares,
    "method": lambda method: str(Method(method).label),
    "since": lambda month: numbers.day(_month(month), "month"),
    "until": lambda month: numbers.day(next_month(_month(month), -1), "month"),  # the form asks for the last one
    "priority": numbers.number,
    "is_active": lambda is_active: _("Yes") if is_active else _("No"),
}
