"""The pages that an entry of this room in an initiative's history leads to."""

from __future__ import annotations

from collections.abc import Collection

from django.urls import reverse

from accounts.models import User
from accounts.permissions import can


def repricings(user: User, ids: Collection[int]) -> dict[int, str]:
    """Return the pages of periods priced anew, for those who may see them."""
    if not can(user, "price.edit"):
        return {}
    return {pk: reverse("costs:repricing", args=[pk]) for pk in ids}
