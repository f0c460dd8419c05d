"""The figures of a set, each with numbers that a reader can check by hand."""

from datetime import date
from decimal import Decimal

from costs.totals import Flow
from portfolio.facts.flows import MonthFlow, monthly
from portfolio.facts.pending import Pending
from portfolio.guidance import Guidance
from portfolio.metrics.names import OF_FLOWS
from portfolio.metrics.rates import funnel
from portfolio.metrics.summary import summarise
from portfolio.output.bodies import summary_body
from portfolio.selection.filters import Filters
from projects.stages import Stage
from tests.portfolio.build import AS_OF, facts, reached, row, spent, stopped

ZERO = Decimal(0)
NO_DISCOUNT = Filters(as_of=AS_OF, rate=ZERO)


def figures(rows, **options):
    return summarise(facts(rows, **options), "USD")


def test_prototypes_are_in_production_failed_or_in_flight():
    found = figures([reached(1), stopped(2), row(3), row(4, Stage.PROPOSED, is_prototype=False, started_on=None)])
    names = ("prototypes", "reached_production", "failed", "in_flight")
    assert [found[name].value for name in names] == [3, 1, 1, 1]


def test_stopped_prototype_counts_in_cost_per_production():
    found = figures([reached(1, **spent("100")), stopped(2, **spent("50")), row(3, **spent("30"))])
    assert found["cost_per_production"].value == Decimal(180)


def test_what_is_no_prototype_does_not_count_in_cost_per_production():
    proposed = row(2, Stage.PROPOSED, is_prototype=False, started_on=None, guidance=None, **spent("70"))
    found = figures([reached(1, **spent("100")), proposed])
    assert (found["cost_per_production"].value, found["gross_cost"].value) == (Decimal(100), Decimal(170))


def test_failure_adds_the_difference_to_the_cost_until_production():
    day = date(2025, 7, 1)
    found = figures([reached(1, on=day, until_production=Decimal(80), **spent("100")), stopped(2, **spent("60"))])
    assert found["direct_cost_per_production"].value == Decimal(80)
    assert found["failure_adds"].value == Decimal(80)  # 160 in full less 80


def test_a_production_without_a_date_is_left_out_of_direct_cost_and_said():
    found = figures([reached(1, on=None, end_unknown="absent", **spent("100"))])
    figure = found["direct_cost_per_production"]
    assert (figure.value, figure.left_out) == (None, {"absent": 1})
    assert found["median_days_to_production"].left_out == {"absent": 1}


def test_whole_portfolio_includes_unallocated_and_a_filter_excludes_it():
    shared = Flow(Decimal(40), Decimal(15))
    whole = figures([reached(1, **spent("100"))], unallocated=shared)
    assert whole["gross_cost"].value == Decimal(140)
    assert whole["net_cost"].value == Decimal(125)
    assert (whole["unallocated"].value, whole["unallocated"].share) == (Decimal(40), Decimal("0.285714285714285714"))
    narrowed = figures([reached(1, **spent("100"))], filters=Filters(as_of=AS_OF, tag="x"), unallocated=shared)
    assert (narrowed["gross_cost"].value, narrowed["unallocated"].value) == (Decimal(100), None)
    assert narrowed["unallocated"].reason == "filtered"


def test_run_cost_is_a_third_of_the_three_full_months_of_what_is_in_production():
    found = figures([reached(1, last_quarter=Decimal(90)), stopped(2, last_quarter=Decimal(900))])
    assert found["run_cost"].value == Decimal(30)


def test_spend_without_a_target_counts_every_stage():
    aimless = row(1, **spent("30"))
    aimed = row(2, has_target=True, **spent("70"))
    figure = figures([aimless, aimed])["spend_without_outcome"]
    assert (figure.value, figure.share) == (Decimal(30), Decimal("0.3"))


def test_sums_keep_every_digit():
    tiny, huge = Decimal("0.000000000000000001"), Decimal("99999999999999999999")
    found = figures([reached(1, gross=huge), reached(2, gross=tiny)])
    assert found["gross_cost"].value == Decimal("99999999999999999999.000000000000000001")


