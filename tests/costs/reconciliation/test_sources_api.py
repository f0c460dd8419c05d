"""`/ledger-sources`: which record counts, by API; who may; what is refused."""

from datetime import date
from typing import Any

import pytest
from django.test import Client

from accounts.models import AuditEntry
from costs import totals
from costs.allocation.placements import EVER
from costs.models import LedgerSource
from tests.costs.reconciliation.test_months import record
from tests.costs.test_removal_api import caller
from tests.factories import UserFactory, bearer

pytestmark = pytest.mark.django_db
URL = "/ledger-sources"
TAKE = {"provider": "openai", "since": "2026-04", "kind": "usage"}


@pytest.fixture
def api(client: Client):
    return caller(client, finance=True)


@pytest.fixture
def records():
    """OpenAI bills 100 in March and 10 in April, by our prices it is 108 and 11; nobody decided, the bill counts."""
    LedgerSource.objects.create(provider="openai", since=EVER, kind="bill", is_automatic=True)
    for on, billed, priced in (("2026-03-03", "100", "108"), ("2026-04-03", "10", "11")):
        record("bill", on, billed)
        record("usage", on, priced)


def ledger(api: Any) -> list[tuple[str, str]]:
    """Return month and what counts, the latest first."""
    return [(item["month"], item["ledger"]) for item in api("get", "/reconciliations").json()["items"]]


def test_another_record_counts_from_its_month_on(api, records):
    api("post", URL, TAKE | {"since": "2026-03", "kind": "bill"})
    assert ledger(api) == [("2026-04", "10"), ("2026-03", "100")]
    made = api("post", URL, TAKE | {"provider": " OpenAI "})
    assert (made.status_code, made.json()) == (201, TAKE | {"is_automatic": False})
    assert ledger(api) == [("2026-04", "11"), ("2026-03", "100")]
    assert totals.unallocated(date(2026, 12, 31)).gross == 111
    listed = api("get", URL).json()
    assert [(each["since"], each["kind"], each["is_automatic"]) for each in listed["items"]] == [
        (None, "bill", True), ("2026-03", "bill", False), ("2026-04", "usage", False),
    ]  # fmt: skip
    entry = AuditEntry.objects.filter(object_type="costs.ledgersource").latest("pk")
    assert entry.changes["kind"] == ["bill", "usage"]


def test_what_is_taken_from_an_earlier_month_replaces_what_was_decided_for_later_ones(api, records):
    api("post", URL, TAKE)
    assert api("post", URL, TAKE | {"since": "2026-03", "kind": "usage"}).status_code == 201
    assert ledger(api) == [("2026-04", "11"), ("2026-03", "108")]
    assert [each["since"] for each in api("get", URL).json()["items"]] == [None, "2026-03"]


def test_sent_again_with_its_key_it_is_done_once(client, records):
    headers = bearer(UserFactory(finance=True)) | {"Idempotency-Key": "once"}
    sent = {"data": TAKE, "content_type": "application/json", "headers": headers}
    first, again = (client.post(f"/api/v1{URL}", **sent) for _ in range(2))
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    assert AuditEntry.objects.filter(object_type="costs.ledgersource").count() == 1


@pytest.mark.parametrize(
    ("sent", "field"),
    [({"provider": "nobody"}, "provider"), ({"since": "2026-05"}, "provider"), ({"kind": "entered"}, "kind"),
     ({"kind": "gateway"}, "kind"),
     ({"since": "2026-13"}, "since"), ({"colour": "red"}, "colour")],
)  # fmt: skip
def test_what_is_refused_changes_nothing(api, records, sent, field):
    refused = api("post", URL, TAKE | sent)
    assert (refused.status_code, refused["Content-Type"]) == (422, "application/problem+json")
    assert [each["field"] for each in refused.json()["errors"]] == [field]
    assert LedgerSource.objects.get().kind == "bill"


@pytest.mark.parametrize("role", ["contributor", "portfolio", "executive"])
def test_others_neither_see_nor_choose(client, records, role):
    call = caller(client, role=role)
    assert (call("get", URL).status_code, call("post", URL, TAKE).status_code) == (403, 403)
    assert LedgerSource.objects.get().kind == "bill"


def test_the_list_of_one_provider_by_any_of_its_names_in_parts(api, django_assert_num_queries):
    for provider in ("aws", "openai"):
        for month in (1, 2, 3):
            LedgerSource.objects.create(provider=provider, since=date(2026, month, 1), kind="bill")
    first = api("get", f"{URL}?provider=Amazon&limit=2").json()
    assert (first["count"], [each["since"] for each in first["items"]]) == (3, ["2026-01", "2026-02"])
    rest = api("get", first["next"].partition("/api/v1")[2]).json()
    assert ([each["since"] for each in rest["items"]], rest["next"]) == (["2026-03"], None)
    for asked in ("?limit=1", ""):
        with django_assert_num_queries(3):
            assert api("get", URL + asked).json()["count"] == 6


def test_a_record_that_the_provider_does_not_have_is_not_taken_on_the_page_either(client, records):
    client.force_login(UserFactory(finance=True))
    page = "/costs/reconciliation/openai/2026-04/"
    refused = client.post(page, {"take": "1", "kind": "gateway"})
    assert refused.status_code == 422
    assert "There is no such record of this provider." in refused.content.decode()
    assert LedgerSource.objects.get().kind == "bill"
