"""What the OpenAPI document says of every operation alike: problems, idempotency keys, If-Match."""

from __future__ import annotations

from typing import Any

from api.conditional import ETAG, MARK

_PROBLEM = {
    "type": "object",
    "title": "Problem",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}
_REFUSED = {
    "description": "Refused: a problem (RFC 9457).",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
_WAIT = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds to wait."}}
# What some refusals carry beside the problem.
_HEADERS = {
    401: {"WWW-Authenticate": {"schema": {"type": "string"}, "description": "How to sign in."}},
    429: _WAIT,
    503: _WAIT,
}
_READ = (401, 403, 404, 422, 429)
_WRITE = (400, 401, 403, 404, 409, 411, 413, 422, 429, 503)
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    "description": "Sent again within 24 hours, the same request gives its first answer.",
}
_IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "schema": {"type": "string", "examples": ['"1"']},
    "description": "The version that the change is based on.",
}


def with_conventions(schema: Any) -> Any:
    """Add the conventions to the document that ninja has built."""
    schemas = schema.setdefault("components", {}).setdefault("schemas", {})
    versioned = {
        f"#/components/schemas/{name}" for name, each in schemas.items() if "version" in each.get("properties", ())
    }
    schemas["Problem"] = _PROBLEM
    for methods in schema["paths"].values():
        for method, operation in methods.items():
            statuses, headers = (_READ, []) if method == "get" else (_WRITE, [_KEY])
            if "multipart/form-data" in operation.get("requestBody", {}).get("content", {}):
                statuses = (*statuses, 507)
            needs_match = operation.pop(MARK, True if method == "patch" else None)
            if needs_match is not None:
                statuses = (*statuses, 412, 428) if needs_match else (*statuses, 412)
                headers = [*headers, _IF_MATCH | {"required": needs_match}]
            for status in statuses:
                told = {"headers": _HEADERS[status]} if status in _HEADERS else {}
                operation["responses"].setdefault(status, _REFUSED | told)
            operation.setdefault("parameters", []).extend(headers)
            for answer in operation["responses"].values():
                if _reference(answer) in versioned:
                    answer.setdefault("headers", {}).update(ETAG)
    return schema


def _reference(answer: Any) -> str | None:
    """Return which schema an answer has."""
    found: str | None = answer.get("content", {}).get("application/json", {}).get("schema", {}).get("$ref")
    return found