def test_a_set_of_nothing_costs_0_and_has_no_rate():
    body = summary_body(figures([]))
    assert (body["gross_cost"], body["realised_benefit"]) == ("0", "0")
    assert [body[name] for name in ("production_rate", "cost_per_production", "roi", "npv", "irr")] == [None] * 5
    assert body["production_within"]["24"] == {"value": None, "low": None, "high": None}
    assert body["reasons"]["irr"] == "no flow"


def test_money_is_text_and_rates_are_numbers():
    body = summary_body(figures([reached(1, **spent("1234.50"))]))
    assert (body["gross_cost"], body["cost_per_production"]) == ("1234.50", "1234.500000000000000000")
    assert body["production_rate"]["value"] == 1.0
    assert body["cost_sunk"] == {"value": "0", "share": 0.0}


def test_a_price_of_no_cost_is_none_and_not_0():
    body = summary_body(figures([reached(1)]))
    assert (body["gross_cost"], body["cost_per_production"], body["direct_cost_per_production"]) == ("0", None, None)
    assert body["reasons"]["cost_per_production"] == body["reasons"]["failure_adds"] == "no cost counted"


def test_a_cost_that_was_credited_is_a_price_of_0():
    # 100 until production and −100 after it: 0 in all, 100 directly, so failure "adds" −100.
    body = summary_body(figures([reached(1, has_cost=True, until_production=Decimal(100))]))
    prices = ("cost_per_production", "direct_cost_per_production", "failure_adds")
    assert [Decimal(body[name]) for name in prices] == [0, 100, -100]
    assert Decimal(body["by_guidance"]["guided"]["cost_per_production"]) == 0


def test_what_was_divided_has_18_places_and_a_sum_all_of_its_digits():
    third, exact = Decimal("0." + 60 * "3"), Decimal("0." + 35 * "0" + "1")
    body = summary_body(figures([reached(1, benefit=third, gross=exact)]))
    assert (body["realised_benefit"], body["gross_cost"]) == ("0." + 18 * "3", "0." + 35 * "0" + "1")


def test_an_unknown_start_takes_no_part_in_the_curve_but_counts():
    found = figures([reached(1), row(2, started_on=None, start_unknown="year-only")])
    assert found["prototypes"].value == 2
    assert found["production_within_6"].inputs["prototypes"] == 1
    assert found.left_out["production_within"] == {"year-only": 1}


def test_cohorts_are_apart():
    found = figures([reached(1), stopped(2, guidance=Guidance.AIMLESS, **spent("9"))])
    guided, aimless = found.by_guidance[Guidance.GUIDED].figures, found.by_guidance[Guidance.AIMLESS].figures
    assert (guided["production_rate"].value, aimless["production_rate"].value) == (1.0, 0.0)
    assert (aimless["gross_cost"].value, aimless["cost_per_production"].value) == (Decimal(9), None)


def test_pending_lines_and_readings_are_said_beside_the_sums():
    found = figures([reached(1)], waits={1: Pending(7, 2, 1)})
    lines, readings = {"pending lines": 7}, {"pending readings": 2}
    assert found.left_out["realised_benefit"] == readings
    assert found.left_out["validated_benefit"] == {"pending readings": 1}
    costs = ("gross_cost", "recovered", "net_cost", "cost_per_production", "direct_cost_per_production", "failure_adds")
    assert [found.left_out[name] for name in costs] == [lines] * len(costs)
    both = ("net_benefit", "roi", *OF_FLOWS)
    assert [found.left_out[name] for name in both] == [lines | readings] * len(both)
    assert found["paid_back"].left_out == lines | readings


