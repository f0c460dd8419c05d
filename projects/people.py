"""People whom an initiative names by e-mail address."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.changes import changing
from accounts.errors import RuleError
from accounts.models import User
from accounts.permissions import can
from display.sentences import aside
from projects.models import Initiative
from projects.names import line, named

# The fields of an initiative that are people, and what forms, bodies and files call them; and the other way round.
INPUTS = {"owner": "owner_email", "sponsor": "sponsor_email"}
FIELDS = {named: field for field, named in INPUTS.items()}


def find_or_invite(email: str, actor: User | None, field: str = "owner_email") -> User:
    """Return the person with this address; made where missing and the actor may (else 422): an invited contributor.

    No letter goes out: an administrator, who sees who was only named, sends it (`accounts.people.invite_again`).
    """
    address = line(email, field)
    found = User.objects.filter(named("email", address)).first()
    if found is not None:
        return found
    try:
        validate_email(address)
    except ValidationError as error:
        raise RuleError(_("Not an e-mail address."), field) from error
    if actor is not None and not can(actor, "name.make"):
        raise RuleError(_("Nobody here has the address {email}.").format(email=address), field)
    with changing(actor) as change:
        try:
            with transaction.atomic():
                person = User.objects.create_user(address)
        except IntegrityError:  # somebody else has just invited the same person
            return User.objects.get(named("email", address))
        change.record(person, "create", {"email": (None, person.email)})
    return person


def with_address(person: User) -> str:
    """Return a name with the address that tells people of one name apart."""
    return f"{person}{aside(person.email)}" if person.name else person.email


def addresses(initiative: Initiative) -> dict[str, str | None]:
    """Return the addresses of an initiative's people as `INPUTS` calls them; None where there is nobody."""
    people = {name: getattr(initiative, field) for field, name in INPUTS.items()}
    return {name: person.email if person else None for name, person in people.items()}
