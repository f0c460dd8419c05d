"""What it cost: the figures of METRICS.md 3."""

from __future__ import annotations

from decimal import Decimal

from portfolio.facts import Facts, quarter_ends
from portfolio.figure import Figure, counted, difference, quotient, total
from portfolio.rows import Row
from projects.stages import Stage


def gross_cost(facts: Facts) -> Figure:
    """Return what was spent, before anything is recovered; of the whole portfolio with the unallocated."""
    allocated = total(row.gross for row in facts.rows)
    unallocated = facts.unallocated.gross if facts.unallocated else None
    return Figure(
        "gross_cost",
        total([allocated, unallocated or Decimal(0)]),
        inputs={"allocated": allocated, "unallocated": unallocated},
        left_out=facts.pending.left_out_lines,
    )


def recovered(facts: Facts) -> Figure:
    """Return what was billed on by the as-of date."""
    allocated = total(row.recovered for row in facts.rows)
    unallocated = facts.unallocated.recovered if facts.unallocated else None
    return Figure(
        "recovered",
        total([allocated, unallocated or Decimal(0)]),
        inputs={"allocated": allocated, "unallocated": unallocated},
    )


def net_cost(facts: Facts) -> Figure:
    """Return gross cost less what was recovered."""
    gross, back = gross_cost(facts), recovered(facts)
    return Figure(
        "net_cost",
        difference(Decimal(gross.value or 0), Decimal(back.value or 0)),
        inputs={"gross": gross.value, "recovered": back.value},
        left_out=facts.pending.left_out_lines,
    )


def cost_per_production(facts: Facts) -> Figure:
    """Return the gross cost of all prototypes, the stopped and in-flight ones included, per one in production."""
    spent = total(row.gross for row in facts.cohort.rows)
    return per_production(spent, facts.cohort.reached, facts.pending.left_out_lines)


def per_production(spent: Decimal, reached: int, left_out: dict[str, int] | None = None) -> Figure:
    """Return an amount per prototype that reached production."""
    return Figure(
        "cost_per_production",
        quotient(spent, reached),
        reason="" if reached else "none in production",
        inputs={"spent": spent, "reached": reached},
        left_out=left_out or {},
    )


def direct_cost_per_production(facts: Facts) -> Figure:
    """Return the gross cost up to its production date of each that reached it, per one of them."""
    known = [row for row in facts.cohort.rows if row.production_on]
    unknown = counted(row.end_unknown for row in facts.cohort.rows if row.reached_production and not row.production_on)
    spent = total(facts.cost_by(row, row.production_on).gross for row in known if row.production_on)
    return Figure(
        "direct_cost_per_production",
        quotient(spent, len(known)),
        reason="" if known else "none in production" if not unknown else "no known dates",
        inputs={"spent": spent, "known": len(known)},
        left_out=unknown,
    )


def failure_adds(facts: Facts) -> Figure:
    """Return what failure adds to each success: the fully loaded cost less the direct one."""
    whole, own = cost_per_production(facts), direct_cost_per_production(facts)
    inputs = {"loaded": whole.value, "direct": own.value}
    if whole.value is None or own.value is None:
        return Figure("failure_adds", None, reason=own.reason, inputs=inputs, left_out=own.left_out)
    adds = difference(Decimal(whole.value), Decimal(own.value))
    return Figure("failure_adds", adds, inputs=inputs, left_out=own.left_out)


def cost_sunk(facts: Facts) -> Figure:
    """Return the gross cost of failed initiatives and its share of all gross cost."""
    return _part(facts, "cost_sunk", [row for row in facts.rows if row.failed])


def spend_without_outcome(facts: Facts) -> Figure:
    """Return the gross cost of initiatives that have no target outcome, and its share of all gross cost."""
    return _part(facts, "spend_without_outcome", [row for row in facts.rows if not row.has_target])


def unallocated(facts: Facts) -> Figure:
    """Return the gross cost that belongs to no initiative; null under a filter that cannot apply to it."""
    if facts.unallocated is None:
        return Figure("unallocated", None, reason="filtered")
    return _share(facts, "unallocated", facts.unallocated.gross)


def run_cost(facts: Facts) -> Figure:
    """Return the monthly cost of what is in production: the mean of the last three full calendar months."""
    before, until = quarter_ends(facts.filters.as_of)
    rows = [row for row in facts.rows if row.stage == Stage.PRODUCTION]
    running = total(difference(facts.cost_by(row, until).gross, facts.cost_by(row, before).gross) for row in rows)
    return Figure("run_cost", quotient(running, 3), inputs={"spent": running}, left_out=facts.pending.left_out_lines)


def _part(facts: Facts, name: str, rows: list[Row]) -> Figure:
    return _share(facts, name, total(row.gross for row in rows), len(rows))


def _share(facts: Facts, name: str, amount: Decimal, count: int | None = None) -> Figure:
    gross = Decimal(gross_cost(facts).value or 0)
    inputs = {"amount": amount, "gross": gross, "initiatives": count}
    return Figure(name, amount, share=quotient(amount, gross), inputs=inputs, left_out=facts.pending.left_out_lines)
