"""The second writing of METRICS.md 2: does it reach production? See `reference`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from fractions import Fraction
from math import exp, log, sqrt
from statistics import median

from tests.acceptance.reference import DAY, LINE, Initiative, Step, failed, first, furthest, happened, production, start

MONTH = Fraction(36525, 1200)  # days
Z = 1.959963984540054
HORIZONS = (6, 12, 18, 24, 36)


def wilson(p: int, n: int) -> dict[str, float] | None:
    """Return a share with its Wilson interval."""
    if not n:
        return None
    share, z2 = p / n, Z * Z
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z * sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return {"value": share, "low": middle - half, "high": middle + half}


def durations(xs: Iterable[Initiative], as_of: date) -> tuple[list[tuple[Fraction, str]], dict[str, int]]:
    """Return (days, what happened then) of prototypes whose dates are known, and the others by reason."""
    known, left_out = [], defaultdict(int)
    for x in xs:
        begun, made = start(x, as_of), production(x, as_of)
        end = made or (happened(x, as_of)[-1] if failed(x, as_of) else Step("", as_of))
        unknown = [step for step in (begun, end) if step.on is None]
        if unknown:
            left_out[unknown[0].why_unknown] += 1
            continue
        days = Fraction((end.on - begun.on).days) or Fraction(1, 2)
        known.append((days, "production" if made else "stopped" if failed(x, as_of) else "censored"))
    return known, dict(left_out)


def aalen_johansen(known: list[tuple[Fraction, str]], t: Fraction) -> dict[str, float | None]:
    """Return the cumulative incidence of production at t, with its interval."""
    nothing = {"value": None, "low": None, "high": None}
    if not known or t > max(days for days, _ in known):
        return nothing
    rows, survival, total = [], Fraction(1), Fraction(0)
    for time in sorted({days for days, kind in known if kind != "censored" and days <= t}):
        n = sum(days >= time for days, _ in known)
        d = sum(days == time and kind != "censored" for days, kind in known)
        p = sum(days == time and kind == "production" for days, kind in known)
        total += survival * Fraction(p, n)
        rows.append((survival, total, n, d, p))
        survival *= 1 - Fraction(d, n)
    if total in (0, 1):
        return nothing | {"value": float(total)}
    variance = sum((total - then) ** 2 * Fraction(d, n * (n - d)) for _, then, n, d, _ in rows if n != d)
    variance += sum(left**2 * Fraction(p * (n - p), n**3) for left, _, n, _, p in rows)
    variance -= 2 * sum((total - then) * left * Fraction(p, n**2) for left, then, n, _, p in rows)
    width = Z * sqrt(variance) / (float(total) * log(total))
    ends = sorted(float(total) ** exp(sign * width) for sign in (1, -1))
    return {"value": float(total), "low": ends[0], "high": ends[1]}


def median_days(xs: Iterable[Initiative], as_of: date) -> float | None:
    """Return the median of days from start to production."""
    pairs = [(start(x, as_of), production(x, as_of)) for x in xs]
    days = [(end.on - begun.on).days for begun, end in pairs if end and begun.on and end.on]
    return median(days) if days else None


def conversion(xs: Sequence[Initiative], as_of: date, place: int) -> tuple[float | None, float | None]:
    """Return the share that went on from a stage to the next, and the median days between."""
    came = [x for x in xs if furthest(x, as_of) >= place]
    went = [x for x in came if furthest(x, as_of) > place]
    pairs = [(first(x, as_of, [LINE[place]]), first(x, as_of, [LINE[place + 1]])) for x in went]
    days = [(b.on - a.on).days for a, b in pairs if a and b and a.on and b.on and a.on <= b.on]
    return len(went) / len(came) if came else None, median(days) if days else None


def guidance(x: Initiative, as_of: date) -> str | None:
    """Return the cohort of a prototype."""
    begun = start(x, as_of)
    if begun is None:
        return None
    has_outcomes = any(outcome.agreed_on <= as_of for outcome in x.outcomes)
    if begun.on is None or (x.outcomes_not_recorded and not has_outcomes):
        return "not_recorded"
    by = min(begun.on + 14 * DAY, as_of)
    agreed = [(outcome, day) for outcome in x.outcomes for day in outcome.days_of_change() if day <= by]
    if not any(outcome.has_target(day) for outcome, day in agreed):
        return "aimless"
    planned = any(agreed_on <= by and production_on for agreed_on, production_on in x.plans)
    budget = any(line.approved_on <= by for line in x.budgets)
    complete = any(outcome.is_complete(day) for outcome, day in agreed)
    return "guided" if x.why and complete and planned and budget else "partly_guided"
