"""The first start."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command

from accounts import organisation, tokens
from accounts.errors import RuleError
from accounts.models import ApiToken, AuditEntry, Organisation, User
from money.models import ExchangeRate
from tests.factories import PASSWORD, UserFactory

TYPED = {
    "name": "Sample Mutual",
    "base_currency": "EUR",
    "fiscal_year_start": "4",
    "time_zone": "UTC",
    "admin_name": "Mika Oda",
    "email": "Mika@Example.org",
    "password": PASSWORD,
}
pytestmark = pytest.mark.django_db


def test_set_up_names_the_organisation_and_signs_its_administrator_in(client):
    response = client.post("/setup/", TYPED)
    assert (response.status_code, response["Location"]) == (302, "/")
    found = Organisation.current()
    assert (found.name, found.base_currency, found.fiscal_year_start) == ("Sample Mutual", "EUR", 4)
    admin = User.objects.get()
    assert (admin.email, admin.name, admin.role) == ("mika@example.org", "Mika Oda", "admin")
    assert client.get("/people/").status_code == 200
    assert set(AuditEntry.objects.values_list("action", flat=True)) == {"set up", "create"}


@pytest.mark.parametrize(
    "change",
    [{"name": ""}, {"base_currency": "XXX"}, {"fiscal_year_start": "13"}, {"time_zone": "Tokyo"}, {"email": "nobody"},
     {"password": "short"}, {"password": "mika@example.org"}],
)  # fmt: skip
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_made(client, change):
    response = client.post("/setup/", {**TYPED, **change})
    assert response.status_code == 422
    assert list(response.context["form"].errors) == list(change)
    assert not User.objects.exists()


def test_set_up_is_closed_once_there_is_an_administrator(client):
    UserFactory(admin=True)
    assert client.get("/setup/").status_code == 302
    assert client.post("/setup/", TYPED).status_code == 302
    assert User.objects.count() == 1
    cleaned = {**TYPED, "fiscal_year_start": 4}
    with pytest.raises(RuleError):
        organisation.set_up(**cleaned)


def test_an_administrator_made_by_command_closes_set_up(client, capsys):
    call_command("token", "root@example.org", role="admin")
    printed = capsys.readouterr().out
    assert printed.startswith("ww_")
    assert printed.count("\n") == 1
    assert client.get("/setup/").status_code == 302
    answer = client.get("/api/v1/exchange-rates", headers={"Authorization": f"Bearer {printed.strip()}"})
    assert answer.status_code == 200


def test_the_command_knows_people_in_any_case_and_changes_their_role(capsys):
    person = UserFactory(email="jan@example.org")
    call_command("token", "Jan@Example.org", "--role", "finance")
    person.refresh_from_db()
    assert (person.role, User.objects.count(), person.api_tokens.count()) == ("finance", 1, 1)


def test_the_command_leaves_an_administrator_so_that_set_up_stays_closed(client):
    admin = UserFactory(admin=True)
    with pytest.raises(CommandError, match="Nobody else who can sign in is an administrator"):
        call_command("token", admin.email, role="finance")
    admin.refresh_from_db()
    assert (admin.role, admin.api_tokens.count()) == ("admin", 0)
    assert client.get("/setup/").status_code == 302


def test_the_command_lists_tokens_and_revokes_the_one_that_begins_so(capsys):
    ann, bob = UserFactory(email="ann@example.org"), UserFactory(email="bob@example.org")
    made = [tokens.make(person, name, person) for person, name in ((ann, "old"), (ann, "new"), (bob, "his"))]
    (old, _), (new, secret), (bobs, _) = made
    call_command("token", "--revoke", secret[:8])
    assert capsys.readouterr().out == f"Revoked {new.prefix}  ann@example.org  new\n"
    assert (tokens.use(secret), AuditEntry.objects.latest("pk").action) == (None, "revoke")
    call_command("token", "Ann@example.org", "--list")
    told = f"  ann@example.org  made {old.created_at:%Y-%m-%d}  used never"
    lines = [f"{old.prefix}{told}  in use  old", f"{new.prefix}{told}  revoked  new"]
    assert capsys.readouterr().out.splitlines() == lines
    call_command("token", "--list")
    assert [line[:8] for line in capsys.readouterr().out.splitlines()] == [bobs.prefix, old.prefix, new.prefix]


def test_the_command_revokes_a_whole_token_and_never_repeats_it(capsys):
    person = UserFactory(email="ann@example.org")
    row, secret = tokens.make(person, "leaked", person)
    call_command("token", "--revoke", secret)
    assert capsys.readouterr().out == f"Revoked {row.prefix}  ann@example.org  leaked\n"
    assert tokens.use(secret) is None
    with pytest.raises(CommandError) as again:
        call_command("token", "--revoke", secret)
    assert str(again.value) == f"0 tokens in use begin with “{row.prefix}”: see manage.py token --list."


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (("--revoke", "ww_"), "2 tokens in use begin with “ww_”"),
        (("--revoke", ""), "2 tokens in use begin with “”"),
        (("--revoke", "ww_?"), "0 tokens in use begin with “ww_[?]”"),
        (("nobody@example.org", "--list"), "Nobody has the address nobody@example.org."),
        ((), "Whose token[?] manage.py token EMAIL"),
    ],
)
def test_the_command_revokes_nothing_that_is_not_named_clearly(asked, told):
    person = UserFactory()
    for _ in range(2):
        tokens.make(person, "same", person)
    with pytest.raises(CommandError, match=told):
        call_command("token", *asked)
    assert not ApiToken.objects.exclude(revoked_at=None).exists()


def test_a_lost_password_is_set_on_the_machine_itself(client, monkeypatch):
    admin = UserFactory(admin=True)
    monkeypatch.setattr("getpass.getpass", lambda prompt: "an entirely new horse")
    call_command("changepassword", admin.email)
    typed = {"login": admin.email, "password": "an entirely new horse"}
    assert client.post("/login/", typed)["Location"] == "/"


def test_the_base_currency_stays_once_amounts_are_recorded(client):
    ExchangeRate.objects.create(on=date(2026, 1, 5), currency="JPY", rate=Decimal("0.0067"))
    response = client.post("/setup/", TYPED)
    assert (response.status_code, list(response.context["form"].errors)) == (422, ["base_currency"])
    assert not User.objects.exists()
    assert client.post("/setup/", {**TYPED, "base_currency": "USD"}).status_code == 302


@pytest.mark.parametrize(
    ("email", "name", "told"),
    [
        # 64 before the sign at most, labels of 63: an address that is one, and has 201 characters.
        (f"{'a' * 64}@{'b' * 63}.{'c' * 63}.examples", "x", "The email is longer than 200 characters."),
        ("ann@example.org", "x" * 201, "The name is longer than 200 characters."),
    ],
    ids=["email", "name"],
)
def test_what_is_too_long_for_a_token_is_said_and_nobody_is_made(email, name, told):
    with pytest.raises(CommandError, match=told):
        call_command("token", email, name=name)
    assert not User.objects.filter(email=email).exists()
    assert not ApiToken.objects.exists()
