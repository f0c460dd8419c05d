"""Invitations, roles, deactivation, profile, sign-in."""

import re
import threading
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.core import mail
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from accounts import people, tokens
from accounts.changes import changing, data_version
from accounts.errors import RuleError
from accounts.models import ApiToken, AuditEntry, Organisation, User, UserManager
from accounts.tasks import clear_sessions, send_letters
from tests.factories import PASSWORD, UserFactory
from tests.markup import tight

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client):
    user = UserFactory(admin=True)
    client.force_login(user)
    return user


@pytest.mark.parametrize(
    ("language", "subject"), [("en", "Your invitation to Worthwhile"), ("ja", "Worthwhileへのご招待")]
)
def test_an_invited_person_chooses_a_password_and_signs_in(client, admin, language, subject):
    typed = {"email": "New@Example.org", "name": "Nia", "role": "finance", "language": language}
    assert client.post("/people/invite/", typed)["Location"] == "/people/"
    assert send_letters() == 1
    person = User.objects.get(email="new@example.org")
    assert person.is_invited
    (letter,) = mail.outbox
    assert (letter.subject, letter.to) == (subject, ["new@example.org"])
    client.logout()
    link = re.search(r"http://testserver(/\S+)", letter.body)[1]
    page = client.get(link, follow=True)
    done = client.post(page.redirect_chain[-1][0], {"password1": PASSWORD, "password2": PASSWORD})
    assert done["Location"] == "/password/reset/key/done/"
    assert client.post("/login/", {"login": "new@example.org", "password": PASSWORD})["Location"] == "/"
    assert client.get(link).context["token_fail"]


def test_an_invitation_pressed_twice_is_one(client, admin, monkeypatch):
    client.force_login(admin)
    typed = {"email": "twice@example.org", "name": "T", "role": "contributor", "language": "en"}
    assert client.post("/people/invite/", typed).status_code == 302
    monkeypatch.setattr(UserManager, "by_email", lambda *_: None)  # the second looked before the first was done
    assert client.post("/people/invite/", typed).status_code == 422
    assert User.objects.filter(email="twice@example.org").count() == 1


def test_nobody_is_invited_twice(client, admin):
    response = client.post("/people/invite/", {"email": admin.email.upper(), "role": "admin", "language": "en"})
    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["email"]


def test_there_is_always_an_administrator(admin):
    with pytest.raises(RuleError):
        people.set_active(admin, admin, active=False)
    with pytest.raises(RuleError):
        people.edit(admin, admin, 1, name="x", role="finance")
    UserFactory(admin=True)
    people.edit(admin, admin, 1, name="x", role="finance")
    admin.refresh_from_db()
    assert admin.role == "finance"


def test_the_last_administrator_who_can_sign_in_stays_one_whoever_is_only_invited(client, admin):
    invited = User.objects.create_user("invited@example.org", role="admin")
    people.edit(admin, invited, 1, name="Ina", role="admin")
    detail = "Nobody else who can sign in is an administrator; make somebody else one first."
    refused = client.post(f"/people/{admin.pk}/", {"name": "A", "role": "finance", "version": "1"})
    assert (refused.status_code, refused.context["form"].errors["role"]) == (422, [detail])
    page = client.post(f"/people/{admin.pk}/act/", {"action": "deactivate"}, follow=True)
    assert detail in page.content.decode()
    admin.refresh_from_db()
    assert (admin.role, admin.is_active) == ("admin", True)
    people.edit(admin, invited, 2, name="Ina", role="contributor")  # who cannot sign in may go


