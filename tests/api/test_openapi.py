"""The OpenAPI document is one: valid by the schema of OpenAPI 3.1, with schemas that are JSON Schema, one a name."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from django.db import transaction
from django.test import Client
from django.utils import translation
from ninja.openapi.schema import OpenAPISchema
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from api import limits, site
from config.api import api
from config.supervisor import ROOT
from tests import addresses
from tests.everything import everything
from tests.factories import UserFactory, bearer, bearer_in_use

pytestmark = pytest.mark.django_db
METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture(scope="module")
def document(kept_for_the_module: None) -> dict[str, Any]:
    return Client().get("/api/v1/openapi.json").json()


def nodes(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every object in a document."""
    if isinstance(value, dict):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from nodes(each)


def operations(document: dict[str, Any], methods: set[str] = METHODS) -> list[tuple[str, dict[str, Any]]]:
    return [
        (path, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in methods
    ]


def test_the_document_is_valid_by_the_schema_of_openapi_3_1(document):
    assert document["openapi"].startswith("3.1")
    assert [f"{error.instance_path}: {error.message}" for error in OPENAPI_31_VALIDATOR.iter_errors(document)] == []


def test_a_name_stands_for_one_schema(monkeypatch):
    found = defaultdict(list)

    def note(self, definitions):
        for name, schema in definitions.items():
            found[name] += [] if schema in found[name] else [schema]
        self.schemas.update(definitions)

    monkeypatch.setattr(OpenAPISchema, "add_schema_definitions", note)
    monkeypatch.setattr(api, "document", None)
    api.get_openapi_schema()
    assert len(found) > 80
    assert [name for name, schemas in found.items() if len(schemas) > 1] == []


def test_the_document_has_no_language_and_is_made_once(client, monkeypatch):
    made = []
    monkeypatch.setattr(api, "document", None)
    monkeypatch.setattr(site, "with_conventions", lambda schema: made.append(schema) or schema)
    for language in ("en", "ja", "en", "ja"):
        answer = client.get("/api/v1/openapi.json", headers={"Accept-Language": language})
        assert answer.json()["openapi"].startswith("3.1")
    assert len(made) == 1


def test_no_part_of_the_document_is_in_a_language(monkeypatch):
    said = []
    for language in ("en", "ja"):
        monkeypatch.setattr(api, "document", None)
        with translation.override(language):
            said.append(json.dumps(api.get_openapi_schema(), default=str))
    assert said[0] == said[1]


def test_a_document_below_another_address_is_made_anew():
    below = api.get_openapi_schema(path_prefix="/elsewhere/")
    assert {path.split("/")[1] for path in below["paths"]} == {"elsewhere"}
    assert "Problem" in below["components"]["schemas"]
    assert {path.split("/")[1] for path in api.get_openapi_schema()["paths"]} == {"api"}


def test_a_default_is_one_of_the_values_that_are_taken(document):
    defaults = [node for node in nodes(document) if "default" in node]
    assert len(defaults) > 50
    for schema in defaults:
        assert jsonschema_rs.is_valid(schema | {"components": document["components"]}, schema["default"]), schema


def test_what_a_change_leaves_out_stays_so_no_client_is_told_to_fill_it_in(document):
    bodies = {
        path: operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        for path, operation in operations(document, {"patch"})
    }
    assert len(bodies) > 10
    schemas = {name: document["components"]["schemas"][name] for name in bodies.values()}
    filled = {
        name: [key for key, each in found["properties"].items() if "default" in each] for name, found in schemas.items()
    }
    assert {name: fields for name, fields in filled.items() if fields} == {}
    assert [name for name, found in schemas.items() if "required" in found] == []


def test_the_document_says_itself_how_to_call(document):
    """An installation does not serve docs/api.md."""
    told = document["info"]["description"]
    for word in ("Authorization: Bearer", "Idempotency-Key", "If-Match", "next", "application/problem+json", "curl"):
        assert word in told
    assert "docs/" not in told


def test_every_operation_says_how_it_refuses(document):
    for path, operation in operations(document):
        assert {"401", "403", "404", "422", "429"} <= set(operation["responses"]), path


def test_the_document_names_the_headers_that_answers_carry(document):
    for path, operation in operations(document):
        assert "WWW-Authenticate" in operation["responses"]["401"]["headers"], path
        assert "Retry-After" in operation["responses"]["429"]["headers"], path
    for path, operation in operations(document, {"patch"}):
        assert "Retry-After" in operation["responses"]["503"]["headers"], path
        assert "ETag" in operation["responses"]["200"]["headers"], path
    made = document["paths"]["/api/v1/initiatives"]["post"]["responses"]["201"]["headers"]
    assert set(made) == {"ETag", "Location"}


def test_what_a_reader_of_its_own_checks_is_told_in_the_document(document):
    def asked(path: str) -> dict[str, Any]:
        given = document["paths"][f"/api/v1{path}"]["get"]["parameters"]
        return {each["name"]: each["schema"].get("anyOf", [each["schema"]])[0] for each in given}

    listed = asked("/portfolio/initiatives")
    assert listed["guidance"]["enum"] == ["guided", "partly_guided", "aimless", "not_recorded"]
    assert {"key", "-key", "roi", "-roi"} <= set(listed["sort"]["enum"])
    assert [listed[name]["format"] for name in ("as_of", "started_from", "started_to")] == ["date"] * 3
    assert listed["rate"] == {"type": "number", "minimum": -0.9, "maximum": 100}
    assert asked("/portfolio/trend")["by"]["enum"] == ["month"]
    explored = asked("/costs/explore")
    assert "month" in explored["rows"]["enum"]
    assert set(explored["columns"]["enum"]) - set(explored["rows"]["enum"]) == {"none"}
    assert explored["top"]["enum"] == ["12", "25", "100", "500"]
    assert explored["since"]["pattern"] == explored["until"]["pattern"] == r"^\d{4}-(0[1-9]|1[0-2])$"
    assert all("enum" in explored[name] for name in ("hosting", "stage", "ai_category", "kind"))
    schemas = document["components"]["schemas"]
    states = ["queued", "running", "done", "failed", "reverted"]
    assert [schemas[name]["properties"]["state"]["enum"] for name in ("Queued", "ImportItem", "ImportOut")] == [
        states
    ] * 3
    assert schemas["ImportOut"]["properties"]["started_at"]["anyOf"][0]["format"] == "date-time"
    upload = document["paths"]["/api/v1/imports"]["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]
    formats = upload["properties"]["format"]["enum"]
    assert {"focus", "costs_csv", "initiatives_csv", "measurements_csv"} <= set(formats)


def test_every_schema_is_json_schema_of_openapi_3_1(document):
    schemas = dict(document["components"]["schemas"])
    schemas |= {str(number): node["schema"] for number, node in enumerate(nodes(document)) if "schema" in node}
    for name, schema in schemas.items():
        if isinstance(schema, dict):
            found = schema | {"$schema": "https://json-schema.org/draft/2020-12/schema"}
            assert jsonschema_rs.meta.is_valid(found), name


def test_every_reference_leads_somewhere(document):
    for node in nodes(document):
        if isinstance(reference := node.get("$ref"), str):
            found: Any = document
            for step in reference.removeprefix("#/").split("/"):
                found = found[step]


def test_every_operation_has_a_name_of_its_own_a_summary_and_its_path_parameters(document):
    found = operations(document)
    assert len(found) > 80
    names = Counter(operation["operationId"] for _path, operation in found)
    assert [name for name, count in names.items() if count > 1] == []
    assert {"list_initiatives", "list_ai_rules"} <= names.keys()  # and no module's, which may move
    for path, operation in found:
        wanted = {part[1:-1] for part in path.split("/") if part.startswith("{")}
        given = {each["name"] for each in operation.get("parameters", ()) if each["in"] == "path"}
        assert (given, bool(operation["summary"])) == (wanted, True), path
        assert any(code.startswith("2") for code in map(str, operation["responses"])), path


def test_every_answer_says_what_is_in_it(document):
    told = [
        (path, code, content["schema"] if kind == "application/json" else kind)
        for path, operation in operations(document)
        for code, answer in operation["responses"].items()
        if code.startswith("2") and code != "204"
        for kind, content in answer.get("content", {"application/json": {"schema": {}}}).items()
    ]
    assert len(told) > 80
    assert [each for each in told if not each[2]] == []


def test_what_is_read_is_of_the_content_type_that_the_document_names(client, document, monkeypatch):
    monkeypatch.setattr(limits, "REQUESTS", 1_000_000)
    admin = UserFactory(admin=True)
    named, headers = everything(admin), bearer(admin)
    found = set()
    for path, item in document["paths"].items():
        answer = client.get(addresses.of_call(path, named), headers=headers) if "get" in item else None
        if answer is not None and answer.status_code == 200:  # some want to be asked for something
            answered = item["get"]["responses"]["200"]
            assert ("ETag" in answered.get("headers", {})) == ("ETag" in answer), path
            told = answered.get("content", {"application/json": {}})
            assert list(told) == [answer["Content-Type"].partition(";")[0]], path
            found |= set(told)
    assert {"application/json", "text/csv"} <= found


# Of an operation that looks at If-Match once its body can be read.
BODIES = {"/api/v1/energy-prices": {"since": "2026-01-01", "amount": 1, "currency": "USD"}}


def test_writes_take_an_idempotency_key_and_say_whether_they_need_if_match(client, document, monkeypatch):
    monkeypatch.setattr(limits, "REQUESTS", 1_000_000)
    admin = UserFactory(admin=True)
    named, headers = everything(admin), bearer_in_use(admin)

    def status(method: str, path: str, **more: str) -> int:
        with transaction.atomic():
            sent = {"data": BODIES.get(path, {}), "content_type": "application/json", "headers": headers | more}
            answer = getattr(client, method)(addresses.of_call(path, named), **sent)
            transaction.set_rollback(True)
        return answer.status_code

    needing = set()
    for path, item in document["paths"].items():
        for method, operation in item.items():
            declared = {each["name"]: each["required"] for each in operation["parameters"] if each["in"] == "header"}
            matches = {code for code in operation["responses"] if code in ("412", "428")}
            assert ("Idempotency-Key" in declared) == (method != "get"), path
            assert matches == {None: set(), False: {"412"}, True: {"412", "428"}}[declared.get("If-Match")], path
            if "If-Match" in declared:
                assert status(method, path, **{"If-Match": '"999"'}) == 412, path
            if method in ("patch", "put", "delete") or declared.get("If-Match"):
                assert (status(method, path) == 428) == declared.get("If-Match", False), path
                needing |= {(method, path)} if declared.get("If-Match") else set()
    assert ("delete", "/api/v1/allocation-rules/{pk}") in needing
    assert len([method for method, _path in needing if method == "delete"]) >= 5


def told(address: str, guide: str) -> set[str]:
    """Return the parameters that the guide names with an address: in its row, and in what it says of several."""
    rows = [line for line in guide.splitlines() if line.startswith("| ") and f"`{address}`" in line.split(" | ")[0]]
    texts = [text for text in guide.split("\n\n") if re.match("`/(?!api)", text)]
    rows += [text for text in texts if any(_is_of(address, each) for each in re.findall("`(/[^`]+)`", text))]
    return set(re.findall(r"`\??(\w+)", " ".join(rows)))


def _is_of(address: str, named: str) -> bool:
    return address.startswith(named[:-1]) if named.endswith("…") else address == named


def test_the_guide_names_every_parameter_of_every_address(document):
    guide = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    missing = {}
    for path, operation in operations(document):
        address = re.sub(r"\{(pk|\w+_id)\}", "{id}", path.removeprefix("/api/v1"))
        asked = {each["name"] for each in operation.get("parameters", ()) if each["in"] == "query"} - {
            "limit",
            "cursor",
        }
        if lacks := asked - told(address, guide):
            missing[address] = lacks
    assert missing == {}
