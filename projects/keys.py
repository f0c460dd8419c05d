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


def written(name: str) -> str:
    """Return a key as we write it, in whatever case it comes; any other name as it is."""
    number = number_of(name)
    return key_of(number) if number else name


def meant(found: InitiativeQuerySet, name: str) -> InitiativeQuerySet:
    """Keep the one that a name means, as `named` does; none where it means none."""
    number = number_of(name)
    if number or has_unusable_text(name):
        return found.filter(number=number)
    return found.filter(external_ref=name)


def called(name: str) -> InitiativeQuerySet:
    """Return the initiative that a name means, for a filter of rows that are narrowed to what somebody may see."""
    return meant(Initiative.objects.order_by(), name)


def named(visible: InitiativeQuerySet, names: Iterable[str]) -> dict[str, Initiative]:
    """Return those that names mean, by name: the one of a key, else of exactly this external reference. One query.

    What looks like a key is one: it names nobody else, also where its initiative may not be seen.
    """
    numbers = {name: number_of(name) for name in names if name and not has_unusable_text(name)}
    found = list(visible.filter(Q(number__in=set(numbers.values())) | Q(external_ref__in=numbers)))
    by_number, by_ref = {each.number: each for each in found}, {each.external_ref: each for each in found}
    told = {name: by_number.get(number) if number else by_ref.get(name) for name, number in numbers.items()}
    return {name: each for name, each in told.items() if each}


def ids_by_name() -> dict[str, int]:
    """Return the id of every initiative by its key as it is `written`, and by its external reference."""
    known = list(Initiative.objects.values_list("number", "external_ref", "pk"))
    by_ref = {ref: pk for _number, ref, pk in known if ref and not number_of(ref)}
    return by_ref | {key_of(number): pk for number, _ref, pk in known}
