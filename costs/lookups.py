"""Initiatives and categories by the names that people, bodies and pasted cells use, looked up in one query each.

`NameReader` collects what is wrong with the names in the rows of a body, so that one answer tells everything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any, TypeVar

from django.utils.translation import gettext as _

from accounts.errors import RuleError
from accounts.models import User
from accounts.permissions import can
from api.problems import Problem, invalid
from costs.models import Category
from display import sentences
from projects import keys
from projects.models import Initiative

Found = TypeVar("Found")


class Names:
    """What the rows of one write name. Raises ValueError with a sentence for what is not there or not allowed."""

    def __init__(self, user: User, names: Iterable[str]) -> None:
        self._initiatives = keys.named(Initiative.objects.visible_to(user), names)
        self._allowed: dict[tuple[str, int | None], bool] = {}
        self._user = user

    @cached_property
    def _categories(self) -> dict[str, Category]:
        return {category.name: category for category in Category.objects.filter(is_active=True)}

    def category(self, name: str) -> Category:
        """Return a category that is in use."""
        found = self._categories.get(name)
        if found is None:
            known = sentences.listed(self._categories)
            raise ValueError(_("There is no such category. There are: {names}.").format(names=known))
        return found

    def initiative(self, name: str) -> Initiative:
        """Return an initiative that the person may see, by its key or its external reference."""
        found = self._initiatives.get(name)
        if found is None:
            raise ValueError(_("There is no such initiative."))
        return found

    def charged(self, name: str | None) -> Initiative | None:
        """Return the initiative that a cost is for, None for unallocated, if the person may record costs there."""
        if not name:
            self._require("cost.unallocated", None, _("Name an initiative: you may not record unallocated costs."))
            return None
        initiative = self.initiative(name)
        self._require("cost.edit", initiative, _("You may not record costs of this initiative."))
        return initiative

    def budgeted(self, name: str) -> Initiative:
        """Return the initiative that a budget is for, if the person may set budgets."""
        initiative = self.initiative(name)
        self._require("budget.edit", initiative, _("You may not record budgets."))
        return initiative

    def _require(self, action: str, initiative: Initiative | None, why: str) -> None:
        about = (action, initiative.pk if initiative else None)
        if about not in self._allowed:
            self._allowed[about] = can(self._user, action, initiative)
        if not self._allowed[about]:
            raise NotAllowedError(why)


class NotAllowedError(ValueError):
    """The person may not do this there: 403 by API."""


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
