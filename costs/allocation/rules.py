"""The door for allocation rules: added, changed, put in order, taken out of use, deleted. Audited.

A rule that is saved places charge groups that come from then on; those that are there, with what comes to them, move
when the rules are applied (`costs/allocation/runs.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Max
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from accounts.changes import Change, changing
from accounts.errors import RuleError
from accounts.models import User
from api.decimals import plain
from costs.allocation.active_rules import DRAFT, Rule
from costs.allocation.matching import FIELDS, TAG, tag_name
from costs.models import AllocationPart, AllocationRule, Category, Method
from money.exact import total
from projects.models import Initiative

MOST_PARTS, MOST_CONDITIONS = 200, 20
MOST_PRIORITY = 1_000_000
_DIVIDES = frozenset({"split", "method", "measure"})  # of `audit_values`: what `AllocationRule.division` numbers
STEP = 10  # between the priorities of rules that were put in order


@dataclass(frozen=True)
class Terms:
    """What a rule says. A part without a share gets a part of what the others leave over."""

    match: Mapping[str, str]
    parts: tuple[tuple[Initiative, Decimal | None], ...] = ()
    named_by: str = ""  # the field or tag that names the initiative, in place of parts
    name: str = ""
    priority: int | None = None  # None: after all others
    method: str = Method.EQUAL
    measure: Category | None = None
    since: date | None = None  # first month
    until: date | None = None  # the month after the last
    is_active: bool = True

    def rule(self, pk: int = DRAFT) -> Rule:
        """Return the rule as it would be asked."""
        parts = tuple((initiative.pk, share) for initiative, share in self.parts)
        measure = self.measure.pk if self.measure else None
        priority = next_priority() if self.priority is None else self.priority
        return Rule(pk, priority, self.match, self.named_by, self.method, measure, None, self.since, self.until, parts)


class StaleRule(RuleError):  # noqa: N818 - beside StaleEdit
    """Somebody else has changed the rule meanwhile; `current` is as it stands now."""

    def __init__(self, current: AllocationRule) -> None:
        super().__init__(_("Somebody else has changed this rule meanwhile."), status=412)
        self.current = current


@dataclass
class _Problems:
    found: list[tuple[str, str]] = field(default_factory=list)

    def note(self, name: str, message: str, when: object = True) -> None:
        if when:
            self.found.append((name, message))


def checked(terms: Terms, kept_split: bool = False) -> Terms:
    """Return the terms as they are kept; RuleError with everything that is wrong, by field.

    `kept_split`: the rule is kept already with these shares, which may come to less than 1 from earlier.
    """
    problems = _Problems()
    _check_match(terms.match, problems)
    _check_split(terms, problems, kept_split)
    backwards = terms.since and terms.until and terms.since >= terms.until
    problems.note("until", _("The last month lies before the first."), backwards)
    if problems.found:
        raise RuleError(problems.found[0][1], problems.found[0][0], errors=problems.found)
    follows_use = any(share is None for _initiative, share in terms.parts)
    return Terms(
        **{name: getattr(terms, name) for name in ("parts", "priority", "since", "until", "is_active")},
        name=terms.name.strip() or name_of(terms.match),
        match={_kept(name): glob.strip() for name, glob in terms.match.items()},
        named_by=_kept(terms.named_by),
        method=terms.method if follows_use else Method.EQUAL,
        measure=terms.measure if follows_use and terms.method == Method.COST else None,
    )


def create(actor: User | None, terms: Terms) -> AllocationRule:
    """Add a rule."""
    terms = checked(terms)
    with changing(actor) as change:
        priority = next_priority() if terms.priority is None else terms.priority
        rule = AllocationRule.objects.create(**_columns(terms) | {"priority": priority})
        _set_parts(rule, terms)
        change.record(rule, "create", {name: (None, value) for name, value in audit_values(rule).items() if value})
    return rule


def edit(actor: User | None, rule: AllocationRule, version: int, terms: Terms) -> AllocationRule:
    """Change a rule that was read at `version`; StaleRule where it has been changed since."""
    terms = checked(terms, kept_split=terms.parts == terms_of(rule).parts)
    with changing(actor) as change:
        current = _current(rule, version)
        before = audit_values(current)
        for name, value in _columns(terms).items():
            setattr(current, name, value)
        _set_parts(current, terms)
        differences = {
            name: (before[name], value) for name, value in audit_values(current).items() if before[name] != value
        }
        if differences:
            current.division += not _DIVIDES.isdisjoint(differences)
            _save(current, change, differences)
    return current


def remove(actor: User | None, rule: AllocationRule, version: int) -> None:
    """Delete a rule that was read at `version`; StaleRule where it has been changed since.

    What it places stays where it is until the rules are applied.
    """
    with changing(actor) as change:
        current = _current(rule, version)
        change.record(
            current, "delete", {name: (value, None) for name, value in audit_values(current).items() if value}
        )
        current.delete()


def move(actor: User | None, rule: AllocationRule, to: int) -> None:
    """Ask a rule at a place of the order, 0 being the first: sent twice it moves once. Priorities become 10, 20, 30."""
    with changing(actor) as change:
        order = list(AllocationRule.objects.select_for_update())
        if rule not in order:
            raise Http404  # deleted since it was read
        order.remove(rule)
        order.insert(to, rule)
        for place, each in enumerate(order, start=1):
            was, each.priority = each.priority, place * STEP
            if was != each.priority:
                _save(each, change, {"priority": (was, each.priority)})


def audit_values(rule: AllocationRule) -> dict[str, Any]:
    """Return a rule as the audit trail tells it."""
    parts = rule.parts.select_related("initiative")
    return {
        **{name: getattr(rule, name) for name in ("name", "priority", "match", "named_by", "method", "is_active")},
        "split": {part.initiative.key: None if part.share is None else plain(part.share) for part in parts},
        "measure": rule.measure.name if rule.measure else None,
        **{name: f"{month:%Y-%m}" if (month := getattr(rule, name)) else None for name in ("since", "until")},
    }


def terms_of(rule: AllocationRule) -> Terms:
    """Return what a kept rule says."""
    own = ("match", "named_by", "name", "priority", "method", "measure", "since", "until", "is_active")
    parts = tuple((part.initiative, part.share) for part in rule.parts.select_related("initiative"))
    return Terms(**{name: getattr(rule, name) for name in own}, parts=parts)


def name_of(match: Mapping[str, str]) -> str:
    """Return what a rule is called whose name nobody gave, in no language: what it asks for; "—" where for nothing."""
    asked = (_asked_for(name, glob.strip()) for name, glob in match.items())
    return ", ".join(filter(None, asked))[:200] or "—"


def _asked_for(name: str, glob: str) -> str:
    """Return a value or glob, "" for none; of a tag that may have any value, the tag."""
    return tag_name(name) if glob == "*" and name.startswith(TAG) else glob


def next_priority() -> int:
    """Return the priority of a rule that is asked after all others."""
    last = AllocationRule.objects.aggregate(last=Max("priority"))["last"] or 0
    return min(last // STEP * STEP + STEP, MOST_PRIORITY)


def _check_match(match: Mapping[str, str], problems: _Problems) -> None:
    problems.note("match", _("Give at least one condition."), not match)
    problems.note("match", _("At most {count}.").format(count=MOST_CONDITIONS), len(match) > MOST_CONDITIONS)
    for name in match:
        _check_known("match", name, problems)
    problems.note("match", _("Each tag once."), len({_kept(name) for name in match}) < len(match))


def _check_split(terms: Terms, problems: _Problems, kept_split: bool) -> None:
    shares = [share for _initiative, share in terms.parts]
    fixed = [share for share in shares if share is not None]
    problems.note("split", _("Name at least one initiative."), not terms.parts and not terms.named_by)
    both = _("Either name initiatives or where their names stand, not both.")
    problems.note("named_by", both, terms.parts and terms.named_by)
    if terms.named_by:
        _check_known("named_by", terms.named_by, problems)
    most = _("At most {count}.")
    problems.note("split", most.format(count=MOST_PARTS), len(shares) > MOST_PARTS)
    problems.note("split", _("Each initiative once."), len({each.pk for each, _share in terms.parts}) < len(shares))
    problems.note("split", _("A share is more than 0 and at most 1."), any(not 0 < share <= 1 for share in fixed))
    problems.note("split", _("The shares come to more than 1."), total(fixed) > 1)
    falls_short = len(fixed) == len(shares) > 0 and total(fixed) < 1 and not kept_split
    problems.note("split", _("The shares come to less than 1; who has none gets the rest."), falls_short)
    no_rest = len(fixed) < len(shares) and total(fixed) == 1
    problems.note("split", _("The shares leave nothing for those without one."), no_rest)


def _check_known(where: str, name: str, problems: _Problems) -> None:
    known = _("{name}: not one of {names}, or tag:NAME.").format(name=name, names=", ".join(FIELDS))
    is_tag = name.startswith(TAG) and tag_name(name)
    problems.note(where, known, not is_tag and name not in FIELDS)


def _kept(name: str) -> str:
    return TAG + tag_name(name) if name.startswith(TAG) else name


def _columns(terms: Terms) -> dict[str, Any]:
    names = ("name", "match", "named_by", "method", "measure", "since", "until", "is_active", "priority")
    given = {name: getattr(terms, name) for name in names}
    return given if terms.priority is not None else {name: v for name, v in given.items() if name != "priority"}


def _set_parts(rule: AllocationRule, terms: Terms) -> None:
    there = [(part.initiative_id, part.share) for part in rule.parts.all()]
    if there != [(initiative.pk, share) for initiative, share in terms.parts]:
        rule.parts.all().delete()
        AllocationPart.objects.bulk_create(
            AllocationPart(rule=rule, initiative=initiative, share=share) for initiative, share in terms.parts
        )


def _current(rule: AllocationRule, version: int) -> AllocationRule:
    rules = AllocationRule.objects.select_for_update(of=("self",)).select_related("measure")
    current = get_object_or_404(rules, pk=rule.pk)  # somebody may have deleted it since it was read
    if current.version != version:
        raise StaleRule(current)
    return current


def _save(rule: AllocationRule, change: Change, differences: Mapping[str, tuple[Any, Any]]) -> None:
    rule.version += 1
    rule.save()
    change.record(rule, "edit", differences)
