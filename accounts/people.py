"""People are invited, given a role, deactivated and let in again. There is always an active administrator."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts import mail, tokens
from accounts.changes import changing
from accounts.errors import RuleError, StaleError
from accounts.models import Letter, Role, User
from accounts.permissions import require

# How much somebody looks after, so that it can be handed over: rooms that keep such things append theirs.
owned_by: list[Callable[[User], int]] = []


def invite(actor: User, site: str, *, email: str, name: str, role: str, language: str) -> User:
    """Make a person and let them be sent a link (to the installation at `site`) by which they choose a password."""
    require(actor, "people.manage")
    if User.objects.by_email(email) is not None:
        raise _taken()
    with changing(actor) as change:
        try:
            with transaction.atomic():
                person = User.objects.create_user(email, name=name, role=role, language=language)
        except IntegrityError as error:  # pressed twice, or somebody else was quicker
            raise _taken() from error
        change.record(person, "invite", {"email": (None, person.email), "role": (None, person.role)})
        mail.ask(person, Letter.Kind.INVITATION, site, language)
    return person


def invite_again(actor: User, site: str, person: User) -> None:
    """Let the link be sent, once more or for the first time."""
    require(actor, "people.manage")
    if not person.is_active or not person.is_invited:
        raise RuleError(_("Only somebody who has not chosen a password yet is invited."), status=409)
    mail.ask(person, Letter.Kind.INVITATION, site, person.language or get_language())


def edit(actor: User | None, person: User, version: int, *, name: str, role: str) -> User:
    """Change name and role of somebody who was read at `version`; StaleError where either has changed since.

    `actor` None is a command on the machine itself.
    """
    if actor is not None:
        require(actor, "people.manage")
    with changing(actor) as change:
        before = _locked(person)
        if role != Role.ADMIN:
            _keep_an_admin(before)
        changes = {"name": (before.name, name), "role": (before.role, role)}
        changes = {field: (old, new) for field, (old, new) in changes.items() if old != new}
        if changes:
            if before.version != version:
                raise StaleError
            before.name, before.role, before.version = name, role, version + 1
            before.save(update_fields=["name", "role", "version"])
            change.record(before, "edit", changes)
    return before


def set_active(actor: User, person: User, active: bool) -> User:
    """Deactivate somebody (their sessions and tokens end, for good), or let them in again."""
    require(actor, "people.manage")
    with changing(actor) as change:
        before = _locked(person)
        if not active:
            _keep_an_admin(before)
            _keep_oneself(actor, before)
        if before.is_active != active:
            before.is_active = active
            before.save(update_fields=["is_active"])
            change.record(before, "activate" if active else "deactivate", {"is_active": (not active, active)})
            if not active:
                tokens.revoke_all(before, actor)
                _end_sessions(before)
    return before


def edit_profile(person: User, **changes: str) -> User:
    """Change what is given of one's own `name`, `language` and `theme`; the rest is not written."""
    name = changes.get("name", person.name)
    with changing(person, counts=person.name != name) as change:
        if person.name != name:
            change.record(person, "edit", {"name": (person.name, name)})
            User.objects.filter(pk=person.pk).update(version=F("version") + 1)
        for field, value in changes.items():
            setattr(person, field, value)
        person.save(update_fields=list(changes))
    return person


def _end_sessions(person: User) -> None:
    """Delete their sessions, so that none comes back to life with its person. Whose one is, its content alone tells."""
    for session in Session.objects.filter(expire_date__gt=timezone.now()).iterator():
        if session.get_decoded().get(SESSION_KEY) == str(person.pk):
            session.delete()


def _taken() -> RuleError:
    return RuleError(_("There is already somebody with this e-mail address."), "email", status=409)


def _locked(person: User) -> User:
    """Return the person as they are now, and let nobody else change an administrator meanwhile."""
    # Without the key: rows that name these people as their author go on being written meanwhile.
    people = User.objects.select_for_update(no_key=True).order_by("pk")
    list(people.filter(role=Role.ADMIN))
    return people.get(pk=person.pk)


def _keep_oneself(actor: User, person: User) -> None:
    """Refuse to shut oneself out: nobody could say why, and only somebody else could let one in again."""
    if actor.pk == person.pk:
        raise RuleError(_("You cannot deactivate yourself; ask another administrator."), status=409)


def _keep_an_admin(person: User) -> None:
    """Refuse to lose the last administrator, or the last one who can sign in: nobody could make another one."""
    others = User.objects.active_admins().exclude(pk=person.pk)
    if not person.is_invited:
        others = others.exclude(pk__in=User.objects.invited())
    if person.role == Role.ADMIN and person.is_active and not others.exists():
        detail = _("Nobody else who can sign in is an administrator; make somebody else one first.")
        raise RuleError(detail, "role", status=409)
