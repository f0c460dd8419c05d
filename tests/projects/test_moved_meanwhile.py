"""Moves, dates and pauses sent late, twice or as they are: what was typed stays, and what is said is so."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.urls import reverse

from projects import holds, transitions
from projects.models import Initiative
from tests.forms import Form, forms_of
from tests.projects.conftest import DAY

pytestmark = pytest.mark.django_db
MAY, JUNE = date(2025, 5, 1), date(2025, 6, 1)


@pytest.fixture
def proposed(triage, office) -> Initiative:
    transitions.move(triage, "proposed", DAY, office)
    return triage


def words(page: Any) -> str:
    return " ".join(page.content.decode().replace("\u00a0", " ").split())


def of(name: str, *args: Any) -> str:
    return reverse(f"projects:{name}", args=args)


def form_at(client: Any, url: str, name: str) -> Form:
    (form,) = [each for each in forms_of(client.get(url)) if name in each.fields]
    return form


def ways(initiative: Initiative) -> list[tuple[str, date]]:
    return list(initiative.transitions.order_by("position").values_list("to_stage", "effective_on"))


def test_a_move_that_another_made_with_another_day_is_shown_beside_what_was_typed(as_office, office, proposed):
    url = of("transition-new", proposed.key)
    form = form_at(as_office, url, "effective_on")
    transitions.move(proposed, "prototype", JUNE, office)
    sent = form.fields | {"to_stage": "prototype", "effective_on": "2025-05-01", "rationale": "The board said so"}
    stale = as_office.post(url, sent)
    assert stale.status_code == 409
    assert "Somebody else has changed its stage meanwhile." in words(stale)
    assert "Now it says: “Prototype” on 1 June 2025." in words(stale)
    (again,) = [each for each in forms_of(stale) if "effective_on" in each.fields]
    assert (again.fields["effective_on"], again.fields["rationale"].strip()) == ("2025-05-01", "The board said so")
    assert ways(proposed) == [("proposed", DAY), ("prototype", JUNE)]
    onward = again.fields | {"to_stage": "pilot", "effective_on": "2025-06-02"}
    assert as_office.post(url, onward).status_code == 302
    assert ways(proposed)[-1] == ("pilot", date(2025, 6, 2))


def test_a_move_does_not_pass_over_a_stage_that_another_took_back(as_office, office, proposed):
    transitions.move(proposed, "prototype", MAY, office)
    url = of("transition-new", proposed.key)
    sent = form_at(as_office, url, "effective_on").fields | {"to_stage": "pilot", "effective_on": "2025-06-01"}
    transitions.take_back(proposed, proposed.transitions.latest("position").pk, office)
    stale = as_office.post(url, sent)
    assert (stale.status_code, ways(proposed)) == (409, [("proposed", DAY)])
    (again,) = [each for each in forms_of(stale) if "effective_on" in each.fields]
    assert (again.fields["to_stage"], again.fields["effective_on"]) == ("pilot", "2025-06-01")
    assert as_office.post(url, again.fields).status_code == 302  # now it is meant
    assert ways(proposed)[-1] == ("pilot", JUNE)


def test_a_draft_that_was_proposed_meanwhile_is_not_proposed_again(as_contributor, office, triage):
    url = of("transition-new", triage.key)
    sent = form_at(as_contributor, url, "effective_on").fields | {"to_stage": "proposed", "effective_on": "2025-05-01"}
    transitions.move(triage, "proposed", DAY, office)
    stale = as_contributor.post(url, sent)
    assert (stale.status_code, ways(triage)) == (409, [("proposed", DAY)])
    assert '<button class="btn">Move stage' not in stale.content.decode()  # what comes now is for the portfolio office


def test_a_move_made_while_another_is_being_sent_is_not_gone_on_from(as_office, office, proposed, monkeypatch):
    url = of("transition-new", proposed.key)
    sent = form_at(as_office, url, "effective_on").fields | {"to_stage": "pilot", "effective_on": "2025-06-01"}
    move = transitions.move

    def other_one_first(*args: Any, **options: Any) -> Any:
        monkeypatch.setattr(transitions, "move", move)
        move(proposed, "prototype", MAY, office)
        return move(*args, **options)

    monkeypatch.setattr(transitions, "move", other_one_first)
    assert as_office.post(url, sent).status_code == 409
    assert ways(proposed) == [("proposed", DAY), ("prototype", MAY)]


def test_that_an_earlier_pause_ended_on_a_day_does_not_end_the_one_that_is_open(as_contributor, contributor, triage):
    holds.start(triage, DAY, contributor, ended_on=MAY)
    holds.start(triage, JUNE, contributor)
    url = of("hold-edit", triage.key)
    form = form_at(as_contributor, url, "ended_on")
    refused = as_contributor.post(url, form.fields | {"ended_on": "2025-05-01"})
    assert (refused.status_code, refused.context["form"].errors) == (
        422, {"ended_on": ["Work goes on after the day on which the hold began."]},
    )  # fmt: skip
    assert triage.holds.latest("started_on").ended_on is None


def test_what_is_saved_as_it_was_is_not_said_to_be_corrected(as_office, office, proposed):
    hold = holds.start(proposed, DAY, office, "Data", date(2025, 2, 1))
    for url, name in (
        (of("transition-correct", proposed.key, 1), "effective_on"),
        (of("hold-correct", proposed.key, hold.pk), "started_on"),
    ):
        same = as_office.post(url, form_at(as_office, url, name).fields, follow=True)
        assert "Nothing has changed." in words(same)
        assert "the history keeps both" not in words(same)


def test_a_pause_is_not_corrected_to_the_days_of_another(as_office, office, triage):
    holds.start(triage, DAY, office, "Data", date(2025, 2, 1))
    hold = holds.start(triage, MAY, office, "Data", JUNE)
    url = of("hold-correct", triage.key, hold.pk)
    sent = form_at(as_office, url, "started_on").fields | {"started_on": "2025-01-01", "ended_on": "2025-02-01"}
    assert as_office.post(url, sent).status_code == 422
