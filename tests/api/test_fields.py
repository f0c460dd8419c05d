"""What is no true or false and no whole number is refused in a body, rather than guessed at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, get_args

from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from api.fields import Body
from config.api import api


def bodies(kind: type[Body] = Body) -> Iterator[type[Body]]:
    for each in kind.__subclasses__():
        yield each
        yield from bodies(each)


def types_in(annotation: Any) -> Iterator[type]:
    """Yield the types that an annotation is made of."""
    if isinstance(annotation, type):
        yield annotation
    for each in get_args(annotation):
        yield from types_in(each)


def taken(field: FieldInfo, values: list[Any]) -> list[Any]:
    adapter, found = TypeAdapter(Annotated[field.annotation, "", *field.metadata]), []
    for value in values:
        try:
            found.append(adapter.validate_python(value))
        except ValidationError:
            continue
    return found


def test_true_and_false_and_whole_numbers_are_not_guessed_at():
    assert api.get_openapi_schema()  # so every room's bodies are known
    looked_at, guessed = 0, []
    for body in bodies():
        if body.__name__.endswith("Out"):
            continue  # an answer that adds to what is taken
        for name, field in body.model_fields.items():
            found = {kind for kind in types_in(field.annotation) if issubclass(kind, int)}
            values = [0, 1, "0", "1", "yes", "on", "true"] if found == {bool} else [True, False] if found else []
            looked_at += bool(values)
            guessed += [f"{body.__name__}.{name}"] if taken(field, values) else []
    assert looked_at > 30
    assert guessed == [], guessed