def test_a_cost_of_some_initiatives_lacks_the_lines_of_these_that_wait():
    some = [
        reached(1),
        reached(2, on=None, end_unknown="absent"),
        stopped(3),
        row(4, Stage.PROPOSED, is_prototype=False),
    ]
    waits = {number: Pending(lines=10**number) for number in (0, 1, 2, 3, 4)}  # 0: unallocated
    left_out = figures(some, waits=waits).left_out
    whole = ("gross_cost", "net_cost", "cost_sunk", "spend_without_outcome", "unallocated")  # shares are of gross cost
    assert [left_out[name]["pending lines"] for name in whole] == [11_111] * len(whole)
    assert left_out["cost_per_production"] == {"pending lines": 1_110}
    assert left_out["direct_cost_per_production"] == {"absent": 1, "pending lines": 10}
    assert left_out["failure_adds"] == {"absent": 1, "pending lines": 1_110}
    assert left_out["run_cost"] == {"pending lines": 110}


def test_months_run_from_the_first_flow_to_the_as_of_date():
    months = monthly({date(2026, 4, 1): Decimal(5)}, {date(2026, 2, 1): (Decimal(9), Decimal(2))}, AS_OF)
    assert [flow.on for flow in months] == [date(2026, m, d) for m, d in ((2, 28), (3, 31), (4, 30), (5, 31), (6, 17))]
    assert [flow.net for flow in months] == [Decimal(-7), ZERO, Decimal(5), ZERO, ZERO]


def test_returns_come_from_the_months():
    months = [
        MonthFlow(date(2025, 1, 1), date(2025, 1, 31), ZERO, Decimal(100), ZERO),
        MonthFlow(date(2026, 1, 1), date(2026, 1, 31), Decimal(121), ZERO, ZERO),
    ]
    found = figures([], months=months)
    assert round(found["npv"].value, 9) == 10
    assert round(found["irr"].value, 9) == 0.21
    assert round(found["bcr"].value, 9) == 1.1
    assert round(found["roi_pv"].value, 9) == 0.1


def month_flow(month, benefit, gross):
    return MonthFlow(date(2026, month, 1), date(2026, month, 28), Decimal(benefit), Decimal(gross), ZERO)


def test_net_present_value_keeps_every_digit():
    found = figures([], months=[month_flow(1, 0, "0.10"), month_flow(2, 0, "0.20")], filters=NO_DISCOUNT)
    assert summary_body(found)["npv"] == "-0.300000000000000000"  # in floats −0.30000000000000004


def test_a_present_cost_of_exactly_nothing_is_no_cost():
    months = [month_flow(1, 0, "0.10"), month_flow(2, 0, "0.20"), month_flow(3, 100, "-0.30")]
    found = figures([], months=months, filters=NO_DISCOUNT)  # 0.10 + 0.20 − 0.30 = 0; in floats 5.6e-17
    assert [(found[name].value, found[name].reason) for name in ("bcr", "roi_pv")] == [(None, "no net cost")] * 2
    # The same at 10 % with a year of 365 days between: 1 − 1.1 ÷ 1.1 = 0.
    costs = [(date(2025, 1, 31), Decimal(1)), (date(2026, 1, 31), Decimal("-1.1"))]
    found = figures([], months=[MonthFlow(on.replace(day=1), on, ZERO, cost, ZERO) for on, cost in costs])
    assert [found[name].value for name in ("bcr", "roi_pv", "npv")] == [None, None, 0]


def test_funnel_counts_who_went_on_and_days_only_where_both_are_known():
    through = row(1, furthest=3, step_days=(30, 30, None, None))
    skipped = row(2, furthest=3)
    undated = row(3, furthest=3, step_days=(40, -1, None, None))
    waits = row(4, furthest=1)
    tallies = [each.tally() for each in (through, skipped, undated, waits)]
    proposed, approved, prototype, pilot, _production = funnel(tallies)
    assert (proposed.entered, approved.entered, prototype.entered, pilot.entered) == (4, 3, 3, 0)
    assert (approved.share, approved.median_days, approved.n_days) == (3 / 4, 35, 2)
    assert (prototype.share, prototype.median_days, prototype.left_out) == (1.0, 30, {"a date unknown": 1})
    assert (pilot.share, pilot.median_days) == (0.0, None)
