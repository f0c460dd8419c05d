"""Where the lines behind an amount of a provider's month are listed: in the ledger, if its filters keep just these."""

from __future__ import annotations

from urllib.parse import urlencode

from django.urls import reverse

from costs.models import Kind
from costs.reconciliation.causes import Item
from costs.reconciliation.months import ProviderMonth


def of_ledger(here: ProviderMonth) -> str:
    """Return where all that counts of the provider's month is listed."""
    return _listed(here)


def of_record(here: ProviderMonth, kind: Kind, *, counted: bool) -> str:
    """Return where the lines of a record are listed that count in the ledger, or that are kept to compare."""
    return _listed(here, kind=kind.value, compared=not counted)


def of_item(here: ProviderMonth, kind: Kind, item: Item) -> str:
    """Return where the lines of an item are listed; "" where some of them count and others do not: no list has both."""
    if item.counted is None:
        return ""
    about = {"sku": item.about}
    if item.by_service:
        about = {"service": item.about, "not_stated": "sku" if item.about else "service,sku"}
    return _listed(here, kind=kind.value, compared=not item.counted, **about)


def _listed(here: ProviderMonth, *, compared: bool = False, **filters: str) -> str:
    asked = {"provider": here.provider, "month": f"{here.month:%Y-%m}", **filters, "compared": "on" if compared else ""}
    return f"{reverse('costs:ledger')}?{urlencode({name: value for name, value in asked.items() if value})}"
