"""A move whose day is not known: it may be given one, and that may be taken back; figures follow, the history tells."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import AuditEntry
from projects import transitions
from projects.models import Initiative, Transition
from tests.factories import InitiativeFactory, bearer
from tests.forms import forms_of
from tests.projects.test_standing import keep

pytestmark = pytest.mark.django_db
LATEST = date(2024, 12, 31)
COHORT = "as_of=2025-06-30&started_from=2024-01-01"


@pytest.fixture
def undated(office) -> Initiative:
    """A prototype of which no day is known; beside it one that went from its start to production in 60 days."""
    dated = InitiativeFactory(owner=office, stage="production")
    keep(dated, [_step("draft", "prototype", date(2024, 3, 1)), _step("prototype", "production", date(2024, 4, 30))])
    made = InitiativeFactory(owner=office, stage="prototype")
    keep(made, [_step("draft", "prototype", None)])
    return made


def _step(begun: str, to: str, on: date | None) -> dict[str, Any]:
    return {"from": begun, "to": to, "on": on, "known_by": None if on else LATEST, "reason": "" if on else "planned"}


def last(initiative: Initiative) -> Transition:
    return initiative.transitions.latest("position")


def rates(client: Any, user: Any) -> tuple[Any, ...]:
    """Return the rate of the cohort of 2024 on, how many it has, and whom it leaves out."""
    told = client.get(f"/api/v1/portfolio/summary?{COHORT}", headers=bearer(user)).json()
    return told["production_rate"]["value"], told["prototypes"], told["left_out"].get("prototypes", {})


def correct(client: Any, user: Any, initiative: Initiative, **body: Any) -> Any:
    url = f"/api/v1/initiatives/{initiative.key}/transitions/{last(initiative).pk}/correct"
    return client.post(url, body, content_type="application/json", headers=bearer(user))


def changes_told(client: Any, initiative: Initiative) -> list[tuple[Any, ...]]:
    told = client.get(reverse("projects:initiative-history", args=[initiative.key])).context["told"][0]
    return [(each.label, each.old, each.new) for each in told.changes]


def test_a_wrong_day_leaves_every_figure_again_and_the_history_keeps_why_it_was_unknown(as_office, office, undated):
    before = rates(as_office, office)
    assert before == (1, 1, {"planned": 1})
    dated = correct(as_office, office, undated, effective_on="2024-05-01")
    assert (dated.status_code, dated.json()["known_by"], rates(as_office, office)) == (200, None, (0.5, 2, {}))
    assert changes_told(as_office, undated) == [
        ("Stage", None, "Prototype"), ("Effective on", None, "1 May 2024"), ("Had happened by", "31 Dec 2024", None),
        ("Why the day is not known", "The source gave a plan, not a date.", None),
    ]  # fmt: skip
    url = reverse("projects:transition-correct", args=[undated.key, 1])
    form = forms_of(as_office.get(url))[-2]
    sent = form.fields | {"effective_on": "2024-12-31", "not_known": "on"}
    assert as_office.post(url, sent).status_code == 302
    assert rates(as_office, office) == (1, 1, {"not known": 1})
    assert changes_told(as_office, undated) == [
        ("Stage", None, "Prototype"), ("Effective on", "1 May 2024", None), ("Had happened by", None, "31 Dec 2024"),
        ("Why the day is not known", None, "Nobody knows the day any more."),
    ]  # fmt: skip
    shown = as_office.get(f"/portfolio/figures/prototypes/?{COHORT}").content.decode()
    assert "the day is not known any more" in shown


def test_another_day_by_which_it_had_happened_keeps_why_its_own_is_unknown(as_office, office, undated):
    answer = correct(as_office, office, undated, known_by="2024-10-01").json()
    assert (answer["effective_on"], answer["known_by"], answer["unknown_reason"]) == (None, "2024-10-01", "planned")
    assert AuditEntry.objects.latest("id").changes == {
        "stage": ["prototype", "prototype"], "known_by": ["2024-12-31", "2024-10-01"],
    }  # fmt: skip
    assert correct(as_office, office, undated, known_by="2024-10-01").json()["id"] == answer["id"]  # nothing changed


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "effective_on"),
        ({"effective_on": "2024-05-01", "known_by": "2024-06-01"}, "effective_on"),
        ({"known_by": "2024-02-29"}, "known_by"),
        ({"known_by": "2100-01-01"}, "known_by"),
    ],
)
def test_a_day_by_which_it_cannot_have_happened_is_refused(as_office, office, undated, body, field):
    transitions.redate(undated, last(undated).pk, date(2024, 3, 1), office)
    transitions.move(undated, "pilot", date(2024, 4, 1), office)
    refused = correct(as_office, office, undated, **body)
    assert (refused.status_code, [each["field"] for each in refused.json()["errors"]]) == (422, [field])
    assert last(undated).effective_on == date(2024, 4, 1)


def test_the_page_shows_what_is_refused_of_a_day_by_which_it_had_happened(as_office, undated):
    url = reverse("projects:transition-correct", args=[undated.key, 1])
    form = forms_of(as_office.get(url))[-2]
    refused = as_office.post(url, form.fields | {"effective_on": "2100-01-01", "not_known": "on"})
    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["effective_on"])


def test_a_taken_back_move_tells_that_its_day_was_not_known(as_office, office, undated):
    transitions.take_back(undated, last(undated).pk, office)
    assert AuditEntry.objects.latest("id").changes == {
        "stage": ["prototype", "draft"], "known_by": ["2024-12-31", None], "unknown_reason": ["planned", None],
    }  # fmt: skip
    assert changes_told(as_office, undated)[1:] == [
        ("Had happened by", "31 Dec 2024", None),
        ("Why the day is not known", "The source gave a plan, not a date.", None),
    ]


def test_who_reads_late_is_told_that_the_day_is_not_known_now(as_office, office, undated):
    url = reverse("projects:transition-correct", args=[undated.key, 1])
    form = forms_of(as_office.get(url))[-2]
    transitions.redate(undated, last(undated).pk, None, office, known_by=date(2024, 11, 1))
    stale = as_office.post(url, form.fields | {"effective_on": "2024-05-01"})
    assert stale.status_code == 409
    words = " ".join(stale.content.decode().replace("\u00a0", " ").split())
    assert "Now it says: “Prototype”, day not known, by 1 November 2024 at the latest." in words
