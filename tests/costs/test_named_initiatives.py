"""An initiative is named by its key or by its external reference, of any length: in filters, bodies and forms."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from costs.budgets import lines as budget_lines
from costs.budgets.lines import NewBudget
from costs.models import (
    AllocationPart,
    AssetShare,
    BudgetLine,
    CostLine,
    LabourDays,
    RecurringShare,
    UsageLine,
)
from costs.registers import labour_days
from costs.registers.labour_days import NewDays
from projects.fields import LONGEST_REFERENCE
from projects.models import Initiative
from tests.costs.factories import add_asset, add_line, add_role
from tests.costs.usage.test_lines import LINE as USAGE
from tests.factories import InitiativeFactory, UserFactory, bearer

pytestmark = pytest.mark.django_db
REFERENCE = "WBS-4711/" + "0" * 291
COST = {"incurred_on": "2026-03-05", "category": "cloud", "amount": "4321", "currency": "USD"}
BUDGET = {"month": "2026-03", "amount": "4321", "currency": "USD"}
RECURRING = {
    "name": "Editor", "currency": "USD", "category": "licences", "every_months": 12, "starts_on": "2026-01-01",
}  # fmt: skip


@pytest.fixture
def initiative() -> Initiative:
    return InitiativeFactory(title="Claims", external_ref=REFERENCE)


@pytest.fixture
def admin(client: Client) -> Client:
    user = UserFactory(admin=True)
    client.force_login(user)
    client.headers = bearer(user)  # type: ignore[attr-defined]
    return client


@pytest.mark.parametrize(
    "path",
    [
        "/costs/", "/costs/explore/", "/costs/labour/", "/costs/recoverable/", "/costs/usage/",
        "/api/v1/costs", "/api/v1/costs/explore", "/api/v1/budgets", "/api/v1/budget-notices", "/api/v1/usage",
        "/api/v1/labour-days",
    ],
)  # fmt: skip
def test_a_filter_finds_what_is_of_an_initiative_by_either_name_and_nothing_by_another(admin, initiative, path):
    finance, march = UserFactory(finance=True), date(2026, 3, 1)
    budget_lines.add(finance, [NewBudget(initiative, march, None, Decimal(4321), "USD", march)])
    add_line(initiative, "2026-03-05", "4321", recoverable=True)
    labour_days.set_all(finance, [NewDays(initiative, add_role(), march, Decimal(4321))])
    usage = USAGE | {"initiative": initiative.key, "input_tokens": 4321, "occurred_on": "2026-03-05"}
    assert admin.post("/api/v1/usage", usage, "application/json", headers=admin.headers).status_code == 201
    for name in ("Claims", "AI-0000", "AI-999999999", "-1", "AI-1", "WBS-4711", REFERENCE, initiative.key.lower()):
        asked = {"initiative": name} | ({} if path.startswith("/api") else {"year": "2026", "since": "2026-01"})
        answer = admin.get(path, asked, headers=admin.headers)
        assert answer.status_code == 200
        found = b"4321" in answer.getvalue().replace(b",", b"")
        assert found == (name in (REFERENCE, initiative.key.lower())), name


def test_the_fields_of_the_labour_page_cut_no_reference(admin):
    add_role()
    page = admin.get("/costs/labour/").content.decode()
    limits = re.findall(r'name="(?:initiative|new-0-initiative)" value="" maxlength="(\d+)"', page)
    assert limits == [str(LONGEST_REFERENCE)] * 2


@pytest.mark.parametrize(
    ("path", "body", "kind"),
    [
        ("/costs", COST, CostLine),
        ("/budgets", BUDGET, BudgetLine),
        ("/usage", USAGE, UsageLine),
        ("/labour-days", {"role": "Engineer", "month": "2026-03", "days": 2}, LabourDays),
    ],
)
def test_a_body_names_an_initiative_by_a_long_reference(admin, initiative, path, body, kind):
    add_role()
    sent = body | {"initiative": REFERENCE}
    answer = admin.post(f"/api/v1{path}", sent, "application/json", headers=admin.headers)
    assert answer.status_code in (200, 201), answer.content
    made = kind.objects.get() if kind is not CostLine else kind.objects.get(group__vendor="")
    assert (made.group if hasattr(made, "group") else made).initiative == initiative


@pytest.mark.parametrize(
    ("path", "body", "kind"),
    [
        ("/recurring-costs", RECURRING | {"amounts": [{"since": "2026-01-01", "amount": "1200"}]}, RecurringShare),
        ("/allocation-rules", {"match": {"vendor": "Stratus"}}, AllocationPart),
    ],
)
def test_a_share_in_a_body_names_an_initiative_by_a_long_reference(admin, initiative, path, body, kind):
    share = {"initiative": REFERENCE, "share": 1}
    sent = body | ({"split": [share]} if "match" in body else {"shares": [share]})
    answer = admin.post(f"/api/v1{path}", sent, "application/json", headers=admin.headers)
    assert answer.status_code == 201, answer.content
    assert kind.objects.get().initiative == initiative


def corrected(client: Client) -> CostLine:
    line = add_line(None, "2026-03-05", "4321")
    assert client.post(f"/costs/lines/{line.key}/", COST | {"initiative": REFERENCE}).status_code == 302
    return CostLine.objects.live().get().group


def patched(client: Client) -> CostLine:
    line = add_line(None, "2026-03-05", "4321")
    etag = client.get(f"/api/v1/costs/{line.key}", headers=client.headers)["ETag"]
    headers = client.headers | {"If-Match": etag}
    sent = {"initiative": REFERENCE}
    answer = client.patch(f"/api/v1/costs/{line.key}", sent, "application/json", headers=headers)
    assert answer.status_code == 200, answer.content
    return CostLine.objects.live().get().group


def ruled(client: Client) -> AllocationPart:
    typed = {"name": "One", "field_0": "vendor", "glob_0": "stratus*", "initiative_0": REFERENCE, "method": "equal"}
    assert client.post("/costs/allocation/new/", typed).status_code == 302
    return AllocationPart.objects.get()


def shared(client: Client) -> AssetShare:
    asset = add_asset([])
    typed = {"shares-0-initiative": REFERENCE, "shares-0-share": "100", "version": asset.version}
    kept = {"name": asset.name, "currency": "USD", "price": "360", "purchased_on": "2026-01-05"}
    kept |= {"in_service_on": "2026-01-10", "life_months": "36"}
    assert client.post(f"/costs/assets/{asset.pk}/edit/", kept | typed).status_code == 302
    return AssetShare.objects.get()


def typed_in_the_grid(client: Client) -> CostLine:
    typed = {f"row-0-{name}": value for name, value in (COST | {"initiative": REFERENCE}).items()}
    assert client.post("/costs/grid/", typed | {"do": "save"}).status_code == 302
    return CostLine.objects.get().group


@pytest.mark.parametrize("write", [corrected, patched, ruled, shared, typed_in_the_grid])
def test_a_form_names_an_initiative_by_a_long_reference(
    admin: Client, initiative: Initiative, write: Callable[[Client], Any]
):
    assert write(admin).initiative == initiative
