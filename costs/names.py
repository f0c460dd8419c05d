"""Initiatives and categories by the names that people, bodies and pasted cells use, looked up in one query each."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import can
from costs.models import Category
from projects.models import Initiative


class Names:
    """What the rows of one write name. Raises ValueError with a sentence for what is not there or not allowed."""

    def __init__(self, user: User, keys: Iterable[str]) -> None:
        numbers = {int(key[3:]) for key in keys if key.startswith("AI-") and key[3:].isdecimal() and len(key) <= 12}
        visible = Initiative.objects.visible_to(user).filter(number__in=numbers)
        self._initiatives = {initiative.key: initiative for initiative in visible}
        self._allowed: dict[tuple[str, int | None], bool] = {}
        self._user = user

    @cached_property
    def _categories(self) -> dict[str, Category]:
        return {category.name: category for category in Category.objects.filter(is_active=True)}

    def category(self, name: str) -> Category:
        """Return a category that is in use."""
        found = self._categories.get(name)
        if found is None:
            known = ", ".join(self._categories)
            raise ValueError(_("There is no such category. There are: {names}.").format(names=known))
        return found

    def initiative(self, key: str) -> Initiative:
        """Return an initiative that the person may see."""
        found = self._initiatives.get(key)
        if found is None:
            raise ValueError(_("There is no such initiative."))
        return found

    def charged(self, key: str | None) -> Initiative | None:
        """Return the initiative that a cost is for, None for unallocated, if the person may record costs there."""
        if not key:
            self._require("cost.unallocated", None, _("Name an initiative: you may not record unallocated costs."))
            return None
        initiative = self.initiative(key)
        self._require("cost.edit", initiative, _("You may not record costs of this initiative."))
        return initiative

    def budgeted(self, key: str) -> Initiative:
        """Return the initiative that a budget is for, if the person may set budgets."""
        initiative = self.initiative(key)
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
