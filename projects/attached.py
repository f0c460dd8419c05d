"""What refers to a thing, in whichever room: while anything does, the thing is not deleted."""

from __future__ import annotations

from collections.abc import Collection

from django.db import models

from projects import hooks
from projects.models import Initiative, PlanRevision, StandingPeriod, Transition

# What belongs to an initiative from its making; anything else that points at it was built on it.
OWN_PARTS: tuple[type[models.Model], ...] = (Transition, StandingPeriod, PlanRevision, Initiative.tags.through)


def built_on(ids: Collection[int], own: tuple[type[models.Model], ...] = OWN_PARTS) -> set[int]:
    """Return those initiatives on which something was built: rows refer to them, by a foreign key or by their number.

    `own`: whose rows go with an initiative.
    """
    return pointed_at(Initiative, ids, own).union(*(hook(ids) for hook in hooks.referred_to))


def pointed_at(model: type[models.Model], ids: Collection[int], own: tuple[type[models.Model], ...] = ()) -> set[int]:
    """Return those ids that a row of any other model refers to, whichever room it is in."""
    found: set[int] = set()
    for relation in model._meta.get_fields(include_hidden=True):
        if (
            relation.auto_created
            and (relation.one_to_many or relation.one_to_one)
            and relation.related_model not in own
        ):
            column = relation.field.attname
            rows = relation.related_model._base_manager.filter(**{f"{column}__in": list(ids)})
            found |= set(rows.values_list(column, flat=True))
    return found
