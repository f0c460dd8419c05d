"""What every page asks first: the version of the data, which keys the caches, and the organisation. One query."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Subquery

from accounts.models import DataVersion, Organisation


@dataclass(frozen=True)
class State:
    """The data's version and whose they are."""

    version: int
    organisation: Organisation


def state() -> State:
    """Return the state of the data now."""
    first = Organisation.objects.order_by("pk")
    columns = {name: Subquery(first.values(name)[:1]) for name in ("name", "base_currency", "fiscal_year_start")}
    row = DataVersion.objects.annotate(**{f"organisation_{name}": column for name, column in columns.items()}).get()
    known = {name: getattr(row, f"organisation_{name}") for name in columns}
    organisation = Organisation(**known) if known["base_currency"] else Organisation()
    return State(row.number, organisation)
