"""A form that arrives after its sign-in has ended is not lost: it goes with the sign-in, and is sent after it."""

from __future__ import annotations

import re
import time
from html import unescape

import pytest
from django.conf import settings
from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts import unsent
from accounts.models import User
from tests.factories import PASSWORD, UserFactory
from tests.markup import tight

pytestmark = pytest.mark.django_db
NOT_TYPED = (
    *("once", "version", "heeded", "instead_of", "read", "seen", "shown", "stood", "warned"),
    *("initial-name", "was-1-2", "told-1-2-2026.01", "do", "go"),
)
TYPED = {"name": 'Ana "Nan" <b> & co', "language": "ja", "theme": "dark"}


@pytest.fixture
def person(db):
    UserFactory(admin=True)  # somebody has set the product up
    return UserFactory(language="en")


def hidden(answer) -> dict[str, str]:
    fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', answer.content.decode())
    return {name: unescape(value) for name, value in fields}


def sign_in(browser: Client, person: User, **fields: str):
    return browser.post("/login/", {"login": person.email, "password": PASSWORD, **fields})


def test_what_was_typed_arrives_after_the_sign_in(person):
    browser = Client(enforce_csrf_checks=True)
    browser.get("/login/")
    token = browser.cookies[settings.CSRF_COOKIE_NAME].value
    asked = browser.post("/profile/?tab=1", {**TYPED, "csrfmiddlewaretoken": token})
    assert asked.status_code == 200
    assert "You were signed out meanwhile" in asked.content.decode()
    assert User.objects.get(pk=person.pk).name == person.name
    wrong = browser.post("/login/", {**hidden(asked), "login": person.email, "password": "wrong"})
    assert hidden(wrong)["unsent"] == hidden(asked)["unsent"]
    signed_in = browser.post("/login/", {**hidden(wrong), "login": person.email, "password": PASSWORD})
    page = signed_in.content.decode()
    assert "Send what you had typed?" in page
    assert 'action="/profile/?tab=1"' in page
    kept = hidden(signed_in)
    assert {name: kept[name] for name in TYPED} == TYPED
    assert browser.post("/profile/?tab=1", kept).status_code == 302
    assert User.objects.get(pk=person.pk).name == TYPED["name"]


def test_no_page_that_carries_it_offers_another_language_which_would_lose_it(person):
    browser = Client()
    assert 'action="/language/"' in browser.get("/login/").content.decode()
    asked = browser.post("/profile/", TYPED)
    wrong = browser.post("/login/", hidden(asked) | {"login": person.email, "password": "wrong"})
    for page in (asked, wrong, sign_in(browser, person, unsent=hidden(asked)["unsent"])):
        assert "unsent" in page.context
        assert 'action="/language/"' not in page.content.decode()


def test_the_page_speaks_the_language_of_who_signed_in(person):
    User.objects.filter(pk=person.pk).update(language="ja")
    asked = Client().post("/profile/", TYPED, headers={"Accept-Language": "en"})
    page = sign_in(Client(), person, unsent=hidden(asked)["unsent"]).content.decode()
    assert '<html lang="ja"' in page
    assert "入力した内容を送信しますか" in page
    assert f"/profile/へ、{person}さんとして送信します。" in tight(page)


def test_who_is_signed_in_already_is_asked_too(person):
    browser = Client()
    kept = hidden(browser.post("/profile/", TYPED))["unsent"]
    browser.force_login(person)
    asked = sign_in(browser, person, unsent=kept)
    assert "Send what you had typed?" in asked.content.decode()
    assert {name: hidden(asked)[name] for name in TYPED} == TYPED
    assert sign_in(browser, person)["Location"] == "/"
    assert sign_in(browser, person, unsent="nonsense")["Location"] == "/"


