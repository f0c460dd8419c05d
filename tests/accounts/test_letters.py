"""Letters about accounts: asked for in a request, sent by the worker; a mail server that fails delays nothing else."""

import re
import select
import socket
from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from accounts.models import Letter, User
from accounts.tasks import clear_letters, send_letters
from projects.people import find_or_invite
from tests.factories import UserFactory
from tests.markup import tight

pytestmark = pytest.mark.django_db
TYPED = {"email": "new@example.org", "name": "Nia", "role": "finance", "language": "en"}
NO_MAIL = '<span class="soft">No e-mail yet</span>'
JAPANESE = {
    "invitation": [
        "Nia様",
        "Example銀行では、AI施策のコストと成果をWorthwhileで管理しています。下記よりご参加ください。"
        "次のリンクからパスワードを設定してください。リンクは3日間、1回だけ有効です。",
        "LINK",
        "設定後はnew@example.orgでサインインしてください。",
    ],
    "password": [
        "Nia様",
        "Worthwhileのパスワード再設定の依頼を受け付けました。次のリンクから設定してください。"
        "リンクは3日間、1回だけ有効です。",
        "LINK",
        "お心当たりがない場合は、このメールを破棄してください。パスワードは変わりません。",
    ],
}


@pytest.fixture
def admin(client):
    user = UserFactory(admin=True)
    client.force_login(user)
    return user


