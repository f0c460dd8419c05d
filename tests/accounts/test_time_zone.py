"""Which day "today" is: the organisation's time zone, in requests, by API, in jobs and in commands."""

import json
from datetime import UTC, date, datetime

import pytest
from celery import shared_task
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import tokens
from accounts.models import ApiToken, AuditEntry, Organisation, User
from display import numbers
from money.models import ExchangeRate
from tests.accounts.test_set_up import TYPED
from tests.factories import UserFactory, bearer

pytestmark = pytest.mark.django_db

RATE = {"on": "2026-03-02", "currency": "EUR", "rate": "1.1"}


@pytest.fixture
def early_in_tokyo(monkeypatch):
    """Half past eight in the morning of 2 March in Tokyo, 1 March everywhere west of it."""
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 3, 1, 23, 30, tzinfo=UTC))


@pytest.fixture
def in_tokyo():
    return Organisation.objects.create(name="Sample Mutual", time_zone="Asia/Tokyo")


def test_a_page_takes_the_day_that_it_is_where_the_organisation_is(client, early_in_tokyo, in_tokyo):
    client.force_login(UserFactory(finance=True))
    assert client.post("/costs/rates/add/", RATE).status_code == 302
    assert ExchangeRate.objects.get().on == date(2026, 3, 2)


def test_a_file_that_is_streamed_is_of_the_same_day(client, early_in_tokyo, in_tokyo):
    client.force_login(UserFactory(finance=True))
    file = client.get("/initiatives/export.csv")
    assert "initiatives-2026-03-02.csv" in file["Content-Disposition"]
    assert {timezone.localdate() for _piece in file.streaming_content} == {date(2026, 3, 2)}


@pytest.mark.parametrize("by_token", [True, False], ids=["token", "session"])
def test_the_api_takes_it_too(client, early_in_tokyo, in_tokyo, by_token):
    finance = UserFactory(finance=True)
    headers = bearer(finance) if by_token else client.force_login(finance)
    sent = client.post("/api/v1/exchange-rates", json.dumps(RATE), "application/json", headers=headers)
    assert sent.status_code == 201


def test_a_zone_does_not_outlive_its_request(client, early_in_tokyo, in_tokyo):
    client.force_login(UserFactory())
    client.get("/profile/")
    assert timezone.localdate() == date(2026, 3, 2)
    client.logout()
    client.get("/login/")
    assert timezone.localdate() == date(2026, 3, 1)


def test_a_call_with_a_token_asks_nothing_more_for_it(client, in_tokyo):
    headers = bearer(UserFactory(admin=True))
    client.get("/api/v1/audit", headers=headers)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        client.get("/api/v1/audit", headers=headers)
    assert sum("accounts_organisation" in query["sql"] for query in asked) == 1
    assert "accounts_apitoken" in next(query["sql"] for query in asked if "accounts_organisation" in query["sql"])


def test_a_job_counts_days_in_it_and_leaves_none_behind(eager_tasks, early_in_tokyo, in_tokyo):
    seen = []

    @shared_task(name="tests.which_day")
    def which_day():
        seen.append(timezone.localdate())

    which_day.delay()
    assert (seen, timezone.localdate()) == ([date(2026, 3, 2)], date(2026, 3, 1))


def test_commands_count_days_in_it(capsys, early_in_tokyo, in_tokyo):
    call_command("summary", "--json")
    assert json.loads(capsys.readouterr().out)["as_of"] == "2026-03-02"
    assert timezone.localdate() == date(2026, 3, 1)


def test_the_command_lists_tokens_by_the_same_days(capsys, early_in_tokyo, in_tokyo):
    tokens.make(UserFactory(), "night shift", None)
    ApiToken.objects.update(created_at=timezone.now())
    call_command("token", "--list")
    assert "made 2026-03-02" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("configured", "language", "preset"),
    [("UTC", "en", "UTC"), ("UTC", "ja", "Asia/Tokyo"), ("Europe/Zurich", "ja", "Europe/Zurich")],
)
def test_set_up_asks_for_it_and_proposes_one(client, settings, configured, language, preset):
    settings.TIME_ZONE = configured
    page = client.get("/setup/", headers={"Accept-Language": language})
    assert f'<option value="{preset}" selected>' in page.content.decode()


def test_set_up_keeps_it_and_the_trail_says_so(client):
    client.post("/setup/", {**TYPED, "time_zone": "Asia/Tokyo"})
    assert Organisation.current().time_zone == "Asia/Tokyo"
    assert AuditEntry.objects.get(action="set up").changes["time_zone"] == [None, "Asia/Tokyo"]


@pytest.mark.parametrize("zone", ["", "Tokyo", "Asia/Atlantis", "../etc/passwd", "US/Eastern"])
def test_what_is_no_zone_is_said_at_its_field(client, zone):
    response = client.post("/setup/", {**TYPED, "time_zone": zone})
    assert (response.status_code, list(response.context["form"].errors)) == (422, ["time_zone"])
    assert not User.objects.exists()


def test_an_administrator_changes_it(client, in_tokyo):
    client.force_login(UserFactory(admin=True))
    typed = {"name": "Sample Mutual", "fiscal_year_start": "1", "time_zone": "Europe/Zurich", "version": "1"}
    assert client.post("/organisation/", typed).status_code == 302
    assert Organisation.current().time_zone == "Europe/Zurich"
    entry = AuditEntry.objects.get(object_type="accounts.organisation")
    assert entry.changes == {"time_zone": ["Asia/Tokyo", "Europe/Zurich"]}


def test_a_zone_of_the_environment_that_is_not_proposed_stays(client, in_tokyo):
    Organisation.objects.update(time_zone="Japan")
    client.force_login(UserFactory(admin=True))
    assert '<option value="Japan" selected>' in client.get("/organisation/").content.decode()
    typed = {"name": "Other", "fiscal_year_start": "1", "time_zone": "Japan", "version": "1"}
    assert client.post("/organisation/", typed).status_code == 302


def test_until_set_up_the_environment_says(settings):
    settings.TIME_ZONE = "Europe/Zurich"
    assert Organisation.current().time_zone == "Europe/Zurich"


def test_a_moment_is_shown_by_the_zone_that_holds_now():
    moment, shown = datetime(2026, 3, 1, 23, 30, tzinfo=UTC), []
    for zone in ("UTC", "Asia/Tokyo", "UTC"):
        with timezone.override(zone):
            shown.append((numbers.day(moment, "moment"), numbers.day(moment)))
    in_utc, in_tokyo = ("1 Mar 2026, 23:30", "1 March 2026"), ("2 Mar 2026, 08:30", "2 March 2026")
    assert shown == [in_utc, in_tokyo, in_utc]
