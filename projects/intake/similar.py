"""Looks alike: initiatives whose title and problem resemble what is being typed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from django.core.cache import cache
from django.db.models.functions import Left
from rapidfuzz import fuzz, process, utils

from accounts.changes import data_version
from accounts.models import User
from projects.models import Initiative
from projects.stages import Stage

ALIKE = 60  # of 100; below that people see no resemblance
MOST = 3
SHORTEST = 6
LONGEST = 300  # characters of a problem that are compared
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


class _Known(NamedTuple):
    """What is compared of an initiative."""

    number: int
    title: str
    problem: str
    unit: str | None
    stage: str


def look_alikes(user: User, title: str, problem: str) -> list[Similar]:
    """Return at most three that the person may see, the most alike first."""
    title, problem = title.strip(), problem.strip()[:LONGEST]
    rows = _texts(user) if len(title) >= SHORTEST or len(problem) >= SHORTEST else []
    scores = _scores(title, [row.title for row in rows])
    for place, score in _scores(problem, [row.problem for row in rows]).items():
        scores[place] = max(score, scores.get(place, 0))
    best = sorted(scores.items(), key=lambda found: -found[1])[:MOST]
    return [_similar(rows[place], score) for place, score in best]


def _scores(text: str, others: list[str]) -> dict[int, float]:
    """Return how alike the texts are to this one, by their place, whatever the order of their words."""
    if len(text) < SHORTEST:
        return {}
    found = process.extract(
        text, others, scorer=fuzz.token_sort_ratio, processor=utils.default_process, limit=MOST, score_cutoff=ALIKE
    )
    return {place: score for _text, score, place in found}


def _texts(user: User) -> list[_Known]:
    """Return what the person may see; kept until anything changes."""
    name = f"look-alikes:{user.pk}:{data_version()}"
    rows = cache.get(name)
    if rows is None:
        visible = Initiative.objects.visible_to(user).order_by("number")
        columns = visible.values_list("number", "title", Left("problem", LONGEST), "business_unit__path", "stage")
        rows = [tuple(row) for row in columns]
        cache.set(name, rows, KEPT)
    return [_Known(*row) for row in rows]


def _similar(row: _Known, score: float) -> Similar:
    made = Initiative(number=row.number)
    return Similar(made.key, row.title, row.unit or "", str(Stage(row.stage).label), score / 100, made.url)
