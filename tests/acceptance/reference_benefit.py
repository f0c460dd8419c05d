"""The second writing of METRICS.md 4 and 5: outcomes, benefit and return. See `reference`."""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.acceptance import reference as ref
from tests.acceptance import reference_rates as reach
from tests.acceptance.reference import DAY, Book, Flows, Initiative, Outcome, Reading

SIGN = {"increase": 1, "decrease": -1}
PER_DAY = Fraction(12) / Fraction(1461, 4)
Pieces = list[tuple[date, date, Fraction | None, Reading]]  # day, counts from, amount (None: no rate), reading


# 4. Outcomes


def months_in(begin: date, end: date) -> Fraction:
    """Return the months in a period, day by day."""
    months, day = Fraction(0), begin
    while day <= end:
        months += Fraction(1, monthrange(day.year, day.month)[1])
        day += DAY
    return months


def comparable(outcome: Outcome, reading: Reading) -> Fraction:
    """Return what is compared: a level, or an amount per month."""
    return reading.value / months_in(reading.start, reading.end) if outcome.kind == "flow" else reading.value


def latest(readings: Sequence[Reading], as_of: date) -> Reading | None:
    """Return the reading in force: the greatest end by as_of, of equal ones the last recorded."""
    known = [(reading.end, place) for place, reading in enumerate(readings) if reading.end <= as_of]
    return readings[max(known)[1]] if known else None


def attainment(outcome: Outcome, as_of: date) -> Fraction | None:
    """Return how much of the way is covered."""
    found = latest(outcome.readings, as_of)
    if found is None or outcome.agreed_on > as_of or not outcome.has_target(as_of):
        return None
    if outcome.at("direction", as_of) != "maintain":
        baseline = outcome.at("baseline", as_of)
        if baseline is None:
            return None
        return (comparable(outcome, found) - baseline) / (outcome.at("target", as_of) - baseline)
    low, high = outcome.at("target_low", as_of), outcome.at("target_high", as_of)
    values = [comparable(outcome, reading) for reading in outcome.readings if reading.end <= as_of]
    inside = [v for v in values if (low is None or v >= low) and (high is None or v <= high)]
    return Fraction(len(inside), len(values))


def expected(outcome: Outcome, as_of: date) -> Fraction | None:
    """Return the share of the time that has passed."""
    if outcome.at("direction", as_of) == "maintain":
        return Fraction(1)
    begin, end = outcome.at("baseline_on", as_of), outcome.at("target_on", as_of)
    if begin is None or end is None:
        return None
    return min(max(Fraction((as_of - begin).days, (end - begin).days), Fraction(0)), Fraction(1))


def status(x: Initiative, outcome: Outcome, as_of: date) -> str | None:
    """Return how an outcome does: the first word that holds."""
    if outcome.agreed_on > as_of:
        return None
    found, cadence, made = latest(outcome.readings, as_of), outcome.at("cadence_days", as_of), ref.production(x, as_of)
    if ref.stage(x, as_of) not in ref.ENDED:
        if found and (as_of - found.end).days > Fraction(3, 2) * cadence:
            return "overdue"
        since = made and made.on and max(made.on, outcome.at("baseline_on", as_of) or made.on)
        if not found and since and (as_of - since).days > cadence:
            return "overdue"
    if not found:
        return "not_measured"
    share = attainment(outcome, as_of)
    if share is None or share >= 1:
        return None if share is None else "met"
    wanted = expected(outcome, as_of)
    if wanted is None:
        return None
    if share >= wanted - Fraction(1, 10):
        return "on_track"
    return "at_risk" if share >= wanted - Fraction(3, 10) else "off_track"


def pieces(x: Initiative, outcome: Outcome, until: date, validated: bool) -> Pieces:
    """Return the benefit of an outcome as amounts of single days."""
    readings = [reading for reading in outcome.readings if reading.validated or not validated]
    found = flow_pieces(outcome, readings) if outcome.kind == "flow" else level_pieces(outcome, readings, until)
    return [piece for piece in found if ref.stage(x, piece[0]) not in ref.ENDED]


def _priced(outcome: Outcome, reading: Reading, units: Fraction, day: date) -> Fraction | None:
    rate = reading.rates.get(outcome.at("currency", day))
    if rate is None:
        return None
    sign = SIGN[outcome.at("direction", day)]
    return units * sign * outcome.at("unit_value", day) * outcome.at("attribution", day) * rate


def is_worth_money(outcome: Outcome, day: date) -> bool:
    """Tell whether a change has a price then; what is to be maintained has none."""
    return outcome.at("unit_value", day) is not None and outcome.at("direction", day) != "maintain"


