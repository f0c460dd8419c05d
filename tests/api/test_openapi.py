"""The OpenAPI document is one: version 3.1, schemas that are JSON Schema, references that lead somewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from django.test import Client

METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture
def document(client: Client, db: None) -> dict[str, Any]:
    return client.get("/api/v1/openapi.json").json()


def nodes(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every object in a document."""
    if isinstance(value, dict):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from nodes(each)


def operations(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (path, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    ]


def test_every_schema_is_json_schema_of_openapi_3_1(document):
    assert document["openapi"].startswith("3.1")
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
    for path, operation in found:
        wanted = {part[1:-1] for part in path.split("/") if part.startswith("{")}
        given = {each["name"] for each in operation.get("parameters", ()) if each["in"] == "path"}
        assert (given, bool(operation["summary"])) == (wanted, True), path
        assert any(code.startswith("2") for code in map(str, operation["responses"])), path
