"""Charge groups: what lines have in common, found by the hash of it and made where it is new."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from operator import attrgetter
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from costs.ai import categories as ai_categories
from costs.allocation import places
from costs.importers.account_names import AccountNames
from costs.models import ChargeGroup, Kind


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
    kind: str = Kind.ENTERED
    service_category: str = ""
    api_key: str = ""
    details: str = "{}"  # as tags

    @classmethod
    def of(cls, group: ChargeGroup) -> GroupKey:
        """Return the key of a stored group."""
        values = {name: getattr(group, name) for name in cls._fields if name not in _JSON}
        return cls(**values, **{name: tags_text(getattr(group, name)) for name in _JSON})

    @property
    def identity(self) -> UUID:
        """The hash that is unique in the database."""
        return _hash(self)

    @property
    def family(self) -> UUID | None:
        """The hash without what a later delivery or a correction may change; None for what is no provider's record."""
        if self.kind == Kind.ENTERED:
            return None
        details = self.details
        if INVOICE in details:
            details = tags_text({name: text for name, text in json.loads(details).items() if name != INVOICE})
        return _hash(self._replace(details=details, **_UNCHANGING))

    def group(self, identity: UUID) -> ChargeGroup:
        """Return the group as it goes into the database, under its `identity`."""
        values = _NEW | self._asdict() | {name: json.loads(getattr(self, name)) for name in _JSON}
        values |= {"identity": identity, "family": self.family}
        return ChargeGroup(*values.values())  # in order: a third of the time that names take


INVOICE = "InvoiceId"  # a detail of a bill: empty until the month is closed
_JSON = ("tags", "details")
_FIRST = GroupKey._fields.index("kind")  # fields that every group has had from the first version on
_LATER = GroupKey._fields[_FIRST:]
_DEFAULTS = [GroupKey._field_defaults[name] for name in _LATER]
_as_json = json.JSONEncoder(separators=(",", ":")).encode
_as_json_in_order = json.JSONEncoder(separators=(",", ":"), sort_keys=True).encode
_NEW = {field.attname: field.get_default() for field in ChargeGroup._meta.concrete_fields}
COLUMNS = [name for name in _NEW if name != "id"]
AS_TEXT = 100  # so many new groups go as one JSON text
_NEW_GROUPS = """
CREATE TEMPORARY TABLE IF NOT EXISTS new_groups ON COMMIT DROP AS SELECT {columns} FROM costs_chargegroup WITH NO DATA;
TRUNCATE new_groups
"""
# What a provider may change in a later delivery, or a person on its line, as it stands in the hash of the family.
_MAY_CHANGE = ("initiative_id", "category_id", "tags", "capex", "recurring", "recoverable")
_UNCHANGING = {name: GroupKey._field_defaults.get(name) for name in _MAY_CHANGE}


def _hash(key: GroupKey) -> UUID:
    """Hash a key. Later fields take part where they say something, so that identities stay what they were."""
    later = zip(_LATER, key[_FIRST:], _DEFAULTS, strict=True)
    content = [*key[:_FIRST], *[{name: str(value)} for name, value, default in later if value != default]]
    return UUID(bytes=hashlib.blake2b(_as_json(content).encode(), digest_size=16).digest())


def tags_text(tags: dict[str, str]) -> str:
    """Write tags so that equal ones are written equally."""
    return _as_json_in_order(tags)


def same_line_sql(ours: str, theirs: str) -> str:
    """Return the SQL condition that two groups may hold versions of the same line; given are their aliases.

    They are of one family, and do not name two different invoices. A group may name none: a provider numbers its
    invoice when the month is closed.
    """
    invoices = f"{theirs}.details ->> '{INVOICE}' = {ours}.details ->> '{INVOICE}'"
    return f"{theirs}.family = {ours}.family AND coalesce({invoices}, true)"


def same_row_sql(ours: str, theirs: str) -> str:
    """Return the SQL condition that a bill has the same row for two groups, whatever people said of its lines since.

    A person's word on initiative, category and billing takes a line to another group, of which a file has no rows.
    """
    return f"({theirs}.family, {theirs}.tags, {theirs}.details) = ({ours}.family, {ours}.tags, {ours}.details)"


def find_or_make(keys: Iterable[GroupKey], names: AccountNames | None = None) -> dict[GroupKey, int]:
    """Return the id of every key's group; those that are new are made, named, labelled and placed by the rules.

    Another write may make the same one meanwhile, and is waited for. For lines by hand: costs/new_groups.py.
    """
    wanted = {key.identity: key for key in keys}
    ids = _ids(wanted)
    missing = {identity: key.group(identity) for identity, key in wanted.items() if identity not in ids}
    if missing:
        if names:
            names.give(missing.values())
        ai_categories.label(missing.values())
        in_order = sorted(missing, key=attrgetter("int"))
        made = _insert([(wanted[identity], missing[identity]) for identity in in_order])
        ids |= made | _ids(missing.keys() - made.keys())
        places.place_new(missing[identity] for identity in made)  # others have placed theirs
    return {key: ids[identity] for identity, key in wanted.items()}


def find(keys: Iterable[GroupKey]) -> dict[GroupKey, ChargeGroup]:
    """Return the groups of those keys that have one."""
    wanted = {key.identity: key for key in keys}
    groups = ChargeGroup.objects.filter(identity__in=list(wanted)) if wanted else ()
    return {wanted[group.identity]: group for group in groups}


def find_ids(keys: Iterable[GroupKey]) -> dict[GroupKey, int]:
    """Return the ids of the groups of those keys that have one."""
    wanted = {key.identity: key for key in keys}
    return {wanted[identity]: pk for identity, pk in _ids(wanted).items()}


def _ids(wanted: Collection[UUID]) -> dict[UUID, int]:
    """Return the ids of those that are there. An array, not Django's list of parameters: a bill has thousands."""
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT identity, id FROM costs_chargegroup WHERE identity = ANY(%s)", [list(wanted)])
        return dict(cursor.fetchall())


def _insert(groups: Sequence[tuple[GroupKey, ChargeGroup]]) -> dict[UUID, int]:
    """Write groups, and give them their ids; return those that nobody else made meanwhile.

    They come in one order: of two calls that make the same groups one waits for the other. Imports call block by block,
    and may come to wait for each other all the same: the database ends one, which is taken up again.
    A bill may bring thousands: from some on they go by COPY, which takes half the time of one JSON text.
    """
    columns = ", ".join(f'"{name}"' for name in COLUMNS)
    with connection.cursor() as cursor:
        source, given = "json_populate_recordset(NULL::costs_chargegroup, %s)", []
        if len(groups) > AS_TEXT:
            source = "new_groups"
            cursor.execute(_NEW_GROUPS.format(columns=columns))
            with cursor.copy(f"COPY new_groups ({columns}) FROM STDIN") as copy:
                for key, group in groups:
                    copy.write_row([getattr(key if name in _JSON else group, name) for name in COLUMNS])
        else:
            rows = [{name: getattr(group, name) for name in COLUMNS} for _key, group in groups]
            given = [json.dumps(rows, default=str)]
        cursor.execute(
            f"INSERT INTO costs_chargegroup ({columns}) SELECT {columns} FROM {source}"  # noqa: S608 - our own names
            " ON CONFLICT DO NOTHING RETURNING identity, id",
            given,
        )
        ids = dict(cursor.fetchall())
    for _key, group in groups:
        if group.identity in ids:
            group.pk = ids[group.identity]
            group._state.adding = False
    return ids
