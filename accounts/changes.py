"""The door that every write goes through: one transaction, its audit entries, one step of the data version."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection, models, transaction
from django.utils import timezone

from accounts.models import ApiToken, AuditEntry, DataVersion, User

_open = threading.local()
_token: ContextVar[ApiToken | None] = ContextVar("token", default=None)
_TOLD = [field.column for field in AuditEntry._meta.concrete_fields if field.column != "id"]
# The entries first, so that the version's row is locked briefly. What rows refer to is looked at before that as well,
# not at the commit: who waits there for somebody who deletes it would keep every other write waiting.
_CLOSE = """
SET CONSTRAINTS ALL IMMEDIATE;
WITH told AS (
    INSERT INTO accounts_auditentry ({columns})
    SELECT {columns} FROM json_populate_recordset(NULL::accounts_auditentry, %(entries)s) RETURNING id
)
UPDATE accounts_dataversion SET number = number + 1, changed_at = %(at)s FROM (SELECT count(*) FROM told) AS all_told
""".format(columns=", ".join(f'"{name}"' for name in _TOLD))  # noqa: S608 - our own names


class Version(NamedTuple):
    """A state of the data, and of no other data: after a restore the numbers come again, their moments do not."""

    number: int
    changed_at: datetime | None

    def __str__(self) -> str:
        return f"{self.number}-{self.changed_at.timestamp() if self.changed_at else 0}"


class Change:
    """What one write does, as it goes into the audit trail.

    A rehearsal (a dry run) is taken back at its end: it must use up nothing that a rollback does not give back.
    What counts raises the data version, so that no page is shown that was kept before it.
    """

    def __init__(self, actor: User | None, *, rehearsal: bool = False) -> None:
        self.actor = actor
        self.rehearsal = rehearsal
        self.counts = False
        self.at = timezone.now()
        self._entries: list[AuditEntry] = []

    def record(
        self,
        obj: models.Model,
        action: str,
        changes: Mapping[str, tuple[Any, Any]] | None = None,
        initiative_id: int | None = None,
        label: str = "",
    ) -> None:
        """Note that `obj` was changed: `changes` maps a field to (old, new), both as JSON-able values or dates."""
        self._entries.append(
            AuditEntry(
                at=self.at,
                actor=self.actor,
                actor_label=str(self.actor) if self.actor else "",
                token=_token.get(),
                action=action,
                **_named(obj),
                object_label=(label or str(obj))[:600],
                initiative_id=initiative_id,
                changes={field: [_plain(old), _plain(new)] for field, (old, new) in (changes or {}).items()},
            )
        )

    @contextmanager
    def _part(self, actor: User | None, counts: bool) -> Iterator[None]:
        """A nested write is its own actor's where it has one.

        One that fails takes back its own rows and entries and counts for nothing, whatever the outer one goes on to do.
        """
        mark, outer, counted = len(self._entries), self.actor, self.counts
        self.actor, self.counts = actor or outer, counted or counts
        try:
            with transaction.atomic():
                yield
        except BaseException:
            del self._entries[mark:]
            self.counts = counted
            raise
        finally:
            self.actor = outer

    def _close(self) -> None:
        if not self.counts:
            AuditEntry.objects.bulk_create(self._entries)
            return
        entries = [{name: getattr(entry, name) for name in _TOLD} for entry in self._entries]
        with connection.cursor() as cursor:
            cursor.execute(_CLOSE, {"entries": json.dumps(entries, default=str), "at": self.at})
            cursor.nextset()
            if not cursor.rowcount:
                DataVersion.objects.create(number=1, changed_at=self.at)  # an emptied database


@contextmanager
def changing(actor: User | None, *, rehearsal: bool = False, counts: bool = True) -> Iterator[Change]:
    """Open a write; a nested call joins the outer one. The version row is taken last, so it is locked briefly.

    With `rehearsal` the caller promises to roll it back; without `counts` to change nothing that a figure or a name on
    a page follows from, or to set `Change.counts` when it does.
    """
    outer: Change | None = getattr(_open, "change", None)
    if outer is not None:
        with outer._part(actor, counts):
            yield outer
        return
    change = _open.change = Change(actor, rehearsal=rehearsal)
    change.counts = counts
    try:
        with transaction.atomic():
            yield change
            change._close()
    finally:
        _open.change = None


def made_with(token: ApiToken | None) -> None:
    """From here on, in this request, say of every change that a program made it with this token; None: no program."""
    _token.set(token)


def data_version() -> Version:
    """Return what changes whenever anything that counts has changed."""
    return Version(*(DataVersion.objects.values_list("number", "changed_at").first() or (0, None)))


def _named(obj: models.Model) -> dict[str, Any]:
    """Return what names a thing: its kind, and its number or key; the kind alone of what is not kept."""
    pk, key = obj.pk, ""
    if isinstance(pk, str):
        key = pk
    elif isinstance(pk, tuple) and None not in pk:
        key = obj.key  # type: ignore[attr-defined]
    return {
        "object_type": obj._meta.label_lower,
        "object_id": pk if isinstance(pk, int) else None,
        "object_key": key,
    }


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | str | list | dict):
        return value
    return str(value)
