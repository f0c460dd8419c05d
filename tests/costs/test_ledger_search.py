"""A line is found by what people know of it: part of its description, external id or resource, its invoice."""

import pytest
from django.test import Client

from accounts.models import User
from costs.ledger.filters import Filters
from costs.ledger.page import Ledger
from imports.models import Import
from tests.costs.allocation.test_places import apply, rule
from tests.costs.factories import add_line
from tests.costs.importers.test_focus import bill
from tests.costs.test_ledger import walk
from tests.factories import InitiativeFactory, UserFactory, bearer
from tests.imports.files import bring_in

pytestmark = pytest.mark.django_db
MARCH = "2026-03"


@pytest.fixture
def finance() -> User:
    return UserFactory(finance=True)


@pytest.fixture
def told(finance, client: Client) -> Client:
    add_line(None, "2026-03-05", "1", description="Fine-tuning of claims letters", external_id="PO-4711")
    add_line(None, "2026-03-06", "2", description="100% of it", resource="i-0abc", invoice_ref="R-9")
    add_line(None, "2026-04-05", "4", description="Claims again")
    add_line(None, "2026-03-07", "8", description="", vendor="Claims Inc")
    bring_in("focus", bill({"ChargeDescription": "claims by the hour", "InvoiceId": "INV-1", "BilledCost": "16"}))
    client.force_login(finance)
    return client


@pytest.mark.parametrize(
    ("asked", "cost"),
    [
        ({"q": "CLAIMS", "month": MARCH}, 17),
        ({"q": "claims"}, 21),
        ({"q": "po-47", "month": MARCH}, 1),
        ({"q": "0abc", "since": MARCH, "until": MARCH}, 2),
        ({"q": "0%", "month": MARCH}, 2),
        ({"q": "letters", "as_of": "2026-03-05"}, 1),
        ({"q": "letters", "as_of": "2026-03-04"}, None),
        ({"q": "letters", "provider": "nobody"}, None),
        ({"invoice_ref": "r-9"}, 2),
        ({"invoice_ref": "inv-1"}, 16),
        ({"invoice_ref": "R-9", "q": "claims"}, None),
        ({"q": "claims", "pending": "on"}, None),
    ],
)
def test_lines_are_found_on_the_page_by_api_and_in_files(told, finance, asked, cost):
    context = told.get("/costs/", asked).context
    assert (context["sums"].gross, context["filters"].errors) == (cost, {})
    assert sum(line.amount for line in context["page"].lines) == (cost or 0)
    by_api = Client().get("/api/v1/costs", asked | {"pending": "pending" in asked}, headers=bearer(finance)).json()
    assert sum(float(item["amount"]) for item in by_api["items"]) == (cost or 0)
    rows = told.get("/costs/export.csv", asked).getvalue().decode().splitlines()
    assert len(rows) - 1 == len(context["page"].lines)


def test_a_text_within_a_month_takes_few_queries_however_many_lines_it_finds(told, django_assert_max_num_queries):
    for number in range(60):
        add_line(None, "2026-03-08", "1", description=f"Claims {number}")
    with django_assert_max_num_queries(15):
        page = told.get("/costs/", {"q": "claims", "month": MARCH}).context["page"]
    assert len(page.lines) == 50
    following = told.get("/costs/", {"q": "claims", "month": MARCH, "after": page.next_after}).context["page"]
    assert (len(following.lines), following.next_after) == (12, None)


def test_a_text_is_looked_for_only_in_so_many_lines_and_the_rest_of_the_filters_holds(told, finance, monkeypatch):
    monkeypatch.setattr(Filters, "MOST_READ", 3)
    said = "A text, an invoice, an import or a billing is looked for in at most 3 lines. The other filters keep 5: "
    said += "choose a month, or filter further."
    answer = told.get("/costs/", {"q": "claims"})
    assert answer.content.decode().count(said) == 1
    assert answer.context["sums"].lines == 5
    assert told.get("/costs/", {"invoice_ref": "R-9"}).content.decode().count(said) == 1
    both = {"q": "claims", "invoice_ref": "R-9"}
    answer = told.get("/costs/", both)
    assert (answer.content.decode().count(said), answer.context["sums"].lines) == (2, 5)
    by_api = Client().get("/api/v1/costs", both, headers=bearer(finance)).json()
    assert by_api["errors"] == [{"field": name, "message": said} for name in both]
    assert told.get("/costs/export.csv", {"q": "claims"})["Location"] == "/costs/?q=claims"
    refused = Client().get("/api/v1/costs", {"q": "claims"}, headers=bearer(finance))
    assert (refused.status_code, refused.json()["errors"]) == (422, [{"field": "q", "message": said}])
    assert told.get("/costs/", {"q": "claims", "month": "2026-04"}).context["sums"].gross == 4


def test_an_import_of_very_many_lines_and_what_is_billed_need_a_month_too(told, finance, monkeypatch):
    monkeypatch.setattr(Filters, "MOST_READ", 3)
    job = Import.objects.create(format="focus", file_size=1, rows_created=4)
    said = "is looked for in at most 3 lines. The other filters keep 5: choose a month, or filter further."
    for asked in ({"import_id": job.pk}, {"billed": "False"}, {"billed": "true", "q": "claims"}):
        answer = told.get("/costs/", asked)
        assert (said in answer.content.decode(), answer.context["sums"].lines) == (True, 5)
        by_api = Client().get("/api/v1/costs", asked, headers=bearer(finance)).json()
        assert {error["field"] for error in by_api["errors"]} == set(asked)
        assert told.get("/costs/", asked | {"month": "2026-04"}).context["filters"].errors == {}
    job.rows_created = 3
    job.save()
    assert told.get("/costs/", {"import_id": job.pk}).context["sums"].lines == 0


def test_what_is_found_counts_by_the_shares_that_are_asked_about(finance):
    one, two = InitiativeFactory(number=1), InitiativeFactory(number=2)
    add_line(None, "2026-03-05", "100", vendor="Stratus", description="claims")
    add_line(None, "2026-03-05", "60", vendor="Stratus", description="other")
    rule({"vendor": "stratus"}, (one, "0.25"), (two, "0.75"))
    apply()
    filters = Filters(q="claim", initiative="AI-0002")
    assert Ledger(filters, finance).sums == (1, 75, 0)
    assert [line.shared_amount for line in walk(filters, finance, 1)] == [75]


def test_nothing_is_found_of_what_a_reader_may_not_see():
    add_line(InitiativeFactory(confidential=True), "2026-03-05", "1", description="secret")
    assert Ledger(Filters(q="secret"), UserFactory()).sums.lines == 0
