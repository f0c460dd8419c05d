"""Every address of the product that a browser may ask for, and those that are no page, with the reason.

Names in braces are those of `tests.everything`. `tests/acceptance/test_addresses.py` fails for an address that is in
neither list, so that a new page is walked in a browser, tried with hostile texts and kept from strangers.
"""

from __future__ import annotations

from typing import Any

PORTFOLIO = [
    "/",
    "/portfolio/figures/",
    "/portfolio/figures/production_within_24/",
    "/portfolio/figures/funnel/",
    "/portfolio/figures/payback_months/",
    "/portfolio/decisions/",
    "/portfolio/benchmarks/",
    "/portfolio/benchmarks/new/",
    "/portfolio/benchmarks/{benchmark}/",
    "/calculators/",
    "/calculators/?model=openai/gpt-4o",
    "/calculators/finance/",
]
INITIATIVES = [
    "/initiatives/",
    "/initiatives/handover/{owner}/",
    "/initiatives/units/",
    "/initiatives/units/{unit}/",
    "/initiatives/new/",
    "/initiatives/new/{draft}/discard/",
    "/initiatives/new/{draft}/why/",
    "/initiatives/new/{draft}/outcome/",
    "/initiatives/new/{draft}/need/",
    "/initiatives/new/{draft}/timeline/",
    "/initiatives/new/{draft}/funding/",
    "/initiatives/new/{draft}/data/",
    "/initiatives/new/{draft}/check/",
    "/initiatives/{key}/",
    "/initiatives/{key}/figures/",
    "/initiatives/{key}/figures/roi/",
    "/initiatives/{key}/figures/budget_variance/",
    "/initiatives/{key}/outcomes/",
    "/initiatives/{key}/outcomes/?record=1",
    "/outcomes/new/{key}/",
    "/initiatives/{key}/costs/",
    "/initiatives/{key}/budget/",
    "/initiatives/{key}/history/",
    "/initiatives/{key}/edit/why/",
    "/initiatives/{key}/edit/need/",
    "/initiatives/{key}/edit/timeline/",
    "/initiatives/{key}/edit/data/",
    "/initiatives/{key}/edit/check/",
    "/initiatives/{key}/edit/discard/",
    "/initiatives/{key}/stage/",
    "/initiatives/{key}/stage/{position}/",
    "/initiatives/{key}/hold/",
    "/initiatives/{key}/hold/{hold}/",
    "/initiatives/{key}/members/",
    "/outcomes/",
    "/outcomes/?show=all",
    "/outcomes/{outcome}/",
    "/outcomes/{outcome}/figures/realised_benefit/",
    "/outcomes/{outcome}/edit/",
    "/outcomes/{outcome}/readings/new/",
    "/outcomes/readings/{reading}/correct/",
    "/outcomes/readings/{reading}/withdraw/",
]
COSTS = [
    "/costs/",
    "/costs/lines/{line}/",
    "/costs/lines/{imported_line}/row/",
    "/costs/grid/",
    "/costs/assets/",
    "/costs/assets/new/",
    "/costs/assets/{asset}/",
    "/costs/assets/{asset}/edit/",
    "/costs/labour/?year=2026",
    "/costs/labour/roles/",
    "/costs/labour/roles/new/",
    "/costs/labour/roles/{role}/",
    "/costs/recurring/",
    "/costs/recurring/new/",
    "/costs/recurring/{recurring}/",
    "/costs/recurring/{recurring}/edit/",
    "/costs/recoverable/",
    "/costs/recoverable/?show=billed",
    "/costs/notices/?show=all",
    "/costs/notices/settings/",
    "/costs/categories/",
    "/costs/categories/{category}/",
    "/costs/unallocated/",
    "/costs/unallocated/?by=vendor&by=source",
    "/costs/allocation/",
    "/costs/allocation/new/?vendor=Stratus",
    "/costs/allocation/{rule}/",
    "/costs/allocation/apply/",
    "/costs/budgets/",
    "/costs/budgets/?by=category&period=all",
    "/costs/budgets/?by=initiative&without=on&since=2024-01",
    "/costs/explore/",
    "/costs/explore/?rows=initiative&columns=none&since=2024-01",
    "/costs/ai-categories/",
    "/costs/ai-categories/new/",
    "/costs/ai-categories/{ai_rule}/",
    "/costs/rates/",
    "/costs/rates/add/",
    "/costs/rates/upload/",
    "/costs/reconciliation/",
    "/costs/reconciliation/{provider}/{month}/",
    "/costs/usage/",
    "/costs/usage/lines/{usage_line}/",
    "/costs/usage/pricing/",
    "/costs/usage/pricing/{repricing}/",
    "/costs/prices/?provider=anthropic",
    "/costs/prices/new/?provider=anthropic&model=claude-sonnet-4-5",
    "/costs/prices/{price}/",
]
IMPORTS = [
    "/imports/",
    "/imports/{job}/",
    "/imports/{job}/revert/",
    "/imports/uploads/{upload}/",
    "/imports/uploads/{upload}/?format=costs_csv",
    "/imports/uploads/{upload}/format/",
    "/imports/mappings/",
    "/imports/mappings/{mapping}/",
]
PEOPLE = [
    "/people/",
    "/people/invite/",
    "/people/{person}/",
    "/people/trail/",
    "/tokens/",
    "/profile/",
    "/organisation/",
    "/password/change/",
    "/logout/",
]
UNPROPOSED = ["/initiatives/{unproposed}/withdraw/"]
PAGES = [*PORTFOLIO, *INITIATIVES, *COSTS, *IMPORTS, *PEOPLE, *UNPROPOSED]

