"""From a generated line to the place where it is changed."""

from __future__ import annotations

from datetime import date

from django.urls import reverse

from accounts.models import Organisation
from costs.models import CostLine
from costs.registers.generated import ASSETS, LABOUR, RECURRING

_PAGES = {ASSETS: "costs:asset", RECURRING: "costs:recurring-cost"}


def register_url(line: CostLine) -> str:
    """Return the page of what a line follows from; "" for a line that follows from no register."""
    source, initiative = line.group.source, line.group.initiative
    if source == LABOUR and initiative is not None:
        return f"{reverse('costs:labour')}?initiative={initiative.key}&year={_fiscal_year(line.incurred_on)}"
    if source not in _PAGES:
        return ""
    return reverse(_PAGES[source], args=[entry_of(line)])


def _fiscal_year(on: date) -> int:
    """Return the year in which the fiscal year begins that a day lies in."""
    return on.year - (on.month < Organisation.current().fiscal_year_start)


def entry_of(line: CostLine) -> int:
    """Return the id of the asset, or of the recurring cost, that a line follows from."""
    return int(line.group.resource.rpartition(":")[2])
