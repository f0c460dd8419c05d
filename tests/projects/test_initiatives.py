"""Making and changing initiatives: units, tags, plans, versions, what is told in the audit trail."""

from __future__ import annotations

from datetime import date

import pytest
from django.utils import timezone

from accounts.changes import changing
from accounts.errors import RuleError
from accounts.models import AuditEntry, Role, User
from projects import bulk, holds, initiatives, people, tags, units
from projects.items import with_details
from projects.models import BusinessUnit, Initiative, PlanRevision, Tag
from tests.factories import UserFactory


def test_a_new_one_is_a_draft_of_its_maker_with_a_key(contributor):
    made = initiatives.create(contributor, title="  Claims \n triage ")
    assert (made.title, made.stage, made.owner, made.version) == ("Claims triage", "draft", contributor, 1)
    assert made.key == f"AI-{made.number:04d}"


def test_what_is_wrong_is_named_for_every_field(contributor):
    with pytest.raises(RuleError) as refused:
        initiatives.create(contributor, title=" ", problem="x" * 20_001, external_ref="r" * 501, hosting="moon")
    assert sorted(field for field, _ in refused.value.errors) == ["external_ref", "hosting", "problem", "title"]
    assert not Initiative.objects.exists()


def test_an_external_reference_belongs_to_one(contributor):
    initiatives.create(contributor, title="One", external_ref="X-1")
    with pytest.raises(RuleError) as refused:
        initiatives.create(contributor, title="Two", external_ref=" X-1 ")
    assert (refused.value.field, refused.value.status) == ("external_ref", 409)
    initiatives.create(contributor, title="Three", external_ref="")
    initiatives.create(contributor, title="Four", external_ref=None)


def test_units_are_found_without_case_and_made_where_missing_by_the_office(office, contributor):
    motor = units.find_or_make("Claims / Motor", office)
    assert units.find_or_make("claims  /  MOTOR", contributor) == motor
    assert (motor.path, motor.lineage) == ("Claims / Motor", f"/{motor.parent_id}/{motor.pk}/")
    assert units.find_or_make(" ", contributor) is None
    with pytest.raises(RuleError) as refused:
        units.find_or_make("Claims / Home", contributor)
    assert (refused.value.field, refused.value.status) == ("business_unit", 422)
    assert BusinessUnit.objects.count() == 2
    for wrong in ("/ Motor ", "Claims /  / Motor", "x" * 201):
        with pytest.raises(RuleError):
            units.find_or_make(f" {wrong}", office)


def test_a_unit_whose_name_has_the_separator_is_found_by_its_path_and_never_made_twice(office, contributor):
    with changing(office) as change:
        made = bulk.find_or_make_units({("GSA", "FAS / GSA IT"), ("GSA", "/ left"), ("GSA", "Right /")}, change)
    fas = made["GSA", "FAS / GSA IT"]
    for path in ("GSA / FAS / GSA IT", "gsa  / fas /  gsa it", "GSA / / left", "GSA / Right /"):
        assert units.find_or_make(path, contributor).path.casefold() == " ".join(path.split()).casefold()
    below = units.find_or_make("GSA / FAS / GSA IT / Desk", office)
    assert (below.parent, below.path) == (fas, "GSA / FAS / GSA IT / Desk")
    assert BusinessUnit.objects.count() == 5
    with changing(office) as change:  # and by an import where the path is there as a tree
        again = bulk.find_or_make_units({("GSA", "FAS / GSA IT / Desk")}, change)
    assert again["GSA", "FAS / GSA IT / Desk"] == below
    assert BusinessUnit.objects.count() == 5


@pytest.mark.parametrize(("role", "may"), [("finance", True), ("admin", True), ("executive", False)])
def test_who_may_make_units(db, role, may):
    person = UserFactory(role=role)
    if may:
        assert units.find_or_make("Claims", person).path == "Claims"
    else:
        with pytest.raises(RuleError):
            units.find_or_make("Claims", person)


def test_tags_are_one_per_name_whatever_the_case_and_contributors_make_them(contributor):
    found = tags.find_or_make(["Language", "language", "Images", " "], contributor)
    assert [tag.name for tag in found] == ["Images", "Language"]
    assert tags.find_or_make(["LANGUAGE"], contributor) == [Tag.objects.get(name="Language")]
    with pytest.raises(RuleError):
        tags.find_or_make(["new"], UserFactory(executive=True))
    with pytest.raises(RuleError, match="A tag has no comma"):  # a form shows tags in one line
        tags.find_or_make(["個人情報、機密"], contributor)


def test_people_are_invited_as_contributors_by_the_office_only(office, contributor):
    assert people.find_or_invite(office.email.upper(), contributor) == office
    with pytest.raises(RuleError) as refused:
        people.find_or_invite("new@example.org", contributor)
    assert refused.value.field == "owner_email"
    invited = people.find_or_invite("New@Example.org", office)
    assert (invited.email, invited.role, invited.has_usable_password()) == ("new@example.org", Role.CONTRIBUTOR, False)
    with pytest.raises(RuleError):
        people.find_or_invite("no address", office)
    assert User.objects.filter(email__startswith="new").count() == 1


