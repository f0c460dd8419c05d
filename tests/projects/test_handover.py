"""What somebody owns is handed over when they leave."""

import pytest

from accounts.errors import RuleError
from accounts.models import AuditEntry
from projects import handover
from projects.models import Initiative
from tests.factories import InitiativeFactory, UserFactory
from tests.markup import tight

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client):
    user = UserFactory(admin=True)
    client.force_login(user)
    return user


@pytest.fixture
def ann():
    return UserFactory(name="Ann", email="ann@example.org")


@pytest.fixture
def bob():
    return UserFactory(name="Bob", email="bob@example.org")


@pytest.fixture
def theirs(ann):
    return [InitiativeFactory(owner=ann), InitiativeFactory(owner=ann, confidential=True)]


def url(person):
    return f"/initiatives/handover/{person.pk}/"


def owners():
    return set(Initiative.objects.values_list("owner__name", flat=True))


def test_the_page_of_a_person_says_what_they_own(client, admin, ann, bob, theirs):
    shown = tight(client.get(f"/people/{ann.pk}/").content.decode())
    assert '<a class="link" href="/initiatives/?owner=ann%40example.org">Owns 2 initiatives</a>' in shown
    assert f'<a class="link" href="{url(ann)}">Hand over</a>' in shown
    assert "Hand over" not in client.get(f"/people/{bob.pk}/").content.decode()


def test_who_is_deactivated_is_followed_by_the_question_who_looks_after_what_they_own(client, admin, ann, bob, theirs):
    after = client.post(f"/people/{ann.pk}/act/", {"action": "deactivate"})
    assert after["Location"] == url(ann)
    assert "Ann owns <b>2 initiatives</b>: who looks after them from now on?" in tight(
        client.get(url(ann)).content.decode()
    )
    assert client.post(f"/people/{bob.pk}/act/", {"action": "deactivate"})["Location"] == "/people/"


def test_all_of_them_are_handed_over_in_one_step_that_each_history_tells(client, admin, ann, bob, theirs):
    other = InitiativeFactory(owner=admin)
    before = {each.pk: each.version for each in theirs}
    answer = client.post(url(ann), {"new_owner": bob.pk}, follow=True)
    assert "2 initiatives are Bob’s now." in answer.content.decode()
    moved = Initiative.objects.filter(owner=bob)
    assert {each.pk: each.version - 1 for each in moved} == before
    assert Initiative.objects.get(pk=other.pk).owner == admin
    entries = AuditEntry.objects.filter(actor=admin, action="edit")
    assert {entry.initiative_id for entry in entries} == {*before}
    assert {(*entry.changes["owner"], entry.at) for entry in entries} == {("Ann", "Bob", entries[0].at)}
    assert "<del>Ann</del> → <ins>Bob</ins>" in tight(
        client.get(f"/initiatives/{theirs[0].key}/history/").content.decode()
    )


def test_a_second_sending_changes_nothing(client, admin, ann, bob, theirs):
    client.post(url(ann), {"new_owner": bob.pk})
    count = AuditEntry.objects.count()
    assert client.post(url(ann), {"new_owner": bob.pk}).status_code == 302
    assert AuditEntry.objects.count() == count
    assert "Ann owns no initiative." in client.get(url(ann)).content.decode()


@pytest.mark.parametrize("to", ["", "0", "x", "gone", "ann"])
def test_only_to_somebody_else_who_is_active(client, admin, ann, theirs, to):
    people = {"gone": UserFactory(is_active=False), "ann": ann}
    answer = client.post(url(ann), {"new_owner": people[to].pk if to in people else to})
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["new_owner"])
    assert owners() == {"Ann"}


def test_who_was_deactivated_meanwhile_gets_nothing(admin, ann, bob, theirs):
    type(bob).objects.filter(pk=bob.pk).update(is_active=False)
    with pytest.raises(RuleError, match="Bob is deactivated"):
        handover.hand_over(admin, ann, bob)
    assert owners() == {"Ann"}


def test_it_is_for_administrators(client, ann, bob, theirs):
    for role in ("contributor", "portfolio", "finance", "executive"):
        client.force_login(UserFactory(role=role))
        assert client.get(url(ann)).status_code == 403
        assert client.post(url(ann), {"new_owner": bob.pk}).status_code == 403
    assert owners() == {"Ann"}


def test_two_accounts_of_one_name_are_told_apart(client, admin, ann):
    theirs, other = InitiativeFactory(owner=ann), UserFactory(name="Ann", email="ann.new@example.org")
    client.post(url(ann), {"new_owner": other.pk})
    (entry,) = AuditEntry.objects.filter(action="edit", initiative_id=theirs.pk)
    assert entry.changes == {"owner": [f"Ann ({ann.email})", "Ann (ann.new@example.org)"]}
