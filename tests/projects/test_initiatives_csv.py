"""Initiatives by file: every field, identity, what a revert leaves."""

from __future__ import annotations

from datetime import date

import pytest

from accounts.models import AuditEntry, User
from projects import holds, initiatives
from projects.models import BusinessUnit, Initiative, Tag
from projects.transitions import move, take_back
from tests.factories import UserFactory
from tests.imports.files import bring_in

pytestmark = pytest.mark.django_db
EVERYTHING = """title,problem,desired_outcome,why_ai,alternative_considered,business_unit,owner_email,sponsor_email,\
hosting,risk_tier,tags,planned_prototype_on,planned_pilot_on,planned_production_on,plan_agreed_on,external_ref,confidential
 Claims  chat ,Calls take long,Minutes halve,Texts vary,More staff,Claims / Motor,Ann@example.org,bo@example.org,\
saas,limited,chat; Claims ;,2026-01-31,2026-03-31,2026-06-30,2025-12-01,C-1,yes
"""


def test_every_field_comes_in() -> None:
    office = UserFactory(portfolio=True)
    job = bring_in("initiatives_csv", EVERYTHING, actor=office)
    made = Initiative.objects.get()
    assert (job.state, job.rows_created) == ("done", 1)
    assert (made.title, made.problem, made.why_ai) == ("Claims chat", "Calls take long", "Texts vary")
    assert (str(made.business_unit), made.owner.email, made.sponsor.email) == (
        "Claims / Motor", "ann@example.org", "bo@example.org",
    )  # fmt: skip
    assert (made.hosting, made.risk_tier, made.confidential, made.external_ref) == ("saas", "limited", True, "C-1")
    assert sorted(made.tags.values_list("name", flat=True)) == ["Claims", "chat"]
    assert made.planned_production_on == date(2026, 6, 30)
    assert made.plan_revisions.get().agreed_on == date(2025, 12, 1)
    assert (made.outcomes_not_recorded, made.source_import_id, made.created_by) == (True, job.pk, office)


def test_the_reference_is_the_identity_and_what_people_changed_stays() -> None:
    bring_in("initiatives_csv", "title,external_ref\nOld name,C-1\n")
    job = bring_in("initiatives_csv", "title,external_ref\nNew name,C-1\n")
    assert (job.rows_created, job.rows_unchanged) == (0, 1)
    assert {str(reason): reason.lines for reason in job.reasons.all()} == {
        "There already, with other values in this row: left as it is.": [2]
    }
    assert Initiative.objects.get().title == "Old name"


def test_without_a_reference_it_is_title_and_occurrence() -> None:
    text = "title\nPilot\nOther\nPilot\n"
    assert bring_in("initiatives_csv", text).rows_created == 3
    again = bring_in("initiatives_csv", text + "Pilot\n")
    assert (again.rows_created, again.rows_unchanged) == (1, 3)
    assert Initiative.objects.filter(title="Pilot").count() == 3


def test_a_rejected_row_leaves_no_unit_no_person_and_no_audit_entry() -> None:
    job = bring_in("initiatives_csv", "title,business_unit,owner_email\nx,New unit,nobody\n")
    assert [(row.column, row.translated) for row in job.rejected.all()] == [("owner_email", "Not an e-mail address.")]
    assert (BusinessUnit.objects.count(), User.objects.count()) == (0, 0)
    assert not AuditEntry.objects.exclude(object_type="imports.import").exists()


@pytest.mark.parametrize(
    ("columns", "bad"),
    [
        ("plan_agreed_on", "2099-01-01"),
        ("business_unit", "Claims /  / Motor"),
        ("tags", "a，b"),
    ],
)
def test_a_rejected_row_is_rejected_again_and_makes_no_other_of_its_title(columns: str, bad: str) -> None:
    text = f"title,{columns}\nX,{bad}\nX,\n"
    for created, unchanged in ((1, 0), (0, 1)):
        job = bring_in("initiatives_csv", text)
        assert (job.rows_created, job.rows_unchanged, job.rows_rejected) == (created, unchanged, 1)
        assert [(row.line, row.column) for row in job.rejected.all()] == [(2, columns)]
    assert Initiative.objects.count() == 1


def test_a_row_that_a_door_refuses_leaves_nothing_in_the_audit_trail_either() -> None:
    job = bring_in("initiatives_csv", 'title,business_unit,owner_email,tags\nx,New unit,a@b.example,"one;t，o"\n')
    assert [row.column for row in job.rejected.all()] == ["tags"]
    assert (BusinessUnit.objects.count(), User.objects.count(), Tag.objects.count()) == (0, 0, 0)
    assert not AuditEntry.objects.exclude(object_type="imports.import").exists()


def test_what_a_row_of_one_that_is_there_names_is_not_made() -> None:
    initiatives.create(None, title="X")
    job = bring_in("initiatives_csv", "title,business_unit,owner_email,tags\nX,New unit,a@b.example,one\n")
    assert (job.rows_created, job.rows_unchanged) == (0, 1)
    assert (BusinessUnit.objects.count(), User.objects.count(), Tag.objects.count()) == (0, 0, 0)
    assert not AuditEntry.objects.filter(action="create").exclude(object_type="projects.initiative").exists()


def test_a_dry_run_uses_no_keys_up() -> None:
    first = initiatives.create(None, title="First")
    text = "title,external_ref\nOne,R-1\nTwo,R-2\nTwo again,R-2\n"
    dry = bring_in("initiatives_csv", text, dry_run=True)
    assert (dry.rows_created, dry.rows_unchanged, Initiative.objects.count()) == (2, 1, 1)
    assert bring_in("initiatives_csv", text).rows_created == 2
    assert [each.number - first.number for each in Initiative.objects.order_by("number")] == [0, 1, 2]


def test_a_revert_keeps_what_people_have_built_on() -> None:
    from imports import jobs

    office = UserFactory(portfolio=True)
    job = bring_in(
        "initiatives_csv", "title,business_unit,tags\nGone,Unit A,one\nEdited,Unit B,two\nMoved,,\nBack,,\nPaused,,\n"
    )
    edited = Initiative.objects.get(title="Edited")
    initiatives.edit(edited, version=edited.version, actor=office, problem="Now stated")
    move(Initiative.objects.get(title="Moved"), "proposed", date(2026, 1, 5), office)
    back = Initiative.objects.get(title="Back")
    take_back(back, move(back, "proposed", date(2026, 1, 5), office).pk, office)
    paused = Initiative.objects.get(title="Paused")
    holds.take_back(paused, holds.start(paused, date(2026, 1, 5), office).pk, office)
    reverted = jobs.revert(job, office)
    assert (reverted.removed, reverted.kept) == (1, 4)
    assert set(Initiative.objects.values_list("title", flat=True)) == {"Edited", "Moved", "Back", "Paused"}
    assert [unit.path for unit in BusinessUnit.objects.all()] == ["Unit B"]
    assert [tag.name for tag in Tag.objects.all()] == ["two"]