@pytest.fixture
def closed_port(settings):
    """A mail server that does not answer."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1


def page_of(client, email):
    return client.get(f"/people/{User.objects.get(email=email).pk}/")


def test_who_is_invited_while_the_mail_server_fails_is_made_and_their_page_shows_the_link(client, admin, closed_port):
    assert client.post("/people/invite/", TYPED)["Location"] == "/people/"
    waits = "The invitation has not gone out yet; it does as soon as a worker is free, mostly within a minute."
    assert waits in page_of(client, TYPED["email"]).text
    assert send_letters() == 0
    page = page_of(client, TYPED["email"])
    said = r"The mail server did not take the invitation \(last tried \d seconds? ago\): hand this link over yourself\."
    assert re.search(said, tight(page.text))
    assert "/password/reset/key/" in page.context["link"] and page.context["link"] in page.text
    again = client.post(f"/people/{page.context['person'].pk}/act/", {"action": "invite"})
    assert (again.status_code, again["Location"]) == (302, "/people/")


def test_a_letter_that_was_not_taken_is_tried_again_until_it_is(client, admin, closed_port, settings):
    client.post("/people/invite/", TYPED)
    send_letters()
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert send_letters() == 0  # a minute has not gone by
    Letter.objects.update(failed_at=timezone.now() - timedelta(seconds=61))
    assert (send_letters(), send_letters()) == (1, 0)
    assert [letter.to for letter in mail.outbox] == [["new@example.org"]]
    assert page_of(client, TYPED["email"]).context["link"] == ""


def test_one_address_that_is_refused_keeps_no_other_letter(client, admin, monkeypatch):
    for name in ("bad", "good"):
        client.post("/people/invite/", TYPED | {"email": f"{name}@example.org"})
    send = mail.EmailMessage.send

    def refuse(letter):
        if letter.to == ["bad@example.org"]:
            raise OSError("no such mailbox")
        return send(letter)

    monkeypatch.setattr(mail.EmailMessage, "send", refuse)
    assert (send_letters(), send_letters()) == (0, 1)
    assert [letter.to for letter in mail.outbox] == [["good@example.org"]]


def test_an_address_that_cannot_be_written_keeps_no_other_letter(client, admin):
    address = f"x@{'ア' * 60}.jp"  # its name in DNS would be too long
    client.post("/people/invite/", TYPED | {"email": address})
    assert send_letters() == 0
    assert Letter.objects.get(user__email=address).failed_at is not None


def test_a_server_that_hangs_is_left_after_the_timeout(client, admin, settings):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = silent.getsockname()
        assert settings.EMAIL_TIMEOUT == 10
        settings.EMAIL_TIMEOUT = 0.2
        client.post("/people/invite/", TYPED)
        assert not select.select([silent], [], [], 0)[0]  # the request has not even called it
        assert send_letters() == 0
        assert select.select([silent], [], [], 0)[0]
    assert Letter.objects.get().failed_at is not None


def test_a_forgotten_password_is_answered_alike_for_known_and_unknown_while_the_mail_server_fails(client, closed_port):
    known = UserFactory(admin=True)
    told = [client.post("/password/reset/", {"email": email}) for email in (known.email, "nobody@example.org")]
    assert [(each.status_code, each["Location"]) for each in told] == [(302, "/password/reset/done/")] * 2
    assert [(letter.user, letter.kind) for letter in Letter.objects.all()] == [(known, "password")]


def test_nobody_gets_a_letter_after_they_were_deactivated_chose_a_password_or_waited_a_day(client, admin):
    for kind, person in (
        ("invitation", UserFactory()),
        ("password", UserFactory(is_active=False)),
    ):
        Letter.objects.create(user=person, kind=kind, site="https://w.example.org", language="en")
    client.post("/people/invite/", TYPED)
    Letter.objects.filter(user__email=TYPED["email"]).update(asked_at=timezone.now() - timedelta(days=1))
    assert (send_letters(), mail.outbox) == (0, [])


@pytest.mark.parametrize("failed", [None, timedelta(hours=1)])
def test_an_invitation_that_was_not_sent_for_a_day_is_said_to_be_given_up(client, admin, failed):
    client.post("/people/invite/", TYPED)
    now = timezone.now()
    Letter.objects.update(asked_at=now - timedelta(days=1), failed_at=failed and now - failed)
    page = page_of(client, TYPED["email"])
    said = "The invitation was not sent within a day, and is not tried again: send it again, or hand this link over"
    assert said in tight(page.text) and page.context["link"] in page.text
    assert "mostly within a minute" not in page.text and "tried again every minute" not in page.text
    client.post(f"/people/{page.context['person'].pk}/act/", {"action": "invite"})
    assert (send_letters(), [letter.to for letter in mail.outbox]) == (1, [[TYPED["email"]]])


def test_a_letter_that_waits_is_not_asked_for_a_second_time(client, admin):
    client.post("/people/invite/", TYPED)
    person = User.objects.get(email=TYPED["email"])
    for _ in range(2):
        client.post(f"/people/{person.pk}/act/", {"action": "invite"})
    assert (Letter.objects.count(), send_letters()) == (1, 1)
    client.post(f"/people/{person.pk}/act/", {"action": "invite"})
    assert (Letter.objects.count(), send_letters()) == (2, 1)


def test_what_was_only_printed_while_no_mail_server_was_named_does_not_count_as_sent(client, admin, settings, capsys):
    server, settings.EMAIL_BACKEND = settings.EMAIL_BACKEND, "django.core.mail.backends.console.EmailBackend"
    client.post("/people/invite/", TYPED)
    assert (send_letters(), send_letters()) == (1, 0)
    assert capsys.readouterr().out.count("Subject: Your invitation to Worthwhile") == 1
    settings.EMAIL_BACKEND = server
    page = page_of(client, TYPED["email"])
    assert "No invitation was sent to this person yet: send it, or hand this link over yourself." in page.text
    assert page.context["link"] in page.text


def test_who_was_only_named_gets_no_letter_about_a_password_and_the_same_answer(client, admin):
    person = find_or_invite("named@example.org", UserFactory(portfolio=True))
    client.logout()
    told = client.post("/password/reset/", {"email": person.email})
    assert (told.status_code, told["Location"]) == (302, "/password/reset/done/")
    assert (Letter.objects.count(), send_letters()) == (0, 0)


def test_letters_of_long_ago_are_dropped_but_the_last_invitation_of_who_is_still_invited(client, admin):
    client.post("/people/invite/", TYPED)
    client.post("/password/reset/", {"email": admin.email})
    Letter.objects.update(asked_at=timezone.now() - timedelta(days=31))
    clear_letters()
    assert [letter.kind for letter in Letter.objects.all()] == ["invitation"]


def test_who_was_only_named_has_no_letter_until_an_administrator_sends_one(client, admin):
    person = find_or_invite("named@example.org", UserFactory(portfolio=True))
    page = page_of(client, person.email)
    assert "No invitation was sent to this person yet: send it, or hand this link over yourself." in page.text
    assert "Send the invitation again" not in page.text and page.context["link"] in page.text
    assert NO_MAIL in client.get("/people/").text
    client.post(f"/people/{person.pk}/act/", {"action": "invite"})
    assert send_letters() == 1
    assert mail.outbox[0].to == [person.email]
    assert NO_MAIL not in client.get("/people/").text


@pytest.mark.parametrize("kind", list(JAPANESE))
def test_every_sentence_of_a_letter_is_japanese(client, admin, kind):
    client.post("/organisation/", {"name": "Example銀行", "fiscal_year_start": "4", "time_zone": "UTC", "version": "1"})
    client.post("/people/invite/", TYPED | {"language": "ja"})
    if kind == "password":
        send_letters()
        mail.outbox.clear()
        client.logout()
        client.post("/password/reset/", {"email": TYPED["email"]}, headers={"accept-language": "ja"})
    assert send_letters() == 1
    lines = [re.sub("^http.*", "LINK", line) for line in mail.outbox[0].body.splitlines() if line]
    assert lines == JAPANESE[kind]
