"""Read initiatives as rows of the figures: where they stand, what was agreed, which cohort they are in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import OuterRef, Q
from django.db.models.functions import Trim

from accounts.models import User
from costs import budgets
from outcomes.targets import NO_FACTS, Agreement, TargetFacts, target_facts
from portfolio.figure import EXACT
from portfolio.guidance import Agreed, Evidence, decide
from portfolio.rows import ZERO, Row
from projects.models import Initiative
from projects.standing import Standing, standing_on

Ids = Sequence[int] | None


class Details(NamedTuple):
    """The columns of an initiative that the figures need; in the order in which they are selected."""

    id: int
    number: int
    title: str
    unit: str | None
    hosting: str
    why_stated: bool
    outcomes_not_recorded: bool
    planned_production_on: date | None
    tags: list[str]


def rows_of(as_of: date, user: User | None, ids: Ids = None, before: date | None = None) -> list[Row]:
    """Return the initiatives that `user` may see (None: all) as they stood at the date; costs and benefits not yet.

    Four queries, whatever the number of initiatives. `before`: an earlier day on which to say where they stood too.
    """
    targets, agreements = target_facts(ids, as_of), agreed(ids, as_of)
    now, *earlier = standing_on(ids, [as_of, before] if before else [as_of])
    where = {each.id: each for each in now}
    stood = {each.id: each for each in earlier[0]} if earlier else {}
    rows = []
    for details in details_of(user, ids):
        plan, budget = agreements["plan"].get(details.id), agreements["budget"].get(details.id)
        facts = targets.get(details.id, NO_FACTS)
        row = _row(details, where[details.id], evidence_of(details, facts, plan, budget), as_of)
        row.has_target, row.had_target = facts.has_target(as_of), before is not None and facts.has_target(before)
        row.planned_cost, row.before = budget.phased if budget else ZERO, stood.get(details.id)
        rows.append(row)
    return rows


def row_of(initiative: Initiative, as_of: date) -> tuple[Row, Standing]:
    """Return one initiative that is at hand, with where it stands; three queries. Its unit is already fetched."""
    ids = [initiative.pk]
    agreements = agreed(ids, as_of)
    plan, budget = agreements["plan"].get(initiative.pk), agreements["budget"].get(initiative.pk)
    ((now,),) = standing_on(ids, [as_of])
    details = Details(
        id=initiative.pk,
        number=initiative.number,
        title=initiative.title,
        unit=initiative.business_unit.path if initiative.business_unit else None,
        hosting=initiative.hosting,
        why_stated=bool(initiative.problem.strip() and initiative.desired_outcome.strip()),
        outcomes_not_recorded=initiative.outcomes_not_recorded,
        planned_production_on=initiative.planned_production_on,
        tags=[],
    )
    facts = target_facts(ids, as_of).get(initiative.pk, NO_FACTS)
    row = _row(details, now, evidence_of(details, facts, plan, budget), as_of)
    row.has_target, row.planned_cost = facts.has_target(as_of), budget.phased if budget else ZERO
    return row, now


def guidance_of(ids: Sequence[int], as_of: date) -> dict[int, str | None]:
    """Return the cohort of each initiative; None for what is no prototype. The projects room asks for it by a hook."""
    return {row.id: row.guidance.value if row.guidance else None for row in rows_of(as_of, None, ids)}


def details_of(user: User | None, ids: Ids) -> Iterator[Details]:
    """Return the details of the initiatives that `user` may see, oldest first; one query."""
    visible = Initiative.objects.all() if user is None else Initiative.objects.visible_to(user)
    if ids is not None:
        visible = visible.filter(pk__in=ids)
    tags = Initiative.tags.through.objects.filter(initiative_id=OuterRef("pk")).order_by("tag__name")
    why = ~Q(problem_text="") & ~Q(outcome_text="")
    columns = visible.annotate(problem_text=Trim("problem"), outcome_text=Trim("desired_outcome")).values_list(
        "pk", "number", "title", "business_unit__path", "hosting", why, "outcomes_not_recorded",
        "planned_production_on", ArraySubquery(tags.values("tag__name")),
    )  # fmt: skip
    return map(Details._make, columns.order_by("number"))


class FirstAgreed(NamedTuple):
    """When something was first agreed, and the budget phased to the date."""

    agreed: Agreed
    phased: Decimal


# The first plan that names a date for production, and the first approved budget with what of it is due by the date.
AGREED = """
SELECT DISTINCT ON (initiative_id) 'plan', initiative_id, agreed_on, recorded_at, 0, 0
FROM projects_planrevision
WHERE planned_production_on IS NOT NULL AND agreed_on <= %(as_of)s AND {these}
ORDER BY initiative_id, agreed_on, recorded_at
"""
BUDGETED = """
SELECT 'budget', initiative_id, min(approved_on), (array_agg(recorded_at ORDER BY approved_on, recorded_at))[1],
       coalesce(sum(base_amount) FILTER (WHERE month < %(month)s), 0),
       coalesce(sum(base_amount) FILTER (WHERE month = %(month)s), 0)
