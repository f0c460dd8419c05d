"""What it cost: the figures of METRICS.md 3."""

from __future__ import annotations

from decimal import Decimal

from costs.totals import Flow
from portfolio.facts.cohort import Cohort
from portfolio.facts.gathering import Facts
from portfolio.facts.tallies import Tally, count_of, spent_by
from portfolio.figure import Figure, Number, counted
from portfolio.figures.exact import difference, quotient, total
from projects.stages import Stage


def of_flow(spent: Flow, left_out: dict[str, int], **made_of: dict[str, Number | None]) -> dict[str, Figure]:
    """Return gross cost, what was recovered and net cost; `made_of`: what the first two of them are the sums of."""
    sides: dict[str, Number | None] = {"gross": spent.gross, "recovered": spent.recovered}
    values = {"gross_cost": spent.gross, "recovered": spent.recovered, "net_cost": difference(*spent)}
    inputs = {"net_cost": sides, **made_of}
    return {name: Figure(name, value, inputs=inputs.get(name, {}), left_out=left_out) for name, value in values.items()}


def of_set(facts: Facts) -> dict[str, Figure]:
    """Return what a set cost; the whole portfolio with the unallocated."""
    own, shared = spent_by(facts.tallies), facts.unallocated
    return of_flow(
        facts.spent,
        facts.pending.left_out_lines,
        gross_cost={"allocated": own.gross, "unallocated": shared.gross if shared else None},
        recovered={"allocated": own.recovered, "unallocated": shared.recovered if shared else None},
    )


def cost_per_production(facts: Facts) -> Figure:
    """Return the gross cost of all prototypes, the stopped and in-flight ones included, per one in production."""
    return per_production(facts.cohort, facts.pending_of_cohort.left_out_lines)


def per_production(cohort: Cohort, left_out: dict[str, int] | None = None) -> Figure:
    """Return the gross cost of prototypes per one in production; without any cost there is no price."""
    spent, reached, priced = total(tally.gross for tally in cohort.tallies), cohort.reached, cohort.has_cost
    return Figure(
        "cost_per_production",
        quotient(spent, reached) if priced else None,
        reason="none in production" if not reached else "" if priced else "no cost counted",
        inputs={"spent": spent, "reached": reached},
        left_out=left_out or {},
    )


def direct_cost_per_production(facts: Facts) -> Figure:
    """Return the gross cost up to its production date of each that reached it, per one of them."""
    reached = [tally for tally in facts.cohort.tallies if tally.reached_production]
    known = [pk for tally in reached for pk, day in zip(tally.ids, tally.production_on, strict=True) if day]
    unknown = counted((tally.end_unknown, tally.count) for tally in reached)
    spent = total(tally.until_production for tally in reached)
    is_priced = facts.cohort.has_cost  # it may be 0 until production only where cost is counted
    reason = "" if is_priced else "no cost counted"
    return Figure(
        "direct_cost_per_production",
        quotient(spent, len(known)) if is_priced else None,
        reason=reason if known else "none in production" if not unknown else "no known dates",
        inputs={"spent": spent, "known": len(known)},
        left_out=unknown | facts.pending_by_sharers.of_direct_cost(known).left_out_lines,
    )


def failure_adds(facts: Facts) -> Figure:
    """Return the fully loaded cost less the direct one: "what failure adds to each success" (METRICS.md 3).

    Not all of it is failure: it is what the stopped ones cost, those in flight, and those in production after they
    got there, of one whose production date is unknown all of it.
    """
    whole, own = cost_per_production(facts), direct_cost_per_production(facts)
    inputs, left_out = {"loaded": whole.value, "direct": own.value}, own.left_out | whole.left_out
    if whole.value is None or own.value is None:
        return Figure("failure_adds", None, reason=own.reason, inputs=inputs, left_out=left_out)
    adds = difference(Decimal(whole.value), Decimal(own.value))
    return Figure("failure_adds", adds, inputs=inputs, left_out=left_out)


def cost_sunk(facts: Facts) -> Figure:
    """Return the gross cost of failed initiatives and its share of all gross cost."""
    return _part(facts, "cost_sunk", [tally for tally in facts.tallies if tally.failed])


def cost_reached(facts: Facts) -> Figure:
    """Return the gross cost of what reached production and its share of all gross cost."""
    return _part(facts, "cost_reached", [tally for tally in facts.tallies if tally.reached_production])


def cost_in_flight(facts: Facts) -> Figure:
    """Return the gross cost of prototypes in flight and its share of all gross cost."""
    return _part(facts, "cost_in_flight", [tally for tally in facts.tallies if tally.in_flight])


def cost_no_prototype(facts: Facts) -> Figure:
    """Return the gross cost of what is no prototype, of those that cost anything, and its share of all gross cost."""
    before = [tally for tally in facts.tallies if not tally.is_prototype]
    with_cost = sum(pk in facts.money.spent for tally in before for pk in tally.ids)
    return _share(facts, "cost_no_prototype", total(tally.gross for tally in before), with_cost)


def spend_without_outcome(facts: Facts) -> Figure:
    """Return the gross cost of initiatives that have no target outcome, and its share of all gross cost."""
    return _part(facts, "spend_without_outcome", [tally for tally in facts.tallies if not tally.has_agreed_target])


def unallocated(facts: Facts) -> Figure:
    """Return the gross cost that belongs to no initiative; null under a filter that cannot apply to it."""
    if facts.unallocated is None:
        return Figure("unallocated", None, reason="filtered")
    return _share(facts, "unallocated", facts.unallocated.gross)


def run_cost(facts: Facts) -> Figure:
    """Return the monthly cost of what is in production: the mean of the last three full calendar months."""
    running = [tally for tally in facts.tallies if tally.stage == Stage.PRODUCTION]
    spent = total(tally.last_quarter for tally in running)
    waits = facts.pending_by_sharers.of_run_cost(pk for tally in running for pk in tally.ids)
    return Figure("run_cost", quotient(spent, 3), inputs={"spent": spent}, left_out=waits.left_out_lines)


def _part(facts: Facts, name: str, tallies: list[Tally]) -> Figure:
    return _share(facts, name, total(tally.gross for tally in tallies), count_of(tallies))


def _share(facts: Facts, name: str, amount: Decimal, count: int | None = None) -> Figure:
    gross = facts.spent.gross
    inputs = {"gross": gross, "initiatives": count}
    return Figure(name, amount, share=quotient(amount, gross), inputs=inputs, left_out=facts.pending.left_out_lines)
