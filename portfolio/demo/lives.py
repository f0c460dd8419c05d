"""Lets initiatives live as their stories tell: plans, moves, pauses, budgets, goals and readings, each on its day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from accounts.models import User
from costs.budgets import lines as budget_lines
from costs.budgets.lines import NewBudget
from outcomes import agreements, measurements
from outcomes.measurements import NewReading
from outcomes.models import Outcome
from portfolio.demo.cast import TAGS_JA
from portfolio.demo.context import REF, DemoContext
from portfolio.demo.readings import cadence_days, readings, target_date
from portfolio.demo.spending import budget_rows
from portfolio.demo.stories import ENDS, Goal, Story
from projects import holds, initiatives, transitions
from projects.models import BusinessUnit, Initiative

WRITES_LATE = 16  # one story in so many writes its goals down long after they were agreed


def initiative_of(story: Story, context: DemoContext, places: dict[str, BusinessUnit]) -> Initiative:
    """Register the initiative on its first day."""
    context.now_is(min(story.stages.values(), default=context.today - timedelta(days=3)))
    owner = context.owners[story.number % len(context.owners)]
    return initiatives.create(
        context.actor,
        title=story.title,
        problem=story.problem,
        desired_outcome=story.desired_outcome,
        why_ai=story.why_ai,
        alternative_considered=story.alternative,
        business_unit=places[story.unit],
        owner=owner,
        members=[context.owners[(story.number + 3) % len(context.owners)]],
        tags=[TAGS_JA[tag] if context.language == "ja" else tag for tag in story.tags],
        hosting=story.hosting,
        risk_tier=story.risk,
        external_ref=f"{REF}{story.number:03d}",
        confidential=story.unit == "people" and story.risk == "high",
        **_plan(story),
    )


def what_happened(
    story: Story, initiative: Initiative, budget: list[NewBudget], context: DemoContext
) -> list[tuple[Goal, Outcome]]:
    """Move and hold the initiative, approve its budget and agree its goals, each on its day; return the outcomes."""
    agreed: list[tuple[Goal, Outcome]] = []

    def agree(goal: Goal) -> None:
        agreed.append((goal, agreements.agree(context.actor, initiative, **_terms(story, goal, context))))

    events: list[tuple[date, Callable[[], object]]] = []
    for entered, on in story.stages.items():
        rationale = story.stop_reason if entered in ENDS else ""
        move = partial(transitions.move, initiative, entered, on, context.actor, rationale=rationale)
        events.append((on, move))
    if story.hold:
        since, until, reason = story.hold
        hold = partial(holds.start, initiative, since, context.actor, reason=reason, ended_on=until)
        events.append((since, hold))
    if budget:
        events.append((budget[0].approved_on, partial(budget_lines.add, context.finance, budget)))
    events += [(_written_on(story, context), partial(agree, goal)) for goal in story.goals]
    for day, happen in sorted(events, key=lambda event: event[0]):
        context.now_is(day)
        happen()
    return agreed


def _agreed_on(story: Story) -> date:
    return story.stages.get("approved", min(story.stages.values()))


def _written_on(story: Story, context: DemoContext) -> date:
    """Say when the goals were written down: as they were agreed, by some only when somebody asked."""
    asked = timedelta(days=150) if story.number % WRITES_LATE == 5 else timedelta()
    return min(_agreed_on(story) + asked, context.today - timedelta(days=1))


def _plan(story: Story) -> dict[str, date | None]:
    """Plan as one does: a prototype soon after the approval, the pilot half way to production."""
    if story.planned_on is None or not story.stages:
        return {}
    first = min(story.stages.values())
    return {
        "planned_prototype_on": first + timedelta(days=45),
        "planned_pilot_on": first + (story.planned_on - first) / 2,
        "planned_production_on": story.planned_on,
        "plan_agreed_on": story.stages.get("approved", first),
    }


def measure(measured: Sequence[tuple[Story, Goal, Outcome]], context: DemoContext) -> int:
    """Record and validate what was measured; it is brought in today, at once."""
    taken: dict[User, list[tuple[NewReading, bool]]] = defaultdict(list)
    for story, goal, outcome in measured:
        for one in readings(story, goal, context.today):
            row = NewReading(outcome, one.period_end, one.value, period_start=one.period_start)
            taken[outcome.initiative.owner].append((row, one.validated))
    confirmed = []
    for owner, own in taken.items():
        made = measurements.record_many(owner, [row for row, _validated in own])
        confirmed += [row for row, (_row, validated) in zip(made, own, strict=True) if validated]
    measurements.validate(context.finance, confirmed)
    return sum(map(len, taken.values()))


def _terms(story: Story, goal: Goal, context: DemoContext) -> dict[str, Any]:
    first = min(story.stages.values())
    terms: dict[str, Any] = {
        "metric": goal.metric,
        "unit": goal.unit,
        "kind": goal.kind,
        "benefit_type": goal.benefit_type,
        "agreed_on": _agreed_on(story),
        "baseline_on": first - timedelta(days=20),
        "cadence_days": cadence_days(story, goal),
        "target_on": target_date(story),
        "owner": context.owners[story.number % len(context.owners)],
        "attribution": _exact(goal.share),
    }
    if goal.bounds:
        low, high = goal.bounds
        return terms | {"direction": "maintain", "target_low": _exact(low), "target_high": _exact(high)}
    assert goal.baseline is not None and goal.target is not None
    terms |= {"baseline": _exact(goal.baseline), "target": _exact(goal.target)}
    terms["direction"] = "increase" if goal.target > goal.baseline else "decrease"
    if goal.value is not None:
        terms["unit_value"] = (_exact(goal.value) * context.money.scale).quantize(Decimal("0.0001"))
        terms["unit_value_currency"] = context.money.base
        terms["volume_per_month"] = _exact(goal.volume) if goal.volume else None
    return terms


def _exact(value: float) -> Decimal:
    return Decimal(str(value))


def budget_of(story: Story, initiative: Initiative, context: DemoContext) -> list[NewBudget]:
    """Return the lines of the budget, which are approved on one day."""
    return [
        NewBudget(initiative=initiative, **row | {"category": context.categories[row["category"]]})
        for row in budget_rows(story, context.money, context.today)
    ]