def flow_pieces(outcome: Outcome, readings: Sequence[Reading]) -> Pieces:
    """Spread every amount evenly over the days of its period; it counts from the end of that."""
    found: Pieces = []
    for reading in readings:
        begin, end = reading.start, reading.end
        if not is_worth_money(outcome, end):
            continue
        units = reading.value - outcome.at("baseline", end) * months_in(begin, end)
        days = (end - begin).days + 1
        amount = _priced(outcome, reading, units / days, end)
        found += [(begin + place * DAY, end, amount, reading) for place in range(days)]
    return found


def level_pieces(outcome: Outcome, readings: Sequence[Reading], until: date) -> Pieces:
    """Take the reading in force on each day, for two cadences at most."""
    found: Pieces = []
    day = min((reading.end for reading in readings), default=until + DAY)
    while day <= until:
        held = latest(readings, day)
        fresh = day < held.end + timedelta(days=2 * outcome.at("cadence_days", day))
        if fresh and is_worth_money(outcome, day):
            units = (held.value - outcome.at("baseline", day)) * outcome.at("volume_per_month", day) * PER_DAY
            found.append((day, day, _priced(outcome, held, units, day), held))
        day += DAY
    return found


# 5. Return


class Worked:
    """The pieces of a whole book, worked out once: what happens on a day does not depend on the as-of date."""

    def __init__(self, book: Book, until: date) -> None:
        self.book = book
        self._pieces = {
            (id(x), basis): [piece for outcome in x.outcomes for piece in pieces(x, outcome, until, basis)]
            for x in book.initiatives
            for basis in (False, True)
        }

    def benefit(self, x: Initiative, as_of: date, validated: bool = False) -> Fraction:
        """Return the benefit of an initiative to as_of."""
        found = self._pieces[id(x), validated]
        return sum((amount for _, counts, amount, _ in found if counts <= as_of and amount is not None), Fraction(0))

    def benefit_flows(self, xs: Sequence[Initiative], as_of: date) -> Flows:
        """Return the benefit of a set by month."""
        flows: Flows = defaultdict(Fraction)
        for x in xs:
            for day, counts, amount, _ in self._pieces[id(x), False]:
                if counts <= as_of and amount:
                    flows[day.replace(day=1)] += amount  # what cancels out is a benefit of 0, not none
        return flows

    def pending(self, xs: Sequence[Initiative], as_of: date) -> int:
        """Return how many readings wait for a rate."""
        found = [piece for x in xs for piece in self._pieces[id(x), False]]
        return len({id(reading) for _, counts, amount, reading in found if counts <= as_of and amount is None})

    def returns(
        self, xs: Sequence[Initiative], lines: Sequence[ref.Line], as_of: date, rate: Decimal
    ) -> dict[str, Any]:
        """Return the figures of METRICS.md 5, and the flows."""
        net_cost = ref.gross(lines, as_of) - ref.recovered(lines, as_of)
        benefit = sum((self.benefit(x, as_of) for x in xs), Fraction(0))
        validated = sum((self.benefit(x, as_of, validated=True) for x in xs), Fraction(0))
        flows = monthly(self.benefit_flows(xs, as_of), *ref.cost_flows(lines, as_of), as_of)
        return {
            "gross_cost": ref.gross(lines, as_of),
            "recovered": ref.recovered(lines, as_of),
            "net_cost": net_cost,
            "realised_benefit": benefit,
            "validated_benefit": validated,
            "net_benefit": benefit - net_cost,
            "roi": (benefit - net_cost) / net_cost if net_cost > 0 else None,
            "pending_lines": (waiting := sum(line.base is None and line.on <= as_of for line in lines)),
            "waits": counted({"pending lines": waiting, "pending readings": self.pending(xs, as_of)}),
            "flows": flows,
        } | discounted(flows, rate)


def counted(reasons: dict[str, int]) -> dict[str, int]:
    """Return the reasons that count anything."""
    return {why: count for why, count in reasons.items() if count}


def monthly(benefit: Flows, spent: Flows, back: Flows, as_of: date) -> list[tuple[date, Fraction, Fraction]]:
    """Return (day, benefit, net cost) of every month from the first with any to as_of."""
    if not {*benefit, *spent, *back}:
        return []
    flows, month = [], min({*benefit, *spent, *back})
    while month <= as_of:
        last = month.replace(day=monthrange(month.year, month.month)[1])
        cost = spent.get(month, Fraction(0)) - back.get(month, Fraction(0))
        flows.append((min(last, as_of), benefit.get(month, Fraction(0)), cost))
        month = last + DAY
    return flows


