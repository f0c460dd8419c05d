"""Lists of the accounts room are shown page by page, and permissions are looked up once."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts import people, tokens, views
from accounts.models import User
from accounts.permissions import can
from tests.factories import InitiativeFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_people_are_shown_fifty_at_a_time(client: Client):
    client.force_login(UserFactory(admin=True))
    UserFactory.create_batch(views.PER_PAGE)
    assert len(client.get(reverse("accounts:people-list")).context["page"]) == 50
    second = client.get(reverse("accounts:people-list"), {"page": 2})
    assert len(second.context["page"]) == 1
    assert "<b>51 people</b>" in second.content.decode()


def test_people_are_found_by_name_address_and_state(client: Client, django_assert_num_queries):
    mika = UserFactory(admin=True, name="Mika Oda", email="mika@example.org")
    nia = UserFactory(name="Nia Ferreira", email="nia@example.org", is_active=False)
    named = User.objects.create_user("noor@contoso.example", None, name="")
    invited = people.invite(
        mika, "http://testserver", email="mia@contoso.example", name="Mia", role="contributor", language="en"
    )
    client.force_login(mika)

    def found(**asked):
        return {person.email for person in client.get(reverse("accounts:people-list"), asked).context["page"]}

    assert found(q="ODA mika") == {mika.email}
    assert found(q="contoso") == {named.email, invited.email}
    assert found(state="active") == {mika.email}
    assert found(state="invited") == {named.email, invited.email}
    assert found(state="named") == {named.email}
    assert found(state="off") == {nia.email}
    assert found(state="named", q="mia") == set()
    assert found(state="strange") == found() == {mika.email, nia.email, named.email, invited.email}
    with django_assert_num_queries(6):
        page = client.get(reverse("accounts:people-list"), {"q": "contoso", "state": "invited"}).content.decode()
    assert '<input type="hidden" name="state" value="invited"' in page
    assert 'href="?q=contoso"' in page and 'href="?q=contoso&amp;state=off"' in page
    assert "Nobody matches" in client.get(reverse("accounts:people-list"), {"q": "zz"}).content.decode()


def test_people_are_looked_for_by_ten_words_at_most(client: Client):
    client.force_login(UserFactory(admin=True))
    UserFactory(name="a b c d e f g h i j", email="letters@example.org")
    ten = client.get("/people/", {"q": "a b c d e f g h i j"})
    assert [person.email for person in ten.context["page"]] == ["letters@example.org"]
    eleven = client.get("/people/", {"q": "a b c d e f g h i j k"})
    assert eleven.context["filters"].errors == {"q": ["At most 10 words."]}
    assert len(eleven.context["page"]) == 2  # as of other filters that make no sense: nobody is kept out
    assert "At most 10 words." in eleven.text


def test_who_comes_from_a_list_of_people_goes_back_to_it_as_it_was(client: Client):
    client.force_login(UserFactory(admin=True))
    nia = UserFactory(name="Nia Ferreira", email="nia@example.org")
    listed = "/people/?q=nia&page=1"
    page = client.get(listed).text
    opened = f"/people/{nia.pk}/?next=%2Fpeople%2F%3Fq%3Dnia%26page%3D1"
    assert f'href="{opened}"' in page
    person = client.get(opened)
    assert person.context["back"] == listed
    assert person.text.count('href="/people/?q=nia&amp;page=1"') == 2  # the way above it, and "Cancel"
    typed = {"name": "Nia F.", "role": nia.role, "version": 1}
    assert client.post(opened, typed)["Location"] == listed
    act = f"/people/{nia.pk}/act/"
    assert '<input type="hidden" name="next" value="/people/?q=nia&amp;page=1">' in person.text
    assert client.post(act, {"action": "deactivate", "next": listed})["Location"] == listed
    refused = client.post(act, {"action": "no such thing", "next": listed})["Location"]
    assert client.get(refused).context["back"] == listed
    assert client.post(act, {"action": "activate", "next": "https://elsewhere.example/"})["Location"] == "/people/"


def test_tokens_are_shown_fifty_at_a_time(client: Client):
    user = UserFactory()
    client.force_login(user)
    for number in range(51):
        tokens.make(user, f"program {number}", user)
    assert len(client.get(reverse("accounts:token-list")).context["page"]) == 50
    assert len(client.get(reverse("accounts:token-list"), {"page": 2}).context["page"]) == 1


def test_what_a_member_may_do_is_looked_up_once_however_often_it_is_asked(django_assert_num_queries):
    mine, other = InitiativeFactory(), InitiativeFactory()
    member = UserFactory()
    mine.members.add(member)
    with django_assert_num_queries(1):
        for _ in range(3):
            assert can(member, "cost.edit", mine)
            assert can(member, "outcome.edit", mine)
            assert not can(member, "cost.edit", other)


def test_a_new_request_sees_new_members():
    initiative, user = InitiativeFactory(), UserFactory()
    assert not can(user, "cost.edit", initiative)
    initiative.members.add(user)
    assert can(User.objects.get(pk=user.pk), "cost.edit", initiative)