def test_a_role_that_was_taken_away_does_not_come_back_with_a_form_from_before(client, admin):
    person = UserFactory(admin=True, name="Ann")
    before = client.get(f"/people/{person.pk}/").context["version"]
    people.edit(admin, person, before, name="Ann", role="contributor")
    typed = {"name": "Anna", "role": "admin", "version": before}
    stale = client.post(f"/people/{person.pk}/", typed)
    assert stale.status_code == 422
    assert stale.context["form"].errors == {
        "__all__": ["Somebody else has changed this meanwhile. Look at it again."],
        "name": ["In force now: Ann"],
        "role": ["In force now: Contributor"],
    }
    page = stale.content.decode()
    assert 'value="Anna"' in page and re.search(r'value="admin"[^>]*\bchecked', page)
    assert User.objects.get(pk=person.pk).role == "contributor"
    assert client.post(f"/people/{person.pk}/", typed | {"version": ""}).status_code == 422
    knowingly = typed | {"version": stale.context["version"]}
    assert client.post(f"/people/{person.pk}/", knowingly)["Location"] == "/people/"
    assert client.post(f"/people/{person.pk}/", knowingly)["Location"] == "/people/"  # sent twice
    assert User.objects.filter(pk=person.pk, name="Anna", role="admin", version=before + 2).exists()


def test_ones_own_new_name_is_not_lost_to_an_administrators_form_from_before(client, admin):
    person = UserFactory(name="Ann")
    people.edit_profile(person, name="Anne", language="", theme="")
    stale = client.post(f"/people/{person.pk}/", {"name": "Ann", "role": "finance", "version": "1"})
    assert stale.context["form"].errors["name"] == ["In force now: Anne"]


def test_a_form_of_the_organisation_from_before_shows_what_is_in_force(client, admin):
    client.post("/organisation/", {"name": "First", "fiscal_year_start": "4", "time_zone": "UTC", "version": "1"})
    stale = client.post(
        "/organisation/", {"name": "Second", "fiscal_year_start": "1", "time_zone": "UTC", "version": "1"}
    )
    assert (stale.status_code, stale.context["version"]) == (422, 2)
    assert stale.context["form"].errors == {
        "__all__": ["Somebody else has changed this meanwhile. Look at it again."],
        "name": ["In force now: First"],
        "fiscal_year_start": ["In force now: April"],
    }
    assert 'value="Second"' in stale.content.decode()
    assert (Organisation.current().name, Organisation.current().fiscal_year_start) == ("First", 4)


def test_nobody_deactivates_themselves(client, admin):
    other = UserFactory(admin=True)
    assert 'value="deactivate"' in client.get(f"/people/{other.pk}/").content.decode()
    own = client.get(f"/people/{admin.pk}/").content.decode()
    assert 'value="deactivate"' not in own
    assert "Only another administrator can deactivate you." in own
    page = client.post(f"/people/{admin.pk}/act/", {"action": "deactivate"}, follow=True)
    assert "You cannot deactivate yourself; ask another administrator." in page.content.decode()
    admin.refresh_from_db()
    assert admin.is_active


def test_who_is_deactivated_is_out_at_once_and_can_be_let_in_again(client, admin):
    person = UserFactory()
    browser = type(client)()
    browser.force_login(person)
    assert browser.get("/profile/").status_code == 200
    client.post(f"/people/{person.pk}/act/", {"action": "deactivate"})
    assert browser.get("/profile/").status_code == 302
    response = browser.post("/login/", {"login": person.email, "password": PASSWORD}, follow=True)
    assert response.redirect_chain[-1][0] == "/inactive/"
    client.post(f"/people/{person.pk}/act/", {"action": "activate"})
    assert browser.post("/login/", {"login": person.email, "password": PASSWORD})["Location"] == "/"


def test_sessions_and_tokens_from_before_stay_ended_when_somebody_is_let_in_again(client, admin):
    person, other = UserFactory(), UserFactory()
    browser, token = type(client)(), tokens.make(person, "robot", person)[1]
    browser.force_login(person)
    others = tokens.make(other, "robot", other)[1]
    for action in ("deactivate", "activate"):
        client.post(f"/people/{person.pk}/act/", {"action": action})
    assert browser.get("/profile/").status_code == 302
    assert (tokens.use(token), tokens.use(others).user) == (None, other)
    assert client.get("/people/").status_code == 200
    told = [("deactivate", "user"), ("revoke", "apitoken"), ("activate", "user")]
    entries = AuditEntry.objects.order_by("id").values_list("action", "object_type")
    assert list(entries)[-3:] == [(action, f"accounts.{kind}") for action, kind in told]


