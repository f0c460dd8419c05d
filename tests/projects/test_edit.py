"""Changing an initiative in steps: kept as one goes, found again, discarded, saved; both versions of a stale one."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEntry
from projects import edits, holds, initiatives, reorganising, units
from projects.models import Initiative, IntakeDraft, Tag
from projects.transitions import move
from tests.factories import UserFactory, bearer
from tests.markup import tight
from tests.projects.conftest import DAY

WHY = {"title": "Claims triage", "problem": "14 minutes a claim", "desired_outcome": "", "business_unit": ""}
MAIL = "carl@example.org"
DATA = {"hosting": "unknown", "risk_tier": "unknown"}


def url(initiative: Initiative, step: str = "") -> str:
    return (
        reverse("projects:edit-step", args=[initiative.key, step])
        if step
        else reverse("projects:initiative-edit", args=[initiative.key])
    )


def why(**changes: str) -> dict[str, str]:
    return {**WHY, "owner_email": MAIL, "sponsor_email": "", "go": "check", **changes}


def read(client, initiative: Initiative, step: str = "why") -> dict[str, str]:
    """Open a step and return what the page brings back of what its reader has read."""
    return {"read": client.get(url(initiative, step)).context["sealed"]}


def test_looking_begins_nothing_and_the_first_save_does(as_contributor, contributor, triage):
    answer = as_contributor.get(url(triage))
    assert answer.status_code == 200
    assert "14 minutes a claim</textarea>" in answer.content.decode()
    assert f'value="{MAIL}"' in answer.content.decode()
    assert not IntakeDraft.objects.exists()
    saved = as_contributor.post(
        url(triage, "why"), read(as_contributor, triage) | {"title": "Half a ti", "go": "save"},
        headers={"HX-Request": "true"},
    )  # fmt: skip
    shown = saved.content.decode()
    assert "<html" not in shown
    assert 'id="intake-side"' in shown
    assert 'hx-swap-oob="true"' in shown
    draft = IntakeDraft.objects.get()
    assert (draft.user, draft.initiative, draft.typed["why"]) == (contributor, triage, {"title": ["Half a ti"]})
    assert Initiative.objects.get().title == "Claims triage"


def test_an_unfinished_change_is_found_again_where_one_was(as_contributor, triage):
    as_contributor.post(url(triage, "need"), read(as_contributor, triage) | {"why_ai": "Half a rea", "go": "data"})
    as_contributor.post(url(triage, "data"), {"hosting": "saas", "risk_tier": "unknown", "go": "save"})
    assert as_contributor.get(url(triage)).url == url(triage, "data")
    assert "Half a rea" in as_contributor.get(url(triage, "need")).content.decode()
    on_its_page = as_contributor.get(triage.url).content.decode()
    assert "You have begun to change it" in on_its_page
    assert f'href="{url(triage)}">Go on editing</a>' in on_its_page
    holds.start(triage, date(2025, 3, 1), None, "Waits for data")
    both = as_contributor.get(triage.url, headers={"Accept-Language": "ja"}).content.decode()
    assert (both.count(">編集を続ける</a>"), both.count("再開")) == (1, 1)  # neither is taken for the other
    begun = as_contributor.get(reverse("projects:intake-new")).context["begun"]
    assert [(each["title"], each["go_on"]) for each in begun] == [(f"{triage.key} Claims triage", url(triage))]


def test_a_change_begun_is_its_writers_alone(as_contributor, as_office, contributor, office, triage):
    edits.begin(contributor, triage, "")
    as_office.force_login(office)
    assert "You have begun to change it" not in as_office.get(triage.url).content.decode()
    assert as_office.get(url(triage)).status_code == 200
    assert as_office.get(reverse("projects:edit-discard", args=[triage.key])).status_code == 404
    assert as_office.get(reverse("projects:intake-resume", args=[IntakeDraft.objects.get().pk])).status_code == 404


def test_who_may_edit_no_longer_is_not_led_to_a_change_begun(as_contributor, contributor, office, triage):
    edits.begin(contributor, triage, "")
    pages = [f"{triage.url}{path}" for path in ("", "outcomes/", "costs/", "history/")]
    assert [path for path in pages if "Go on editing</a>" not in as_contributor.get(path).content.decode()] == []
    Initiative.objects.update(owner=office)
    assert [path for path in pages if "begun to change" in as_contributor.get(path).content.decode()] == []
    assert as_contributor.get(triage.url).status_code == 200


def test_only_a_page_that_leads_on_asks_for_a_change_begun(as_contributor, triage):
    asked = {}
    for path in ("", "figures/roi/", "stage/"):
        with CaptureQueriesContext(connection) as queries:
            as_contributor.get(f"{triage.url}{path}")
        asked[path] = sum("projects_intakedraft" in query["sql"] for query in queries)
    assert asked == {"": 1, "figures/roi/": 0, "stage/": 0}


def test_it_is_thrown_away_after_a_question(as_contributor, triage):
    as_contributor.post(url(triage, "why"), read(as_contributor, triage) | why(title="Other"))
    address = reverse("projects:edit-discard", args=[triage.key])
    assert "Throw away your changes to “Claims triage”?" in as_contributor.get(address).content.decode()
    assert IntakeDraft.objects.exists()
    assert as_contributor.post(address).url == triage.url
    assert not IntakeDraft.objects.exists()
    assert Initiative.objects.get().title == "Claims triage"


def test_saving_changes_only_what_was_typed_and_tells_it_before_and_after(as_contributor, triage):
    as_contributor.post(url(triage, "why"), read(as_contributor, triage) | why(title="Triage"))
    as_contributor.post(url(triage, "timeline"), {"planned_pilot_on": "2026-05-01", "go": "check"})
    as_contributor.post(url(triage, "data"), {**DATA, "tags": "a、b, c", "confidential": "on", "go": "check"})
    asked = as_contributor.get(url(triage, "check"))
    told = {change.label: (change.old, change.new) for _step, fields in asked.context["changes"] for change in fields}
    assert told == {
        "Title": ("Claims triage", "Triage"),
        "Planned pilot": (None, "1 May 2026"),
        "Tags": (None, "a、b, c"),
        "Confidential": ("No", "Yes"),
    }
    assert "<del>Claims triage</del> → <ins>Triage</ins>" in tight(asked.content.decode())
    assert ">Save</button>" in tight(asked.content.decode())
    answer = as_contributor.post(url(triage, "check"), {"go": "next"})
    assert (answer.status_code, answer.url) == (302, triage.url)
    edited = Initiative.objects.get()
    assert (edited.title, edited.problem, edited.planned_pilot_on) == ("Triage", triage.problem, date(2026, 5, 1))
    assert (edited.owner, edited.confidential, edited.version) == (triage.owner, True, 2)
    assert [tag.name for tag in edited.tags.all()] == ["a", "b", "c"]
    changed = {"title", "tags", "planned_pilot_on", "plan_agreed_on", "confidential"}
    assert set(AuditEntry.objects.latest("id").changes) == changed
    assert not IntakeDraft.objects.exists()


def test_a_tag_of_before_that_has_a_comma_stays_one_where_another_field_changes(as_contributor, triage):
    triage.tags.add(Tag.objects.create(name="GDPR, art. 22"))
    typed = {"hosting": "saas", "risk_tier": "unknown", "tags": "GDPR, art. 22", "go": "check"}
    as_contributor.post(url(triage, "data"), read(as_contributor, triage, "data") | typed)
    as_contributor.post(url(triage, "check"), {"go": "next"})
    edited = Initiative.objects.get()
    assert (edited.hosting, [tag.name for tag in edited.tags.all()]) == ("saas", ["GDPR, art. 22"])


def test_two_tags_stay_two_where_a_third_has_the_name_of_both(as_contributor, triage):
    Tag.objects.create(name="HR, Legal")
    triage.tags.set([Tag.objects.create(name=name) for name in ("HR", "Legal")])
    typed = {**DATA, "tags": "HR, Legal, new", "go": "check"}
    as_contributor.post(url(triage, "data"), read(as_contributor, triage, "data") | typed)
    as_contributor.post(url(triage, "check"), {"go": "next"})
    assert {tag.name for tag in Initiative.objects.get().tags.all()} == {"HR", "Legal", "new"}


def test_a_tag_of_before_that_has_a_comma_stays_one_where_another_is_added(as_contributor, triage):
    triage.tags.add(Tag.objects.create(name="Governance, processes, and rules"))
    typed = {"tags": "voice,governance, Processes, and rules、 b ,,", "go": "check"}
    as_contributor.post(url(triage, "data"), read(as_contributor, triage, "data") | typed)
    as_contributor.post(url(triage, "check"), {"go": "next"})
    names = [tag.name for tag in Initiative.objects.get().tags.order_by("name")]
    assert sorted(names) == ["Governance, processes, and rules", "b", "voice"]


def test_saving_nothing_changes_nothing(as_contributor, triage):
    as_contributor.post(url(triage, "why"), read(as_contributor, triage) | why())
    shown = as_contributor.get(url(triage, "check")).content.decode()
    assert "Nothing is changed yet" in shown
    assert ">Save</button>" not in shown
    answer = as_contributor.post(url(triage, "check"), {"go": "next"}, follow=True)
    assert "Nothing has changed." in answer.content.decode()
    assert Initiative.objects.get().version == 1


def test_a_stale_edit_shows_both_versions_and_each_field_is_chosen(as_contributor, office, triage):
    before = read(as_contributor, triage)
    initiatives.edit(triage, version=1, actor=office, title="Their title", problem="Their problem", hosting="saas")
    as_contributor.post(url(triage, "why"), before | why(title="My title"))
    as_contributor.post(url(triage, "need"), {"why_ai": "My reason", "go": "check"})
    assert (
        "Somebody else has changed this initiative meanwhile"
        in as_contributor.get(url(triage, "need")).content.decode()
    )
    answer = as_contributor.post(url(triage, "check"), {"go": "next"})
    assert answer.status_code == 409
    found = {each.name: (each.theirs, each.mine, each.proposed) for each in answer.context["conflicts"]}
    assert found == {
        "title": ("Their title", "My title", "mine"),
        "problem": ("Their problem", "14 minutes a claim", "theirs"),
        "why_ai": ("", "My reason", "mine"),
        "hosting": ("SaaS", "Unknown", "theirs"),
    }
    shown = answer.content.decode()
    assert 'name="seen" value="2"' in shown
    assert "Their title" in shown
    assert "My title" in shown
    picks = {"pick-title": "mine", "pick-problem": "theirs", "pick-why_ai": "mine", "pick-hosting": "mine"}
    assert as_contributor.post(url(triage, "check"), {"go": "next", "seen": "2"} | picks).status_code == 302
    merged = Initiative.objects.get()
    assert (merged.title, merged.problem, merged.why_ai, merged.hosting) == (
        "My title", "Their problem", "My reason", "unknown",
    )  # fmt: skip
    assert merged.version == 3


def test_choices_for_an_older_version_do_not_count(as_contributor, office, triage):
    as_contributor.post(url(triage, "why"), read(as_contributor, triage) | why(title="My title"))
    initiatives.edit(triage, version=1, actor=office, title="Their title")
    as_contributor.get(url(triage, "check"))
    initiatives.edit(triage, version=2, actor=office, title="Their second title")
    answer = as_contributor.post(url(triage, "check"), {"go": "next", "seen": "2", "pick-title": "mine"})
    assert answer.status_code == 409
    assert [each.theirs for each in answer.context["conflicts"]] == ["Their second title"]
    assert Initiative.objects.get().title == "Their second title"


def test_what_is_chosen_stays_where_something_else_does_not_hold(as_contributor, office, triage):
    as_contributor.post(url(triage, "why"), read(as_contributor, triage) | why(title="My title", owner_email="no"))
    initiatives.edit(triage, version=1, actor=office, title="Their title")
    answer = as_contributor.post(url(triage, "check"), {"go": "next", "seen": "2", "pick-title": "theirs"})
    assert answer.status_code == 422
    draft = IntakeDraft.objects.get()
    assert (draft.typed["why"]["title"], draft.typed["why"]["owner_email"]) == (["Their title"], ["no"])
    assert draft.read["version"] == 2


def test_what_a_page_claims_to_have_read_is_believed_only_where_it_came_from_us(contributor, triage):
    draft = edits.begin(contributor, triage, edits.seal(IntakeDraft(initiative_id=triage.pk + 1, read={"version": 9})))
    assert draft.read["version"] == edits.NOT_TOLD
    assert draft.read["title"] == "Claims triage"


@pytest.mark.parametrize(
    ("step", "change", "field"),
    [
        ("why", {"title": ""}, "title"),
        ("why", {"problem": "x" * 20_001}, "problem"),
        ("why", {"business_unit": "Not there"}, "business_unit"),
        ("why", {"owner_email": "nobody@example.org"}, "owner_email"),
        ("timeline", {"planned_pilot_on": "2026-02-30"}, "planned_pilot_on"),
        ("timeline", {"planned_pilot_on": "1900-01-01"}, "planned_pilot_on"),
    ],
)
def test_what_does_not_hold_is_said_at_its_field_and_before_saving(as_contributor, triage, step, change, field):
    typed = why(**change) if step == "why" else change
    answer = as_contributor.post(url(triage, step), read(as_contributor, triage) | typed | {"go": "next"})
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    refused = as_contributor.post(url(triage, "check"), {"go": "next"})
    assert refused.status_code == 422
    assert [each.slug for each, _said in refused.context["problems"]] == [step]
    assert Initiative.objects.get().version == 1


def test_a_reference_that_another_has_is_refused_at_its_step(as_contributor, office, triage):
    initiatives.create(office, title="Other", external_ref="X-1")
    as_contributor.post(url(triage, "data"), read(as_contributor, triage) | {"external_ref": "X-1", "go": "check"})
    refused = as_contributor.post(url(triage, "check"), {"go": "next"})
    assert [(each.slug, said) for each, said in refused.context["problems"]] == [
        ("data", "Another initiative has this external reference.")
    ]


def test_a_reference_that_was_approved_is_the_office_s_to_change(as_contributor, contributor, office, triage):
    for stage, by in (("proposed", contributor), ("approved", office)):
        move(triage, stage, DAY, by)
    as_contributor.post(url(triage, "data"), read(as_contributor, triage) | {"external_ref": "Prod", "go": "check"})
    refused = as_contributor.post(url(triage, "check"), {"go": "next"})
    assert [(each.slug, said) for each, said in refused.context["problems"]] == [
        ("data", "Once it is approved, only the portfolio office changes its reference.")
    ]
    match = {"If-Match": f'"{Initiative.objects.get().version}"'}
    for user, status in ((contributor, 422), (office, 200)):
        address, body = f"/api/v1/initiatives/{triage.key}", {"external_ref": "Prod"}
        answer = as_contributor.patch(address, body, "application/json", headers=bearer(user) | match)
        assert answer.status_code == status


def test_only_its_own_people_change_it(as_contributor, office):
    other = initiatives.create(office, title="Other")
    for address in (url(other), url(other, "why")):
        assert as_contributor.get(address).status_code == 403
    assert as_contributor.get(reverse("projects:edit-discard", args=[other.key])).status_code == 404
    assert as_contributor.post(url(other, "why"), why()).status_code == 403
    secret = initiatives.create(office, title="Secret", confidential=True)
    assert as_contributor.get(url(secret, "why")).status_code == 404
    as_contributor.force_login(UserFactory(admin=True))
    assert as_contributor.get(url(secret, "nothing")).status_code == 404


def test_a_step_keeps_to_15_queries(as_contributor, triage, django_assert_max_num_queries):
    as_contributor.post(url(triage, "why"), read(as_contributor, triage) | why(title="My title"))
    for step in ("why", "need", "timeline", "data", "check"):
        with django_assert_max_num_queries(15):
            assert as_contributor.get(url(triage, step)).status_code == 200


def test_a_page_left_open_from_before_a_draft_was_saved_shows_both_versions(as_contributor, office, triage):
    opened = read(as_contributor, triage)
    as_contributor.post(url(triage, "why"), opened | why(title="Mine"))
    old = {"read": as_contributor.get(url(triage, "why")).context["sealed"]}  # a page of the draft, left open
    as_contributor.post(url(triage, "check"), old | {"go": "next"})
    triage.refresh_from_db()
    assert triage.title == "Mine"
    initiatives.edit(triage, version=triage.version, actor=office, problem="Twenty minutes a claim")
    as_contributor.post(url(triage, "why"), old | why(title="Mine", problem="14 minutes a claim"))
    last = as_contributor.post(url(triage, "check"), old | {"go": "next"})
    assert last.status_code == 409
    assert {each.name for each in last.context["conflicts"]} == {"problem"}
    triage.refresh_from_db()
    assert triage.problem == "Twenty minutes a claim"


def test_a_page_older_than_the_draft_takes_it_back_to_what_it_had_read(as_contributor, office, triage):
    old = read(as_contributor, triage)
    initiatives.edit(triage, version=triage.version, actor=office, problem="Twenty minutes a claim")
    as_contributor.post(url(triage, "need"), read(as_contributor, triage, "need") | {"why_ai": "Reads", "go": "save"})
    as_contributor.post(url(triage, "why"), old | why())
    assert {each.name for each in as_contributor.get(url(triage, "check")).context["conflicts"]} >= {"problem"}


def test_a_page_that_does_not_say_what_it_had_read_is_never_taken_for_the_latest(as_contributor, triage):
    as_contributor.post(url(triage, "why"), {"read": "forged"} | why(title="Blind"))
    last = as_contributor.post(url(triage, "check"), {"go": "next"})
    assert last.status_code == 409
    assert [each.name for each in last.context["conflicts"]] == ["title"]


def test_save_pressed_twice_saves_once_and_leaves_no_draft(as_contributor, triage):
    as_contributor.post(url(triage, "why"), read(as_contributor, triage) | why(title="Once"))
    sent = {"go": "next"} | read(as_contributor, triage, "check")
    first, second = (as_contributor.post(url(triage, "check"), sent) for _ in range(2))
    assert (first.status_code, second.status_code, second.url) == (302, 302, triage.url)
    assert not IntakeDraft.objects.exists()
    assert AuditEntry.objects.filter(action="edit", object_type="projects.initiative").count() == 1


def test_a_change_that_one_may_no_longer_make_can_be_thrown_away(as_contributor, contributor, triage):
    as_contributor.post(url(triage, "why"), read(as_contributor, triage) | why(title="Late"))
    Initiative.objects.update(owner=UserFactory())
    begun = as_contributor.get(reverse("projects:intake-new")).context["begun"]
    assert [each["go_on"] for each in begun] == [""]
    assert as_contributor.get(url(triage)).status_code == 403
    assert as_contributor.post(begun[0]["discard"]).status_code == 302
    assert not IntakeDraft.objects.exists()


def test_cancel_becomes_discard_with_the_first_autosave(as_contributor, triage):
    opened = as_contributor.get(url(triage))
    assert f'id="way-out" href="{triage.url}"' in tight(opened.content.decode())
    sent = {"read": opened.context["sealed"], "title": "Half", "go": "save"}
    saved = tight(as_contributor.post(url(triage, "why"), sent, headers={"HX-Request": "true"}).content.decode())
    assert f'id="way-out" hx-swap-oob="true" href="{reverse("projects:edit-discard", args=[triage.key])}"' in saved


def test_a_unit_that_was_renamed_since_a_change_was_begun_stands_in_no_way(as_contributor, office, triage):
    unit = units.find_or_make("Claims / Motor", office)
    initiatives.edit(triage, version=triage.version, actor=office, business_unit=unit)
    given = why(business_unit="Claims / Motor", title="Triage", go="save")
    as_contributor.post(url(triage, "why"), read(as_contributor, triage) | given)
    reorganising.call(unit, "Sales / Motor", office, read="Claims / Motor")
    assert as_contributor.post(url(triage, "check"), {"go": "next"}).status_code == 302
    triage.refresh_from_db()
    assert (triage.title, triage.business_unit.path) == ("Triage", "Sales / Motor")
