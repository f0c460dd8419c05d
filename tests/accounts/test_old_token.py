"""A form with the token of an earlier sign-in: what was typed comes back with a question, and nothing else gets in."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import User
from imports.models import Upload
from tests.accounts.test_unsent import TYPED, hidden
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db
OWN = {"Origin": "http://testserver"}


@pytest.fixture
def person(db) -> User:
    return UserFactory(admin=True, language="en")


@pytest.fixture
def browser(person: User) -> Client:
    """A browser that checks tokens, signed in through the page, which rotates the token."""
    made = Client(enforce_csrf_checks=True)
    made.get("/login/")
    sign_in(made, person)
    return made


def sign_in(browser: Client, person: User) -> None:
    token = browser.cookies[settings.CSRF_COOKIE_NAME].value
    sent = {"login": person.email, "password": PASSWORD, "csrfmiddlewaretoken": token}
    assert browser.post("/login/", sent, headers=OWN).status_code == 302


def signed_in_anew(browser: Client, person: User) -> dict[str, str]:
    """Sign out and in again in another tab; return the token of the page that is still open."""
    old = hidden(browser.get("/profile/"))["csrfmiddlewaretoken"]
    browser.post("/logout/", {"csrfmiddlewaretoken": old}, headers=OWN)
    browser.get("/login/")
    sign_in(browser, person)
    return {"csrfmiddlewaretoken": old}


def test_what_was_typed_in_a_page_from_before_the_sign_in_is_asked_about_and_sent(browser, person):
    old = signed_in_anew(browser, person)
    asked = browser.post("/profile/?tab=1", TYPED | old, headers=OWN)
    assert asked.status_code == 403
    assert "was opened before the last sign-in in this browser" in asked.content.decode()
    assert 'action="/profile/?tab=1"' in asked.content.decode()
    assert User.objects.get(pk=person.pk).name == person.name  # only a press of the button does it
    fresh = {name: value for name, value in hidden(asked).items() if name != "next"}
    assert {name: fresh[name] for name in TYPED} == TYPED
    assert browser.post("/profile/?tab=1", fresh, headers=OWN).status_code == 302
    assert User.objects.get(pk=person.pk).name == TYPED["name"]


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Origin": "http://testserver.evil.example"}, {"Origin": "null"}, {}],
)
def test_what_no_page_of_ours_has_sent_is_refused_and_not_shown(browser, headers):
    refused = browser.post("/profile/", TYPED | {"csrfmiddlewaretoken": "x" * 64}, headers=headers)
    assert refused.status_code == 403
    assert TYPED["name"][:3] not in refused.content.decode()
    assert "Nothing was saved. Open the page anew" in refused.content.decode()


def test_part_of_a_page_and_passwords_are_not_asked_about(browser):
    part = browser.post("/profile/", TYPED, headers=OWN | {"HX-Request": "true"})
    secret = browser.post("/password/change/", {"oldpassword": PASSWORD}, headers=OWN)
    for refused in (part, secret):
        assert refused.status_code == 403
        assert "Nothing was saved. Open the page anew" in refused.content.decode()
    assert PASSWORD not in secret.content.decode()


def test_what_two_tabs_had_typed_comes_back_in_both(person):
    browser = Client(enforce_csrf_checks=True)
    browser.get("/login/")
    old = {"csrfmiddlewaretoken": browser.cookies[settings.CSRF_COOKIE_NAME].value}
    first, second = (browser.post("/profile/", TYPED | old | {"name": name}, headers=OWN) for name in ("A", "B"))
    password = {"login": person.email, "password": PASSWORD}
    assert hidden(browser.post("/login/", hidden(first) | old | password, headers=OWN))["name"] == "A"
    asked = browser.post("/login/", hidden(second) | old | password, headers=OWN)
    assert asked.status_code == 403
    assert 'action="/profile/"' in asked.content.decode() and PASSWORD not in asked.content.decode()
    assert browser.post("/profile/", hidden(asked), headers=OWN).status_code == 302
    assert User.objects.get(pk=person.pk).name == "B"


def test_an_origin_that_the_administrator_trusts_is_asked_as_well(browser, person, settings):
    settings.CSRF_TRUSTED_ORIGINS = ["https://w.example.org", "https://*.example.org"]
    old = signed_in_anew(browser, person)
    trusted = browser.post("/profile/", TYPED | old, headers={"Origin": "https://w.example.org"})
    assert "was opened before the last sign-in in this browser" in trusted.content.decode()
    other = browser.post("/profile/", TYPED | old, headers={"Origin": "https://x.example.org"})
    assert "Nothing was saved. Open the page anew" in other.content.decode()


def test_a_file_is_told_to_be_lost(browser):
    sent = {"format": "costs_csv", "file": SimpleUploadedFile("march.csv", b"a,b\n")}
    asked = browser.post("/imports/", sent, headers=OWN)
    assert asked.status_code == 403
    assert "Files cannot be kept and are not sent along: march.csv." in asked.content.decode()
    assert hidden(asked)["format"] == "costs_csv"
    assert not Upload.objects.exists()


def test_who_is_not_signed_in_signs_in_before_it_is_sent(person):
    browser = Client(enforce_csrf_checks=True)
    asked = browser.post("/profile/", TYPED, headers=OWN)
    assert asked.status_code == 403
    led = browser.post("/profile/", hidden(asked), headers=OWN)
    assert "It is kept in this page: sign in here" in led.content.decode()
    assert User.objects.get(pk=person.pk).name == person.name
