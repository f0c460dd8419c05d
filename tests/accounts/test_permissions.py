"""The table of the contract, row by row."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.template import Context, Template
from django.test import RequestFactory

from accounts.models import Role
from accounts.permissions import TABLE, can, require
from projects.models import Initiative
from tests.factories import InitiativeFactory, UserFactory

ROLES = ["contributor", "portfolio", "finance", "executive", "admin"]
# What a role may do to an initiative that is not its own, and to its own: "-" no, "o" own, "x" all.
EXPECTED = {
    "portfolio.see": "xxxxx",
    "initiative.see": "xxxxx",
    "initiative.see_confidential": "oxxxx",
    "initiative.create": "xx--x",
    "initiative.edit": "ox--x",
    "initiative.propose": "ox--x",
    "initiative.move": "-x--x",
    "initiative.override": "-x--x",
    "outcome.edit": "ox--x",
    "measurement.edit": "ox--x",
    "measurement.validate": "--x-x",
    "cost.edit": "oxx-x",
    "cost.unallocated": "--x-x",
    "allocation.edit": "--x-x",
    "budget.edit": "-xx-x",
    "rate.edit": "--x-x",
    "ai_category.edit": "--x-x",
    "benchmark.edit": "-x--x",
    "reconcile": "--x-x",
    "register.edit": "--x-x",
    "price.edit": "--x-x",
    "import.initiatives": "-xx-x",
    "import.measurements": "-xx-x",
    "import.costs": "--x-x",
    "name.make": "-xx-x",
    "tag.make": "xxx-x",
    "unit.edit": "-x--x",
    "people.manage": "----x",
    "token.manage_all": "----x",
    "settings.edit": "----x",
    "audit.see": "----x",
}
pytestmark = pytest.mark.django_db


def test_the_table_is_complete():
    assert set(TABLE) == set(EXPECTED)


@pytest.mark.parametrize("action", EXPECTED)
def test_who_may_do_what(action):
    others = InitiativeFactory()
    found = ""
    for role in ROLES:
        user = UserFactory(role=role)
        own = InitiativeFactory(owner=user)
        found += "x" if can(user, action, others) else "o" if can(user, action, own) else "-"
    assert found == EXPECTED[action]


def test_owner_sponsor_and_member_are_own():
    user = UserFactory()
    owned, sponsored, shared = InitiativeFactory(owner=user), InitiativeFactory(sponsor=user), InitiativeFactory()
    shared.members.add(user)
    assert [can(user, "initiative.edit", one) for one in (owned, sponsored, shared, InitiativeFactory())] == [
        True, True, True, False,
    ]  # fmt: skip


def test_without_an_object_own_is_refused():
    assert not can(UserFactory(), "cost.edit")


def test_strangers_and_deactivated_people_may_nothing():
    gone = UserFactory(admin=True, is_active=False)
    for action in TABLE:
        assert not can(AnonymousUser(), action)
        assert not can(None, action)
        assert not can(gone, action)


def test_an_unknown_action_is_a_mistake_and_not_a_permission():
    with pytest.raises(KeyError):
        can(UserFactory(admin=True), "initiative.destroy")


def test_a_confidential_initiative_is_seen_by_its_own_people_and_the_other_roles():
    user = UserFactory()
    secret = InitiativeFactory(confidential=True)
    others = [UserFactory(role=role) for role in Role if role != Role.CONTRIBUTOR]
    assert not Initiative.objects.visible_to(user).exists()
    assert all(Initiative.objects.visible_to(person).get() == secret for person in (secret.owner, *others))
    assert not can(user, "initiative.see_confidential", secret)
    assert all(can(person, "initiative.see_confidential", secret) for person in (secret.owner, *others))


def test_require_raises():
    with pytest.raises(PermissionDenied):
        require(UserFactory(executive=True), "initiative.create")


def test_the_template_tag_asks_for_who_is_signed_in():
    request = RequestFactory().get("/")
    request.user = UserFactory(finance=True)
    template = Template(
        '{% load access %}{% can "rate.edit" as yes %}{% can "people.manage" as no %}{{ yes }} {{ no }}'
    )
    assert template.render(Context({"request": request})) == "True False"
