"""`manage.py token EMAIL --role ROLE`: an API token from the command line."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email

from accounts import people, tokens
from accounts.changes import changing
from accounts.errors import RuleError
from accounts.models import Role, User


class Command(BaseCommand):
    """Prints a new API token, and nothing else, on standard output."""

    help = "Makes an API token for a person (and the person, when there is none) and prints it alone on stdout."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the person and, for somebody new, the role."""
        parser.add_argument("email")
        parser.add_argument("--role", choices=Role.values, help="the role; changes that of somebody who has another")
        parser.add_argument("--name", default="manage.py token", help="what the token is called on the page of tokens")

    def handle(self, *args: Any, email: str, role: str | None, name: str, **options: Any) -> None:
        """Make the token."""
        with changing(None, counts=False):
            person = User.objects.by_email(email) or _make(email, role)
            if role and person.role != role:
                person = _change_role(person, role)
            if not person.is_active:
                raise CommandError(f"{person.email} is deactivated.")
            _row, token = tokens.make(person, name, actor=None)
        self.stdout.write(token)


def _make(email: str, role: str | None) -> User:
    try:
        validate_email(email)
    except ValidationError as error:
        raise CommandError(f"{email} is no e-mail address.") from error
    with changing(None) as change:
        person = User.objects.create_user(email, role=role or Role.CONTRIBUTOR)
        change.record(person, "create", {"role": (None, person.role)})
    return person


def _change_role(person: User, role: str) -> User:
    try:
        return people.edit(None, person, name=person.name, role=role)
    except RuleError as error:
        raise CommandError(error.message) from error