def test_the_page_says_what_it_sends_where_and_as_whom(person):
    User.objects.filter(pk=person.pk).update(name="Ana")
    many = {f"row-{number}": str(number) for number in range(60)}
    asked = Client().post(
        "/profile/?tab=1", TYPED | {"note": "long " * 100, "empty": ""} | dict.fromkeys(NOT_TYPED, "x") | many
    )
    page = sign_in(Client(), person, unsent=hidden(asked)["unsent"])
    text = unescape(tight(page.content.decode()))
    assert "It goes to /profile/?tab=1, as Ana." in text
    shown = re.findall(r"<dt>(.*?)</dt> ?<dd>(.*?)</dd>", text)
    said = {"Name": TYPED["name"], "Language": "ja", "Theme": "dark"}
    assert shown[:4] == [*said.items(), ("note", ("long " * 40)[:199] + "…")]
    assert (len(shown), shown[-1]) == (50, ("row-45", "45"))
    assert "And 14 more fields." in text


@pytest.mark.parametrize(
    ("path", "sent", "said"),
    [
        ("/people/invite/", {"name": "Ana", "role": "finance"}, ["Name", "Role"]),
        (
            "/costs/assets/new/?x=1",
            {"name": "GPU", "price": "5", "shares-0-initiative": "AI-0001", "shares-1-share": "40"},
            ["Name", "Price", "Initiative", "Share, %"],
        ),
        ("/costs/grid/", {"vendor-3": "Stratus", "amount-3": "7", "2026.01": "9"}, ["Vendor", "Amount", "2026.01"]),
        (
            "/outcomes/1/readings/new/",
            {"value": "9", "note": "late"},
            ["What was the reading?", "Anything to know about it?"],
        ),
        (
            "/costs/ai-categories/new/",
            {"provider": "AWS", "sku": "p5*", "priority": "9"},
            ["Provider", "SKU", "Priority"],
        ),
        (
            "/costs/allocation/new/",
            {"name": "GPU", "field_0": "vendor", "glob_0": "S*", "initiative_1": "AI-0001", "share_1": "40"},
            ["Name of the rule", "Condition", "Value", "Initiative", "Share"],
        ),
        # Of a file's columns their names are all that is known; no form of another page has one.
        ("/imports/uploads/1/", {"column-3": "amount", "save_as": "Bills"}, ["column-3", "Save this mapping as"]),
        ("/nowhere/", {"nothing_like_it": "1"}, ["nothing_like_it"]),
    ],
)
def test_what_was_typed_is_called_what_its_page_calls_it(db, path, sent, said):
    assert unsent.Unsent(path, list(sent.items())).typed() == list(zip(said, sent.values(), strict=True))


def test_fields_with_many_values_keep_their_order(person, rf):
    request = rf.post("/initiatives/", {"tag": ["b", "a"], "note": "one\ntwo"})
    fields = [("tag", "b"), ("tag", "a"), ("note", "one\ntwo")]
    assert unsent.opened(unsent.sealed(request)) == ("/initiatives/", fields)


def test_what_we_did_not_sign_is_not_shown(person):
    ours = hidden(Client().post("/profile/", TYPED))["unsent"]
    for text in (ours[:-1], f"x{ours}", "nonsense", ""):
        answer = sign_in(Client(), person, unsent=text)
        assert (answer.status_code, answer["Location"]) == (302, "/")


def test_after_a_week_it_is_too_old_and_said_to_be_lost(person, rf, monkeypatch):
    ours = unsent.sealed(rf.post("/profile/", TYPED))
    now = time.time()
    monkeypatch.setattr(signing.time, "time", lambda: now + 7 * 24 * 3600 - 60)
    assert unsent.opened(ours)
    monkeypatch.setattr(signing.time, "time", lambda: now + 7 * 24 * 3600 + 60)
    assert unsent.opened(ours) is None
    browser = Client()
    answer = sign_in(browser, person, unsent=ours)
    assert "what you sent is not saved" in browser.get(answer["Location"]).content.decode()


def test_files_and_passwords_are_not_carried(person):
    browser = Client()
    answer = browser.post("/imports/", {"file": SimpleUploadedFile("costs.csv", b"a,b\n")})
    assert (answer.status_code, answer["Location"]) == (302, "/login/?next=/imports/")
    assert "what you sent is not saved" in browser.get(answer["Location"]).content.decode()
    answer = Client().post("/password/change/", {"oldpassword": PASSWORD, "password1": "x", "password2": "x"})
    assert answer["Location"] == "/login/?next=/password/change/"
    assert PASSWORD not in Client().get(answer["Location"]).content.decode()
