"""`/exchange-rates`, and on it what holds for every address of the API."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.models import AuditEntry
from money import hooks, ledger
from money.models import ExchangeRate
from tests.factories import UserFactory, bearer

URL = "/api/v1/exchange-rates"
pytestmark = pytest.mark.django_db


@pytest.fixture
def finance():
    return UserFactory(finance=True)


@pytest.fixture
def post(client, finance):
    headers = bearer(finance)

    def send(body, **more):
        return client.post(URL, body, content_type="application/json", headers={**headers, **more})

    return send


def errors_of(response):
    return {error["field"]: error["message"] for error in response.json()["errors"]}


def test_a_rate_is_added_and_listed(client, finance, post):
    response = post({"on": "2026-01-05", "currency": "EUR", "rate": 1.0825})
    assert response.status_code == 201
    made = response.json()
    assert (made["on"], made["currency"], made["rate"]) == ("2026-01-05", "EUR", 1.0825)
    listed = client.get(URL, headers=bearer(finance)).json()
    assert listed == {"items": [made], "count": 1, "next": None}
    assert ExchangeRate.objects.get().rate == Decimal("1.0825")


def test_a_rate_sent_as_text_keeps_every_digit(post):
    assert post({"on": "2026-01-05", "currency": "JPY", "rate": "0.006666666666666667"}).status_code == 201
    assert ExchangeRate.objects.get().rate == Decimal("0.006666666666666667")


def test_a_second_rate_for_the_same_currency_and_day_is_a_conflict(post):
    assert post({"on": "2026-01-05", "currency": "EUR", "rate": 1.08}).status_code == 201
    response = post({"on": "2026-01-05", "currency": "EUR", "rate": 1.09})
    assert response.status_code == 409
    assert response["Content-Type"] == "application/problem+json"
    assert ExchangeRate.objects.get().rate == Decimal("1.08")


def test_many_rates_come_at_once_or_not_at_all(post, client, django_assert_max_num_queries):
    sent = [
        {"on": f"2026-01-{day:02}", "currency": code, "rate": day} for day in range(1, 29) for code in ("EUR", "GBP")
    ]
    response = post([*sent, {"on": "2026-02-01", "currency": "USD", "rate": 0}, {"on": "2026-02-02"}])
    assert list(errors_of(response)) == ["57.currency", "57.rate"]
    response = post([*sent, {"on": "2026-02-01", "currency": "USD", "rate": 1}, sent[0] | {"rate": 0}])
    assert (response.status_code, list(errors_of(response))) == (422, ["56.currency", "57.rate"])
    response = post([*sent, sent[3]])
    assert (response.status_code, list(errors_of(response))) == (409, ["56.on"])
    assert post(sent * 18).status_code == 422  # more than 1,000
    assert not ExchangeRate.objects.exists()
    sent.reverse()
    with django_assert_max_num_queries(18):
        response = post(sent)
    assert response.status_code == 201
    assert [(item["on"], item["currency"], item["rate"]) for item in response.json()] == [
        (row["on"], row["currency"], row["rate"]) for row in sent
    ]
    assert ExchangeRate.objects.count() == 56 == AuditEntry.objects.filter(object_type="money.exchangerate").count()
    response = post([sent[0] | {"on": "2026-01-30"}, sent[1]])
    assert (response.status_code, list(errors_of(response))) == (409, ["1.on"])
    assert ExchangeRate.objects.count() == 56


def test_many_rates_are_finances_too(client):
    sent = [{"on": "2026-01-05", "currency": "XXX", "rate": 1}]
    person = UserFactory(portfolio=True)
    assert client.post(URL, sent, content_type="application/json", headers=bearer(person)).status_code == 403


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"currency": "USD"}, "currency"),
        ({"currency": "eur"}, "currency"),
        ({"currency": "XXX"}, "currency"),
        ({"rate": 0}, "rate"),
        ({"rate": -1}, "rate"),
        ({"rate": "NaN"}, "rate"),
        ({"rate": True}, "rate"),
        ({"rate": "1,08"}, "rate"),
        ({"on": "2026-02-30"}, "on"),
        ({"on": "1949-12-31"}, "on"),
        ({"on": "2026-1-5"}, "on"),
        ({"on": 20260105}, "on"),
        ({"on": None}, "on"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_bad_fields_are_422_under_the_name_that_was_sent(post, change, field):
    response = post({"on": "2026-01-05", "currency": "EUR", "rate": 1.08, **change})
    assert response.status_code == 422
    assert list(errors_of(response)) == [field]
    assert not ExchangeRate.objects.exists()


def test_a_missing_field_is_named(post):
    assert errors_of(post({"on": "2026-01-05"})) == {"currency": "Needed.", "rate": "Needed."}


def test_a_rate_of_tomorrow_is_refused(post):
    tomorrow = timezone.localdate() + timedelta(days=1)
    assert "on" in errors_of(post({"on": tomorrow.isoformat(), "currency": "EUR", "rate": 1}))


def test_a_body_that_is_no_object_is_422(post):
    assert post([1, 2]).status_code == 422
    assert post('"text"').status_code == 422


def test_messages_are_in_the_callers_language(post):
    response = post({"on": "2026-01-05", "currency": "EUR"}, **{"Accept-Language": "ja"})
    assert errors_of(response) == {"rate": "必須項目です。"}


@pytest.mark.parametrize("role", ["contributor", "portfolio", "executive"])
def test_only_finance_and_administrators_add_rates(client, role):
    person = UserFactory(role=role)
    response = client.post(
        URL, {"on": "2026-01-05", "currency": "EUR", "rate": 1}, content_type="application/json", headers=bearer(person)
    )
    assert response.status_code == 403
    assert client.get(URL, headers=bearer(person)).status_code == 200


def test_the_list_goes_on_by_cursor_and_a_new_row_shifts_nothing(client, finance):
    headers = bearer(finance)
    for day in range(1, 6):
        ExchangeRate.objects.create(on=date(2026, 1, day), currency="EUR", rate=Decimal(day))
    first = client.get(f"{URL}?limit=2", headers=headers).json()
    assert [item["on"] for item in first["items"]] == ["2026-01-05", "2026-01-04"]
    assert first["count"] == 5
    ExchangeRate.objects.create(on=date(2026, 1, 6), currency="EUR", rate=Decimal(6))
    second = client.get(first["next"], headers=headers).json()
    assert [item["on"] for item in second["items"]] == ["2026-01-03", "2026-01-02"]
    last = client.get(second["next"], headers=headers).json()
    assert [item["on"] for item in last["items"]] == ["2026-01-01"]
    assert last["next"] is None


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=x", "cursor=%00", "cursor=abc", "cursor=WzFd",
                                   "cursor=WyJ4IiwieSJd", "cursor=WyIyMDI2LTAxLTA1IiwgIlx1ZDgwMCJd", "currency=%00",
                                   "on_from=2026-02-30"])  # fmt: skip
def test_a_bad_query_is_422(client, finance, query):
    assert client.get(f"{URL}?{query}", headers=bearer(finance)).status_code == 422


def test_adding_a_rate_tells_other_rooms_and_the_audit_trail(post, finance, monkeypatch):
    told = []
    monkeypatch.setattr(hooks, "after_rates_added", [told.extend])
    post({"on": "2026-01-05", "currency": "EUR", "rate": 1.08})
    assert told == [("EUR", date(2026, 1, 5))]
    entry = AuditEntry.objects.get(object_type="money.exchangerate")
    assert (entry.actor, entry.action, entry.changes) == (finance, "create", {"rate": [None, "1.08"]})


def test_rates_are_added_in_one_order_whatever_order_a_file_has_them_in(finance):
    """Two files with the same rates wait for each other only one way round."""
    given = [("2026-01-06", "EUR"), ("2026-01-05", "JPY"), ("2026-01-05", "EUR")]
    ledger.add_all(finance, [ledger.NewRate(date.fromisoformat(on), currency, Decimal(1)) for on, currency in given])
    added = ExchangeRate.objects.order_by("pk").values_list("on", "currency")
    assert [(str(on), currency) for on, currency in added] == sorted(given)
