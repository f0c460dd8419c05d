"""Who may do what: the one table (shared contract, API.md). Whatever is not in it is refused.

`OWN` means: where the person is the initiative's owner, sponsor or member. What is asked about may be the initiative
itself or anything that has an `initiative` (an outcome, a cost line, a measurement's outcome …).
"""

from __future__ import annotations

from enum import Enum
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied

from accounts.models import Role, User


class Reach(Enum):
    """How far a permission reaches."""

    ALL = "all"
    OWN = "own"


ALL, OWN = Reach.ALL, Reach.OWN
CONTRIBUTOR, PORTFOLIO, FINANCE, ADMIN = Role.CONTRIBUTOR, Role.PORTFOLIO, Role.FINANCE, Role.ADMIN

_EVERYONE = dict.fromkeys(Role, ALL)
_WORK = {CONTRIBUTOR: OWN, PORTFOLIO: ALL, ADMIN: ALL}
_MONEY = {FINANCE: ALL, ADMIN: ALL}
_OFFICE = {PORTFOLIO: ALL, FINANCE: ALL, ADMIN: ALL}

TABLE: dict[str, dict[Role, Reach]] = {
    "portfolio.see": _EVERYONE,
    "initiative.see": _EVERYONE,
    "initiative.see_confidential": {**_EVERYONE, CONTRIBUTOR: OWN},
    "initiative.create": {CONTRIBUTOR: ALL, PORTFOLIO: ALL, ADMIN: ALL},
    "initiative.edit": _WORK,
    "initiative.propose": _WORK,
    "initiative.move": {PORTFOLIO: ALL, ADMIN: ALL},
    "initiative.override": {PORTFOLIO: ALL, ADMIN: ALL},
    "outcome.edit": _WORK,
    "measurement.edit": _WORK,
    "measurement.validate": _MONEY,
    "cost.edit": {**_WORK, FINANCE: ALL},
    "cost.unallocated": _MONEY,
    "allocation.edit": _MONEY,
    "budget.edit": _OFFICE,
    "rate.edit": _MONEY,
    "ai_category.edit": _MONEY,
    # Figures that others have published, beside ours.
    "benchmark.edit": {PORTFOLIO: ALL, ADMIN: ALL},
    # Compare the records of a provider, accept a month, choose which record the ledger takes.
    "reconcile": _MONEY,
    "price.edit": _MONEY,
    # Own hardware, energy prices, day rates, licences and other costs that come again.
    "register.edit": _MONEY,
    "import.initiatives": _OFFICE,
    "import.measurements": _OFFICE,
    "import.costs": _MONEY,
    # Business units and people that a text names and that do not exist yet; tags by contributors too. The tree of units
    # is reorganised by fewer.
    "name.make": _OFFICE,
    "unit.edit": {PORTFOLIO: ALL, ADMIN: ALL},
    "tag.make": {**_OFFICE, CONTRIBUTOR: ALL},
    "people.manage": {ADMIN: ALL},
    "token.manage_all": {ADMIN: ALL},
    "settings.edit": {ADMIN: ALL},
    "audit.see": {ADMIN: ALL},
}


def can(user: User | AnonymousUser | None, action: str, obj: Any = None) -> bool:
    """Return whether the person may do this (to `obj`). An action that is not in the table is a programming error."""
    reach = TABLE[action].get(_role(user))
    if reach is OWN:
        return obj is not None and is_own(user, obj)
    return reach is ALL


def reach_of(user: User | AnonymousUser | None, action: str) -> Reach | None:
    """Return how far the permission reaches, for querysets: ALL, OWN, or None."""
    return TABLE[action].get(_role(user))


def require(user: AbstractBaseUser | AnonymousUser | None, action: str, obj: Any = None) -> User:
    """Return the person; PermissionDenied unless they may do this."""
    if not isinstance(user, User) or not can(user, action, obj):
        raise PermissionDenied(action)
    return user


def is_own(user: Any, obj: Any) -> bool:
    """Return whether the person is owner, sponsor or member of the initiative that `obj` is or belongs to."""
    while not hasattr(obj, "sponsor_id"):
        obj = obj.outcome if hasattr(obj, "outcome_id") else obj.initiative
        if obj is None:
            return False
    return user.pk in (obj.owner_id, obj.sponsor_id) or obj.pk in _member_of(user, obj)


def _member_of(user: Any, initiative: Any) -> set[int]:
    """Return the initiatives that the person is a member of; looked up once for a user object, that is for a request.

    A page asks a dozen times what its reader may do, of one initiative or of fifty.
    """
    if "_member_of" not in user.__dict__:
        membership = initiative.members.through.objects.filter(user=user.pk)
        user.__dict__["_member_of"] = set(membership.values_list("initiative", flat=True))
    known: set[int] = user.__dict__["_member_of"]
    return known


def _role(user: User | AnonymousUser | None) -> Any:
    return user.role if user is not None and user.is_authenticated and user.is_active else None
