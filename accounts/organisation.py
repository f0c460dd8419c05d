"""Set-up: the organisation and its first administrator."""

from __future__ import annotations

from collections.abc import Callable

from django.db import connection
from django.utils.translation import gettext as _

from accounts.changes import changing
from accounts.errors import RuleError, StaleError
from accounts.models import Organisation, Role, User
from accounts.permissions import require

# Whether amounts have been recorded already (by command or API, before set-up): rooms that keep money append theirs.
amounts_recorded: list[Callable[[], bool]] = []
_SET_UP_LOCK = 0x776F727468  # any number that nothing else locks


def set_up(
    *,
    name: str,
    base_currency: str,
    fiscal_year_start: int,
    time_zone: str,
    admin_name: str,
    email: str,
    password: str,
) -> User:
    """Name the organisation and make its first administrator; once there is one this is closed."""
    with changing(None) as change:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_SET_UP_LOCK])
        if User.objects.active_admins().exists():
            raise RuleError(_("Worthwhile is set up already."), status=409)
        admin = _first_admin(email, admin_name, password)
        change.actor = admin
        organisation = Organisation.current()
        if base_currency != organisation.base_currency and any(recorded() for recorded in amounts_recorded):
            detail = _("Amounts have been recorded in {currency} already, so the base currency stays {currency}.")
            raise RuleError(detail.format(currency=organisation.base_currency), "base_currency")
        organisation.name = name
        organisation.base_currency = base_currency
        organisation.fiscal_year_start = fiscal_year_start
        organisation.time_zone = time_zone
        organisation.set_up_at = change.at
        organisation.save()
        change.record(organisation, "set up", {"base_currency": (None, base_currency), "time_zone": (None, time_zone)})
        change.record(admin, "create", {"role": (None, admin.role)})
    return admin


def edit(actor: User, version: int, *, name: str, fiscal_year_start: int, time_zone: str) -> Organisation:
    """Change name, fiscal year and time zone as they were read at `version`; StaleError where one has changed since.

    The base currency stays: every amount has been valued in it.
    """
    require(actor, "settings.edit")
    with changing(actor) as change:
        organisation = Organisation.objects.select_for_update().first() or Organisation()
        wanted = {"name": name, "fiscal_year_start": fiscal_year_start, "time_zone": time_zone}
        changes = {field: (old, new) for field, new in wanted.items() if (old := getattr(organisation, field)) != new}
        if changes:
            if organisation.version != version:
                raise StaleError
            organisation.version += 1
            for field, new in wanted.items():
                setattr(organisation, field, new)
            organisation.save()
            change.record(organisation, "edit", changes)
    return organisation


def _first_admin(email: str, name: str, password: str) -> User:
    """Make the administrator, out of the person with this address where a command has made one."""
    admin = User.objects.by_email(email) or User(email=email.strip().lower())
    admin.name, admin.role, admin.is_active = name, Role.ADMIN, True
    admin.set_password(password)
    admin.save()
    return admin
