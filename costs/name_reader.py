"""Names in the rows of a body, looked up so that one answer tells everything that is wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.core.exceptions import PermissionDenied

from api.problems import invalid
from costs.names import NotAllowedError

Found = TypeVar("Found")


class NameReader:
    """Looks names up and collects what is wrong with all rows, so that one answer tells everything."""

    def __init__(self, many: bool) -> None:
        self._many = many
        self._errors: list[tuple[str, str]] = []
        self._forbidden = False

    def __call__(self, number: int, field: str, find: Callable[[Any], Found], name: Any) -> Found:
        """Return what a row's field names; where there is none, note it and return nothing usable."""
        try:
            return find(name)
        except NotAllowedError as error:
            self._forbidden = True
            self._note(number, field, error)
        except ValueError as error:
            self._note(number, field, error)
        return None  # type: ignore[return-value]  # nothing is made of it: refuse_errors comes first

    def refuse_errors(self) -> None:
        """Answer 403 where something is not allowed, 422 where a name is unknown."""
        if self._forbidden:
            raise PermissionDenied(self._errors[0][1])
        if self._errors:
            raise invalid(self._errors)

    def _note(self, number: int, field: str, error: Exception) -> None:
        self._errors.append((f"{number}.{field}" if self._many else field, str(error)))
