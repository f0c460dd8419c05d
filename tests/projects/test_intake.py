"""The intake: saved as one goes, warned of softly, sent in one transaction."""

from __future__ import annotations

import dataclasses
from datetime import date

import pytest
from django.db import connection
from django.http import Http404, QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.changes import changing
from accounts.errors import RuleError
from display.fields import SoftWarning
from projects import bulk, initiatives, intake, transitions
from projects.intake import drafts, submission
from projects.intake.forms import NeedForm, TimelineForm, WhyForm
from projects.intake.own_steps import LAST
from projects.intake.similar import look_alikes
from projects.models import Initiative, IntakeDraft, PlanRevision
from tests.factories import UserFactory
from tests.forms import forms_of

WHY = {"title": "Claims triage", "problem": "14 minutes a claim", "desired_outcome": "7 minutes", "business_unit": ""}


@pytest.fixture(autouse=True)
def own_steps_only(monkeypatch):
    """Only this room's steps: the others have their own tests."""
    own = [step for step in intake.steps if step.slug in ("why", "need", "timeline", "data", LAST)]
    monkeypatch.setattr(intake.registry, "steps", own)


@pytest.fixture
def draft(as_contributor) -> IntakeDraft:
    as_contributor.post(reverse("projects:intake-new"), {"go": "next"})
    return IntakeDraft.objects.get()


def url(draft: IntakeDraft, step: str) -> str:
    return reverse("projects:intake-step", args=[draft.pk, step])


def test_it_is_asked_in_the_order_of_the_design():
    titles = [str(step.title) for step in intake.steps]
    wanted = ["Why, and for whom", "Is AI needed?", "Timeline", "Data, hosting, risk", "Check and send"]
    assert [title for title in titles if title in wanted] == wanted
    assert titles[-1] == "Check and send"


def test_every_button_saves_first(as_contributor, draft):
    answer = as_contributor.post(url(draft, "why"), WHY | {"go": "timeline", "business_unit": "typed, not there"})
    assert answer.url == url(draft, "timeline")
    draft.refresh_from_db()
    assert draft.typed["why"]["business_unit"] == ["typed, not there"]
    assert 'value="typed, not there"' in as_contributor.get(url(draft, "why")).content.decode()


def test_a_unit_that_an_import_named_with_a_slash_is_taken_from_who_makes_none(as_contributor, draft, office):
    with changing(office) as change:
        bulk.find_or_make_units({("GSA", "FAS / GSA IT")}, change)
    answer = as_contributor.post(url(draft, "why"), WHY | {"go": "next", "business_unit": "GSA / FAS / GSA IT"})
    assert (answer.status_code, answer.url) == (302, url(draft, "need"))


def test_saving_by_itself_answers_with_the_side_and_when(as_contributor, draft):
    answer = as_contributor.post(
        url(draft, "why"), {"title": "Half a ti", "go": "save"}, headers={"HX-Request": "true"}
    )
    shown = answer.content.decode()
    assert "<html" not in shown
    assert 'id="intake-side"' in shown
    assert 'hx-swap-oob="true"' in shown
    draft.refresh_from_db()
    assert (draft.typed["why"], draft.step) == ({"title": ["Half a ti"]}, "why")


def test_continue_warns_once_and_then_goes_on(as_contributor, draft):
    vague = WHY | {"desired_outcome": "improve efficiency of claims handling", "go": "next"}
    first = as_contributor.post(url(draft, "why"), vague)
    assert first.status_code == 200
    assert "Nobody could measure this yet." in first.content.decode()
    assert first.context["warned"] == "desired_outcome"
    second = as_contributor.post(url(draft, "why"), vague | {"warned": "desired_outcome"})
    assert second.url == url(draft, "need")


def test_the_way_out_of_a_warning_works_without_scripts(as_contributor, draft):
    vague = WHY | {"desired_outcome": "better", "use-desired_outcome": "better: from … to …"}
    assert as_contributor.post(url(draft, "why"), vague).url == url(draft, "why")
    draft.refresh_from_db()
    assert draft.typed["why"]["desired_outcome"] == ["better: from … to …"]


def test_an_error_keeps_one_at_the_step_with_what_was_typed(as_contributor, draft):
    answer = as_contributor.post(url(draft, "timeline"), {"planned_production_on": "2026-02-30", "go": "next"})
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["planned_production_on"]
    assert 'value="2026-02-30"' in answer.content.decode()


def test_a_plan_is_agreed_today_at_the_latest_whatever_day_it_names(as_contributor, draft):
    plan = {"planned_production_on": "2100-12-31", "plan_agreed_on": "2100-12-31", "go": "next"}
    answer = as_contributor.post(url(draft, "timeline"), plan)
    assert answer.status_code == 422
    assert answer.context["form"].errors == {"plan_agreed_on": ["This day lies in the future."]}
    today = timezone.localdate().isoformat()
    assert as_contributor.post(url(draft, "timeline"), plan | {"plan_agreed_on": today}).status_code == 302


