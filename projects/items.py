"""What the API takes and gives of an initiative and its transitions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Subquery
from ninja import Field, Schema
from pydantic import AfterValidator

from accounts.words import checked_words
from api.fields import Body, Day, Flag, LongText, PastDay, Reference, ShortText, Title
from api.pages import PageQuery
from projects import hooks
from projects.models import Hosting, Initiative, PlanRevision, RiskTier
from projects.people import addresses
from projects.querysets import PLAN_THEN, InitiativeQuerySet
from projects.stages import Stage
from projects.standing import standing

MOST_MEMBERS = 200


class _Writable(Body):
    """The fields that POST and PATCH take."""

    problem: LongText | None = None
    desired_outcome: LongText | None = None
    why_ai: LongText | None = None
    alternative_considered: LongText | None = None
    business_unit: LongText | None = Field(None, description="“Claims” or “Claims / Motor”; made where missing.")
    owner_email: ShortText | None = Field(None, description="Default: you.")
    sponsor_email: ShortText | None = None
    hosting: Hosting | None = None
    risk_tier: RiskTier | None = None
    tags: list[ShortText] | None = None
    members: list[ShortText] | None = Field(
        None,
        max_length=MOST_MEMBERS,
        description="E-mail addresses: they see and edit it, even when it is confidential.",
    )
    planned_prototype_on: Day | None = None
    planned_pilot_on: Day | None = None
    planned_production_on: Day | None = None
    plan_agreed_on: PastDay | None = Field(
        None, description="Default and latest: today. A changed plan adds a row; an older one stays beside it."
    )
    external_ref: Reference | None = Field(None, description="Unique.")
    confidential: Flag | None = None


class InitiativeIn(_Writable):
    """An initiative to register."""

    title: Title


class InitiativeChange(_Writable):
    """What to change; fields that are not sent stay as they are, null empties a field."""

    title: Title = Field(None)
    owner_email: ShortText | None = Field(None, description="Null takes the owner away.")
    hosting: Hosting = Field(None)
    risk_tier: RiskTier = Field(None)
    confidential: Flag = Field(None)

    def model_dump(self, **options: Any) -> dict[str, Any]:
        """Return what was sent; an emptied text is "", an emptied list has nothing in it."""
        emptied: dict[str, Any] = {**dict.fromkeys(_TEXTS, ""), "tags": [], "members": []}
        sent = super().model_dump(**options)
        return {name: emptied.get(name) if value is None else value for name, value in sent.items()}


_TEXTS = ("problem", "desired_outcome", "why_ai", "alternative_considered")


class InitiativeOut(Schema):
    """An initiative."""

    key: str
    title: str
    problem: str
    desired_outcome: str
    why_ai: str
    alternative_considered: str
    business_unit: str | None
    owner_email: str | None
    sponsor_email: str | None
    hosting: Hosting
    risk_tier: RiskTier
    tags: list[str]
    members: list[str]
    planned_prototype_on: Day | None
    planned_pilot_on: Day | None
    planned_production_on: Day | None
    plan_agreed_on: Day | None
    external_ref: str | None
    confidential: bool
    stage: Stage
    on_hold: bool
    guidance: str | None
    version: int


class InitiativeQuery(PageQuery):
    """Filters of the list."""

    stage: Stage | None = Field(None, description="The stage on the as-of date.")
    business_unit: str | None = Field(None, description="With the units below it.")
    tag: str | None = None
    q: Annotated[str, AfterValidator(checked_words)] | None = Field(
        None, description="At most ten words in key, title, problem, desired outcome or external reference."
    )
    as_of: Day | None = Field(None, description="Default: today.")
    owner_email: str | None = None
    external_ref: str | None = None

    def keep(self, found: InitiativeQuerySet) -> InitiativeQuerySet:
        """Keep what the filters ask for."""
        found = found.filter(stage_then=self.stage) if self.stage else found
        found = found.under(self.business_unit) if self.business_unit else found
        found = found.tagged(self.tag) if self.tag else found
        found = found.matching(self.q) if self.q else found
        found = found.filter(owner__email__iexact=self.owner_email) if self.owner_email else found
        return found.filter(external_ref=self.external_ref) if self.external_ref else found


class TransitionIn(Body):
    """A move to another stage."""

    to_stage: Stage
    effective_on: PastDay = Field(..., description="Not in the future, nor before the last known date.")
    rationale: LongText = ""
    override: Flag = Field(False, description="Pass a gate that is not met: needs a rationale and the role.")


class TransitionDay(Body):
    """When a move really happened, or by when; one of the two."""

    effective_on: PastDay | None = Field(
        None, description="Not before the move before it, nor after the next or today."
    )
    known_by: PastDay | None = Field(None, description="Where the day is not known: it had happened by this one.")


class TransitionOut(Schema):
    """A move as it was recorded."""

    id: int
    from_stage: Stage
    to_stage: Stage
    effective_on: Day | None
    known_by: Day | None
    unknown_reason: str
    rationale: str
    override: bool
    recorded_at: datetime
    recorded_by: str | None


class HoldIn(Body):
    """A pause: an initiative on hold keeps its stage."""

    started_on: PastDay
    ended_on: PastDay | None = Field(None, description="The first day that work goes on; null: it is on hold still.")
    reason: LongText = ""


class HoldOut(Schema):
    """A pause as it stands; a changed one has another id."""

    id: int
    started_on: Day
    ended_on: Day | None
    reason: str
    recorded_at: datetime
    recorded_by: str | None


class TransitionQuery(PageQuery):
    """An as-of date, and where a list goes on."""

    as_of: Day | None = Field(None, description="Only what had happened by this day.")


def with_details(found: InitiativeQuerySet, as_of: date) -> InitiativeQuerySet:
    """Fetch what an item shows on a day along with the initiatives."""
    plans = PlanRevision.objects.by(as_of).filter(initiative=OuterRef("pk"))
    members = Initiative.members.through.objects.filter(initiative=OuterRef("pk")).order_by("user__email")
    return (
        found.select_related("business_unit", "owner", "sponsor")
        .prefetch_related("tags")
        .annotate(
            plan_agreed_on=Subquery(plans.values("agreed_on")[:1]),
            member_emails=ArraySubquery(members.values("user__email")),
        )
    )


def as_items(found: Sequence[Initiative], as_of: date) -> list[dict[str, Any]]:
    """Return initiatives (with details) as the API shows them, as they stood on a day; one query and the hook's."""
    ids = [each.pk for each in found]
    then = {each.id: each for each in standing(ids, as_of)}
    guidance = hooks.guidance(ids, as_of)
    return [
        _own(each)
        | {
            "stage": then[each.pk].stage,
            "on_hold": then[each.pk].on_hold,
            "guidance": guidance.get(each.pk),
        }
        for each in found
    ]


_AS_THEY_ARE = (
    "key", "title", "problem", "desired_outcome", "why_ai", "alternative_considered", "hosting", "risk_tier",
    "plan_agreed_on", "external_ref", "confidential", "version",
)  # fmt: skip


def _own(initiative: Initiative) -> dict[str, Any]:
    unit = initiative.business_unit
    planned = {name: getattr(initiative, then) for name, then in PLAN_THEN.items()}
    return (
        {name: getattr(initiative, name) for name in _AS_THEY_ARE}
        | planned
        | {
            "business_unit": unit.path if unit else None,
            **addresses(initiative),
            "tags": [tag.name for tag in initiative.tags.all()],
            "members": initiative.member_emails,
        }
    )
