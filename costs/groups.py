"""Charge groups: what lines have in common, found by the hash of it and made where it is new."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from costs.models import ChargeGroup


class GroupKey(NamedTuple):
    """Everything that tells one group from another."""

    source: str
    initiative_id: int | None
    category_id: int
    currency: str
    capex: bool = False
    recurring: bool = False
    recoverable: bool = False
    vendor: str = ""
    account: str = ""
    service: str = ""
    sku: str = ""
    region: str = ""
    resource: str = ""
    tags: str = "{}"  # JSON, keys in order: `tags_text`

    @classmethod
    def of(cls, group: ChargeGroup) -> GroupKey:
        """Return the key of a stored group."""
        values = {name: getattr(group, name) for name in cls._fields if name != "tags"}
        return cls(**values, tags=tags_text(group.tags))

    @property
    def identity(self) -> UUID:
        """The hash that is unique in the database."""
        content = json.dumps(self, separators=(",", ":")).encode()
        return UUID(bytes=hashlib.blake2b(content, digest_size=16).digest())

    def group(self) -> ChargeGroup:
        """Return the group as it goes into the database."""
        values = {**self._asdict(), "tags": json.loads(self.tags)}
        return ChargeGroup(identity=self.identity, **values)


def tags_text(tags: dict[str, str]) -> str:
    """Write tags so that equal ones are written equally."""
    return json.dumps(tags, sort_keys=True, separators=(",", ":"))


def find_or_make(keys: Iterable[GroupKey]) -> dict[GroupKey, ChargeGroup]:
    """Return the group of every key; those that are new are made. Another write may make the same one meanwhile."""
    wanted = {key.identity: key for key in keys}
    found = _find(wanted)
    missing = [key.group() for identity, key in wanted.items() if identity not in found]
    if missing:
        ChargeGroup.objects.bulk_create(missing, ignore_conflicts=True)
        found = _find(wanted)
    return {key: found[identity] for identity, key in wanted.items()}


def _find(wanted: dict[UUID, GroupKey]) -> dict[UUID, ChargeGroup]:
    return {group.identity: group for group in ChargeGroup.objects.filter(identity__in=list(wanted))}
