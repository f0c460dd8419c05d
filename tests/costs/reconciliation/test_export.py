"""The months of providers as a file: what their list shows."""

import csv
import io

import openpyxl
import pytest

from costs.reconciliation import exports
from costs.reconciliation.months import provider_months, reconcile
from tests.costs.reconciliation.test_months import record
from tests.costs.test_pages import signed_in
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
CSV, XLSX = "/costs/reconciliation.csv", "/costs/reconciliation.xlsx"


@pytest.fixture
def finance():
    """Somebody of finance, and March of OpenAI that they have reconciled, with April of it open."""
    user = UserFactory(finance=True)
    record("usage", "2026-03-03", "108.50")
    record("bill", "2026-03-03", "100")
    reconcile(user, provider_months()[0], "=agreed")
    record("bill", "2026-04-03", "7", currency="EUR")
    return user


def test_every_month_of_the_list_is_in_the_file(finance, django_assert_max_num_queries):
    client = signed_in(finance)
    with django_assert_max_num_queries(8):
        text = b"".join(client.get(CSV).streaming_content).decode()
    april, march = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    assert march.pop("reconciled_on")
    assert march == {
        "provider": "openai", "month": "2026-03", "usage": "108.5", "gateway": "", "bill": "100",
        "ledger": "208.5", "currency": "USD", "lines": "2", "pending_lines": "0", "unpriced_lines": "0",
        "usage_waits": "", "gateway_waits": "", "bill_waits": "", "state": "reconciled", "note": "'=agreed",
    }  # fmt: skip
    assert [april[name] for name in ("month", "bill", "pending_lines", "bill_waits", "state", "reconciled_on")] == [
        "2026-04", "", "1", "pending", "open", "",
    ]  # fmt: skip
    assert (april["usage_waits"], april["gateway_waits"]) == ("", "")


def test_the_excel_file_is_the_same(finance):
    content = b"".join(signed_in(finance).get(XLSX).streaming_content)
    head, april, march = openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True)
    assert head == exports.HEADER
    assert [april[:2], march[:3]] == [("openai", "2026-04"), ("openai", "2026-03", 108.5)]


@pytest.mark.parametrize("role", ["contributor", "portfolio", "executive"])
def test_others_get_none(role):
    for address in (CSV, XLSX):
        assert signed_in(UserFactory(role=role)).get(address).status_code == 403


def test_the_list_leads_to_its_files(finance):
    page = signed_in(finance).get("/costs/reconciliation/").content.decode()
    assert f'href="{CSV}"' in page
    assert f'href="{XLSX}"' in page
