"""The rows of a body: names looked up so that one answer tells everything, and errors at the places of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from accounts.errors import RuleError
from api.problems import Problem, invalid
from costs.names import NotAllowedError

Found = TypeVar("Found")


class NameReader:
    """Looks names up and collects what is wrong with all rows, so that one answer tells everything."""

    def __init__(self, many: bool) -> None:
        self._many = many
        self._errors: list[tuple[str, str]] = []
        self._forbidden: str | None = None  # the first sentence that says so

    def __call__(self, number: int, field: str, find: Callable[[Any], Found], name: Any) -> Found:
        """Return what a row's field names; where there is none, note it and return nothing usable."""
        try:
            return find(name)
        except NotAllowedError as error:
            self._forbidden = self._forbidden or str(error)
            self._note(number, field, error)
        except ValueError as error:
            self._note(number, field, error)
        return None  # type: ignore[return-value]  # nothing is made of it: refuse_errors comes first

    def refuse_errors(self) -> None:
        """Answer 403 where something is not allowed, 422 where a name is unknown."""
        if self._forbidden:
            raise Problem(403, self._forbidden, errors=self._errors)
        if self._errors:
            raise invalid(self._errors)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Inside, what a rule says of "0.field" is said of "field" where the body is one row, which has no place."""
        try:
            yield
        except RuleError as error:
            if self._many:
                raise
            errors = [(field.removeprefix("0."), message) for field, message in error.errors]
            raise RuleError(error.message, status=error.status, errors=errors) from error

    def _note(self, number: int, field: str, error: Exception) -> None:
        self._errors.append((f"{number}.{field}" if self._many else field, str(error)))
