"""What the API takes and gives of allocation rules."""

from __future__ import annotations

from ninja import Field, Schema

from api.fields import Asked, Body, Flag, Glob, Money, Month, Name, Rate, Reference, ShortText, Whole
from costs.allocation.rules import MOST_PRIORITY
from costs.models import Method

_MATCH = Field(
    description='Field or "tag:NAME" to a value or glob (* and ?), without case; all must match: {"vendor": "aws"}. '
    "An empty value: nothing stands there, or there is no such tag."
)
_SPLIT = Field([], description="Shares sum to 1. One without a share gets a part of what the others leave over.")
_NAMED_BY = Field(
    "",
    description='In place of `split`: the field or "tag:NAME" that names the initiative, by key or, '
    "once it is approved, by external reference. Where it names none, the next rule is asked.",
)
_UNTIL = Field(None, description="The month before which it ends; null: open.")


class PartIn(Body):
    """An initiative, and its share."""

    initiative: Reference
    share: Rate | None = None


class AllocationRuleIn(Body):
    """A rule to add."""

    priority: Whole | None = Field(None, ge=0, le=MOST_PRIORITY, description="The lowest is asked first; null: last.")
    match: dict[Asked, Glob] = _MATCH
    split: list[PartIn] = _SPLIT
    named_by: Asked = _NAMED_BY
    method: Method = Field(Method.EQUAL, description="How the rest is divided: equal, by another cost, by tokens used.")
    measure: ShortText | None = Field(None, description="With `cost`: the category; null: all other cost.")
    since: Month | None = None
    until: Month | None = _UNTIL
    name: ShortText = ""
    is_active: Flag = True


class AllocationRulePatch(Body):
    """What changes of a rule."""

    priority: Whole = Field(None, ge=0, le=MOST_PRIORITY)
    match: dict[Asked, Glob] = Field(None)
    split: list[PartIn] = Field(None)
    named_by: Asked = Field(None)
    method: Method = Field(None)
    measure: ShortText | None = None
    since: Month | None = None
    until: Month | None = _UNTIL
    name: Name = Field(None)
    is_active: Flag = Field(None)


class PartOut(Schema):
    """An initiative, and its share; null: a part of the rest."""

    initiative: str
    share: Rate | None


class AllocationRuleOut(Schema):
    """A rule, and what it places now."""

    id: int
    name: str
    priority: int
    match: dict[str, str]
    split: list[PartOut]
    named_by: str
    method: Method
    measure: str | None
    since: Month | None
    until: Month | None
    is_active: bool
    version: int
    lines: int
    amount: Money
    currency: str


class Simulate(Body):
    """What to think about: a rule, in place of a kept one where that is named; without any, the rules as they are."""

    rule: AllocationRuleIn | None = None
    replaces: Whole | None = Field(None, ge=1, le=2**62, description="The id of the rule that it would replace.")


class MovedOut(Schema):
    """Lines for which something changes, and an amount."""

    lines: int
    amount: Money


class OfInitiative(MovedOut):
    """What an initiative gets or (negative) gives up; null: what is unallocated."""

    initiative: str | None


class OfMonth(MovedOut):
    """What goes to another place, of a month."""

    month: Month


class OfRule(MovedOut):
    """What a rule places more or (negative) less; null: the one that is thought about."""

    rule: int | None


class Simulated(MovedOut):
    """What applying the rules would move: lines, and the amount that goes to another place."""

    allocated: int = Field(description="Lines that belong to nobody, and then to initiatives, at least in part.")
    groups: int = Field(
        description="Kinds of charges that would be placed otherwise, also where no line is yet or none counts; "
        "0: there is nothing to apply."
    )
    currency: str
    initiatives: list[OfInitiative]
    months: list[OfMonth]
    rules: list[OfRule]


class Applied(Schema):
    """What moved; nulls while a worker is on it."""

    allocated: int | None = Field(description="Lines that belonged to nobody, and now to initiatives.")
    lines: int | None = Field(description="Lines for which anything has changed.")
    amount: Money | None = Field(description="What has gone to another place.")
    currency: str
    state: str = Field(description="done, or queued: much is to move, a worker does it.")
    run: int | None = Field(description="Where it says what has moved, or waits: `/cost-runs/{id}`; null: nothing did.")
