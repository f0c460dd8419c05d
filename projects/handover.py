"""Whatever somebody owns becomes somebody else's, in one step: when they leave, or do something else from now on."""

from __future__ import annotations

from django.db.models import F
from django.utils.translation import gettext as _

from accounts.changes import changing
from accounts.errors import RuleError
from accounts.models import User
from accounts.permissions import require
from projects import people
from projects.models import Initiative


def owned_by(person: User) -> int:
    """Return how many initiatives are somebody's."""
    return Initiative.objects.filter(owner=person).count()


def hand_over(actor: User, person: User, to: User) -> int:
    """Make every initiative that is a person's another's; return how many. Each has an entry of its own."""
    require(actor, "people.manage")
    with changing(actor) as change:
        # Who is deactivated meanwhile waits, or is seen here.
        to = User.objects.select_for_update(no_key=True).get(pk=to.pk)
        if not to.is_active:
            raise RuleError(_("{person} is deactivated.").format(person=to), "new_owner", status=409)
        theirs = Initiative.objects.filter(owner=person)
        handed = list(theirs.select_for_update(no_key=True).order_by("pk"))
        # Two accounts of one name are told apart.
        named = people.with_address if str(person) == str(to) else str
        told = named(person), named(to)
        for initiative in handed:
            change.record(initiative, "edit", {"owner": told}, initiative.pk)
        moved = {"owner": to, "version": F("version") + 1, "updated_at": change.at}
        theirs.filter(pk__in=[initiative.pk for initiative in handed]).update(**moved)
    return len(handed)
