"""Stage moves: order, dates, permissions, two at once."""

from __future__ import annotations

import threading
from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.utils import timezone

from accounts.changes import changing
from accounts.errors import RuleError
from accounts.models import AuditEntry
from projects import gates, holds, hooks, initiatives, transitions
from projects.models import Initiative, PlanRevision, Transition
from projects.stages import MOVES, Stage
from tests.factories import InitiativeFactory, UserFactory
from tests.projects.conftest import DAY

ALLOWED = {(start, to) for start, ends in MOVES.items() for to in ends}


def test_moves_are_exactly_those_of_the_contract():
    line = ["proposed", "approved", "prototype", "pilot", "production"]
    wanted = {("draft", "proposed")}
    wanted |= {(a, b) for i, a in enumerate(line) for b in line[i + 1 :]}
    wanted |= {("production", "prototype"), ("production", "pilot"), ("pilot", "prototype")}
    wanted |= {("proposed", "declined"), ("approved", "declined"), ("prototype", "stopped"), ("pilot", "stopped")}
    wanted |= {("production", "retired"), ("declined", "proposed"), ("retired", "production")}
    wanted |= {("stopped", "prototype"), ("stopped", "pilot")}
    assert wanted == ALLOWED


@pytest.mark.parametrize("start", Stage.values)
@pytest.mark.parametrize("to", Stage.values)
def test_any_other_move_is_a_conflict(triage, office, start, to):
    Initiative.objects.filter(pk=triage.pk).update(stage=start)
    if (start, to) in ALLOWED:
        transitions.move(triage, to, DAY, office)
        assert Initiative.objects.get(pk=triage.pk).stage == to == triage.stage
    else:
        with pytest.raises(RuleError) as refused:
            transitions.move(triage, to, DAY, office, override=True, rationale="because")
        assert refused.value.status == 409
        assert Initiative.objects.get(pk=triage.pk).stage == start


def test_a_word_that_is_no_stage_is_invalid(triage, office):
    with pytest.raises(RuleError) as refused:
        transitions.move(triage, "prototpye", DAY, office)
    assert (refused.value.status, refused.value.field) == (422, "to_stage")


def test_back_dated_to_the_day_of_the_step_before_but_not_earlier(triage, office):
    transitions.move(triage, "proposed", date(2025, 3, 1), office)
    with pytest.raises(RuleError) as refused:
        transitions.move(triage, "approved", date(2025, 2, 28), office)
    assert (refused.value.status, refused.value.field) == (422, "effective_on")
    assert refused.value.message == "The stage before began on 1 March 2025: not earlier than that."
    transitions.move(triage, "approved", date(2025, 3, 1), office)
    assert [step.position for step in triage.transitions.all()] == [1, 2]


def test_a_step_of_unknown_date_does_not_hide_the_last_known_one(triage, office):
    transitions.move(triage, "proposed", date(2025, 3, 1), office)
    Transition.objects.create(
        initiative=triage, position=2, from_stage="proposed", to_stage="prototype", known_by=date(2025, 12, 31)
    )
    Initiative.objects.filter(pk=triage.pk).update(stage="prototype")
    with pytest.raises(RuleError):
        transitions.move(triage, "pilot", date(2025, 2, 1), office)
    transitions.move(triage, "pilot", date(2025, 4, 1), office)


def test_not_in_the_future(triage, office):
    with pytest.raises(RuleError) as refused:
        transitions.move(triage, "proposed", timezone.localdate() + timedelta(1), office)
    assert (refused.value.status, refused.value.field) == (422, "effective_on")
    transitions.move(triage, "proposed", timezone.localdate(), office)


