"""Usage as a file: what the list shows, under the same filters and to the same reader, in portions."""

import csv
import io
from datetime import date

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from costs.ledger import exports as ledger_exports
from costs.models import Kind, UsageLine
from costs.pricing import Tokens
from costs.usage import exports
from costs.usage import lines as usage_lines
from costs.usage.rows import About, UsageRow
from tests.costs.allocation.test_places import rule
from tests.costs.test_pages import signed_in
from tests.costs.usage.test_pages import LOGGED, used
from tests.factories import InitiativeFactory, UserFactory
from tests.imports.files import bring_in

pytestmark = pytest.mark.django_db
CSV, XLSX = "/costs/usage.csv", "/costs/usage.xlsx"


def rows_of(client, **query) -> list[dict[str, str]]:
    text = b"".join(client.get(CSV, query).streaming_content).decode()
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


@pytest.fixture
def finance():
    return signed_in(UserFactory(finance=True))


def test_a_line_is_told_with_its_counts_its_price_and_where_it_belongs(finance):
    initiative = InitiativeFactory()
    about = About("api", "openai", "gpt-4o", initiative.pk, "acct", "key", tags='{"team": "claims"}')
    tokens = Tokens(900_000, 100_000, 0, 0, 20_000)
    usage_lines.add(None, [UsageRow(about, date(2026, 11, 3), tokens, 40, external_id="=id-1")])
    assert rows_of(finance) == [
        {
            "occurred_on": "2026-11-03", "provider": "openai", "model": "gpt-4o", "kind": "usage",
            "input_tokens": "1000000", "output_tokens": "20000", "cached_input_tokens": "100000",
            "cache_write_5m_tokens": "0", "cache_write_1h_tokens": "0", "requests": "40", "batch": "false",
            "amount": "2.575", "currency": "USD", "unpriced_reason": "", "own_price": "false",
            "library_version": UsageLine.objects.get().price.library_version,
            "initiative": initiative.key, "allocations": f"{initiative.key}=1", "share": "1", "compared": "false",
            "account": "acct", "api_key": "key", "external_id": "'=id-1", "source": "api",
            "tags": '{"team":"claims"}',
        }
    ]  # fmt: skip


def test_what_has_no_price_and_what_its_source_priced_say_so(finance):
    used(("gpt-0", 7))
    used(("m-0", 7), provider="Bedrock", of=LOGGED, amount=1)
    told = {row["model"]: row for row in rows_of(finance)}
    lacks = told["gpt-0"]
    assert [lacks[name] for name in ("amount", "currency", "unpriced_reason", "own_price")] == ["", "", "unknown", ""]
    logged = told["m-0"]
    assert [logged[name] for name in ("kind", "amount", "currency", "own_price")] == ["gateway", "1", "USD", ""]


def test_it_has_what_the_filters_keep_with_the_share_of_the_initiative(finance):
    one, two = InitiativeFactory(), InitiativeFactory()
    rule({"vendor": "openai"}, (one, "0.25"), two)
    used(("gpt-4o", 1_000_000), ("gpt-0", 7))
    used(("gpt-0", 8), provider="acme")
    assert len(rows_of(finance)) == 3
    for query, models in (
        ({"unpriced": "on"}, ["gpt-0", "gpt-0"]), ({"provider": "OpenAI", "model": "GPT-4o"}, ["gpt-4o"]),
        ({"month": "2026-10"}, []),
    ):  # fmt: skip
        assert [row["model"] for row in rows_of(finance, **query)] == models, query
    shared = rows_of(finance, initiative=one.key)
    assert {(row["share"], row["allocations"]) for row in shared} == {("0.25", f"{one.key}=0.25, {two.key}=0.75")}
    assert len(shared) == 2


def test_a_filter_that_makes_no_sense_leads_to_the_page_that_says_so(finance):
    answer = finance.get(CSV, {"month": "soon"})
    assert (answer.status_code, answer.url) == (302, "/costs/usage/?month=soon")


def test_a_confidential_initiatives_usage_is_in_no_file_of_others():
    used(("gpt-0", 7), initiative=InitiativeFactory(confidential=True))
    assert rows_of(signed_in(UserFactory())) == []


def test_portions_have_every_line_once_in_the_order_of_the_list(finance, monkeypatch):
    used(*[("gpt-4o", number) for number in range(1, 8)])
    days = [date(2026, 11, 1), date(2026, 10, 31), date(2026, 10, 2), date(2024, 2, 29)]
    about = About("test", "openai", "gpt-4o")
    usage_lines.add(None, [UsageRow(about, day, Tokens(8 + number)) for number, day in enumerate(days)])
    monkeypatch.setattr(exports, "CHUNK", 3)
    assert {row["input_tokens"] for row in rows_of(finance)} == {str(number) for number in range(1, 12)}
    listed = finance.get("/costs/usage/").context["page"].lines
    assert [row["input_tokens"] for row in rows_of(finance)] == [str(line.input_tokens) for line in listed]


def test_a_portion_costs_the_same_queries_however_many_lines(finance):
    asked = []
    for count in (1, 50):
        used(*[("gpt-4o", 1_000 + number) for number in range(count)])
        with CaptureQueriesContext(connection) as captured:
            rows_of(finance)
        asked.append(len(captured))
    assert asked[0] == asked[1]


def test_the_excel_file_is_the_same_and_bounded(finance, monkeypatch):
    used(("gpt-4o", 1_000_000), ("gpt-0", 7))
    content = b"".join(finance.get(XLSX).streaming_content)
    head, *rows = openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True)
    assert head == exports.HEADER
    assert {(row[0].date(), row[4]) for row in rows} == {(date(2026, 11, 3), 1_000_000), (date(2026, 11, 3), 7)}
    monkeypatch.setattr(ledger_exports, "MOST_IN_XLSX", 1)
    answer = finance.get(XLSX, follow=True)
    assert answer.redirect_chain == [("/costs/usage/?", 302)]
    assert "An Excel file holds at most 1 lines, and these are 2" in answer.content.decode()


def test_the_list_leads_to_its_files(finance):
    assert "/costs/usage.csv" not in finance.get("/costs/usage/").content.decode()
    used(("gpt-4o", 1))
    page = finance.get("/costs/usage/?model=gpt-4o").content.decode()
    assert 'href="/costs/usage.csv?model=gpt-4o"' in page
    assert 'href="/costs/usage.xlsx?model=gpt-4o"' in page


def test_a_file_that_is_sent_back_is_refused_and_doubles_nothing(finance):
    used(("gpt-4o", 1))
    content = b"".join(finance.get(CSV).streaming_content).decode()
    job = bring_in("usage_csv", content)
    assert job.state == "failed"
    assert UsageLine.objects.count() == 1
    assert UsageLine.objects.get().group.kind == Kind.USAGE
