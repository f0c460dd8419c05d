"""The migration that writes kept names of providers in one line, as records are named since."""

from datetime import UTC, date, datetime
from importlib import import_module

import pytest
from django.apps import apps

from costs.allocation.placements import EVER
from costs.models import LedgerSource, Reconciliation

pytestmark = pytest.mark.django_db
MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)


def test_a_kept_name_is_folded_unless_its_month_has_the_new_name_already():
    for provider, since in (
        ("acme\ncloud", EVER),
        ("acme  cloud", MARCH),
        ("acme cloud", MARCH),
        ("amazon web\nservices", EVER),
        ("openai", EVER),
    ):
        LedgerSource.objects.create(provider=provider, since=since, kind="bill")
    for provider, month in (("acme\ncloud", MARCH), ("acme \ncloud", APRIL), ("acme\tcloud", APRIL)):
        Reconciliation.objects.create(provider=provider, month=month, reconciled_at=datetime(2026, 5, 1, tzinfo=UTC))
    import_module("costs.migrations.0016_one_line_providers").fold(apps, None)
    assert list(LedgerSource.objects.order_by("pk").values_list("provider", "since")) == [
        ("acme cloud", EVER),
        ("acme  cloud", MARCH),
        ("acme cloud", MARCH),
        ("aws", EVER),
        ("openai", EVER),
    ]
    assert list(Reconciliation.objects.order_by("pk").values_list("provider", "month")) == [
        ("acme cloud", MARCH),
        ("acme cloud", APRIL),
        ("acme\tcloud", APRIL),
    ]