def test_a_changed_plan_adds_a_row_and_keeps_the_old_one(triage, office):
    today = timezone.localdate()
    first = initiatives.edit(
        triage, version=1, actor=office, planned_production_on=date(2026, 3, 1), plan_agreed_on=date(2025, 5, 5)
    )
    second = initiatives.edit(first, version=2, actor=office, planned_production_on=date(2026, 6, 1))
    rows = PlanRevision.objects.order_by("pk").values_list("planned_production_on", "agreed_on")
    assert list(rows) == [(date(2026, 3, 1), date(2025, 5, 5)), (date(2026, 6, 1), today)]
    unchanged = initiatives.edit(second, version=3, actor=office, planned_production_on=date(2026, 6, 1), title="T")
    assert (unchanged.version, PlanRevision.objects.count()) == (4, 2)
    initiatives.edit(unchanged, version=4, actor=office, plan_agreed_on=date(2025, 4, 4))
    assert PlanRevision.objects.count() == 3


def test_an_older_plan_that_is_entered_late_stays_beside_the_one_in_force(triage, office):
    may = {"planned_production_on": date(2026, 6, 1), "plan_agreed_on": date(2025, 5, 5)}
    january = {"planned_production_on": date(2026, 3, 1), "plan_agreed_on": date(2025, 1, 5)}
    initiatives.edit(triage, version=1, actor=office, **may)
    late = initiatives.edit(triage, version=2, actor=office, **january)
    assert late.planned_production_on == date(2026, 6, 1)
    assert Initiative.objects.get(pk=triage.pk).planned_production_on == date(2026, 6, 1)
    shown = with_details(Initiative.objects.filter(pk=triage.pk), date(2026, 1, 1)).get()
    assert shown.plan_agreed_on == date(2025, 5, 5)
    rows = PlanRevision.objects.order_by("agreed_on").values_list("planned_production_on", "agreed_on")
    assert list(rows) == [(date(2026, 3, 1), date(2025, 1, 5)), (date(2026, 6, 1), date(2025, 5, 5))]
    entry = AuditEntry.objects.latest("id")  # the initiative's own date did not change
    assert (entry.action, entry.object_type, entry.initiative_id) == ("create", "projects.planrevision", triage.pk)
    assert entry.changes == {"agreed_on": [None, "2025-01-05"], "planned_production_on": [None, "2026-03-01"]}
    again = initiatives.edit(triage, version=3, actor=office, **january)
    assert (again.version, PlanRevision.objects.count()) == (3, 2)
    dropped = initiatives.edit(again, version=3, actor=office, planned_production_on=None)
    assert (dropped.planned_production_on, PlanRevision.objects.count()) == (None, 3)


def test_an_edit_is_told_from_what_to_what_and_one_without_a_difference_is_not(triage, office):
    edited = initiatives.edit(triage, version=1, actor=office, title="Triage", tags=["b", "a"], confidential=True)
    entry = AuditEntry.objects.latest("id")
    assert entry.changes == {
        "title": ["Claims triage", "Triage"],
        "confidential": [False, True],
        "tags": [None, "a, b"],
    }
    before = AuditEntry.objects.count()
    same = initiatives.edit(edited, version=2, actor=office, title="Triage", tags=["A", "b"])
    assert (same.version, AuditEntry.objects.count()) == (2, before)


def test_a_stale_edit_changes_nothing_and_hands_over_what_is_in_force(triage, office, contributor):
    initiatives.edit(triage, version=1, actor=office, title="Theirs")
    with pytest.raises(initiatives.StaleEdit) as stale:
        initiatives.edit(triage, version=1, actor=contributor, title="Mine")
    assert (stale.value.current.title, stale.value.current.version) == ("Theirs", 2)
    assert Initiative.objects.get(pk=triage.pk).title == "Theirs"


def test_pauses_do_not_overlap(triage, office):
    holds.start(triage, date(2025, 3, 1), office, "Waiting", date(2025, 3, 10))
    for start, end in [((2025, 3, 9), (2025, 4, 1)), ((2025, 2, 1), (2025, 3, 2)), ((2025, 2, 1), None)]:
        with pytest.raises(RuleError) as refused:
            holds.start(triage, date(*start), office, ended_on=date(*end) if end else None)
        assert refused.value.status == 409
    holds.start(triage, date(2025, 3, 10), office)
    with pytest.raises(RuleError):
        holds.end(triage, date(2025, 3, 10), office)
    assert holds.end(triage, date(2025, 4, 1), office).ended_on == date(2025, 4, 1)
    with pytest.raises(RuleError):
        holds.end(triage, date(2025, 5, 1), office)


def test_confidential_ones_are_seen_by_their_own_people_and_the_central_roles(office, contributor):
    secret = initiatives.create(office, title="Secret", confidential=True)
    member, sponsor = UserFactory(), UserFactory()
    initiatives.edit(secret, version=1, actor=office, members=[member], sponsor=sponsor)
    sees = {person: secret in Initiative.objects.visible_to(person) for person in (contributor, member, sponsor)}
    assert list(sees.values()) == [False, True, True]
    assert all(
        secret in Initiative.objects.visible_to(UserFactory(role=role)) for role in Role if role != "contributor"
    )


def test_tags_are_made_in_one_order_whatever_order_they_are_typed_in(office):
    """Two people who make the same ones at once wait for each other only one way round."""
    tags.find_or_make(["pilot", "Claims", "motor"], office)
    assert list(Tag.objects.order_by("pk").values_list("name", flat=True)) == ["Claims", "motor", "pilot"]
