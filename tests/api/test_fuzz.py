"""Every operation of the OpenAPI document with what nobody should send: an answer as documented, and never a 500."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

import jsonschema_rs
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.http import HttpResponse
from django.test import Client

from accounts.models import User
from api import limits
from config.api import api
from costs.models import ChargeGroup, Kind
from tests import addresses
from tests.api.samples import NASTY, NASTY_TEXTS, Samples, Turns, places, put
from tests.costs.factories import add_line
from tests.everything import everything
from tests.factories import UserFactory, bearer_in_use

# What a call refuses is the same on every server.
pytestmark = [pytest.mark.django_db, pytest.mark.once, pytest.mark.xdist_group("fuzz")]
DOCUMENT = json.loads(json.dumps(api.get_openapi_schema(), default=str))
TAGS = ["Initiatives", "Outcomes", "Costs", "Reconciliation", "Money", "Imports", "Portfolio", "Audit"]
VALUES_A_PLACE = 2
OF_ANY_NAMES = [(name,) for name in ("match", "tags", "saw", "mapping", "constants")]


class Operation(NamedTuple):
    """A method of an address, and what the document says of it."""

    method: str
    path: str
    said: dict[str, Any]

    @property
    def body(self) -> dict[str, Any] | None:
        content = self.said.get("requestBody", {}).get("content", {})
        return content.get("application/json", {}).get("schema")


OPERATIONS = [
    Operation(method, path, said) for path, item in DOCUMENT["paths"].items() for method, said in item.items()
]


class Caller:
    """An administrator who sends to things that are there; nothing that is done stays."""

    def __init__(self, client: Client, user: User, named: dict[str, Any]) -> None:
        self.client, self.named = client, named
        self.headers = bearer_in_use(user) | {"If-Match": "*"}
        taken = {"initiative": self.named["key"], "lines": [self.named["line"]], "rule": self.named["rule"]}
        self.samples = Samples(DOCUMENT, taken | {"role": "thing"})
        self.wrong: list[str] = []

    def address(self, operation: Operation) -> str:
        return addresses.of_call(operation.path, self.named)

    def send(self, operation: Operation, address: str = "", query: Any = (), **sent: Any) -> HttpResponse:
        address = address or self.address(operation)
        if query:
            address += "?" + urlencode(query, errors="surrogatepass")
        with transaction.atomic():
            answer = self.client.generic(operation.method.upper(), address, headers=self.headers, **sent)
            transaction.set_rollback(True)
        if fault := _fault(operation, answer):
            self.wrong.append(f"{operation.method} {address[:120]} {sent.get('data', '')[:300]!r}: {fault}"[:900])
        return answer

    def send_json(self, operation: Operation, body: Any) -> HttpResponse:
        text = body if isinstance(body, str) else json.dumps(body)
        data = text.encode(errors="surrogatepass")
        return self.send(operation, data=data, content_type="application/json")


def _fault(operation: Operation, answer: HttpResponse) -> str:
    """Return what is wrong with an answer: a status that is not documented, or another content."""
    said = operation.said["responses"].get(str(answer.status_code))
    if answer.status_code >= 500 or said is None:
        return f"{answer.status_code} is not documented"
    for kind, content in said.get("content", {}).items():
        if answer["Content-Type"].partition(";")[0] != kind:
            return f"{answer.status_code} is {answer['Content-Type']}"
        if kind.endswith("json"):
            error = next(_schema_of(json.dumps(content["schema"])).iter_errors(answer.json()), None)
            return f"{answer.status_code} at {error.instance_path}: {error.message}" if error else ""
    return ""


@cache
def _schema_of(schema: str) -> Any:
    """Make a schema of the document ready once: that takes longer than most requests."""
    return jsonschema_rs.validator_for(json.loads(schema) | {"components": DOCUMENT["components"]})


@pytest.fixture(scope="module")
def user(kept_for_the_module: None) -> User:
    return UserFactory(admin=True)


@pytest.fixture(scope="module")
def named(user: User) -> dict[str, Any]:
    billed = add_line(None, "2026-01-02", "3", vendor="openai", source="a bill")  # which the ledger can take
    ChargeGroup.objects.filter(pk=billed.group_id).update(kind=Kind.BILL)
    return everything(user, "thing")


@pytest.fixture
def caller(client: Client, user: User, named: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Caller:
    monkeypatch.setattr(limits, "REQUESTS", 1_000_000)
    client.raise_request_exception = False
    return Caller(client, user, named)


def of(tag: str) -> Iterator[Operation]:
    return (operation for operation in OPERATIONS if tag in operation.said["tags"])


def test_every_operation_is_in_a_room_that_is_tried() -> None:
    assert {tag for operation in OPERATIONS for tag in operation.said["tags"]} == set(TAGS)


@pytest.mark.parametrize("tag", TAGS)
def test_bodies_that_nobody_should_send(caller: Caller, tag: str) -> None:
    turns = Turns(NASTY, VALUES_A_PLACE)
    for operation in of(tag):
        if operation.body is None:
            continue
        whole, least = (caller.samples.of(operation.body, every=every) for every in (True, False))
        done = [caller.send_json(operation, body).status_code // 100 for body in (whole, least)]
        assert 2 in done, f"a control: {operation.path} takes neither {whole} nor {least}"
        for path in places(whole):
            marked = json.dumps(put(whole, path, "@here@"))
            for text in turns.next():
                caller.send_json(operation, marked.replace('"@here@"', text))
        for text in ("", "{", "null", "[" * 10_000 + "]" * 10_000, '{"a": 1, "a": 2}'):
            assert caller.send_json(operation, text).status_code in (400, 422)
    assert caller.wrong == []


@pytest.mark.parametrize("tag", TAGS)
def test_a_field_that_is_not_known_is_refused_wherever_it_stands(caller: Caller, tag: str) -> None:
    for operation in of(tag):
        body = operation.body and caller.samples.of(operation.body)
        for path in [(), *places(body)] if body else []:
            at = body
            for step in path:
                at = at[step]
            if isinstance(at, dict) and path[-1:] not in OF_ANY_NAMES:
                sent = put(body, (*path, "no_such_field"), 1)
                answer = caller.send_json(operation, sent)
                named = [each["field"].rpartition(".")[2] for each in answer.json().get("errors", [])]
                assert (answer.status_code, "no_such_field" in named) == (422, True), (operation[:2], path)
    assert caller.wrong == []


@pytest.mark.parametrize("tag", TAGS)
def test_addresses_that_nobody_should_ask_for(caller: Caller, tag: str) -> None:
    turns = Turns(NASTY_TEXTS, VALUES_A_PLACE)
    for operation in of(tag):
        caller.send(operation)
        for parameter in operation.said["parameters"]:
            for text in turns.next() if parameter["in"] != "header" else ():
                if parameter["in"] == "query":
                    caller.send(operation, query=[(parameter["name"], text)])
                else:
                    part = quote(text or "-", safe="", errors="surrogatepass")
                    changed = operation.path.replace(f"{{{parameter['name']}}}", part)
                    caller.send(operation, address=addresses.of_call(changed, caller.named))
    assert caller.wrong == []


@pytest.mark.parametrize("content", [b"", b"\x00", b"incurred_on\n\x00", bytes(range(256)), b"PK\x03\x04"])
def test_uploads_that_nobody_should_send(caller: Caller, content: bytes) -> None:
    (upload,) = [operation for operation in of("Imports") if operation[:2] == ("post", "/api/v1/imports")]
    for fields in ({}, {"format": "a\0b"}, {"format": "costs_csv", "mapping": "[" * 10_000}, {"format": "costs_csv"}):
        sent = fields | {"file": SimpleUploadedFile("a\r\nb\0.csv", content)}
        answer = caller.client.post(upload.path, sent, headers=caller.headers)
        assert _fault(upload, answer) == ""
