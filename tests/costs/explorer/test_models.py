"""What each model, API key or tag costs: as rows, as filters, and as the lines that an amount opens."""

from decimal import Decimal

import pytest
import time_machine
from django.test import Client

from costs.ledger.filters import Filters
from costs.ledger.page import Ledger
from costs.models import ChargeGroup
from tests.costs.factories import add_line
from tests.costs.usage.test_lines import LINE, post
from tests.factories import UserFactory, bearer

pytestmark = pytest.mark.django_db
# gpt-4o by its library price, as in tests/costs/usage/test_lines.py; gpt-4o-mini: 0.15, 0.075 and 0.60 per million.
GPT, MINI = Decimal("0.004"), Decimal("0.00024")


@pytest.fixture
def finance():
    return UserFactory(finance=True)


@pytest.fixture
def used(client, finance):
    with time_machine.travel("2026-11-25", tick=False):
        tags = {"Team ": "Claims"}
        assert post(client, [LINE | {"tags": tags}, LINE | {"model": "gpt-4o-mini"}], finance).status_code == 201
        ChargeGroup.objects.filter(sku="gpt-4o").update(api_key="letters")
        yield


def explored(user, **asked) -> dict[str, Decimal]:
    answer = Client().get("/api/v1/costs/explore", {"columns": "none"} | asked, headers=bearer(user)).json()
    found = {item["label"]: Decimal(item["total"]) for item in answer["items"]}
    assert sum(found.values()) == Decimal(answer["total"])
    return found


def test_each_model_has_a_row(used, finance):
    assert explored(finance, rows="sku", columns="month") == {"gpt-4o": GPT, "gpt-4o-mini": MINI}
    assert explored(finance, rows="sku", sku="GPT-4O") == {"gpt-4o": GPT}
    assert explored(finance, rows="api_key") == {"letters": GPT, "Not stated": MINI}


def test_a_row_of_a_model_opens_its_lines(used, finance, client):
    client.force_login(finance)
    for rows, value in (("sku", "gpt-4o"), ("api_key", "letters")):
        page = client.get("/costs/explore/", {"rows": rows, "columns": "none"})
        opened = next(row.total.url for row in page.context["table"].rows if row.label == value)
        assert client.get(opened).context["sums"].gross == GPT, opened


@pytest.mark.parametrize(
    ("tag", "cost"),
    [
        ("team=claims", GPT),
        (" TEAM = Claims ", GPT),
        ("team", GPT),
        ("team=", MINI),
        ("team=motor", 0),
        ("owner", 0),
        ("owner=", GPT + MINI),
        ("=", GPT + MINI),
        ("team=%", 0),
    ],
)
def test_a_tag_is_asked_for_with_or_without_its_value(used, finance, tag, cost):
    assert sum(explored(finance, rows="sku", tag=tag).values()) == cost
    assert (Ledger(Filters(tag=tag), finance).sums.gross or 0) == cost
    listed = Client().get("/api/v1/costs", {"tag": tag}, headers=bearer(finance)).json()
    assert sum(Decimal(item["base_amount"]) for item in listed["items"]) == cost


def test_a_line_says_its_model_and_key(used, finance):
    listed = Client().get("/api/v1/costs", {"sku": "gpt-4o"}, headers=bearer(finance)).json()
    assert [(item["sku"], item["api_key"]) for item in listed["items"]] == [("gpt-4o", "letters")]


def test_many_models_stand_together_and_open_their_lines(finance, client):
    client.force_login(finance)
    with time_machine.travel("2026-11-25", tick=False):
        for number in range(14):
            group = add_line(None, "2026-11-05", str(2**number), resource=str(number)).group
            ChargeGroup.objects.filter(pk=group.pk).update(sku=f"model {number}")
        rows = client.get("/costs/explore/", {"rows": "sku", "columns": "none"}).context["table"].rows
        assert [(row.label, row.total.amount) for row in rows[-1:]] == [("2 more", 3)]
        assert client.get(rows[-1].total.url).context["sums"] == (2, 3, 0)


def test_the_first_line_says_that_it_is_about_a_tag(used, finance, client):
    client.force_login(finance)
    page = client.get("/costs/explore/", {"tag": "team=claims"}).content.decode()
    assert "<b>Tag team=claims</b> cost" in page
    assert "Tag: team=claims" in page
