"""`/costs/unallocated`: what belongs to nobody, put together by fields; what of it a reader may see."""

import base64
import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from costs.allocation import rules as allocation_rules
from costs.allocation import runs as allocation_runs
from costs.allocation.rules import Terms
from tests.costs.factories import add_line
from tests.costs.test_removal_api import caller
from tests.factories import InitiativeFactory

pytestmark = pytest.mark.django_db
URL = "/costs/unallocated"


@pytest.fixture
def api(client: Client):
    return caller(client, finance=True)


@pytest.fixture
def charges():
    """Of nobody: 1,260 of Stratus in two months and sources, a credit of 70, 7 with a tag; and 5 of somebody."""
    add_line(None, "2026-03-05", "1200", vendor="Stratus", source="a")
    add_line(None, "2026-04-05", "60", vendor="Stratus", source="b")
    add_line(None, "2026-04-06", "-70", vendor="Contoso")
    add_line(None, "2026-02-06", "7", vendor="Tagged", tags={" App": "Claims"})
    add_line(InitiativeFactory(), "2026-04-06", "5", vendor="Stratus")


def told(answer: Any) -> list[tuple[Any, ...]]:
    """Return the values, amount and lines of each item."""
    return [(*item["values"].values(), Decimal(item["amount"]), item["lines"]) for item in answer.json()["items"]]


def test_the_biggest_come_first_and_a_credit_by_its_size(api, charges):
    answer = api("get", f"{URL}?by=vendor")
    assert told(answer) == [("Stratus", 1260, 2), ("Contoso", -70, 1), ("Tagged", 7, 1)]
    assert answer.json()["items"][0] == {
        "values": {"vendor": "Stratus"}, "lines": 2, "amount": "1260", "currency": "USD", "pending_lines": 0,
        "last_month": "2026-04",
    }  # fmt: skip
    assert told(api("get", f"{URL}?by=vendor&by=source"))[:2] == [
        ("Stratus", "a", 1200, 1),
        ("Contoso", "manual", -70, 1),
    ]
    assert list(api("get", URL).json()["items"][0]["values"]) == ["vendor", "service", "account"]


def test_by_a_tag_whatever_its_capitals(api, charges):
    answer = api("get", f"{URL}?by=tag:APP&by=vendor")
    assert told(answer)[-1] == ("Claims", "Tagged", 7, 1)
    assert answer.json()["items"][0]["values"] == {"tag:app": "", "vendor": "Stratus"}


def test_the_list_goes_on_where_it_ended(api, charges):
    first = api("get", f"{URL}?by=vendor&limit=2").json()
    assert (first["count"], len(first["items"])) == (3, 2)
    rest = api("get", first["next"].partition("/api/v1")[2])
    assert (told(rest), rest.json()["next"]) == ([("Tagged", 7, 1)], None)


def test_the_list_goes_on_after_its_last_item_wherever_that_stands(api, charges):
    first = api("get", f"{URL}?by=vendor&limit=1").json()
    add_line(None, "2026-03-05", "5000", vendor="Biggest")
    following = api("get", first["next"].partition("/api/v1")[2]).json()
    assert (following["count"], following["items"][0]["values"]) == (4, {"vendor": "Contoso"})
    add_line(None, "2026-03-05", "0", vendor="Least")
    last = following["next"].partition("/api/v1")[2]
    assert told(api("get", last)) == [("Tagged", 7, 1)]
    by_source = api("get", last.replace("by=vendor", "by=source"))  # no such item: what stands in its place is next
    assert (told(by_source), by_source.json()["count"]) == ([("b", 60, 1)], 3)


@pytest.mark.parametrize("text", ["2", "-1-0", "1-x", "1234567890-" + "0" * 32])
def test_a_cursor_that_no_page_has_given_is_refused(api, text):
    cursor = base64.urlsafe_b64encode(json.dumps([text]).encode()).decode().rstrip("=")
    assert api("get", f"{URL}?cursor={cursor}").status_code == 422


def test_what_waits_for_a_rate_is_counted_and_in_no_amount(api):
    add_line(None, "2026-03-31", "9", vendor="Euros", currency="EUR")
    add_line(None, "2026-03-31", "7", vendor="Euros")
    (item,) = api("get", f"{URL}?by=vendor").json()["items"]
    assert (Decimal(item["amount"]), item["lines"], item["pending_lines"]) == (7, 2, 1)


def test_what_was_placed_on_a_confidential_initiative_once_is_told_to_who_may_see_it(api, client):
    seen, secret = InitiativeFactory(), InitiativeFactory(confidential=True)
    for vendor, one in (("AWS", seen), ("Whisper", secret)):
        add_line(None, "2026-03-31", "100", vendor=vendor)
        add_line(None, "2026-04-30", "10", vendor=vendor)
        march = Terms({"vendor": vendor}, ((one, Decimal(1)),), since=date(2026, 3, 1), until=date(2026, 4, 1))
        allocation_rules.create(None, march)
    allocation_runs.apply(None)
    assert told(api("get", f"{URL}?by=vendor")) == [("AWS", 10, 1), ("Whisper", 10, 1)]
    assert told(caller(client)("get", f"{URL}?by=vendor")) == [("AWS", 10, 1)]


@pytest.mark.parametrize("by", ["colour", "tag:", "tag:%20", "", "tag:a%00b"])
def test_a_field_that_is_not_known_is_refused(api, by):
    refused = api("get", f"{URL}?by={by}")
    assert (refused.status_code, refused["Content-Type"]) == (422, "application/problem+json")
    assert refused.json()["errors"][0]["field"] == "by"


def test_as_many_queries_for_many(api, charges, django_assert_num_queries):
    api("get", URL)  # the first call of a token notes that it was used
    for asked in ("?by=vendor&limit=1", "?by=vendor&by=account&by=tag:app"):
        with django_assert_num_queries(3):
            api("get", URL + asked)