def test_a_move_is_told_in_the_audit_trail_and_to_the_hooks(triage, office, monkeypatch):
    heard = []
    monkeypatch.setattr(hooks, "after_stage_change", [heard.append])
    made = transitions.move(triage, "proposed", DAY, office, rationale="  Board  ")
    assert heard == [[triage.pk]]
    assert (made.rationale, made.recorded_by, made.override) == ("Board", office, False)
    entry = AuditEntry.objects.latest("id")
    assert (entry.action, entry.actor, entry.initiative_id) == ("move", office, triage.pk)
    assert entry.changes == {
        "stage": ["draft", "proposed"],
        "effective_on": [None, "2025-01-01"],
        "rationale": [None, "Board"],
    }


def test_a_gate_that_is_not_met_needs_override_role_and_rationale(triage, office, contributor, monkeypatch):
    monkeypatch.setattr(gates, "criteria", [lambda initiative, to, on: "No budget." if to == "proposed" else None])
    with pytest.raises(RuleError) as refused:
        transitions.move(triage, "proposed", DAY, office)
    assert (refused.value.status, refused.value.errors) == (422, [("to_stage", "No budget.")])
    with pytest.raises(RuleError) as refused:
        transitions.move(triage, "proposed", DAY, office, override=True)
    assert refused.value.field == "rationale"
    with pytest.raises(PermissionDenied):
        transitions.move(triage, "proposed", DAY, contributor, override=True, rationale="Agreed")
    assert transitions.move(triage, "proposed", DAY, office, override=True, rationale="Agreed").override


def test_override_without_an_unmet_gate_is_harmless(triage, contributor):
    assert not transitions.move(triage, "proposed", DAY, contributor, override=True).override


def _at_once(work, times: int = 2) -> list:
    results, barrier = [], threading.Barrier(times)

    def run(number: int) -> None:
        try:
            barrier.wait(timeout=10)
            results.append(work(number))
        except RuleError as error:
            results.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return results


@pytest.mark.django_db(transaction=True)
def test_of_two_moves_at_once_only_one_passes():
    office = UserFactory(portfolio=True)
    initiative = initiatives.create(office, title="Contested")

    def move(_number: int) -> Transition:
        return transitions.move(Initiative.objects.get(pk=initiative.pk), "proposed", DAY, office)

    results = _at_once(move)
    assert sorted(type(result).__name__ for result in results) == ["RuleError", "Transition"]
    assert [step.to_stage for step in initiative.transitions.all()] == ["proposed"]


@pytest.mark.django_db(transaction=True)
def test_keys_made_at_once_differ_and_never_come_back():
    office = UserFactory(portfolio=True)
    made = _at_once(lambda number: initiatives.create(office, title=f"Number {number}"), times=6)
    numbers = sorted(each.number for each in made)
    assert len(set(numbers)) == 6
    Initiative.objects.filter(number=numbers[-1]).delete()
    assert initiatives.create(office, title="Later").number > numbers[-1]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("write", ["move", "edit", "hold"])
def test_what_is_added_to_an_initiative_does_not_wait_for_its_row(write):
    """Each write ends with the row of the data version: one that waited for the other's initiative would deadlock."""
    office = UserFactory(portfolio=True)
    initiative = initiatives.create(office, title="Busy")

    def add(_number: int) -> PlanRevision:
        with changing(office):
            return PlanRevision.objects.create(initiative=initiative, agreed_on=DAY)

    with changing(office):
        if write == "move":
            transitions.move(initiative, "proposed", DAY, office)
        elif write == "edit":
            initiatives.edit(initiative, version=1, actor=office, title="Busier")
        else:
            holds.start(initiative, DAY, office)
        (added,) = _at_once(add, times=1)
    assert added.pk


@pytest.mark.django_db
def test_who_approves_sees_the_reference_that_costs_will_go_by(client):
    initiative = InitiativeFactory(external_ref="WBS <47>", stage="proposed")
    client.force_login(UserFactory(role="portfolio"))
    address = f"/initiatives/{initiative.key}/stage/"
    page = client.get(address).content.decode()
    assert "Its external reference is “WBS &lt;47&gt;”" in page
    Initiative.objects.update(stage="approved")
    assert "Its external reference" not in client.get(address).content.decode()
