"""The page of exchange rates."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from costs.budgets import lines as budget_lines
from costs.budgets.lines import NewBudget
from money import hooks
from money.models import ExchangeRate
from money.rates import convert, rates_on
from tests.costs.factories import add_line
from tests.factories import InitiativeFactory, UserFactory
from tests.outcomes.factories import make_outcome, read

pytestmark = pytest.mark.django_db


@pytest.fixture
def finance(client):
    user = UserFactory(finance=True)
    UserFactory(admin=True)
    client.force_login(user)
    return user


def upload(client, content):
    return client.post("/costs/rates/upload/", {"file": SimpleUploadedFile("rates.csv", content)})


def reasons(response):
    return [(row.line, row.column) for row in response.context["outcome"].rejected]


def test_a_rate_by_hand(client, finance):
    response = client.post("/costs/rates/add/", {"on": "2026-01-05", "currency": "eur", "rate": "1,082.5"})
    assert response["Location"] == "/costs/rates/"
    rate = ExchangeRate.objects.get()
    assert (rate.on, rate.currency, rate.rate, rate.recorded_by) == (
        date(2026, 1, 5),
        "EUR",
        Decimal("1082.5"),
        finance,
    )


@pytest.mark.parametrize(
    ("change", "field"),
    [({"currency": "USD"}, "currency"), ({"currency": "XXX"}, "currency"), ({"rate": "1.234,56"}, "rate"),
     ({"rate": "0"}, "rate"), ({"rate": ""}, "rate"), ({"on": "2026-02-30"}, "on"), ({"on": "2999-01-01"}, "on"),
     ({"on": "1949-12-31"}, "on"),      ({"currency": "E\x00R"}, "currency")],
)  # fmt: skip
def test_what_was_typed_stays_with_the_error_at_its_field(client, finance, change, field):
    typed = {"on": "2026-01-05", "currency": "EUR", "rate": "1.0825", **change}
    response = client.post("/costs/rates/add/", typed)
    assert response.status_code == 422
    assert list(response.context["rate_form"].errors) == [field]
    assert not ExchangeRate.objects.exists()


def test_a_second_rate_of_a_day_is_refused(client, finance):
    ExchangeRate.objects.create(on=date(2026, 1, 5), currency="EUR", rate=Decimal("1.08"))
    response = client.post("/costs/rates/add/", {"on": "2026-01-05", "currency": "EUR", "rate": "1.09"})
    assert list(response.context["rate_form"].errors) == ["on"]
    assert ExchangeRate.objects.get().rate == Decimal("1.08")


def test_a_file_goes_in_whole_and_again_without_a_change(client, finance, monkeypatch):
    told = []
    monkeypatch.setattr(hooks, "after_rates_added", [told.append])
    content = "\ufeffrate,on,currency\r\n1.08,2026-01-05,EUR\r\n0.0067,2026-01-05,JPY\r\n\r\n1.08,2026-01-05,EUR\r\n"
    assert upload(client, content.encode())["Location"] == "/costs/rates/"
    assert upload(client, content.encode())["Location"] == "/costs/rates/"
    assert set(ExchangeRate.objects.values_list("currency", "rate")) == {
        ("EUR", Decimal("1.08")),
        ("JPY", Decimal("0.0067")),
    }
    assert told == [[("EUR", date(2026, 1, 5)), ("JPY", date(2026, 1, 5))]]


def test_one_bad_row_keeps_the_whole_file_out_and_every_reason_is_shown(client, finance):
    ExchangeRate.objects.create(on=date(2026, 1, 9), currency="EUR", rate=Decimal("1.08"))
    response = upload(
        client,
        b"on,currency,rate\n2026-01-05,EUR,1.08\n2026-02-30,EUR,1\n2026-01-06,XXX,1\n2026-01-07,JPY,NaN\n"
        b"2026-01-08,USD,1\n2026-01-09,EUR,1.09\n2026-01-05,EUR,1.07\n2026-01-10,EUR\n2999-01-01,EUR,1\n",
    )
    assert response.status_code == 422
    assert reasons(response) == [
        (3, "on"), (4, "currency"), (5, "rate"), (6, "currency"), (7, "on"), (8, "on"), (9, "rate"), (10, "on"),
    ]  # fmt: skip
    assert ExchangeRate.objects.count() == 1
    assert "line%2Ccolumn%2Creason" in response.content.decode()


@pytest.mark.parametrize(
    ("header", "row", "cells"),
    [("on,currency,rate", "2026-01-05,EUR,1,08", 4), ("on,currency,rate", "2026-01-05,EUR,1.234,56", 4),
     ("rate,on,currency", "1,08,2026-01-05,EUR", 4), ("on,currency,rate", "2026-01-05,EUR,1.08,,,x", 6)],
)  # fmt: skip
def test_cells_beyond_the_first_line_keep_the_file_out_at_their_row(client, finance, header, row, cells):
    response = upload(client, f"{header}\n2026-01-06,EUR,1.08\n{row}\n".encode())
    refused = {(each.line, each.column, each.reason) for each in response.context["outcome"].rejected}
    said = f"The row has {cells} cells, the first line 3. Decimals follow a point: 1.08."
    assert (3, "rate", said) in refused
    assert not ExchangeRate.objects.exists()


@pytest.mark.parametrize("day", ["2026-W05-1", "2026-01-5", "20260105", "２０２６-01-05"])
def test_a_day_is_written_in_one_way(client, finance, day):
    response = upload(client, f"on,currency,rate\n{day},EUR,1.08\n".encode())
    assert [(row.line, row.column) for row in response.context["outcome"].rejected] == [(2, "on")]
    assert not ExchangeRate.objects.exists()


def test_empty_cells_at_the_end_of_a_row_are_no_matter(client, finance):
    assert upload(client, b"on,currency,rate\n2026-01-05,EUR,1.08,,\n").status_code == 302
    assert ExchangeRate.objects.get().rate == Decimal("1.08")


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"on,currency,rate\n2026-01-05,EUR,1.08\n2026-01-06,\xffEUR,1\n", "Line 3 is not UTF-8 text."),
     (b"on,currency,rate\n2026-01-05,E\x00R,1\n", "Line 2 is not text: it holds a NUL byte.")],
)  # fmt: skip
def test_a_file_that_is_no_text_is_refused_at_its_line_and_says_that_nothing_went_in(client, finance, content, said):
    response = upload(client, content)
    assert response.context["file_form"].errors["file"] == [said, "Nothing of the file was recorded."]


@pytest.fixture
def euro():
    """Rates of two days, nearly the same."""
    for day, rate in ((5, "1.08"), (9, "1.09")):
        ExchangeRate.objects.create(on=date(2026, 1, day), currency="EUR", rate=Decimal(rate))


@pytest.mark.parametrize(
    ("on", "beside"), [("2026-01-07", "5 January"), ("2026-01-02", "5 January"), ("2026-01-12", "9 January")]
)
def test_a_rate_far_from_those_beside_it_is_taken_at_the_second_time(client, finance, euro, on, beside):
    typed = {"on": on, "currency": "EUR", "rate": "108"}
    first = client.post("/costs/rates/add/", typed)
    assert (first.status_code, ExchangeRate.objects.count()) == (422, 2)
    form = first.context["rate_form"]
    (warning,) = form.warnings["rate"]
    was = {"5 January": "1.08", "9 January": "1.09"}[beside]
    assert str(warning) == f"On {beside} 2026 one EUR was {was}: this is more than 20\u202f% away from it."
    assert "Nothing is saved yet: there is a remark below." in first.content.decode()
    heeded = {"heeded": form["heeded"].value()}
    assert client.post("/costs/rates/add/", typed | heeded | {"rate": "109"}).status_code == 422  # another rate
    assert client.post("/costs/rates/add/", typed | heeded | {"on": "2026-01-08"}).status_code == 422  # another day
    assert client.post("/costs/rates/add/", typed | heeded).status_code == 302
    assert ExchangeRate.objects.get(on=on).rate == 108


@pytest.mark.parametrize(
    ("on", "currency", "rate"),
    [("2026-01-07", "EUR", "1.296"), ("2026-01-12", "EUR", "0.872"), ("2026-01-07", "CHF", "108")],
)
def test_a_rate_within_a_fifth_or_the_first_of_its_currency_is_taken_at_once(client, finance, euro, on, currency, rate):
    assert client.post("/costs/rates/add/", {"on": on, "currency": currency, "rate": rate}).status_code == 302


def test_a_file_with_rates_far_from_those_beside_them_is_taken_at_the_second_time(client, finance, euro):
    def sent(content, heeded=""):
        file = SimpleUploadedFile("rates.csv", content)
        return client.post("/costs/rates/upload/", {"file": file, "seen": heeded})

    content = (
        b"on,currency,rate\n2026-01-07,EUR,0.1085\n2026-01-08,EUR,1.08\n"  # a slip, and back again
        b"2026-01-10,EUR,1.5\n2026-01-11,EUR,1.51\n2026-01-05,EUR,1.08\n2026-01-05,CHF,1.1\n2026-01-06,CHF,11\n"
    )
    first = sent(content)
    assert (first.status_code, ExchangeRate.objects.count()) == (422, 2)
    # Between two of one level a slip; a step that stays is none. At the end nobody can tell which of two is right.
    assert [line for line, _doubt in first.context["outcome"].doubtful] == [2, 7, 8]
    heeded = first.context["file_form"]["seen"].value()
    assert sent(content.replace(b"0.1085", b"0.1"), heeded).status_code == 422  # another file
    assert sent(content, heeded).status_code == 302
    assert ExchangeRate.objects.count() == 8


@pytest.mark.parametrize(
    "content",
    [b" ", b"\x00\x01\x02", b"\xff\xfe1\x00", b"a,b\n1,2\n", b"on,currency,rate,rate\n", b"on,currency,rate,note\n",
     b'on,currency,rate\n"2026-01-05,EUR,1\n', b"on,currency,rate\n2026-01-05,E\x00R,1\n"],
)  # fmt: skip
def test_what_is_no_table_of_rates_is_refused_as_a_whole(client, finance, content):
    response = upload(client, content)
    assert response.status_code == 422
    assert list(response.context["file_form"].errors) == ["file"]


def test_a_file_over_5_mb_is_refused(client, finance):
    response = upload(client, b"on,currency,rate\n" + b"x" * 5 * 1024 * 1024)
    assert list(response.context["file_form"].errors) == ["file"]


def test_the_page_says_what_waits_and_which_rates_are_too_old(client, finance, monkeypatch):
    monkeypatch.setattr(hooks, "pending_by_currency", [lambda _user: {"EUR": 3, "CHF": 2}, lambda _user: {"EUR": 1}])
    ExchangeRate.objects.create(on=date(2020, 1, 5), currency="EUR", rate=Decimal("1.08"))
    response = client.get("/costs/rates/")
    assert response.context["pending_total"] == 6
    assert response.context["without_rate"] == [("CHF", 2)]
    (latest,) = response.context["latest"]
    assert (latest["stale"], latest["pending"]) == (True, 4)


def test_what_waits_is_counted_of_what_the_reader_may_see(client):
    secret, known = InitiativeFactory(confidential=True), InitiativeFactory()
    for initiative in (secret, known):
        add_line(initiative, "2026-03-05", "10", currency="EUR")
        budget_lines.add(None, [NewBudget(initiative, date(2026, 3, 1), None, Decimal(5), "EUR", date(2026, 3, 1))])
        read(make_outcome(initiative, worth=True, unit_value_currency="EUR"), date(2025, 3, 1), 10)
    for user, waiting in ((UserFactory(), 3), (UserFactory(finance=True), 6), (secret.owner, 6)):
        client.force_login(user)
        assert client.get("/costs/rates/").context["pending_total"] == waiting


@pytest.mark.parametrize("role", ["contributor", "portfolio", "executive"])
def test_everybody_sees_rates_and_only_finance_and_administrators_add_them(client, role):
    UserFactory(admin=True)
    client.force_login(UserFactory(role=role))
    page = client.get("/costs/rates/")
    assert page.status_code == 200
    assert "/costs/rates/add/" not in page.content.decode()
    assert client.post("/costs/rates/add/", {}).status_code == 403
    assert client.post("/costs/rates/upload/", {}).status_code == 403


def test_a_rate_serves_its_day_and_the_ten_days_after_it():
    ExchangeRate.objects.create(on=date(2026, 1, 5), currency="EUR", rate=Decimal("1.08"))
    ExchangeRate.objects.create(on=date(2026, 1, 8), currency="EUR", rate=Decimal("1.09"))
    days = [date(2026, 1, day) for day in (4, 5, 7, 8, 18, 19)]
    assert [rates_on([("EUR", day)])["EUR", day] for day in days] == [
        None, Decimal("1.08"), Decimal("1.08"), Decimal("1.09"), Decimal("1.09"), None,
    ]  # fmt: skip
    assert rates_on([("USD", date(2026, 1, 1))]) == {("USD", date(2026, 1, 1)): 1}


def test_many_rates_are_read_in_one_query(django_assert_num_queries):
    ExchangeRate.objects.create(on=date(2026, 1, 5), currency="EUR", rate=Decimal("1.08"))
    with django_assert_num_queries(1):
        found = rates_on([("EUR", date(2026, 1, day)) for day in range(1, 20)] + [("JPY", date(2026, 1, 5))])
    assert sum(rate is not None for rate in found.values()) == 11


def test_conversion_is_exact_past_28_digits():
    amount, rate = Decimal("12345678901234567890.123456789012345678"), Decimal("1.000000000000000001")
    assert convert(amount, rate) == Decimal("12345678901234567902.469135690246913568123456789012345678")
