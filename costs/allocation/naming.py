"""Rules that are split by name: a field or tag of a group says which initiative it belongs to.

A key names its initiative from the start. A reference, which anybody may give to a draft, names it once the portfolio
office has approved it; from then on only the office changes it. So nobody moves cost to an initiative of their own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from django.db.models import Case, F, When

from costs.allocation.active_rules import Rule
from costs.allocation.matching import values_of
from costs.allocation.placements import ONE
from costs.models import ChargeGroup
from projects import keys
from projects.models import Initiative
from projects.stages import NOT_APPROVED


def initiatives(names: Collection[str]) -> dict[str, int]:
    """Return the ids of the initiatives that names mean, also of those that not everybody may see; one query."""
    found = keys.named(Initiative.objects.only("number", "external_ref", "stage").order_by(), names)
    return {name: each.pk for name, each in found.items() if keys.number_of(name) or each.stage not in NOT_APPROVED}


def every_name() -> frozenset[tuple[object, ...]]:
    """Return all that names can mean now, to see whether that has changed; one query."""
    references = Case(When(stage__in=NOT_APPROVED, then=None), default=F("external_ref"))
    return frozenset(Initiative.objects.order_by().values_list("pk", "number", references))


class Named:
    """Rules as they are for a group: one that is split by name gives all to the initiative that the group names.

    Where it names none, the rule does not hold for it. All names are looked up at once.
    """

    def __init__(self, matching: Iterable[tuple[ChargeGroup, Sequence[Rule]]]) -> None:
        names = {_name(group, rule) for group, rules in matching for rule in rules if rule.named_by}
        self._initiatives = initiatives(names)
        self._known: dict[tuple[int, int], Rule] = {}

    def holding(self, group: ChargeGroup, rules: Iterable[Rule]) -> list[Rule]:
        """Return those of the rules that match a group which hold for it; for groups alike the same objects."""
        each = (self._of(group, rule) if rule.named_by else rule for rule in rules)
        return [rule for rule in each if rule]

    def _of(self, group: ChargeGroup, rule: Rule) -> Rule | None:
        initiative = self._initiatives.get(_name(group, rule))
        if initiative is None:
            return None
        if (rule.pk, initiative) not in self._known:
            self._known[rule.pk, initiative] = rule._replace(parts=((initiative, ONE),))
        return self._known[rule.pk, initiative]


def _name(group: ChargeGroup, rule: Rule) -> str:
    return (values_of(group)(rule.named_by) or "").strip()