def test_a_part_of_a_page_is_not_answered_with_the_sign_in(client, admin):
    client.logout()
    part = client.post("/profile/", {"name": "Nia"}, headers={"HX-Request": "true"})
    assert (part.status_code, part.content) == (401, b"")
    assert part["WWW-Authenticate"] == 'Cookie realm="Worthwhile"'


def test_a_wrong_password_says_nothing_about_who_exists(client, admin):
    client.logout()
    said = []
    for email in (admin.email, "nobody@example.org"):
        response = client.post("/login/", {"login": email, "password": "wrong"})
        assert response.status_code == 200
        said.append(response.context["form"].errors.as_text())
    assert said[0] == said[1]


def test_guessing_passwords_is_slowed_down(client, admin):
    client.logout()
    for _ in range(5):
        client.post("/login/", {"login": admin.email, "password": "wrong"})
    response = client.post("/login/", {"login": admin.email, "password": PASSWORD})
    assert response.status_code != 302


@pytest.mark.parametrize(
    ("language", "subject"), [("en", "A new password for Worthwhile"), ("ja", "Worthwhileのパスワード再設定のご案内")]
)
def test_a_forgotten_password_is_answered_in_the_persons_language(client, language, subject):
    UserFactory(admin=True)
    person = UserFactory(language=language)
    client.post("/password/reset/", {"email": person.email})
    assert send_letters() == 1
    assert [letter.subject for letter in mail.outbox] == [subject]


def test_an_unknown_address_gets_the_same_page_and_no_letter(client, admin):
    client.logout()
    response = client.post("/password/reset/", {"email": "nobody@example.org"})
    assert (response.status_code, response["Location"], send_letters()) == (302, "/password/reset/done/", 0)


def test_what_is_wrong_with_a_sign_in_is_said_by_the_name_of_its_field(client, admin):
    client.logout()
    answer = client.post("/login/", {"login": "nobody", "password": "x"}, headers={"accept-language": "en"})
    assert ">E-mail address</a>: Enter a valid email address." in answer.content.decode()


def test_there_is_no_sign_up(client, admin):
    assert client.get("/signup/").status_code == 404


def test_the_profile_sets_name_language_and_theme(client, admin):
    client.post("/profile/", {"name": "Ada", "language": "ja", "theme": "dark"})
    page = client.get("/profile/").content.decode()
    assert '<html lang="ja" data-theme="dark">' in page


def test_a_profile_opened_before_an_administrators_rename_takes_nothing_back(client, admin):
    person, browser = UserFactory(name="Ann", language="en"), type(client)()
    browser.force_login(person)
    shown = browser.get("/profile/").text
    people.edit(admin, person, 1, name="Anne Oda", role="contributor")
    before = dict(re.findall(r'name="(initial-\w+)"(?: value="([^"]*)")?', shown))
    assert before == {"initial-name": "Ann", "initial-language": "en", "initial-theme": ""}
    typed = {"name": "Ann", "language": "ja", "theme": ""}
    assert browser.post("/profile/", typed | before).status_code == 302
    person.refresh_from_db()
    assert (person.name, person.language, person.theme, person.version) == ("Anne Oda", "ja", "", 2)


def test_the_language_switch_writes_the_language_alone(client, admin, monkeypatch):
    written = []
    monkeypatch.setattr(User, "save", lambda self, update_fields: written.append(update_fields))
    client.post("/language/", {"language": "ja"})
    assert written == [["language"]]


def test_the_page_of_people_counts_those_who_can_sign_in(client, admin):
    UserFactory()
    UserFactory(is_active=False)
    User.objects.create_user("named@example.org")
    page = client.get("/people/")
    assert "<b>2 people</b> can sign in." in tight(page.text)
    assert page.context["page"].paginator.count == 4


