"""Units and people in the place of what a form or a body calls them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from accounts.models import User
from projects import people, units


def with_units_and_people(given: Mapping[str, Any], actor: User) -> dict[str, Any]:
    """Return the fields as `projects.initiatives` takes them; units and people are made where the actor may.

    Call it inside the write that uses them, so that a refusal takes back what was made on the way.
    """
    found = dict(given)
    if "business_unit" in found:
        found["business_unit"] = units.find_or_make(found["business_unit"] or "", actor)
    for field, name in people.INPUTS.items():
        if name in found:
            email = found.pop(name)
            found[field] = people.find_or_invite(email, actor, name) if email else None
    if "members" in found:
        found["members"] = [
            people.find_or_invite(email, actor, f"members.{place}") for place, email in enumerate(found["members"])
        ]
    return found
