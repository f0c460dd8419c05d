"""A cost line as somebody enters it, and as the audit trail and exports tell it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from api.decimals import plain
from costs.groups import GroupKey, tags_text
from costs.models import Category, CostLine
from projects.models import Initiative

API, BY_HAND = "api", "manual"


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


def audit_values(line: CostLine) -> dict[str, object]:
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