def test_the_language_switch_works_signed_in_and_out_and_only_leads_back_here(client, admin):
    assert client.post("/language/", {"language": "ja", "next": "/profile/"})["Location"] == "/profile/"
    admin.refresh_from_db()
    assert admin.language == "ja"
    stranger = type(client)()
    assert stranger.post("/language/", {"language": "ja", "next": "https://evil.example/"})["Location"] == "/"
    assert stranger.post("/language/", {"language": "ja", "next": "a"})["Location"] == "/"
    stranger.post("/language/", {"language": "xx"})
    assert '<html lang="ja"' in stranger.get("/login/").content.decode()


def test_a_new_token_is_shown_once(client, admin):
    assert "No program may act in anybody’s name yet." in client.get("/tokens/").content.decode()
    made = client.post("/tokens/", {"name": "laptop"})
    assert made.status_code == 201
    assert "no-store" in made["Cache-Control"]
    token = made.context["made"]
    assert token in made.content.decode()
    later = client.get("/tokens/").content.decode()
    assert token not in later
    assert "Which programs may act, and in whose name?" in later
    client.post(f"/tokens/{ApiToken.objects.get().pk}/revoke/")
    assert ApiToken.objects.get().revoked_at is not None


def test_people_see_and_revoke_their_own_tokens_and_administrators_everybodys(client, admin):
    person = UserFactory()
    other = type(client)()
    other.force_login(person)
    client.post("/tokens/", {"name": "the admin's"})
    other.post("/tokens/", {"name": "the person's"})
    assert "the admin" not in other.get("/tokens/").content.decode()
    assert "the person" in client.get("/tokens/").content.decode()
    theirs, mine = ApiToken.objects.get(user=admin), ApiToken.objects.get(user=person)
    assert other.post(f"/tokens/{theirs.pk}/revoke/").status_code == 404
    assert client.post(f"/tokens/{mine.pk}/revoke/").status_code == 302


def test_tokens_in_use_come_before_revoked_ones_and_the_latest_first(client, admin):
    made = [tokens.make(admin, name, admin)[0] for name in ("oldest", "revoked", "middle", "revoked last", "latest")]
    for place in (1, 3):
        tokens.revoke(made[place], admin)
    shown = [token.name for token in client.get("/tokens/").context["page"]]
    assert shown == ["latest", "middle", "oldest", "revoked last", "revoked"]


def test_the_audit_trail_cannot_be_changed(admin):
    with changing(admin) as change:
        change.record(admin, "edit", {"name": ("a", "b")})
    entry = AuditEntry.objects.get()
    with pytest.raises(DatabaseError), transaction.atomic():
        AuditEntry.objects.filter(pk=entry.pk).update(action="nothing")
    with pytest.raises(DatabaseError), transaction.atomic():
        entry.delete()


def test_a_write_raises_the_data_version_once_and_a_failed_one_not_at_all(admin):
    before = data_version()
    with changing(admin), changing(admin):
        pass
    assert data_version().number == before.number + 1
    with pytest.raises(ZeroDivisionError), changing(admin):
        1 / 0  # noqa: B018
    assert data_version().number == before.number + 1


def test_a_nested_write_that_fails_leaves_no_entry(admin):
    with changing(admin) as change:
        change.record(admin, "outer")
        with pytest.raises(RuleError):
            _write_and_fail(admin)
    assert list(AuditEntry.objects.values_list("action", flat=True)) == ["outer"]


def _write_and_fail(actor):
    with changing(actor) as change:
        change.record(actor, "inner")
        raise RuleError("no")


