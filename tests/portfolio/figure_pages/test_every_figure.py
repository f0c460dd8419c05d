"""Every figure of the pages opens its definition, its formula and its rows, with few queries, to those who may see."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from accounts.models import Role, User
from costs import lines
from costs.models import Category
from costs.new_line import NewLine
from portfolio.explanations.texts.comparisons import CHANGES
from portfolio.explanations.texts.portfolio import names
from projects.models import Initiative
from tests.portfolio.figure_pages.built import add_hours, add_initiative, add_reading
from tests.portfolio.figure_pages.words import AS_OF, Visit, formula, links, titles, told

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("figures")]


def shown_figures(page: str) -> list[str]:
    """Return the markup of every figure card, and of every chart with what stands above it in its card."""
    cards = re.findall(r'<div class="card fig">.*?<div class="fig-foot', page, re.DOTALL)
    above = page.split('<figure class="chart')
    charts = [re.split(r'<(?:div|section) class="card[ "]', before)[-1] for before in above[:-1]]
    heads = [after.partition("</figcaption>")[0] if "</figcaption>" in after else "" for after in above[1:]]
    return cards + [before + head for before, head in zip(charts, heads, strict=True)]


PAGES = [
    "/",
    "/?hosting=unknown",
    "/portfolio/decisions/",
    "{key}/",
    "{key}/outcomes/",
    "{key}/costs/",
    "{key}/budget/",
]


@pytest.mark.parametrize("address", PAGES)
def test_every_figure_and_chart_opens_its_definition_its_formula_and_its_rows(
    visit: Visit, portfolio: list[Initiative], address: str
) -> None:
    page = visit(address.format(key=f"/initiatives/{portfolio[0].key}"))
    without = [told(card) for card in shown_figures(page) if "data-definition" not in card]
    assert without == []
    opened = links(page)
    assert opened
    for each in opened:
        whole = visit(each)
        assert formula(whole), each
        assert "%(" not in whole
        assert "<tbody>" in whole or 'class="soft"' in whole or "empty-title" in whole, (
            f"{each}: neither rows nor a reason"
        )
        assert 'class="formula"' in visit(each, hx_request="true")


def _thirty_more(admin: User) -> None:
    """Add 20 in production, 10 of them with a reading, and 10 in flight; each has cost 10."""
    cloud = Category.objects.get(name="cloud")
    begun, in_production = {"proposed": "2025-01-01", "prototype": "2025-02-01"}, {"production": "2025-07-01"}
    made = [add_initiative(admin, f"Another {at}", **begun | (in_production if at < 20 else {})) for at in range(30)]
    lines.add(admin, [NewLine(each, date(2025, 4, 1), cloud, Decimal(10), "USD") for each in made])
    for each in made[:10]:
        add_reading(admin, add_hours(admin, each, "USD"), 12, 3)


# A page reads its rows, the dialog does not; most takes what waits for a rate and adds up readings by their kind.
QUERIES = {"irr": (14, 13), "gross_cost": (14, 13), "production_rate": (14, 12), "realised_benefit": (15, 14)}


def test_a_figure_takes_the_same_15_queries_at_most_whatever_its_rows(
    client: Client, admin: User, portfolio: list[Initiative], django_assert_num_queries: Any
) -> None:
    client.force_login(admin)
    for more in (False, True):
        if more:
            _thirty_more(admin)
        for name, (page, dialog) in QUERIES.items():
            with django_assert_num_queries(page):
                shown = client.get(f"/portfolio/figures/{name}/").content.decode()
            with django_assert_num_queries(dialog):
                client.get(f"/portfolio/figures/{name}/", headers={"hx-request": "true"})
    assert len(titles(shown)) == 11  # Triage, and 10 of the 30


@pytest.mark.parametrize("name", [*names(), *CHANGES])
def test_every_figure_has_rows_or_says_why_there_are_none_with_15_queries_at_most(
    visit: Visit, portfolio: list[Initiative], name: str, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(15):
        page = visit(f"/portfolio/figures/{name}/?{AS_OF}")
    assert formula(page)
    assert "%(" not in page
    has_rows = '<tr><td class="what">' in page
    assert has_rows or '<p class="soft">' in page or "of no initiative" in page or "belongs to no initiative" in page


def test_rows_and_readings_of_what_one_may_not_see_stay_hidden(
    client: Client, admin: User, portfolio: list[Initiative]
) -> None:
    triage = portfolio[0]
    Initiative.objects.filter(pk=triage.pk).update(confidential=True)
    client.force_login(User.objects.create_user("c@example.com", role=Role.CONTRIBUTOR))
    for name in ("prototypes", "gross_cost", "pending_lines", "realised_benefit"):
        assert "Triage" not in client.get(f"/portfolio/figures/{name}/").content.decode()
    outcome = triage.outcomes.earliest("pk")
    assert client.get(f"/outcomes/{outcome.pk}/figures/attainment/").status_code == 404
    assert client.get(f"/initiatives/{triage.key}/figures/budget_total/").status_code == 404


def test_a_date_that_is_none_is_said_beside_a_figure(visit, triage):
    for address in ("/portfolio/figures/roi/", f"{triage.url}figures/roi/"):
        assert 'role="alert"' in visit(f"{address}?as_of=2026-02-30", status=422)
