"""Changing benchmarks: the one door, and what it refuses. Nothing is deleted: what is withdrawn can be put back."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.changes import changing
from accounts.errors import RuleError
from accounts.models import User
from accounts.permissions import require
from portfolio.models import Benchmark

FIELDS = (
    "label",
    "low",
    "high",
    "unit",
    "comparable_with",
    "cohort",
    "kind",
    "what_it_measures",
    "population",
    "source_title",
    "publisher",
    "year",
    "url",
    "verified",
    "note",
    "is_withdrawn",
)


class StaleBenchmarkError(RuleError):
    """Somebody else has changed the benchmark since it was read; `current` is as it stands now."""

    def __init__(self, current: Benchmark) -> None:
        super().__init__(_("Somebody has changed this benchmark meanwhile. Load it again."), status=412)
        self.current = current


def save(actor: User, benchmark: Benchmark) -> bool:
    """Write a benchmark, a new one or one that has changed; return whether anything is different."""
    require(actor, "benchmark.edit")
    with changing(actor) as change:
        before = _locked(benchmark)
        _check(benchmark)
        differences = {name: (getattr(before, name, None), getattr(benchmark, name)) for name in FIELDS}
        differences = {name: pair for name, pair in differences.items() if pair[0] != pair[1]}
        if not differences:
            return False
        benchmark.version += before is not None
        benchmark.save()
        change.record(benchmark, _action(benchmark, before), differences)
    return True


def _locked(benchmark: Benchmark) -> Benchmark | None:
    """Return the row in force, locked; refuse to change one that somebody else has changed since it was read."""
    if benchmark.pk is None:
        return None
    before = Benchmark.objects.select_for_update().get(pk=benchmark.pk)
    if before.version != benchmark.version:
        raise StaleBenchmarkError(before)
    return before


def _action(benchmark: Benchmark, before: Benchmark | None) -> str:
    if before is None:
        return "create"
    if before.is_withdrawn != benchmark.is_withdrawn:
        return "withdraw" if benchmark.is_withdrawn else "put back"
    return "edit"


def _check(benchmark: Benchmark) -> None:
    """Refuse what may not stand so, field by field (`Benchmark.clean`)."""
    try:
        benchmark.full_clean()
    except ValidationError as error:
        errors = [(field, text) for field, texts in error.message_dict.items() for text in texts]
        raise RuleError(errors[0][1], errors=errors) from error
