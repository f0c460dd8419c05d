"""Sessions: a key that was known before the sign-in is worth nothing after it, and none outlives what it rests on."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client

from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db
ANOTHER = "loud-mountain-52"
COOKIE = settings.SESSION_COOKIE_NAME


@pytest.fixture
def person(db):
    UserFactory(admin=True)  # somebody has set the product up
    return UserFactory()


def signed_in(person, browser: Client | None = None) -> Client:
    browser = browser or Client()
    answer = browser.post("/login/", {"login": person.email, "password": PASSWORD})
    assert answer["Location"] == "/"
    return browser


def is_in(browser: Client) -> bool:
    return browser.get("/profile/").status_code == 200


def with_key(key: str) -> Client:
    browser = Client()
    browser.cookies[COOKIE] = key
    return browser


def test_a_session_that_somebody_planted_is_left_at_sign_in(person):
    browser = Client()
    session = browser.session
    session["planted"] = "yes"
    session.save()
    planted = session.session_key
    browser.cookies[COOKIE] = planted
    signed_in(person, browser)
    assert browser.cookies[COOKIE].value != planted
    assert is_in(browser)
    assert not is_in(with_key(planted))
    assert not Session.objects.filter(session_key=planted).exists()


def test_a_key_that_was_made_up_is_not_taken(person):
    browser = signed_in(person, with_key("a" * 32))
    assert browser.cookies[COOKIE].value != "a" * 32
    assert not is_in(with_key("a" * 32))


def test_another_person_who_signs_in_finds_nothing_of_the_one_before(person):
    browser = signed_in(person)
    before, session = browser.cookies[COOKIE].value, browser.session
    session["kept"] = "mine"
    session.save()
    browser.force_login(UserFactory())
    assert browser.cookies[COOKIE].value != before
    assert "kept" not in browser.session
    assert not is_in(with_key(before))


def test_a_session_ends_at_sign_out(person):
    browser = signed_in(person)
    key = browser.cookies[COOKIE].value
    assert is_in(with_key(key))
    browser.post("/logout/")
    assert not is_in(browser)
    assert not is_in(with_key(key))
    assert not Session.objects.filter(session_key=key).exists()


def test_a_changed_password_ends_every_other_session_and_changes_the_key_of_this_one(person):
    browser, elsewhere = signed_in(person), signed_in(person)
    key = browser.cookies[COOKIE].value
    changed = {"oldpassword": PASSWORD, "password1": ANOTHER, "password2": ANOTHER}
    assert browser.post("/password/change/", changed).status_code == 302
    assert not is_in(elsewhere)
    assert not is_in(with_key(key))
    assert browser.cookies[COOKIE].value != key
    assert "Location" not in Client().post("/login/", {"login": person.email, "password": PASSWORD})


def test_a_password_that_is_set_for_a_person_ends_their_sessions(person):
    browser = signed_in(person)
    person.set_password(ANOTHER)
    person.save()
    assert not is_in(browser)
