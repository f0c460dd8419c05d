"""A month that was reconciled is opened again, and what was noted of it is kept."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.errors import StaleError
from accounts.models import AuditEntry
from costs import lines
from costs.models import CostLine, Reconciliation
from costs.reconciliation import months
from costs.reconciliation.months import provider_month
from tests.costs.reconciliation.test_months import MARCH, reconcile, record, three_records  # noqa: F401 - a fixture
from tests.factories import UserFactory, bearer

pytestmark = pytest.mark.django_db


@pytest.mark.usefixtures("three_records")
def test_accepting_a_month_again_keeps_its_note_and_the_trail_has_both(client: Client):
    client.force_login(UserFactory(finance=True))
    address = reverse("costs:reconciliation", args=["openai", "2026-03"])
    reconcile(client, address, "Agreed with Ann.")
    record("gateway", "2026-03-09", "1")
    form = client.get(address).context["note"]
    assert form["note"].value() == "Agreed with Ann."
    reconcile(client, address, "Agreed with Ben.")
    last = AuditEntry.objects.filter(action="reconcile").latest("pk")
    assert last.changes["note"] == ["Agreed with Ann.", "Agreed with Ben."]


def open_again(client: Client, address: str, version: int | None = None):
    form = client.get(address).context["note"]
    return client.post(address, {"open": "1", "version": version or form["version"].value()})


@pytest.mark.usefixtures("three_records")
def test_a_reconciled_month_is_opened_again(client: Client):
    client.force_login(UserFactory(finance=True))
    address = reverse("costs:reconciliation", args=["openai", "2026-03"])
    assert ">Open again<" not in client.get(address).content.decode()
    reconcile(client, address, "Agreed with Ann.")
    kept = Reconciliation.objects.get().figures
    assert ">Open again<" in client.get(address).content.decode()
    assert open_again(client, address)["Location"] == address
    page = client.get(address).content.decode()
    assert "The month is open again." in page and "Agreed with Ann." not in page
    assert provider_month("openai", MARCH).state == "open"
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.object_label) == ("open", "openai 2026-03")
    assert entry.changes == {"figures": [kept, None], "note": ["Agreed with Ann.", None]}
    assert open_again(client, address).status_code == 302  # nothing is left to open
    assert AuditEntry.objects.latest("pk") == entry


@pytest.mark.usefixtures("three_records")
def test_what_somebody_has_accepted_meanwhile_is_neither_opened_nor_replaced_unseen(client: Client):
    client.force_login(UserFactory(finance=True))
    address = reverse("costs:reconciliation", args=["openai", "2026-03"])
    reconcile(client, address, "Mine")
    seen = client.get(address).context["note"]["version"].value()
    reconcile(client, address, "Theirs")
    assert open_again(client, address, seen).status_code == 422
    assert client.post(address, {"reconcile": "1", "note": "Mine", "version": seen}).status_code == 422
    known = Reconciliation.objects.get()
    assert known.note == "Theirs"
    earlier = Reconciliation(pk=known.pk, reconciled_at=known.reconciled_at - timedelta(seconds=1))
    with pytest.raises(StaleError):
        months.open_again(UserFactory(finance=True), earlier)
    assert Reconciliation.objects.get() == known


@pytest.mark.usefixtures("three_records")
def test_of_two_who_accept_a_month_at_once_the_second_is_told():
    ann, ben = UserFactory.create_batch(2, finance=True)
    for_ann, for_ben = provider_month("openai", MARCH), provider_month("openai", MARCH)
    months.reconcile(ann, for_ann, "Ann's")
    with pytest.raises(StaleError):
        months.reconcile(ben, for_ben, "Ben's")
    seen = provider_month("openai", MARCH)
    months.open_again(ann, seen.known)
    with pytest.raises(StaleError):  # it was opened meanwhile
        months.reconcile(ben, seen, "Ben's")
    assert not Reconciliation.objects.exists()


@pytest.mark.usefixtures("three_records")
def test_who_accepts_what_somebody_else_accepts_at_that_moment_is_shown_the_month_with_the_note(client, monkeypatch):
    client.force_login(UserFactory(finance=True))
    address = reverse("costs:reconciliation", args=["openai", "2026-03"])
    version = client.get(address).context["note"]["version"].value()
    accept = months.reconcile

    def after_another(actor, here, note):
        accept(UserFactory(finance=True), provider_month("openai", MARCH), "Theirs")
        return accept(actor, here, note)

    monkeypatch.setattr("costs.reconciliation.views.reconcile", after_another)
    late = client.post(address, {"reconcile": "1", "note": "Mine", "version": version})
    assert late.status_code == 422
    assert "Somebody else has changed this meanwhile." in late.content.decode()
    assert late.context["note"]["note"].value() == "Mine"
    assert Reconciliation.objects.get().note == "Theirs"


@pytest.mark.usefixtures("three_records")
@pytest.mark.parametrize(("given", "kept"), [({}, "Agreed with Ann."), ({"note": ""}, ""), ({"note": "b"}, "b")])
def test_the_api_keeps_the_note_that_it_is_not_told_of(client: Client, given, kept):
    headers, address = bearer(UserFactory(finance=True)), "/api/v1/reconciliations/openai/2026-03"
    client.post(address, {"note": "Agreed with Ann."}, headers=headers, content_type="application/json")
    again = client.post(address, given, headers=headers, content_type="application/json")
    assert (again.status_code, again.json()["note"]) == (200, kept)


def test_a_month_whose_records_have_gone_leaves_the_list_once_it_is_open(client: Client):
    record("bill", "2026-03-03", "70", vendor="Acme")
    client.force_login(UserFactory(finance=True))
    address = reverse("costs:reconciliation", args=["acme", "2026-03"])
    reconcile(client, address, "")
    lines.remove(None, CostLine.objects.live().shown().get())
    assert open_again(client, address)["Location"] == reverse("costs:reconciliations")
    assert client.get(address).status_code == 404


@pytest.mark.usefixtures("three_records")
def test_the_api_opens_a_month_again(client: Client):
    headers, address = bearer(UserFactory(finance=True)), "/api/v1/reconciliations/openai/2026-03"
    sent = {"data": {"note": "fine"}, "content_type": "application/json"}
    read = client.get(address, headers=headers)["ETag"]
    assert client.delete(address, headers=headers | {"If-Match": read}).status_code == 404  # it is open
    client.post(address, headers=headers, **sent)
    assert client.delete(address, headers=headers).status_code == 428
    assert client.delete(address, headers=headers | {"If-Match": read}).status_code == 412  # of before
    now = client.get(address, headers=headers)["ETag"]
    refused = client.delete(address, headers=bearer(UserFactory(portfolio=True)) | {"If-Match": now})
    assert (refused.status_code, Reconciliation.objects.count()) == (403, 1)
    assert client.delete(address, headers=headers | {"If-Match": now}).status_code == 204
    after = client.get(address, headers=headers)
    assert (after.json()["state"], after.json()["note"], after["ETag"]) == ("open", "", read)
