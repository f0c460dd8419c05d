"""The door for cost categories: added, renamed, retired, put in order. None is ever deleted: lines name them."""

from __future__ import annotations

import re
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.changes import Change, changing
from accounts.errors import RuleError, StaleError
from accounts.models import User
from costs.models import Category

NAME = "^[-a-z0-9_]+$"  # in lower case, so that files need not guess


def add(actor: User, category: Category) -> Category:
    """Add a category after all others; 422 where its name has capitals, 409 where it is taken."""
    if not re.fullmatch(NAME, category.name):
        raise RuleError(_("Lower-case letters only."), "name")
    with changing(actor) as change:
        category.position = Category.objects.count() + 1
        try:
            with transaction.atomic():
                category.save()
        except IntegrityError as error:
            raise RuleError(_("There is a category of this name already."), "name", status=409) from error
        change.record(category, "create", {name: (None, getattr(category, name)) for name in ("name", "label")})
    return category


def edit(actor: User, category: Category, version: int, *, position: int | None = None, **wanted: Any) -> Category:
    """Change label, use or place of a category that was read at `version`; StaleError where it has changed since."""
    with changing(actor) as change:
        order = list(Category.objects.select_for_update(no_key=True))
        now = order[order.index(category)]
        if now.version != version:
            raise StaleError
        changes = {name: (getattr(now, name), new) for name, new in wanted.items() if getattr(now, name) != new}
        if changes:
            for name, new in wanted.items():
                setattr(now, name, new)
            now.version += 1
            now.save(update_fields=[*wanted, "version"])
            change.record(now, "edit", changes)
        if position is not None:
            _put(change, order, now, position - 1)
    return now


def move(actor: User, category: Category, to: int) -> None:
    """Put a category at a place of the order, 0 being the first: sent twice it moves once."""
    with changing(actor) as change:
        order = list(Category.objects.select_for_update(no_key=True))
        _put(change, order, category, to)


def _put(change: Change, order: list[Category], category: Category, to: int) -> None:
    """Put a category at a place, the others in their order."""
    at = order.index(category)
    moved = order.pop(at)
    order.insert(to, moved)
    if order.index(moved) == at:
        return
    for position, each in enumerate(order, start=1):
        each.position = position
    moved.version += 1
    Category.objects.bulk_update(order, ["position", "version"])
    change.record(moved, "edit", {"position": (at + 1, moved.position)})
