"""Strangers, people who are not signed in, other sites and hostile texts, sent through every address there is."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import openpyxl
import pytest
from django.http import HttpResponse
from django.test import Client

from accounts.models import AuditEntry
from api import limits
from config.api import api
from costs.reconciliation.months import provider_months, reconcile
from tests import addresses
from tests.everything import everything
from tests.factories import InitiativeFactory, UserFactory, bearer

# What a page refuses is the same on every server; that each answers on every one, `test_addresses` sees.
pytestmark = [pytest.mark.django_db, pytest.mark.once]
WEB = [*addresses.PAGES, *addresses.FILES, *addresses.LEADING_ON, *addresses.ASKED_BY_SCRIPT]
SENT = [*addresses.PAGES, *addresses.SENT_TO]


def calls(named: dict[str, Any]) -> list[tuple[str, str]]:
    """Return method and address of every operation of the API."""
    paths = api.get_openapi_schema()["paths"]
    return [(method, addresses.of_call(path, named)) for path, methods in paths.items() for method in methods]


@pytest.fixture(autouse=True)
def _no_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "REQUESTS", 1_000_000)


def test_no_call_answers_without_a_token(client: Client) -> None:
    named = everything(UserFactory(admin=True))
    before = AuditEntry.objects.count()
    for method, address in calls(named):
        answer = getattr(client, method)(address)
        assert (answer.status_code, bool(answer["WWW-Authenticate"])) == (401, True), address
    assert AuditEntry.objects.count() == before


SECRET = ("Project Whisper", "AI-8888", "7654321", "7,654,321")
ONES_OWN = {"/logout/", "/language/", "/tokens/", "/profile/", "/password/change/", "/costs/notices/?show=all"}


def told(answer: HttpResponse) -> bool:
    text = answer.getvalue().decode(errors="replace")
    return any(word in text for word in SECRET)


def test_a_stranger_learns_nothing_of_a_confidential_initiative(client: Client) -> None:
    owner, stranger = UserFactory(admin=True), UserFactory()
    secret = InitiativeFactory(title="Project Whisper", number=8888, owner=owner, confidential=True)
    named = everything(owner, initiative=secret, secret="7654321")
    web, sent = ([address.format(**named) for address in each] for each in (WEB, SENT))
    client.force_login(owner)
    assert sum(told(client.get(address)) for address in web) > 25  # a control
    client.force_login(stranger)
    for headers in ({}, {"HX-Request": "true"}):
        assert [address for address in web if told(client.get(address, headers=headers))] == []
    token = bearer(stranger) | {"If-Match": "*"}
    before = AuditEntry.objects.count()
    posts = [address for address in sent if address not in ONES_OWN]
    assert [address for address in posts if told(client.post(address, {"sent": "1"}))] == []
    assert [call for call in calls(named) if told(getattr(client, call[0])(call[1], headers=token))] == []
    assert AuditEntry.objects.count() == before


def test_another_site_can_send_nothing() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(UserFactory(admin=True))
    named = everything(UserFactory(admin=True))
    for address in [*SENT, *addresses.DOORSTEP]:
        assert client.post(address.format(**named), {"sent": "1"}).status_code in (403, 405), address
    for method, address in calls(named):
        assert method == "get" or getattr(client, method)(address).status_code == 403, address


HOSTILE = "=1+<x-evil onerror='a'>\"&{{7*7}};=2+x-evil"
RUNS = re.compile("<x-evil|49}}|{{49")
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@pytest.fixture
def hostile(client: Client) -> dict[str, Any]:
    """Everything with a text that would be markup, a template or a formula; an administrator of that name looks."""
    admin = UserFactory(admin=True, name=HOSTILE)
    client.force_login(admin)
    named = everything(admin, text=HOSTILE)
    reconcile(admin, provider_months()[0], HOSTILE)
    return named


def test_no_text_becomes_markup(client: Client, hostile: dict[str, Any]) -> None:
    shown = 0
    for address in addresses.PAGES:
        main = client.get(address.format(**hostile)).content.decode()
        assert not RUNS.search(main), address
        shown += "x-evil" in main.partition("<main")[2]  # beside the name of who looks, which is everywhere
    assert shown > 30  # a control


def test_no_text_becomes_a_formula(client: Client, hostile: dict[str, Any]) -> None:
    shown = {}
    for address in addresses.FILES:
        content = client.get(address.format(**hostile)).getvalue()
        if content.startswith(b"PK"):
            cells = [cell for row in openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows() for cell in row]
            assert not [cell for cell in cells if cell.data_type == "f" or cell.hyperlink], address
            texts = [str(cell.value) for cell in cells]
        else:
            for separator in ";\t,":  # what Excel splits at is the machine's own
                rows = csv.reader(io.StringIO(content.decode()), delimiter=separator)
                texts = [cell for row in rows for cell in row]
                assert not [text for text in texts if "x-evil" in text and text.startswith(FORMULA)], address
        shown[address] = any("x-evil" in text for text in texts)
    assert [address for address in shown if not shown[address]] == ["/imports/{job}/restated.csv"]  # amounts alone