@pytest.mark.parametrize(("site", "leads_to"), [("https://w.org", "https://w.org"), ("", "http://testserver")])
def test_links_lead_to_the_address_that_everybody_knows(client, admin, settings, site, leads_to):
    settings.SITE_URL = site
    typed = {"email": "new@example.org", "name": "Nia", "role": "finance", "language": "en"}
    client.post("/people/invite/", typed)
    client.logout()
    admin.set_password(PASSWORD)
    admin.save()
    client.post("/password/reset/", {"email": admin.email})
    assert send_letters() == 2
    assert [re.findall(r"(http\S+)/password/reset/key/", letter.body) for letter in mail.outbox] == [[leads_to]] * 2


def test_without_a_mail_server_the_link_is_shown_to_hand_over(client, admin, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    typed = {"email": "new@example.org", "name": "", "role": "contributor", "language": "en"}
    page = client.post("/people/invite/", typed, follow=True)
    assert "/password/reset/key/" in page.context["link"]
    assert page.context["link"] in page.content.decode()


def test_the_organisation_changes_its_name_and_year_and_not_its_currency(client, admin):
    typed = {"name": "New Name", "fiscal_year_start": "4", "time_zone": "UTC", "version": "1"}
    client.post("/organisation/", typed | {"base_currency": "JPY"})
    found = Organisation.current()
    assert (found.name, found.fiscal_year_start, found.base_currency) == ("New Name", 4, "USD")
    client.post("/organisation/", typed | {"version": "2"})
    assert AuditEntry.objects.filter(object_type="accounts.organisation").count() == 1
    client.force_login(UserFactory(finance=True))
    refused = client.get("/organisation/")
    assert refused.status_code == 403
    assert "settings.edit" not in refused.content.decode()  # the permission's name is ours, not the reader's


@pytest.mark.parametrize("path", ["/people/99999999999999999999999/", "/people/0/", "/tokens/0/revoke/"])
def test_what_does_not_exist_is_404(client, admin, path):
    assert client.post(path).status_code == 404


def test_the_audit_trail_is_read_by_administrators(client, admin):
    person = UserFactory()
    people.edit(admin, person, 1, name="Nia", role="finance")
    answer = client.get(f"/api/v1/audit?object=accounts.user/{person.pk}&actor={admin.email.upper()}").json()
    (entry,) = answer["items"]
    assert entry["changes"]["role"] == ["contributor", "finance"]
    assert client.get("/api/v1/audit?since=2100-01-01").json()["count"] == 0
    client.force_login(person)
    assert client.get("/api/v1/audit").status_code == 403


def test_sessions_that_are_over_are_dropped(client, admin):
    Session.objects.create(session_key="over", expire_date=timezone.now() - timedelta(seconds=1))
    clear_sessions()
    assert [session.pk for session in Session.objects.all()] == [client.session.session_key]


@pytest.mark.django_db(transaction=True)
def test_what_administrators_write_does_not_wait_while_one_of_them_changes_a_role():
    """Every row names who wrote it: waiting for that person's row with the data version in hand would deadlock."""
    admin, other = UserFactory(admin=True), UserFactory()
    made = []

    def make_a_token():
        made.append(tokens.make(admin, "meanwhile", admin)[0])
        connection.close()

    with changing(admin):
        people.edit(admin, other, 1, name="x", role="finance")
        thread = threading.Thread(target=make_a_token)
        thread.start()
        thread.join(timeout=10)
        assert made


def test_what_is_wrong_in_a_form_of_passwords_is_named_as_its_field_is(client):
    client.force_login(UserFactory())
    page = tight(client.post("/password/change/", {}).content.decode())
    for label in ("Current password", "New password", "New password again"):
        assert page.count(f">{label}<") == 2  # above its field, and in the list of what is wrong


@pytest.mark.parametrize("path", ["/organisation/", "/people/invite/"])
def test_forms_of_the_house_can_be_left_and_ask_in_japanese(client, path):
    client.force_login(UserFactory(admin=True))
    page = client.get(path, headers={"accept-language": "ja"}).content.decode()
    assert 'class="btn quiet" href="/people/">キャンセル</a>' in page
    title = re.search(r"<h1>(.*?)</h1>", page).group(1)
    assert title.endswith("？")
