"""An allocation rule as it is asked: the one that is kept, or one that somebody is still thinking about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from costs import batched_reads
from costs.allocation.placements import EVER, NEVER
from costs.models import Method

DRAFT = 0  # instead of the id of a rule that is not kept yet

# The rules in use with their parts, in the order in which they are asked.
IN_FORCE = """
SELECT id AS pk, priority, match, named_by, method, measure_id, division, since, until, (
    SELECT jsonb_agg(jsonb_build_array(part.initiative_id, part.share::text) ORDER BY part.id)
    FROM costs_allocationpart AS part WHERE part.rule_id = rule.id
) AS parts
FROM costs_allocationrule AS rule WHERE is_active ORDER BY priority, id
"""


class Rule(NamedTuple):
    """Conditions, months and shares of a rule; a part without a share gets a part of the rest.

    One that is `named_by` a field or tag has no parts until a group says whose they are (costs/allocation/naming.py).
    """

    pk: int
    priority: int
    match: Mapping[str, str]
    named_by: str
    method: str
    measure_id: int | None
    division: int | None  # None: of a draft
    since: date | None
    until: date | None
    parts: tuple[tuple[int, Decimal | None], ...]

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Rule:
        """Return a kept rule, given a row of `IN_FORCE`."""
        months = {name: row[name] and date.fromisoformat(row[name]) for name in ("since", "until")}
        parts = tuple((initiative, share and Decimal(share)) for initiative, share in row["parts"] or ())
        return cls(**{**row, **months, "parts": parts})

    @property
    def follows_use(self) -> bool:
        """Tell whether its shares differ from month to month."""
        return self.method != Method.EQUAL and any(share is None for _initiative, share in self.parts)

    @property
    def is_open_ended(self) -> bool:
        """Tell whether it holds in every month."""
        return self.since is None and self.until is None

    def holds_in(self, month: date) -> bool:
        """Tell whether it holds in a month."""
        return (self.since or EVER) <= month < (self.until or NEVER)


def in_force(draft: Rule | None = None) -> list[Rule]:
    """Return the rules in use, in the order in which they are asked; with a draft, as if it were in use."""
    (rows,) = batched_reads.read_all(IN_FORCE)
    rules = [Rule.of(row) for row in rows if draft is None or row["pk"] != draft.pk]
    if draft is not None:
        rules.append(draft)
    return sorted(rules, key=lambda rule: (rule.priority, rule.pk == DRAFT, rule.pk))
