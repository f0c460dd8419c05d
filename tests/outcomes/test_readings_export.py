"""Readings as files: of an outcome, of an initiative, one's own, all that one sees; and back again."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal

import openpyxl
import pytest
from django.test import Client
from django.utils import timezone

from outcomes import measurements
from outcomes.exports import HEADER
from outcomes.models import Measurement
from projects import units
from tests.factories import InitiativeFactory, UserFactory
from tests.imports.files import bring_in
from tests.outcomes.factories import make_flow, make_outcome, read

pytestmark = pytest.mark.django_db
QUERIES = 6  # one for the units that the list may be narrowed to


@pytest.fixture
def claims():
    """Two outcomes with three readings, one of them validated and one of them corrected."""
    owner = UserFactory(email="olive@example.org")
    claims = InitiativeFactory(number=12, owner=owner)
    minutes, hours = make_outcome(claims), make_flow(claims)
    wrong = read(minutes, date(2025, 3, 31), "31")
    measurements.correct(owner, wrong, value=Decimal("13.10"), note="=1+1; typed wrongly")
    second = read(minutes, date(2025, 4, 30), "12", evidence_url="https://example.org/april")
    measurements.validate(UserFactory(email="fin@example.org", role="finance"), [second])
    read(hours, date(2025, 4, 30), "0.000000000001", period_start=date(2025, 4, 1), method="estimated")
    return claims


@pytest.fixture
def portfolio(client: Client):
    client.force_login(UserFactory(email="office@example.org", role="portfolio"))
    return client


def rows(client: Client, address: str = "/outcomes/readings.csv") -> list[dict[str, str]]:
    answer = client.get(address)
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))


def test_what_counts_is_in_the_file_and_how_it_stands(portfolio, claims):
    minutes, hours = claims.outcomes.order_by("pk")
    found = rows(portfolio)
    assert list(found[0]) == list(HEADER)
    today = found[0]["recorded_on"]
    said = [[row[name] for name in HEADER] for row in found]
    by = [today, "olive@example.org"]
    of_minutes = [str(minutes.pk), "AI-0012", "Minutes per claim", ""]
    assert said == [
        [
            *of_minutes, "2025-03-31", "13.10", "observed", "", "'=1+1; typed wrongly", "minutes", "submitted", "",
            "", *by,
        ],
        [
            *of_minutes, "2025-04-30", "12", "observed", "https://example.org/april", "", "minutes", "validated", today,
            "fin@example.org", *by,
        ],
        [
            str(hours.pk), "AI-0012", "Hours saved", "2025-04-01", "2025-04-30", "0.000000000001", "estimated", "", "",
            "hours", "submitted", "", "", *by,
        ],
    ]  # fmt: skip


def test_an_outcome_an_initiative_and_ones_own_are_asked_for(client, portfolio, claims):
    other = make_outcome(InitiativeFactory(number=13, owner=UserFactory(email="otto@example.org")))
    read(other, date(2025, 5, 31), "11")
    (of_outcome,) = rows(portfolio, f"/outcomes/readings.csv?outcome={other.pk}")
    assert of_outcome["value"] == "11"
    assert {row["initiative"] for row in rows(portfolio, "/outcomes/readings.csv?initiative=AI-0012")} == {"AI-0012"}
    assert len(rows(portfolio)) == 4
    client.force_login(other.initiative.owner)
    assert [row["value"] for row in rows(client, "/outcomes/readings.csv?mine=1")] == ["11"]


def test_the_file_of_the_list_has_what_the_list_keeps(portfolio, claims):
    unit = units.child(None, "Payments", None)
    other = make_outcome(InitiativeFactory(number=13, business_unit=unit), metric="Minutes per payment")
    read(other, date(2025, 5, 31), "11")
    narrowed = "/outcomes/?show=all&unit=Payments&q=minutes&mine=0&page=1"
    page = portfolio.get(narrowed).content.decode()
    assert 'href="/outcomes/readings.csv?q=minutes&amp;unit=Payments" download' in page
    assert 'href="/outcomes/readings.xlsx?q=minutes&amp;unit=Payments" download' in page
    assert [row["value"] for row in rows(portfolio, "/outcomes/readings.csv?q=minutes&unit=Payments")] == ["11"]
    assert [row["value"] for row in rows(portfolio, "/outcomes/readings.csv?q=hours")] == ["0.000000000001"]
    assert len(rows(portfolio, "/outcomes/readings.csv?unit=Nowhere")) == 4  # nor does the list


def test_the_file_of_the_list_has_the_status_that_the_list_keeps(portfolio, claims):
    met = make_outcome(InitiativeFactory(number=13))
    read(met, timezone.localdate(), "6.5")  # of a target of 7; the others are overdue
    page = portfolio.get("/outcomes/?status=met&mine=1").content.decode()
    assert 'href="/outcomes/readings.csv?mine=1&amp;status=met" download' in page
    assert [row["value"] for row in rows(portfolio, "/outcomes/readings.csv?status=met")] == ["6.5"]
    assert len(rows(portfolio, "/outcomes/readings.csv?status=odd")) == 4


@pytest.mark.parametrize("listed", ["", "?show=validate&unit=Payments&q=minutes"])
def test_the_file_of_a_list_without_filters_has_all(portfolio, claims, listed):
    assert 'href="/outcomes/readings.csv" download' in portfolio.get(f"/outcomes/{listed}").content.decode()


@pytest.mark.parametrize(
    "query", ["outcome=0", "outcome=x", "outcome=²", f"outcome={'9' * 5000}", "initiative=AI-9999", "initiative=x"]
)
def test_what_is_not_there_is_not_found(portfolio, claims, query):
    assert portfolio.get(f"/outcomes/readings.csv?{query}").status_code == 404


def test_readings_of_what_one_may_not_see_are_not_found(client, claims):
    secret = make_outcome(InitiativeFactory(number=14, confidential=True))
    read(secret, date(2025, 5, 31), "11")
    client.force_login(UserFactory())
    assert {row["initiative"] for row in rows(client)} == {"AI-0012"}
    for query in (f"outcome={secret.pk}", "initiative=AI-0014"):
        assert client.get(f"/outcomes/readings.csv?{query}").status_code == 404


def test_the_workbook_has_the_same_rows_with_days_and_numbers_as_such(portfolio, claims):
    answer = portfolio.get("/outcomes/readings.xlsx?initiative=AI-0012")
    head, *found = openpyxl.load_workbook(io.BytesIO(answer.getvalue())).active.iter_rows(values_only=True)
    assert list(head) == list(HEADER)
    assert [(row[4].date(), row[5]) for row in found][:2] == [(date(2025, 3, 31), 13.1), (date(2025, 4, 30), 12)]


def test_the_file_brought_in_again_changes_nothing(portfolio, claims):
    file = portfolio.get("/outcomes/readings.csv").getvalue().decode()
    before = list(Measurement.objects.values())
    job = bring_in("measurements_csv", file)
    assert (job.state, job.rows_created, job.rows_unchanged, job.rows_rejected) == ("done", 0, 3, 0)
    assert list(Measurement.objects.values()) == before
    Measurement.objects.all().delete()
    job = bring_in("measurements_csv", file)
    assert (job.rows_created, job.rows_rejected) == (3, 0)
    assert [row["value"] for row in rows(portfolio)] == ["13.10", "12", "0.000000000001"]


def test_the_workbook_brought_in_again_changes_nothing(portfolio, claims):
    read(claims.outcomes.first(), date(2025, 5, 31), "0.12345678901234567")  # more digits than a number of a sheet has
    job = bring_in("measurements_csv", portfolio.get("/outcomes/readings.xlsx").getvalue())
    assert (job.state, job.rows_created, job.rows_unchanged, job.rows_rejected) == ("done", 0, 4, 0)


def test_queries_do_not_grow_with_the_readings(portfolio, claims, django_assert_num_queries):
    with django_assert_num_queries(QUERIES):
        rows(portfolio)
    for day in range(1, 21):
        read(claims.outcomes.first(), date(2025, 6, day), day)
    with django_assert_num_queries(QUERIES):
        assert len(rows(portfolio)) == 23
