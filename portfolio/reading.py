"""Read initiatives as rows of the figures: where they stand, what was agreed, which cohort they are in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q
from django.db.models.functions import Trim

from accounts.models import User
from costs import budgets
from outcomes.targets import NO_FACTS, Agreement, TargetFacts, target_facts
from portfolio.guidance import Agreed, Evidence, decide
from portfolio.rows import Row
from projects.models import Initiative, PlanRevision
from projects.standing import Standing, standing

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


def rows_of(as_of: date, user: User | None, ids: Ids = None) -> list[Row]:
    """Return the initiatives that `user` may see (None: all) as they stood at the date, without their money."""
    targets, plans = target_facts(ids, as_of), production_plans(ids, as_of)
    approved = budgets.first_approved(ids, as_of)
    where = {each.id: each for each in standing(ids, as_of)}
    rows = []
    for details in details_of(user, ids):
        facts = targets.get(details.id, NO_FACTS)
        evidence = evidence_of(details, facts, plans.get(details.id), approved.get(details.id))
        rows.append(_row(details, where[details.id], evidence, as_of))
    return rows


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
        "pk", "number", "title", "business_unit__path", "hosting", why, "outcomes_not_recorded", "planned_production_on",
        ArraySubquery(tags.values("tag__name")),
    )  # fmt: skip
    return map(Details._make, columns.order_by("number"))


def production_plans(ids: Ids, as_of: date) -> dict[int, Agreed]:
    """Return when each initiative first agreed on a date for production."""
    plans = PlanRevision.objects.filter(planned_production_on__isnull=False, agreed_on__lte=as_of)
    if ids is not None:
        plans = plans.filter(initiative__in=ids)
    first = plans.order_by("initiative_id", "agreed_on", "recorded_at").distinct("initiative_id")
    return {pk: Agreed(on, at) for pk, on, at in first.values_list("initiative_id", "agreed_on", "recorded_at")}


def evidence_of(details: Details, facts: TargetFacts, plan: Agreed | None, budget: Agreed | None) -> Evidence:
    """Return what guidance is decided from."""
    return Evidence(
        why_stated=details.why_stated,
        any_target=_agreed(facts.first_target),
        complete_target=_agreed(facts.first_complete),
        production_plan=plan or Agreed(),
        budget=budget or Agreed(),
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
        target_since=evidence.any_target.on,
    )
