"""Which figures head the portfolio page, that its money adds up, and that a why is a quotation."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.test import Client

from projects import initiatives, transitions
from tests.costs.factories import add_line
from tests.factories import UserFactory, bearer
from tests.markup import tight

pytestmark = pytest.mark.django_db


@pytest.fixture
def portfolio(client: Client) -> Client:
    """One of each fate, with cents that no float holds; a page that is drawn anew, to an administrator."""
    admin = UserFactory(admin=True)
    fates = {
        "100.10": ("prototype", "production"),
        "33.333333333333333333": ("prototype",),
        "7.07": ("prototype", "stopped"),
        "0.000000005": (),
    }
    for amount, stages in fates.items():
        made = initiatives.create(admin, title=f"Cost {amount}", owner=admin)
        for day, stage in enumerate(("proposed", *stages) if stages else (), start=1):
            transitions.move(made, stage, date(2025, 1, day), admin)
        add_line(made, "2025-02-01", amount)
    add_line(None, "2025-02-01", "12.3")
    cache.clear()
    client.force_login(admin)
    return client


def test_four_figures_head_the_page(portfolio: Client) -> None:
    page = portfolio.get("/").content.decode()
    heads = re.findall(r'<div class="fig-label">\s*<span>([^<]*)</span>\s*<a class="how" href="([^"?]*)', page)
    assert heads == [
        ("In production in 24 months", "/portfolio/figures/production_within_24/"),
        ("Cost per production deployment", "/portfolio/figures/cost_per_production/"),
        ("Net benefit, measured", "/portfolio/figures/net_benefit/"),
        ("Spent without a target outcome", "/portfolio/figures/spend_without_outcome/"),
    ]


def test_the_parts_of_the_money_add_up_to_the_last_digit(portfolio: Client) -> None:
    parts = portfolio.get("/").context["money"].parts
    assert [(part.name, part.value) for part in parts] == [
        ("Reached production", Decimal("100.10")),
        ("In flight", Decimal("33.333333333333333333")),
        ("Stopped", Decimal("7.07")),
        ("Not a prototype", Decimal("0.000000005")),
        ("Unallocated", Decimal("12.3")),
    ]
    headers = bearer(UserFactory(admin=True))
    assert sum(part.value for part in parts) == Decimal("152.803333338333333333")
    summary = portfolio.get("/api/v1/portfolio/summary", headers=headers).json()
    assert Decimal(summary["gross_cost"]) == Decimal("152.803333338333333333")


@pytest.mark.parametrize(
    ("problem", "wish", "quoted"),
    [
        ("14 minutes a claim", "7 minutes", "<p>“14 minutes a claim</p><p>7 minutes”</p>"),
        ("14 minutes a claim", "", "<p>“14 minutes a claim”</p>"),
        ("", "7 minutes", "<p>“7 minutes”</p>"),
        ("", "", None),
    ],
)
def test_the_why_stands_as_a_quotation_above_every_page_of_it(
    client: Client, problem: str, wish: str, quoted: str | None
) -> None:
    admin = UserFactory(admin=True)
    made = initiatives.create(admin, title="Triage", problem=problem, desired_outcome=wish)
    client.force_login(admin)
    for page in ("", "outcomes/", "costs/", "history/"):
        shown = tight(client.get(f"{made.url}{page}").content.decode())
        found = re.search(r'<blockquote class="quotation">(.*?)</blockquote>', shown)
        assert (re.sub(r"\s*(</?p>)\s*", r"\1", found[1]) if found else None) == quoted, page
        assert ("Nobody has written down why this exists." in shown) == (quoted is None)