def discounted(flows: list[tuple[date, Fraction, Fraction]], rate: Decimal) -> dict[str, Any]:
    """Return present values and paybacks."""
    names = ("npv", "roi_pv", "bcr", "payback_months", "discounted_payback_months")
    if not flows:
        return dict.fromkeys(names)
    net = ref.net_present([(on, benefit - cost) for on, benefit, cost in flows], rate)
    benefit = sum(ref.net_present([(on, benefit) for on, benefit, _ in flows], rate))
    cost = sum(ref.net_present([(on, cost) for on, _, cost in flows], rate))
    dates = [on for on, _, _ in flows]
    plain = [amount - spent for _, amount, spent in flows]
    return {
        "npv": sum(net),
        "roi_pv": sum(net) / cost if cost > 0 else None,
        "bcr": benefit / cost if cost > 0 else None,
        "payback_months": payback(dates, plain),
        "discounted_payback_months": payback(dates, [Fraction(amount) for amount in net]),
    }


def payback(dates: Sequence[date], amounts: Sequence[Fraction]) -> Fraction | None:
    """Return when the running total is back at zero, in months from the first flow."""
    total, before, was_negative = Fraction(0), Fraction(0), False
    for place, amount in enumerate(amounts):
        before, total = total, total + amount
        if was_negative and total >= 0:
            day, days = (dates[place - 1] - dates[0]).days, (dates[place] - dates[place - 1]).days
            return (day + days * -before / (total - before)) / reach.MONTH
        was_negative = was_negative or total < 0
    return None if was_negative else Fraction(0)


def summary(worked: Worked, xs: Sequence[Initiative], as_of: date, rate: Decimal, whole: bool) -> dict[str, Any]:
    """Return the summary of a set; `whole`: with what is unallocated."""
    lines = [line for x in xs for line in x.lines] + (worked.book.unallocated if whole else [])
    figures = rates(xs, as_of) | worked.returns(xs, lines, as_of, rate)
    made = [x for x in xs if ref.production(x, as_of) and ref.production(x, as_of).on]
    prototypes = [x for x in xs if ref.start(x, as_of)]
    direct = sum((ref.gross(x.lines, ref.production(x, as_of).on) for x in made), Fraction(0))

    def part(amount: Fraction) -> dict[str, Fraction | None]:
        return {"value": amount, "share": amount / figures["gross_cost"] if figures["gross_cost"] else None}

    figures |= {
        "direct_cost_per_production": direct / len(made) if made and is_priced(prototypes, as_of) else None,
        "cost_sunk": part(sum((ref.gross(x.lines, as_of) for x in xs if ref.failed(x, as_of)), Fraction(0))),
        "spend_without_outcome": part(
            sum((ref.gross(x.lines, as_of) for x in xs if ref.without_target(x, as_of)), Fraction(0))
        ),
        "unallocated": part(ref.gross(worked.book.unallocated, as_of)) if whole else None,
        "run_cost": ref.run_cost(xs, as_of),
        "pending_readings": worked.pending(xs, as_of),
    }
    figures["by_guidance"] = {
        cohort: group(worked, [x for x in xs if reach.guidance(x, as_of) == cohort], as_of)
        for cohort in ("guided", "partly_guided", "aimless", "not_recorded")
    }
    return figures


def rates(xs: Sequence[Initiative], as_of: date) -> dict[str, Any]:
    """Return the figures of METRICS.md 2 and the fully loaded cost."""
    cohort = [x for x in xs if ref.start(x, as_of)]
    n, p, s = (
        len(cohort),
        sum(bool(ref.production(x, as_of)) for x in cohort),
        sum(ref.failed(x, as_of) for x in cohort),
    )
    known, left_out = reach.durations(cohort, as_of)
    spent = sum((ref.gross(x.lines, as_of) for x in cohort), Fraction(0))
    return {
        "prototypes": n,
        "reached_production": p,
        "failed": s,
        "in_flight": n - p - s,
        "production_rate": reach.wilson(p, n),
        "production_rate_decided": p / (p + s) if p + s else None,
        "production_within": {str(h): reach.aalen_johansen(known, h * reach.MONTH) for h in reach.HORIZONS},
        "median_days_to_production": reach.median_days(cohort, as_of),
        "cost_per_production": spent / p if p and is_priced(cohort, as_of) else None,
        "without_dates": left_out,
    }


def is_priced(xs: Sequence[Initiative], as_of: date) -> bool:
    """Tell whether any cost is counted: a price of nothing is null, one of a cost that was credited is 0."""
    return any(line.base is not None and line.on <= as_of for x in xs for line in x.lines)


def group(worked: Worked, xs: Sequence[Initiative], as_of: date) -> dict[str, Any]:
    """Return the figures of a guidance cohort."""
    money = worked.returns(xs, [line for x in xs for line in x.lines], as_of, Decimal("0.1"))
    names = (
        "gross_cost",
        "recovered",
        "net_cost",
        "realised_benefit",
        "validated_benefit",
        "net_benefit",
        "roi",
        "waits",
    )
    return rates(xs, as_of) | {name: money[name] for name in (*names, "waits")}