def test_nul_is_left_out_and_a_text_beyond_every_limit_is_kept_until_its_step_is_right(as_contributor, draft):
    answer = as_contributor.post(url(draft, "why"), {"title": "a\x00b", "problem": "x" * 50_000, "go": "back"})
    assert answer.status_code == 302
    draft.refresh_from_db()
    assert draft.typed["why"]["title"] == ["ab"]
    assert len(draft.typed["why"]["problem"][0]) == 50_000


@pytest.mark.parametrize("go", ["next", "back", "need", "check"])
def test_what_is_too_much_for_a_draft_is_refused_with_all_of_it_and_nothing_of_it_is_kept(as_contributor, draft, go):
    as_contributor.post(url(draft, "why"), WHY | {"go": "back"})
    endless = "x" * 59_990 + "the last.."
    answer = as_contributor.post(url(draft, "why"), WHY | {"problem": endless, "go": go})
    assert answer.status_code == 422
    assert endless in answer.content.decode()
    assert (
        "This is too much to be kept. Nothing that you have typed since the last time is saved."
        in answer.content.decode()
    )
    draft.refresh_from_db()
    assert draft.typed["why"]["problem"] == [WHY["problem"]]
    shorter = {"problem": "Shorter", "go": "next", "stood": answer.context["stood"]}
    assert as_contributor.post(url(draft, "why"), WHY | shorter).status_code == 302
    draft.refresh_from_db()
    assert draft.typed["why"]["problem"] == ["Shorter"]


def test_an_autosave_of_too_much_is_not_called_saved(as_contributor, draft):
    typed = {"title": "x" * 50_001, "go": "save"}
    answer = as_contributor.post(url(draft, "why"), typed, headers={"HX-Request": "true"})
    assert answer.status_code == 413
    many = {f"field-{number}": "x" for number in range(501)}
    assert as_contributor.post(url(draft, "why"), many | {"go": "next"}).status_code == 422
    draft.refresh_from_db()
    assert draft.typed["why"] == {}


def test_what_is_too_much_for_a_change_is_refused_too(as_contributor, contributor):
    initiative = initiatives.create(contributor, title="Claims triage")
    address = reverse("projects:edit-step", args=[initiative.key, "why"])
    answer = as_contributor.post(address, WHY | {"problem": "x" * 60_000, "go": "next"})
    assert answer.status_code == 422
    assert "x" * 60_000 in answer.content.decode()


def test_sending_makes_and_proposes_the_initiative_and_drops_the_draft(as_contributor, contributor, draft):
    as_contributor.post(url(draft, "why"), WHY)
    as_contributor.post(url(draft, "need"), {"why_ai": "Free text", "alternative_considered": "Longer forms"})
    as_contributor.post(url(draft, "timeline"), {"planned_production_on": "2027-06-01", "plan_agreed_on": "2025-01-01"})
    as_contributor.post(url(draft, "data"), {"hosting": "saas", "risk_tier": "limited", "tags": "x, y"})
    looked = as_contributor.get(url(draft, LAST)).content.decode()
    assert "Longer forms" in looked
    assert "Before you can send it" not in looked
    answer = as_contributor.post(url(draft, LAST), {"propose": "on", "go": "next"})
    made = Initiative.objects.get()
    assert answer.url == made.url
    assert (made.title, made.stage, made.owner, made.hosting) == ("Claims triage", "proposed", contributor, "saas")
    assert [tag.name for tag in made.tags.all()] == ["x", "y"]
    assert PlanRevision.objects.get().agreed_on == date(2025, 1, 1)
    assert not IntakeDraft.objects.exists()


def test_before_sending_days_and_numbers_are_read_as_people_write_them(as_contributor, draft):
    as_contributor.post(url(draft, "timeline"), {"planned_production_on": "2027-06-30", "go": "check"})
    told = as_contributor.get(url(draft, LAST)).context["told"]
    assert [text for step, answers in told if step.slug == "timeline" for _label, text in answers] == ["30 June 2027"]


def test_kept_as_a_draft_where_the_person_wants(as_contributor, draft):
    as_contributor.post(url(draft, "why"), WHY)
    as_contributor.post(url(draft, LAST), {"go": "next"})
    assert Initiative.objects.get().stage == "draft"


def test_what_is_missing_is_said_with_a_way_to_its_step(as_contributor, draft):
    answer = as_contributor.post(url(draft, LAST), {"propose": "on", "go": "next"})
    assert answer.status_code == 422
    assert [(step.slug, "What is it called?" in words) for step, words in answer.context["problems"]] == [("why", True)]
    assert not Initiative.objects.exists()


