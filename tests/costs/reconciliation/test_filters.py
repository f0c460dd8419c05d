"""The list of providers' months is narrowed in its address; every amount of a month leads to lines that come to it."""

import csv
import html
import io
import re
from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.http import QueryDict
from django.test import Client

from costs.ledger.filter_form import LedgerFilters
from costs.ledger.page import Ledger
from costs.models import ChargeGroup, LedgerSource
from costs.reconciliation import links
from costs.reconciliation.causes import causes
from costs.reconciliation.months import RECORDS, provider_month, reconcile
from tests.costs.factories import add_line
from tests.costs.importers.test_focus import bill
from tests.costs.reconciliation.test_months import MARCH, record
from tests.costs.test_pages import signed_in
from tests.factories import InitiativeFactory, UserFactory
from tests.imports.files import bring_in

pytestmark = pytest.mark.django_db
PAGE, CSV = "/costs/reconciliation/", "/costs/reconciliation.csv"
TOKENS = {"ServiceName": "Amazon Bedrock", "SkuId": "m1, input", "BilledCost": "40"}
MACHINE = {"BilledCost": "7"}  # Amazon EC2


@pytest.fixture
def finance():
    return UserFactory(finance=True)


@pytest.fixture
def client(finance):
    return signed_in(finance)


@pytest.fixture
def months(finance):
    """OpenAI: February reconciled, March changed since, April open, May running; Anthropic: April open."""
    with time_machine.travel("2026-05-20T12:00:00Z", tick=False):
        for on in ("2026-02-03", "2026-03-03", "2026-04-03", "2026-05-03"):
            record("bill", on, "10")
        record("bill", "2026-04-04", "20", vendor="Anthropic")
        for month in (2, 3):
            reconcile(finance, provider_month("openai", date(2026, month, 1)), "")
        record("bill", "2026-03-09", "1")
        yield


def shown(client: Client, **asked: str) -> list[tuple[str, str]]:
    page = client.get(PAGE, asked).content.decode()
    return re.findall(r'class="row-link" href="/costs/reconciliation/([^/]+)/([^/]+)/"', page)


@pytest.mark.usefixtures("months")
def test_the_list_keeps_a_provider_a_month_and_a_state(client):
    openai = [("openai", f"2026-0{month}") for month in (5, 4, 3, 2)]
    assert shown(client) == [openai[0], ("anthropic", "2026-04"), *openai[1:]]
    assert shown(client, provider="openai") == openai
    assert shown(client, month="2026-04") == [("anthropic", "2026-04"), ("openai", "2026-04")]
    assert shown(client, state="reopened") == [("openai", "2026-03")]
    assert shown(client, state="reconciled") == [("openai", "2026-02")]
    assert shown(client, state="running") == [("openai", "2026-05")]
    assert shown(client, state="open", provider="openai") == [("openai", "2026-04")]


@pytest.mark.usefixtures("months")
def test_what_makes_no_sense_is_said_and_keeps_nothing_out_and_nothing_kept_is_said(client):
    answer = client.get(PAGE, {"month": "soon", "state": "reopened"}).content.decode()
    assert "Write the month as 2026-03." in answer
    assert shown(client, month="soon", state="reopened") == [("openai", "2026-03")]
    assert len(shown(client, provider="nobody")) == 5
    nothing = client.get(PAGE, {"month": "2025-01"}).content.decode()
    assert "Take off a filter, or choose another month." in nothing
    assert "Import a bill, a gateway" not in nothing
    assert 'value="2025-01"' in nothing


@pytest.mark.usefixtures("months")
def test_the_files_are_of_what_the_filters_keep(client):
    page = client.get(PAGE, {"state": "open", "provider": "openai"}).content.decode()
    assert f'href="{CSV}?state=open&amp;provider=openai"' in page
    text = b"".join(client.get(CSV, {"state": "open", "provider": "openai"}).streaming_content).decode()
    assert [row["month"] for row in csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))] == ["2026-04"]
    wrong = client.get(CSV, {"month": "soon"})
    assert (wrong.status_code, wrong["Location"]) == (302, f"{PAGE}?month=soon")


@pytest.mark.usefixtures("months")
def test_finance_is_told_of_months_that_have_changed_since_they_were_reconciled(client, django_assert_max_num_queries):
    with django_assert_max_num_queries(12):
        page = client.get(PAGE).content.decode()
    assert "1 month that was reconciled has changed since." in page
    assert f'href="{PAGE}?state=reopened"' in page


def sum_of(url: str, user) -> Decimal | None:
    form = LedgerFilters(QueryDict(url.partition("?")[2]))
    assert form.is_valid(), form.errors
    return Ledger(form.wanted(), user).sums.gross


def test_every_figure_and_every_item_leads_to_lines_that_come_to_it(client, finance):
    """The ledger takes usage: of the bill its tokens are kept to compare and its machines count."""
    LedgerSource.objects.create(provider="aws", since=date(2026, 1, 1), kind="usage")
    record("usage", "2026-03-03", "60", vendor="AWS", sku="gpt-4")
    record("usage", "2026-03-04", "8", vendor="AWS", sku="GPT-4")  # the filter makes no difference of capitals
    record("gateway", "2026-03-03", "3", vendor="bedrock")
    add_line(InitiativeFactory(confidential=True), "2026-03-09", "5", vendor="AWS")
    add_line(None, "2026-03-09", "1000", vendor="Contoso")
    bring_in("focus", bill(TOKENS, MACHINE))
    ChargeGroup.objects.filter(kind="bill", sku="SKU").update(sku="")
    record("usage", "2026-04-01", "99", vendor="AWS")
    here = provider_month("aws", MARCH)
    assert here.amounts == {"usage": 68, "gateway": 3, "bill": 47}
    for kind in here.amounts:
        urls = [links.of_record(here, kind_of, counted=counted) for kind_of in RECORDS if kind_of == kind
                for counted in here.counted[kind]]  # fmt: skip
        assert sum(sum_of(url, finance) for url in urls) == here.amounts[kind]
    assert sum_of(links.of_ledger(here), finance) == here.ledger
    page = client.get("/costs/reconciliation/aws/2026-03/").content.decode()
    largest = causes(here).largest
    assert largest.pop("entered") == [("", 5, True, True)]  # stands on no page of a record
    assert {kind: [item[:2] for item in items] for kind, items in largest.items()} == {
        "usage": [("GPT-4", 68)], "gateway": [("gpt", 3)], "bill": [("m1, input", 40), ("Amazon EC2", 7)],
    }  # fmt: skip
    for kind in RECORDS:
        for item in largest[kind]:
            url = links.of_item(here, kind, item)
            assert sum_of(url, finance) == item.amount, url
            assert html.escape(url) in page
    assert html.escape(links.of_ledger(here)) in page
    assert "Those that count" in page and "Those kept to compare" in page  # of the bill


def test_an_item_of_which_some_counts_and_some_does_not_is_no_link(client, finance):
    LedgerSource.objects.create(provider="aws", since=date(2026, 1, 1), kind="usage")
    record("usage", "2026-03-03", "60", vendor="AWS")
    bring_in("focus", bill(TOKENS, MACHINE))
    ChargeGroup.objects.filter(kind="bill").update(sku="one")
    here = provider_month("aws", MARCH)
    (item,) = causes(here).largest["bill"]
    assert (item.about, item.amount, links.of_item(here, RECORDS[2], item)) == ("one", 47, "")
