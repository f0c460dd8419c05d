"""A form that makes something makes it once, however often it is sent."""

from __future__ import annotations

import re
import threading
from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import ApiToken, SentForm, User
from accounts.tasks import forget_sent_forms
from outcomes import measurements
from outcomes.models import Measurement
from projects.models import IntakeDraft
from tests.beside import ANY_END, somebody_waits
from tests.factories import PASSWORD, InitiativeFactory, UserFactory
from tests.outcomes.factories import make_outcome

READING = {"value": "12", "period_end": "2025-03-31", "method": "observed", "note": "", "once": "t"}
SAID = "You sent this form already: nothing was made a second time. To make it anew, open the form again."


def outcome_of(user: User):
    return make_outcome(InitiativeFactory(owner=user))


def signed_in(user: User) -> Client:
    browser = Client()
    browser.force_login(user)
    return browser


def said(answer) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


def token_in(page: str) -> str:
    return re.search(r'<input type="hidden" name="once" value="([^"]+)">', page)[1]


@pytest.fixture
def person(db) -> User:
    return UserFactory(admin=True)


@pytest.mark.django_db
def test_what_is_sent_twice_is_there_once_and_leads_to_the_same_page(person):
    browser, outcome = signed_in(person), outcome_of(person)
    address = f"/outcomes/{outcome.pk}/readings/new/"
    typed = READING | {"once": token_in(browser.get(address).content.decode())}
    first = browser.post(address, typed)
    again = browser.post(address, typed)
    assert first.status_code == again.status_code == 302
    assert first["Location"] == again["Location"] == f"/initiatives/{outcome.initiative.key}/outcomes/"
    assert Measurement.objects.count() == 1
    assert said(again)[-1] == SAID


@pytest.mark.django_db
def test_it_is_said_in_japanese(person):
    User.objects.filter(pk=person.pk).update(language="ja")
    browser, address = signed_in(person), f"/outcomes/{outcome_of(person).pk}/readings/new/"
    browser.post(address, READING)
    assert said(browser.post(address, READING))[-1] == (
        "このフォームは送信済みのため、二重には登録されていません。新たに登録するには、フォームを開き直してください。"
    )


@pytest.mark.django_db
def test_each_page_has_its_own_token_and_one_that_comes_back_keeps_it(person):
    browser, address = signed_in(person), f"/outcomes/{outcome_of(person).pk}/readings/new/"
    pages = {token_in(browser.get(address).content.decode()) for _ in range(2)}
    assert len(pages) == 2
    wrong = browser.post(address, READING | {"value": "much"})
    assert token_in(wrong.content.decode()) == "t"
    assert SentForm.objects.count() == 0
    assert browser.post(address, READING).status_code == 302
    assert Measurement.objects.count() == 1


@pytest.mark.django_db
def test_what_was_changed_after_going_back_is_a_form_of_its_own(person):
    browser, address = signed_in(person), f"/outcomes/{outcome_of(person).pk}/readings/new/"
    browser.post(address, READING)
    browser.post(address, READING | {"period_end": "2025-04-30"})
    assert Measurement.objects.count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize("token", ["", "made up", "\x00" * 3, "x" * 9_999], ids=["empty", "made up", "NUL", "long"])
def test_a_token_that_is_not_ours_does_no_harm(person, token):
    browser, address = signed_in(person), f"/outcomes/{outcome_of(person).pk}/readings/new/"
    assert browser.post(address, READING | {"once": token}).status_code == 302
    assert Measurement.objects.count() == 1


@pytest.mark.django_db
def test_without_a_token_each_sending_counts(person):
    browser, address = signed_in(person), f"/outcomes/{outcome_of(person).pk}/readings/new/"
    typed = {name: value for name, value in READING.items() if name != "once"}
    assert [browser.post(address, typed).status_code for _ in range(2)] == [302, 302]
    assert Measurement.objects.count() == 2


@pytest.mark.django_db
def test_the_token_of_somebody_else_means_nothing(person):
    address = f"/outcomes/{outcome_of(person).pk}/readings/new/"
    signed_in(person).post(address, READING)
    other = signed_in(UserFactory(admin=True)).post(address, READING)
    assert said(other) == ["The reading is recorded."]
    assert Measurement.objects.count() == 2


@pytest.mark.django_db
def test_it_goes_along_with_the_sign_in(person):
    outcome = outcome_of(person)
    address = f"/outcomes/{outcome.pk}/readings/new/"
    signed_in(person).post(address, READING)  # its answer got lost, and then the session ended
    browser = Client()
    asked = browser.post(address, READING).content.decode()
    kept = re.search(r'name="unsent" value="([^"]+)"', asked)[1]
    page = browser.post("/login/", {"login": person.email, "password": PASSWORD, "unsent": kept}).content.decode()
    assert token_in(page) == "t"
    again = browser.post(address, READING | {"csrfmiddlewaretoken": "another"})
    assert again["Location"] == f"/initiatives/{outcome.initiative.key}/outcomes/"
    assert Measurement.objects.count() == 1