def test_a_step_that_fails_at_the_end_leaves_nothing_half_done(as_contributor, draft, monkeypatch):
    def refuse(initiative, cleaned, actor):
        raise RuleError("The outcome does not hold.")

    steps = intake.registry.steps
    place = [step.slug for step in steps].index("data")
    steps[place] = dataclasses.replace(steps[place], create=refuse)
    as_contributor.post(url(draft, "why"), WHY)
    as_contributor.post(url(draft, "data"), {"hosting": "saas", "risk_tier": "limited"})
    answer = as_contributor.post(url(draft, LAST), {"propose": "on", "go": "next"})
    assert answer.status_code == 422
    assert "The outcome does not hold." in answer.content.decode()
    assert not Initiative.objects.exists()
    assert IntakeDraft.objects.exists()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"external_ref": "R-1"}, "Another initiative has this external reference."),
        ({"tags": ",".join(f"t{number}" for number in range(51))}, "At most 50 tags."),
    ],
)
def test_what_does_not_hold_stands_beside_the_step_that_asks_for_it(as_contributor, draft, typed, said):
    Initiative.objects.create(number=77, title="Other", external_ref="R-1")
    as_contributor.post(url(draft, "why"), WHY)
    as_contributor.post(url(draft, "data"), {"hosting": "saas", "risk_tier": "limited"} | typed)
    answer = as_contributor.post(url(draft, LAST), {"propose": "on", "go": "next"})
    assert answer.status_code == 422
    assert [(step.slug, words) for step, words in answer.context["problems"]] == [("data", said)]


def test_two_steps_saved_at_once_are_both_kept(draft):
    why, need = drafts.step_of(draft, "why"), drafts.step_of(draft, "need")
    in_one_tab, in_another = IntakeDraft.objects.get(), IntakeDraft.objects.get()
    drafts.save(in_one_tab, why, QueryDict("title=Claims+triage"))
    drafts.save(in_another, need, QueryDict("why_ai=Texts+vary"))
    kept = IntakeDraft.objects.get().typed
    assert (kept["why"]["title"], kept["need"]["why_ai"]) == (["Claims triage"], ["Texts vary"])


def test_drafts_are_ones_own(draft):
    other = Client()
    other.force_login(UserFactory())
    for name in ("intake-resume", "intake-discard"):
        assert other.get(reverse(f"projects:{name}", args=[draft.pk])).status_code == 404
    assert other.post(url(draft, "why"), WHY).status_code == 404


def test_a_page_of_a_draft_that_was_sent_in_another_tab_loses_nothing(as_contributor, draft):
    gone = IntakeDraft(pk=draft.pk)
    draft.delete()
    answer = as_contributor.post(url(gone, "need"), {"why_ai": "Free texts", "go": "next"}, follow=True)
    assert IntakeDraft.objects.get().typed == {"need": {"why_ai": ["Free texts"]}}
    assert "What you typed there is kept in a new one." in answer.content.decode()
    for method in (as_contributor.get, as_contributor.post):  # the way back after sending; pressed twice
        answer = method(url(gone, "check"), {"go": "next"}, follow=True)
        assert answer.redirect_chain[-1][0] == reverse("projects:initiative-list")
        assert "This draft was sent or thrown away meanwhile." in answer.content.decode()
    assert as_contributor.get(url(gone, "nothing")).status_code == 404
    assert IntakeDraft.objects.count() == 1


def test_begun_ones_are_offered_and_can_be_thrown_away(as_contributor, draft):
    as_contributor.post(url(draft, "why"), WHY | {"go": "need"})
    as_contributor.post(url(draft, "need"), {"go": "save"})
    assert "Claims triage" in as_contributor.get(reverse("projects:intake-new")).content.decode()
    assert as_contributor.get(reverse("projects:intake-resume", args=[draft.pk])).url == url(draft, "need")
    discard = reverse("projects:intake-discard", args=[draft.pk])
    assert "Claims triage" in as_contributor.get(discard).content.decode()
    as_contributor.post(discard)
    assert not IntakeDraft.objects.exists()


def test_many_begun_ones_are_offered_in_as_many_queries_as_one(as_contributor, contributor, office):
    def asked() -> int:
        with CaptureQueriesContext(connection) as found:
            assert as_contributor.get(reverse("projects:intake-new")).status_code == 200
        return len(found)

    for number in range(4):  # one's own, and those that one is a member of
        owner = contributor if number % 2 else office
        begun = initiatives.create(owner, title=f"Claims {number}", members=[contributor])
        IntakeDraft.objects.create(user=contributor, initiative=begun)
        if not number:
            of_one = asked()
    assert asked() == of_one


