"""`manage.py token`: API tokens from the command line."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.db.models import Model
from django.utils import timezone

from accounts import people, tokens
from accounts.changes import changing
from accounts.errors import RuleError
from accounts.models import ApiToken, Organisation, Role, User


class Command(BaseCommand):
    """Prints a new API token, and nothing else, on standard output; or lists tokens, or revokes one."""

    help = (
        "Makes an API token for a person (and the person, when there is none) and prints it alone on stdout; "
        "or lists the tokens of one person or of everybody; or revokes one."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the person and, for somebody new, the role; or what to do in place of making one."""
        parser.add_argument("email", nargs="?")
        parser.add_argument("--role", choices=Role.values, help="the role; changes that of somebody who has another")
        parser.add_argument("--name", default="manage.py token", help="what the token is called on the page of tokens")
        instead = parser.add_mutually_exclusive_group()
        instead.add_argument("--list", action="store_true", help="list tokens, those in use first")
        instead.add_argument("--revoke", metavar="PREFIX", help="revoke the token that begins so (--list), or is this")

    def handle(self, *args: Any, email: str | None, role: str | None, name: str, **options: Any) -> None:
        """List, revoke, or make a token."""
        if options["list"]:
            with Organisation.current().in_force():
                self.stdout.writelines(f"{_line(row)}\n" for row in _tokens_of(email))
        elif options["revoke"] is not None:
            row = _meant(options["revoke"], email)
            tokens.revoke(row, actor=None)
            self.stdout.write(f"Revoked {row.prefix}  {row.user.email}  {row.name}")
        elif email is not None:
            self.stdout.write(_make(email, role, name))
        else:
            raise CommandError("Whose token? manage.py token EMAIL")


def _tokens_of(email: str | None) -> list[ApiToken]:
    """Return the tokens of a person, or everybody's."""
    found = ApiToken.objects.select_related("user").order_by(*tokens.IN_ORDER)
    if email is None:
        return list(found)
    person = User.objects.by_email(email)
    if person is None:
        raise CommandError(f"Nobody has the address {email}.")
    return list(found.filter(user=person))


def _line(row: ApiToken) -> str:
    made = timezone.localdate(row.created_at)
    used = timezone.localdate(row.last_used_at) if row.last_used_at else "never"
    state = "revoked" if row.revoked_at else "in use"
    return f"{row.prefix}  {row.user.email}  made {made}  used {used}  {state}  {row.name}"


def _meant(text: str, email: str | None) -> ApiToken:
    """Return the one token in use that begins so, or is this; where there are more, or none, none is to be revoked."""
    found = [row for row in _tokens_of(email) if row.revoked_at is None and tokens.is_meant(row, text)]
    if not text or len(found) != 1:
        told = text[: tokens.SHOWN]  # never the whole of a token: what a command says is kept in logs
        raise CommandError(f"{len(found)} tokens in use begin with “{told}”: see manage.py token --list.")
    return found[0]


def _make(email: str, role: str | None, name: str) -> str:
    with changing(None, counts=False):
        person = User.objects.by_email(email) or _make_person(email, role)
        if role and person.role != role:
            person = _change_role(person, role)
        if not person.is_active:
            raise CommandError(f"{person.email} is deactivated.")
        _fit(ApiToken, "name", name)
        _row, token = tokens.make(person, name, actor=None)
    return token


def _make_person(email: str, role: str | None) -> User:
    try:
        validate_email(email)
    except ValidationError as error:
        raise CommandError(f"{email} is no e-mail address.") from error
    _fit(User, "email", email)
    with changing(None) as change:
        person = User.objects.create_user(email, role=role or Role.CONTRIBUTOR)
        change.record(person, "create", {"role": (None, person.role)})
    return person


def _fit(model: type[Model], field: str, text: str) -> None:
    """Refuse a text that the column cannot hold."""
    longest = model._meta.get_field(field).max_length
    if longest is not None and len(text) > longest:
        raise CommandError(f"The {field} is longer than {longest} characters.")


def _change_role(person: User, role: str) -> User:
    try:
        return people.edit(None, person, person.version, name=person.name, role=role)
    except RuleError as error:
        raise CommandError(error.message) from error