@pytest.mark.django_db
def test_a_new_token_is_made_once_and_the_next_form_is_another_one(person):
    browser = signed_in(person)
    first = browser.post("/tokens/", {"name": "ledger", "once": "t"})
    assert first.status_code == 201
    assert token_in(first.content.decode()) != "t"
    again = browser.post("/tokens/", {"name": "ledger", "once": "t"})
    assert (again.status_code, again["Location"]) == (302, "/tokens/")
    assert ApiToken.objects.count() == 1


@pytest.mark.django_db
def test_a_draft_keeps_what_is_typed_and_no_token(person):
    browser = signed_in(person)
    for _ in range(2):
        answer = browser.post("/initiatives/new/", {"title": "New", "go": "need", "once": "t"})
    draft = IntakeDraft.objects.get()
    assert draft.typed["why"] == {"title": ["New"]}
    assert answer["Location"] == f"/initiatives/new/{draft.pk}/need/"


@pytest.mark.django_db
def test_a_draft_that_cannot_go_on_is_kept_all_the_same(person):
    browser = signed_in(person)
    typed = {"title": "", "go": "next", "once": "t"}
    assert browser.post("/initiatives/new/", typed).status_code == 422
    again = browser.post("/initiatives/new/", typed)
    draft = IntakeDraft.objects.get()
    assert (again["Location"], said(again)) == (f"/initiatives/new/{draft.pk}/why/", [SAID])


@pytest.mark.django_db
def test_a_draft_that_is_saved_by_itself_leaves_no_note(person):
    """A script takes its answer into the page, where the page of a draft would not fit."""
    typed, by_script = {"title": "New", "go": "save", "once": "t"}, {"HX-Request": "true"}
    assert signed_in(person).post("/initiatives/new/", typed, headers=by_script).status_code == 200
    assert not SentForm.objects.exists()


@pytest.mark.django_db
def test_a_page_asks_nothing_of_it(person):
    browser, address = signed_in(person), f"/outcomes/{outcome_of(person).pk}/readings/new/"
    with CaptureQueriesContext(connection) as asked:
        browser.get(address)
    assert not [query for query in asked.captured_queries if "sentform" in query["sql"]]


@pytest.mark.django_db
def test_notes_are_dropped_after_a_week(person):
    now = timezone.now()
    for days, digest in ((8, b"old"), (6, b"new")):
        SentForm.objects.create(user=person, digest=digest, led_to="/", at=now - timedelta(days=days))
    forget_sent_forms()
    assert [bytes(note.digest) for note in SentForm.objects.all()] == [b"new"]


@pytest.mark.django_db(transaction=True)
def test_a_write_that_fails_leaves_no_note(person, monkeypatch):
    browser, address = signed_in(person), f"/outcomes/{outcome_of(person).pk}/readings/new/"
    browser.raise_request_exception = False
    record = measurements.record

    def broken(*args, **named):
        record(*args, **named)
        raise ZeroDivisionError

    monkeypatch.setattr(measurements, "record", broken)
    assert browser.post(address, READING).status_code == 500
    assert (Measurement.objects.count(), SentForm.objects.count()) == (0, 0)
    monkeypatch.setattr(measurements, "record", record)
    assert browser.post(address, READING).status_code == 302
    assert Measurement.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_second_waits_for_the_first(person, monkeypatch):
    outcome = outcome_of(person)
    address = f"/outcomes/{outcome.pk}/readings/new/"
    browsers = [signed_in(person), signed_in(person)]
    under_way, go_on, calls, record = threading.Event(), threading.Event(), [], measurements.record

    def slow(*args, **named):
        calls.append(1)
        under_way.set()
        assert go_on.wait(10)
        return record(*args, **named)

    monkeypatch.setattr(measurements, "record", slow)
    answers = {}

    def send(number: int) -> None:
        answers[number] = browsers[number].post(address, READING)
        connection.close()

    threads = [threading.Thread(target=send, args=[number]) for number in (0, 1)]
    threads[0].start()
    assert under_way.wait(10)
    threads[1].start()
    assert somebody_waits(ANY_END)
    go_on.set()
    for thread in threads:
        thread.join(10)
    assert len(calls) == 1
    assert Measurement.objects.count() == 1
    assert {answer["Location"] for answer in answers.values()} == {f"/initiatives/{outcome.initiative.key}/outcomes/"}