FROM costs_budgetline WHERE approved_on <= %(as_of)s AND {these}
GROUP BY initiative_id
"""


def agreed(ids: Ids, as_of: date) -> dict[str, dict[int, FirstAgreed]]:
    """Return the first production plan and the first budget of each initiative, agreed by the date; one query."""
    these = "true" if ids is None else "initiative_id = ANY(%(ids)s)"
    query = f"({AGREED}) UNION ALL ({BUDGETED})".format(these=these)
    passed, days = budgets.phased_share(as_of)
    found: dict[str, dict[int, FirstAgreed]] = {"plan": {}, "budget": {}}
    with connection.cursor() as cursor:
        cursor.execute(query, {"ids": list(ids or ()), "as_of": as_of, "month": as_of.replace(day=1)})
        for kind, pk, on, at, before, running in cursor.fetchall():
            found[kind][pk] = FirstAgreed(Agreed(on, at), _phased(before, running, passed, days))
    return found


def _phased(before: Decimal, running: Decimal, passed: int, days: int) -> Decimal:
    return EXACT.add(before, EXACT.divide(EXACT.multiply(running, Decimal(passed)), Decimal(days)))


def evidence_of(details: Details, facts: TargetFacts, plan: FirstAgreed | None, budget: FirstAgreed | None) -> Evidence:
    """Return what guidance is decided from."""
    return Evidence(
        why_stated=details.why_stated,
        any_target=_agreed(facts.first_target),
        complete_target=_agreed(facts.first_complete),
        production_plan=plan.agreed if plan else Agreed(),
        budget=budget.agreed if budget else Agreed(),
        has_outcomes=facts.has_outcomes,
        outcomes_not_recorded=details.outcomes_not_recorded,
    )


def _agreed(agreement: Agreement | None) -> Agreed:
    return Agreed(agreement.agreed_on, agreement.recorded_at) if agreement else Agreed()


def _row(details: Details, at: Standing, evidence: Evidence, as_of: date) -> Row:
    decision = decide(evidence, at.started_on, as_of) if at.is_prototype else None
    return Row(
        id=details.id,
        number=details.number,
        title=details.title,
        unit=details.unit or "",
        hosting=details.hosting,
        tags=tuple(details.tags),
        stage=at.stage,
        on_hold=at.on_hold,
        stage_since=at.stage_since,
        is_prototype=at.is_prototype,
        started_on=at.started_on,
        reached_production=at.reached_production,
        production_on=at.production_on,
        failed=at.failed,
        entered=at.entered,
        entered_unknown=at.entered_unknown,
        start_unknown=at.start_unknown,
        end_unknown=at.end_unknown,
        planned_production_on=details.planned_production_on,
        guidance=decision.guidance if decision else None,
        rests_on_later_rows=bool(decision and decision.rests_on_later_rows),
    )
