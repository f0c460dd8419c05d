"""Initiatives by what people and files call them: their key, else the reference that another system gave them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db.models import Q

from api.parsing import has_unusable_text
from projects.models import Initiative, key_of

if TYPE_CHECKING:
    from projects.querysets import InitiativeQuerySet

_KEY = re.compile(r"AI-(\d{1,9})", re.ASCII | re.IGNORECASE)


def number_of(key: str) -> int:
    """Return the number in "AI-0001", in whatever case and white space; 0, which nothing has, for what is no key."""
    found = _KEY.fullmatch(key.strip())
    return int(found[1]) if found else 0


def named(visible: InitiativeQuerySet, names: Iterable[str]) -> dict[str, Initiative]:
    """Return those that names mean, by name: the one of a key, else of exactly this external reference. One query."""
    numbers = {name: number_of(name) for name in names if name and not has_unusable_text(name)}
    found = list(visible.filter(Q(number__in=set(numbers.values())) | Q(external_ref__in=numbers)))
    by_number, by_ref = {each.number: each for each in found}, {each.external_ref: each for each in found}
    return {name: each for name, number in numbers.items() if (each := by_number.get(number) or by_ref.get(name))}


def ids_by_name() -> dict[str, int]:
    """Return the id of every initiative by its key, and by its external reference where that is no other one's key."""
    known = Initiative.objects.values_list("number", "external_ref", "pk")
    return {ref: pk for _number, ref, pk in known if ref} | {key_of(number): pk for number, _ref, pk in known}
