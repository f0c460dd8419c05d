"""An initiative on which cost is placed stays when its import is taken back: placements refer to it without a key."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from costs.allocation.rules import remove
from imports import jobs
from projects.models import Initiative
from tests.costs.allocation.test_places import cost_of, rule
from tests.costs.importers.test_focus import bill
from tests.factories import UserFactory, bearer
from tests.imports.files import bring_in

pytestmark = pytest.mark.django_db
ACME = {"ProviderName": "acme", "BilledCost": "10"}


def test_what_cost_is_placed_on_is_kept(client: Client) -> None:
    admin = UserFactory(admin=True)
    brought = bring_in("initiatives_csv", "title\nTriage\nOther\n", actor=admin)
    triage = Initiative.objects.get(title="Triage")
    made = rule({"vendor": "acme"}, triage)
    bill_in = bring_in("focus", bill(ACME))
    remove(admin, made, made.version)
    taken = jobs.revert(brought, admin)
    assert (taken.removed, taken.kept, cost_of(triage, None)) == (1, 1, [10, 0])

    headers = bearer(admin)
    client.force_login(admin)
    assert triage.title in client.get(reverse("costs:allocation-apply")).content.decode()
    answer = client.post("/api/v1/allocation-rules/simulate", {}, content_type="application/json", headers=headers)
    assert {each["initiative"] for each in answer.json()["initiatives"]} == {triage.key, None}
    jobs.revert(bill_in, admin)
    assert Initiative.objects.filter(pk=triage.pk).exists()
