"""Days of roles as cost lines: days × the day rate in force on the last day of their month (METRICS.md 3)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import date
from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from api.decimals import plain
from costs.generators import restating
from costs.generators.restating import Restated
from costs.models import Category, DayRate, LabourDays, in_force
from costs.new_line import NewLine
from costs.registers.generated import LABOUR
from money.exact import EXACT
from money.months import last_day

CATEGORY = "people"
Rates = dict[int, list[tuple[date, Decimal]]]


def reference(role_id: int) -> str:
    """Return what the lines of a role have as their resource."""
    return f"role:{role_id}"


def synchronise(
    actor: User | None,
    about: models.Model,
    roles: Collection[int] | None = None,
    initiatives: Collection[int] | None = None,
) -> Restated:
    """Bring the ledger to what the days of these roles, or all, come to by today; where named, of some initiatives."""
    found = LabourDays.objects.select_related("initiative", "role")
    within = Q()
    if roles is not None:
        found = found.filter(role__in=roles)
        within &= Q(group__resource__in=[reference(role) for role in roles])
    if initiatives is not None:
        found = found.filter(initiative__in=initiatives)
        within &= Q(group__initiative__in=initiatives)
    return restating.bring_to(actor, LABOUR, wanted(found, timezone.localdate()), about, within)


def wanted(days: Iterable[LabourDays], to: date) -> Iterator[NewLine]:
    """Yield a line for each month's days of a role on an initiative that has ended; none where there is no rate."""
    category, by_role = Category.objects.get(name=CATEGORY), rates()
    for row in days:
        on = last_day(row.month)
        rate = in_force(by_role[row.role_id], on)
        if on > to or not rate:
            continue
        yield NewLine(
            initiative=row.initiative,
            incurred_on=on,
            category=category,
            amount=EXACT.multiply(row.days, rate).normalize(EXACT),
            currency=row.role.currency,
            resource=reference(row.role_id),
            description=f"{row.role.name}: {plain(row.days)} × {plain(rate)}",
            external_id=f"labour:{row.role_id}:{row.month:%Y-%m}:{row.initiative.key}",
            source=LABOUR,
        )


def rates() -> Rates:
    """Return the rates of every role, oldest first."""
    found: Rates = defaultdict(list)
    for role, since, amount in DayRate.objects.order_by("since").values_list("role_id", "since", "amount"):
        found[role].append((since, amount))
    return found
