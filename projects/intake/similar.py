"""Looks alike: initiatives whose title and problem resemble what is being typed."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.cache import cache
from rapidfuzz import fuzz, process, utils

from accounts.changes import data_version
from accounts.models import User
from projects.models import Initiative
from projects.stages import Stage

ALIKE = 58  # of 100; below that people see no resemblance
MOST = 3
SHORTEST = 6
KEPT = 600  # seconds


@dataclass(frozen=True)
class Similar:
    """An initiative that resembles the draft; `score` is a share."""

    key: str
    title: str
    unit: str
    stage: str
    score: float
    url: str


def look_alikes(user: User, title: str, problem: str) -> list[Similar]:
    """Return at most three that the person may see, the most alike first."""
    said = f"{title} {problem}".strip()
    if len(said) < SHORTEST:
        return []
    rows = _texts(user)
    choices = {index: row[2] for index, row in enumerate(rows)}
    found = process.extract(
        said[:2_000], choices, scorer=_alike, processor=utils.default_process, limit=MOST, score_cutoff=ALIKE
    )
    return [_similar(rows[index], score) for _text, score, index in found]


def _alike(one: str, other: str, **options: float) -> float:
    """Compare words whatever their order; longer texts may hold more than the shorter one says."""
    return fuzz.token_set_ratio(one, other, **options)


def _texts(user: User) -> list[tuple[int, str, str, str, str]]:
    """Return (number, title, text, unit, stage) of what the person may see; kept until anything changes."""
    name = f"look-alikes:{user.pk}:{data_version()}"
    rows = cache.get(name)
    if rows is None:
        visible = Initiative.objects.visible_to(user).order_by("number")
        columns = visible.values_list("number", "title", "problem", "business_unit__path", "stage")
        rows = [
            (number, title, f"{title} {problem[:1_000]}", unit or "", stage)
            for number, title, problem, unit, stage in columns
        ]
        cache.set(name, rows, KEPT)
    return rows


def _similar(row: tuple[int, str, str, str, str], score: float) -> Similar:
    number, title, _text, unit, stage = row
    made = Initiative(number=number)
    return Similar(made.key, title, unit, str(Stage(stage).label), score / 100, made.url)
