"""The door for cost categories: added, renamed, retired, put in order. None is ever deleted: lines name them."""

from __future__ import annotations

from accounts.changes import changing
from accounts.models import User
from costs.models import Category


def add(actor: User, category: Category) -> Category:
    """Add a category after all others."""
    with changing(actor) as change:
        category.position = Category.objects.count() + 1
        category.save()
        change.record(category, "create", {name: (None, getattr(category, name)) for name in ("name", "label")})
    return category


def edit(actor: User, category: Category, label: str, is_active: bool) -> None:
    """Rename a category, take it out of use or back into it."""
    wanted = {"label": label, "is_active": is_active}
    with changing(actor) as change:
        now = Category.objects.select_for_update().get(pk=category.pk)
        changes = {name: (getattr(now, name), new) for name, new in wanted.items() if getattr(now, name) != new}
        if changes:
            Category.objects.filter(pk=category.pk).update(**wanted)
            change.record(now, "edit", changes)


def move(actor: User, category: Category, to: int) -> None:
    """Put a category at a place of the order, 0 being the first: sent twice it moves once."""
    with changing(actor) as change:
        order = list(Category.objects.select_for_update())
        at, to = order.index(category), min(to, len(order) - 1)
        if at == to:
            return
        order.remove(category)
        order.insert(to, category)
        for position, each in enumerate(order, start=1):
            each.position = position
        Category.objects.bulk_update(order, ["position"])
        change.record(category, "edit", {"position": (at + 1, to + 1)})