# Asked for by somebody who is not signed in; who is, is led away from most of them.
DOORSTEP = [
    "/login/",
    "/password/reset/",
    "/password/reset/done/",
    "/password/reset/key/{invitation}/",
    "/password/reset/key/x-x/",
    "/password/reset/key/done/",
    "/inactive/",
]
BEFORE_SET_UP = "/setup/"

FILES = [
    "/initiatives/export.csv",
    "/initiatives/export.xlsx",
    "/people/trail/export.csv",
    "/outcomes/readings.csv",
    "/outcomes/readings.xlsx?outcome={outcome}",
    "/costs/export.csv",
    "/costs/export.xlsx",
    "/costs/usage.csv",
    "/costs/usage.xlsx",
    "/costs/reconciliation.csv",
    "/costs/reconciliation.xlsx",
    "/costs/budgets.csv?by=initiative&period=all",
    "/costs/budgets.xlsx?by=initiative&period=all",
    "/costs/explore.csv?rows=vendor&since=2025-01",
    "/costs/explore.xlsx?rows=vendor&since=2025-01",
    "/costs/explore-focus.csv?since=2025-01",
    "/imports/{job}/errors.csv",
    "/imports/{job}/restated.csv",
]
# They take what a form of a page sends, and answer nothing else.
SENT_TO = [
    "/language/",
    "/people/{person}/act/",
    "/tokens/{token}/revoke/",
    "/initiatives/{key}/stage/{position}/take-back/",
    "/initiatives/{key}/hold/{hold}/take-back/",
    "/outcomes/validate/",
    "/costs/lines/{line}/delete/",
    "/costs/usage/lines/{usage_line}/delete/",
    "/costs/allocation/{rule}/move/",
    "/costs/prices/library/",
    "/costs/waiting/{run}/leave/",
    "/costs/waiting/{run}/again/",
    "/imports/{job}/map/",
    "/imports/{job}/repeat/",
    "/imports/{job}/cancel/",
]
# A page asks them by script whether it is still true.
ASKED_BY_SCRIPT = ["/costs/waiting/"]
# They lead on to another address.
LEADING_ON = [
    "/initiatives/new/{draft}/",
    "/initiatives/{key}/edit/",
    "/initiatives/{key}/outcomes/record/",
    "/costs/lines/delete/",
]

# What the addresses of the API call the things of `everything`.
_ROOMS = {
    "initiatives": "step", "outcomes": "outcome", "measurements": "reading", "assets": "asset",
    "recurring-costs": "recurring",
    "labour-roles": "role", "labour-days": "labour_days", "allocation-rules": "rule", "ai-category-rules": "ai_rule",
    "benchmarks": "benchmark", "import-mappings": "mapping", "budget-notices": "notice",
    "cost-runs": "run",
}  # fmt: skip


def of_call(path: str, named: dict[str, Any]) -> str:
    """Return the address of an operation of the API, with the names of `everything` in it."""
    room = path.split("/")[3]
    return path.format(**named, pk=named.get(_ROOMS.get(room, ""), 0), price_id=named["price"], import_id=named["job"])