def test_finance_and_executives_start_nothing(client, db):
    for role in ("finance", "executive"):
        client.force_login(UserFactory(role=role))
        assert client.get(reverse("projects:intake-new")).status_code == 403
        assert client.post(reverse("projects:intake-new")).status_code == 403


def test_an_unknown_step_is_not_there(as_contributor, draft):
    assert as_contributor.get(url(draft, "nothing")).status_code == 404


def test_ready_for_a_decision_says_what_the_office_will_ask(as_contributor, draft):
    as_contributor.post(url(draft, "why"), WHY | {"go": "save"})
    states = {str(each.label): each.state for each in as_contributor.get(url(draft, "why")).context["checks"]}
    assert states == {"Why, and for whom": "attention", "Alternative without AI": "open", "Production date": "open"}


@pytest.mark.parametrize(
    ("text", "warned"),
    [
        ("improve efficiency of claims handling", True),
        ("業務効率の向上", True),
        ("improve handling time from 14 to 7 minutes", False),
        ("Half the calls", False),
        ("", True),
    ],
)
def test_an_outcome_that_nobody_could_measure_is_remarked_on(text, warned):
    assert ("desired_outcome" in WhyForm({"desired_outcome": text, "problem": "x"}).warnings) is warned


def test_other_soft_warnings():
    assert isinstance(NeedForm({"why_ai": "It fills the monthly report"}).warnings["why_ai"][0], SoftWarning)
    assert "why_ai" not in NeedForm({"why_ai": "Free texts", "alternative_considered": "x"}).warnings
    dates = {"planned_prototype_on": "2027-01-01", "planned_production_on": "2026-01-01"}
    assert "planned_production_on" in TimelineForm(dates).warnings
    assert not TimelineForm(dates | {"planned_production_on": "2027-02-01"}).warnings


def test_looks_alike_finds_the_nearest_that_one_may_see(contributor, office):
    near = initiatives.create(office, title="Claim letters, first draft", problem="Letters are written by hand")
    initiatives.create(office, title="Claim letters, secret draft", confidential=True)
    initiatives.create(office, title="Forecast of hail damage")
    transitions.move(near, "proposed", date(2025, 1, 1), office)
    (found,) = look_alikes(contributor, "Claims letter draft", "Letters are written")
    assert (found.key, found.stage) == (near.key, "Proposed")
    assert 0.58 <= found.score <= 1
    assert look_alikes(contributor, "Cl", "") == []


def test_pressed_twice_it_is_sent_once(as_contributor, draft):
    as_contributor.post(url(draft, "why"), WHY)
    draft.refresh_from_db()
    submission.send(IntakeDraft.objects.get(pk=draft.pk))
    with pytest.raises(Http404):
        submission.send(draft)
    assert Initiative.objects.count() == 1


def test_the_first_question_is_asked_at_once_and_its_first_save_makes_the_draft(as_contributor):
    address = reverse("projects:intake-new")
    shown = as_contributor.get(address).content.decode()
    assert 'name="title"' in shown
    assert not IntakeDraft.objects.exists()
    answer = as_contributor.post(address, {"title": "Half a ti", "go": "save"}, headers={"HX-Request": "true"})
    draft = IntakeDraft.objects.get()
    assert answer["HX-Replace-Url"] == url(draft, "why")
    assert draft.typed["why"] == {"title": ["Half a ti"]}


@pytest.mark.parametrize("headers", [{"HX-Request": "true"}, {}])
def test_a_first_autosave_whose_answer_is_lost_begins_no_second_draft(as_contributor, headers):
    address = reverse("projects:intake-new")
    (form,) = [form for form in forms_of(as_contributor.get(address)) if "title" in form.fields]
    as_contributor.post(address, form.fields | {"title": "Half a ti", "go": "save"}, headers={"HX-Request": "true"})
    typed = {"title": "Half a title", "problem": "Slow"}
    as_contributor.post(address, form.fields | typed | {"go": "save" if headers else "next"}, headers=headers)
    kept = IntakeDraft.objects.get().typed["why"]
    assert (kept["title"], kept["problem"]) == (["Half a title"], ["Slow"])
    # Another page, and somebody else with the same token, begin their own.
    (other,) = [form for form in forms_of(as_contributor.get(address)) if "title" in form.fields]
    as_contributor.post(address, other.fields | {"title": "Other", "go": "save"}, headers={"HX-Request": "true"})
    as_contributor.force_login(UserFactory())
    as_contributor.post(address, form.fields | {"title": "Mine", "go": "save"}, headers={"HX-Request": "true"})
    assert IntakeDraft.objects.count() == 3
