"""Every page, light in English and dark in Japanese: axe, policy, console, sideways scrolling."""

from __future__ import annotations

import pytest

from costs.models import AllocationRule, Asset, RecurringCost
from outcomes.models import Outcome
from portfolio.models import Benchmark
from projects.models import Initiative
from tests.browser.pages import faults, listen, scrolls_sideways

pytestmark = pytest.mark.django_db(transaction=True)

PAGES = [
    "/",
    "/portfolio/figures/production_within_24/",
    "/portfolio/figures/funnel/",
    "/portfolio/figures/payback_months/",
    "/portfolio/decisions/",
    "/portfolio/benchmarks/",
    "/portfolio/benchmarks/new/",
    "/portfolio/benchmarks/{benchmark}/",
    "/calculators/",
    "/calculators/finance/",
    "/initiatives/",
    "/initiatives/new/",
    "/initiatives/{key}/",
    "/initiatives/{key}/figures/roi/",
    "/initiatives/{key}/figures/budget_variance/",
    "/initiatives/{key}/outcomes/",
    "/initiatives/{key}/outcomes/new/",
    "/initiatives/{key}/costs/",
    "/initiatives/{key}/budget/",
    "/initiatives/{key}/history/",
    "/initiatives/{key}/edit/",
    "/initiatives/{key}/edit/check/",
    "/initiatives/{key}/stage/",
    "/initiatives/{key}/hold/",
    "/initiatives/{key}/members/",
    "/outcomes/",
    "/outcomes/{outcome}/",
    "/outcomes/{outcome}/figures/realised_benefit/",
    "/outcomes/{outcome}/readings/new/",
    "/costs/",
    "/costs/grid/",
    "/costs/assets/",
    "/costs/assets/new/",
    "/costs/assets/{asset}/",
    "/costs/assets/{asset}/edit/",
    "/costs/labour/?year=2026",
    "/costs/labour/roles/",
    "/costs/labour/roles/new/",
    "/costs/recurring/",
    "/costs/recurring/new/",
    "/costs/recurring/{licence}/",
    "/costs/recurring/{licence}/edit/",
    "/costs/recoverable/",
    "/costs/recoverable/?show=billed",
    "/costs/notices/?show=all",
    "/costs/notices/settings/",
    "/costs/categories/",
    "/costs/unallocated/",
    "/costs/unallocated/?by=vendor&by=source",
    "/costs/allocation/",
    "/costs/allocation/new/?vendor=Stratus",
    "/costs/allocation/{rule}/",
    "/costs/allocation/apply/",
    "/costs/explore/",
    "/costs/explore/?rows=initiative&columns=none&since=2024-01",
    "/costs/ai-categories/",
    "/costs/ai-categories/new/",
    "/costs/rates/",
    "/costs/usage/",
    "/costs/usage/pricing/",
    "/costs/prices/?provider=anthropic",
    "/costs/prices/new/?provider=anthropic&model=claude-sonnet-4-5",
    "/imports/",
    "/imports/mappings/",
    "/people/",
    "/people/invite/",
    "/tokens/",
    "/profile/",
    "/organisation/",
]


@pytest.mark.parametrize(("language", "scheme", "width"), [("en", "light", 1440), ("ja", "dark", 390)])
def test_every_page_is_accessible_and_keeps_to_the_policy(page_as, live_server, portfolio, language, scheme, width):
    page = page_as(language, scheme, width)
    heard, wrong = listen(page), []
    things = {
        "outcome": Outcome,
        "asset": Asset,
        "licence": RecurringCost,
        "rule": AllocationRule,
        "benchmark": Benchmark,
    }
    named = {name: model.objects.earliest("pk").pk for name, model in things.items()}
    for address in PAGES:
        wrong += faults(page, live_server.url + address.format(key=portfolio.key, **named), language)
    assert wrong == []
    assert heard == []


def test_a_long_title_and_a_12_digit_amount_break_nothing(signed_in, live_server, portfolio):
    Initiative.objects.update(title="Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichenverleihung " * 2)
    page = signed_in.new_page()
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        for address in ("/", "/initiatives/", "/initiatives/{key}/", "/initiatives/{key}/costs/", "/costs/"):
            page.goto(live_server.url + address.format(key=portfolio.key))
            assert not scrolls_sideways(page), f"{address} at {width} px"
