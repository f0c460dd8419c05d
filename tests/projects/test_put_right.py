"""Putting right what was recorded by mistake: a move, its date, a pause. Figures follow, the history keeps both."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.changes import data_version
from accounts.errors import RuleError
from accounts.models import AuditEntry
from outcomes.models import BenefitSegment
from projects import gates, holds, initiatives, transitions
from projects.models import Hold, Initiative, StandingPeriod, Transition
from tests.factories import InitiativeFactory, UserFactory, bearer
from tests.forms import forms_of
from tests.outcomes.factories import make_outcome, read
from tests.projects.conftest import DAY

pytestmark = pytest.mark.django_db
MAY = date(2025, 5, 1)


@pytest.fixture
def piloted(triage, office) -> Initiative:
    """An initiative that is in pilot since March 2025, by way of three dated moves."""
    for month, stage in ((1, "proposed"), (2, "prototype"), (3, "pilot")):
        transitions.move(triage, stage, date(2025, month, 1), office, rationale=f"to {stage}")
    return triage


def last(initiative: Initiative) -> Transition:
    return initiative.transitions.order_by("-position")[0]


def of(name: str, *args: Any) -> str:
    return reverse(f"projects:{name}", args=args)


def standing_of(initiative: Initiative) -> list[tuple[Any, ...]]:
    names = [field.name for field in StandingPeriod._meta.concrete_fields if field.name != "id"]
    return list(StandingPeriod.objects.filter(initiative=initiative).order_by("begins").values_list(*names))


def said(page: Any) -> str:
    return re.sub(r"[ \n]+", " ", page.content.decode())


def figures(client: Any, user: Any) -> list[dict[str, Any]]:
    names = ("portfolio/summary", "portfolio/funnel", "portfolio/trend?by=month", "portfolio/initiatives")
    return [client.get(f"/api/v1/{name}", headers=bearer(user)).json() for name in names]


def test_after_a_wrong_production_is_taken_back_every_figure_is_that_of_before(as_office, office, piloted):
    outcome = make_outcome(piloted, worth=True)
    read(outcome, date(2025, 4, 1), 10)
    other = InitiativeFactory(owner=office)
    for stage in ("proposed", "prototype", "stopped"):
        transitions.move(other, stage, DAY, office)
    before, stood = figures(as_office, office), standing_of(piloted)
    assert before[0]["production_rate"]["value"] == 0
    transitions.move(piloted, "production", MAY, office)
    assert figures(as_office, office)[0]["production_rate"]["value"] == 0.5
    sent, version = {"read": last(piloted).pk}, data_version()
    answer = as_office.post(of("transition-take-back", piloted.key, 4), sent, follow=True)
    assert "The move is taken back: it is “Pilot” again." in answer.content.decode()
    piloted.refresh_from_db()
    assert (piloted.stage, last(piloted).to_stage) == ("pilot", "pilot")
    assert figures(as_office, office) == before
    assert standing_of(piloted) == stood
    assert data_version() != version
    entry = AuditEntry.objects.get(action="take_back")
    assert (entry.actor, entry.initiative_id) == (office, piloted.pk)
    assert entry.changes == {"stage": ["production", "pilot"], "effective_on": ["2025-05-01", None]}
    assert AuditEntry.objects.filter(initiative_id=piloted.pk, action="move").count() == 4  # the log keeps it


def test_a_taken_back_end_lets_its_benefit_count_again(office, piloted):
    outcome = make_outcome(piloted, worth=True, cadence_days=30)
    read(outcome, date(2025, 4, 1), 10)

    def benefit() -> Decimal:
        return sum(BenefitSegment.objects.filter(outcome=outcome).values_list("per_day", flat=True), Decimal(0))

    whole = benefit()
    assert whole > 0
    transitions.move(piloted, "stopped", date(2025, 3, 2), office)
    assert benefit() == 0
    transitions.take_back(piloted, last(piloted).pk, office)
    assert benefit() == whole


def test_the_first_move_taken_back_leaves_a_draft(office, triage):
    transitions.move(triage, "proposed", DAY, office)
    transitions.take_back(triage, last(triage).pk, office)
    assert Initiative.objects.get(pk=triage.pk).stage == triage.stage == "draft"
    assert standing_of(triage) == []


def test_only_the_last_move_is_taken_back(office, piloted):
    first = piloted.transitions.get(position=1)
    with pytest.raises(RuleError) as refused:
        transitions.take_back(piloted, first.pk, office)
    assert refused.value.status == 409
    assert piloted.transitions.count() == 3


@pytest.mark.parametrize(
    ("position", "stage", "told"),
    [
        (1, "Proposed", "Not later than 1 February 2025, the day of the next move."),
        (2, "Prototype", "From 1 January 2025, the day of the move before, to 1 March 2025, the day of the next one."),
        (3, "Pilot", "From 1 February 2025, the day of the move before, to today."),
    ],
)
def test_the_page_of_a_move_names_what_its_date_lies_between(as_office, piloted, position, stage, told):
    page = said(as_office.get(of("transition-correct", piloted.key, position)))
    assert f"On which day did “{piloted.title}” reach “{stage}”?" in page
    assert told in page.replace("\u00a0", " ")


def test_a_date_is_corrected_between_its_neighbours(as_office, office, piloted):
    url = of("transition-correct", piloted.key, 2)
    form = forms_of(as_office.get(url))[-1]
    assert form.fields["effective_on"] == "2025-02-01"
    for day in ("2024-12-31", "2025-03-02", "2100-01-01"):
        refused = as_office.post(url, form.fields | {"effective_on": day})
        assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["effective_on"])
    assert as_office.post(url, form.fields | {"effective_on": "2025-01-15"}).status_code == 302
    step = piloted.transitions.get(position=2)
    assert (step.effective_on, step.rationale, step.recorded_by) == (date(2025, 1, 15), "to prototype", office)
    period = StandingPeriod.objects.get(initiative=piloted, stage="pilot")
    assert (period.started_on, period.entered_on[2]) == (date(2025, 1, 15), date(2025, 1, 15))
    assert AuditEntry.objects.latest("id").changes == {
        "stage": ["prototype", "prototype"],
        "effective_on": ["2025-02-01", "2025-01-15"],
    }
    shown = as_office.get(of("initiative-history", piloted.key)).context["told"][0]
    assert shown.what == "Date of a stage corrected"
    assert [(each.label, each.old, each.new) for each in shown.changes] == [
        ("Stage", None, "Prototype"), ("Effective on", "1 Feb 2025", "15 Jan 2025"),
    ]  # fmt: skip


def test_a_day_that_was_unknown_is_given_and_no_later_than_the_next_was_reached(office, triage):
    transitions.move(triage, "proposed", DAY, office)
    for position, stage, known_by in ((2, "prototype", date(2025, 3, 1)), (3, "pilot", date(2025, 6, 1))):
        Transition.objects.create(
            initiative=triage, position=position, from_stage="proposed", to_stage=stage, known_by=known_by,
            unknown_reason="absent", source_text="?",
        )  # fmt: skip
    Initiative.objects.filter(pk=triage.pk).update(stage="pilot")
    unknown = triage.transitions.get(position=2)
    with pytest.raises(RuleError):
        transitions.redate(triage, unknown.pk, date(2025, 6, 2), office)
    made = transitions.redate(triage, unknown.pk, date(2025, 4, 1), office)
    assert (made.effective_on, made.known_by, made.unknown_reason, made.source_text) == (
        date(2025, 4, 1), None, "", "?",
    )  # fmt: skip
    assert StandingPeriod.objects.filter(initiative=triage).latest("begins").started_on == date(2025, 4, 1)


def test_a_date_on_which_a_gate_was_not_met_is_refused(office, piloted, monkeypatch):
    monkeypatch.setattr(gates, "criteria", [lambda _initiative, _to, on: "No budget." if on < DAY else None])
    first = piloted.transitions.get(position=1)
    with pytest.raises(RuleError) as refused:
        transitions.redate(piloted, first.pk, date(2024, 12, 1), office)
    assert refused.value.errors == [("effective_on", "No budget.")]


def test_what_another_corrected_or_moved_meanwhile_is_not_overwritten(as_office, office, piloted):
    url = of("transition-correct", piloted.key, 3)
    date_form, back_form = forms_of(as_office.get(url))[-2:]
    transitions.redate(piloted, last(piloted).pk, date(2025, 3, 5), office)
    stale = as_office.post(url, date_form.fields | {"effective_on": "2025-03-07"})
    assert stale.status_code == 409
    assert "Now it says: “Pilot” on 5\u00a0March\u00a02025." in said(stale)
    again = forms_of(stale)[-2]
    assert again.fields["effective_on"] == "2025-03-07"
    assert as_office.post(back_form.action, back_form.fields, follow=True).context["initiative"].stage == "pilot"
    assert as_office.post(url, again.fields).status_code == 302
    assert last(piloted).effective_on == date(2025, 3, 7)


def test_putting_right_twice_is_putting_right_once(as_office, piloted):
    url = of("transition-correct", piloted.key, 3)
    date_form, _back = forms_of(as_office.get(url))[-2:]
    sent = date_form.fields | {"effective_on": "2025-03-07"}
    assert [as_office.post(url, sent).status_code for _ in range(2)] == [302, 302]
    back = forms_of(as_office.get(url))[-1]
    for words in ("The move is taken back: it is “Prototype” again.", "This move is taken back already."):
        assert words in as_office.post(back.action, back.fields, follow=True).content.decode()
    assert last(piloted).to_stage == "prototype"
    assert as_office.get(url).status_code == 404


def test_who_may_make_a_move_may_put_it_right(as_contributor, contributor, office, triage):
    transitions.move(triage, "proposed", DAY, contributor)
    url = of("transition-correct", triage.key, 1)
    assert url in as_contributor.get(of("initiative-history", triage.key)).content.decode()
    assert as_contributor.get(url).status_code == 200
    transitions.move(triage, "approved", MAY, office)
    approved = of("transition-correct", triage.key, 2)
    assert approved not in as_contributor.get(of("initiative-history", triage.key)).content.decode()
    assert as_contributor.get(approved).status_code == 403
    back = of("transition-take-back", triage.key, 2)
    assert as_contributor.post(back, {"read": last(triage).pk}).status_code == 403
    other = initiatives.create(office, title="Other")
    transitions.move(other, "proposed", DAY, office)
    assert as_contributor.get(of("transition-correct", other.key, 1)).status_code == 403


def test_the_api_corrects_and_takes_back(client, office, contributor, piloted):
    base = f"/api/v1/initiatives/{piloted.key}/transitions/{last(piloted).pk}"

    def send(method: str, url: str, user: Any, body: Any = None) -> Any:
        options = {"data": body, "content_type": "application/json"} if body else {}
        return getattr(client, method)(url, headers=bearer(user), **options)

    assert send("delete", base, contributor).status_code == 403
    early = send("post", f"{base}/correct", office, {"effective_on": "2025-01-31"})
    assert (early.status_code, early.json()["errors"][0]["field"]) == (422, "effective_on")
    corrected = send("post", f"{base}/correct", office, {"effective_on": "2025-03-05"})
    assert (corrected.status_code, corrected.json()["effective_on"]) == (200, "2025-03-05")
    assert send("delete", base, office).status_code == 404  # as it was read
    first = piloted.transitions.get(position=1).pk
    assert send("delete", base.rpartition("/")[0] + f"/{first}", office).status_code == 409
    assert send("delete", base.rpartition("/")[0] + f"/{corrected.json()['id']}", office).status_code == 204
    assert Initiative.objects.get(pk=piloted.pk).stage == "prototype"


def test_putting_right_keeps_to_its_queries(as_office, piloted, django_assert_max_num_queries):
    for number in range(9):
        Hold.objects.create(
            initiative=piloted, started_on=DAY + timedelta(9 * number), ended_on=DAY + timedelta(9 * number + 1)
        )
    with django_assert_max_num_queries(15):
        as_office.get(of("initiative-history", piloted.key))
    for url in (of("transition-correct", piloted.key, 3), of("hold-correct", piloted.key, piloted.holds.first().pk)):
        with django_assert_max_num_queries(12):
            assert as_office.get(url).status_code == 200


def test_a_pause_is_corrected_and_taken_back(as_contributor, contributor, triage):
    hold = holds.start(triage, DAY, contributor, "Data", date(2025, 2, 1))
    holds.start(triage, MAY, contributor)
    url = of("hold-correct", triage.key, hold.pk)
    form = forms_of(as_contributor.get(url))[-2]
    assert (form.fields["started_on"], form.fields["ended_on"], form.fields["reason"].strip()) == (
        "2025-01-01", "2025-02-01", "Data",
    )  # fmt: skip
    assert as_contributor.post(url, form.fields | {"ended_on": "2025-06-01"}).status_code == 422  # overlaps
    sent = form.fields | {"ended_on": "2025-03-01"}
    assert [as_contributor.post(url, sent).status_code for _ in range(2)] == [302, 302]
    corrected = triage.holds.earliest("started_on")
    assert (corrected.ended_on, corrected.reason, triage.holds.count()) == (date(2025, 3, 1), "Data", 2)
    told = as_contributor.get(of("initiative-history", triage.key)).context["told"][0]
    assert told.what == "Pause corrected"
    assert [(each.label, each.old, each.new) for each in told.changes] == [
        ("On hold since", None, "1 Jan 2025"),
        ("Work went on", "1 Feb 2025", "1 Mar 2025"),
        ("Reason", None, "Data"),
    ]
    back = of("hold-take-back", triage.key, corrected.pk)
    for words in ("The pause is taken back; the history keeps it.", "This pause was changed or taken back meanwhile."):
        assert words in as_contributor.post(back, follow=True).content.decode()
    assert triage.holds.get().started_on == MAY
    assert AuditEntry.objects.latest("id").action == "take_back_hold"


def test_a_pause_that_another_changed_meanwhile_is_not_overwritten(as_contributor, contributor, office, triage):
    hold = holds.start(triage, DAY, contributor, "Data")
    url = of("hold-correct", triage.key, hold.pk)
    form = forms_of(as_contributor.get(url))[-2]
    holds.end(triage, date(2025, 2, 1), office)
    stale = as_contributor.post(url, form.fields | {"reason": "Waiting for data"})
    assert stale.status_code == 409
    assert "Waiting for data" in stale.content.decode()
    assert "1\u00a0January\u00a02025 until 1\u00a0February\u00a02025" in said(stale)
    assert triage.holds.get().reason == "Data"
    assert as_contributor.get(url).status_code == 404


def test_a_past_pause_does_not_end_that_of_another(as_office, office, contributor, triage):
    url = of("hold-edit", triage.key)
    form = forms_of(as_office.get(url))[-1]
    holds.start(triage, MAY, contributor, "Waiting for data")
    sent = form.fields | {"started_on": "2025-01-01", "ended_on": "2025-02-01", "reason": "Budget freeze"}
    stale = as_office.post(url, sent)
    assert stale.status_code == 409
    text = said(stale)
    assert "Somebody else has put it on hold meanwhile." in text
    assert "On hold since 1\u00a0May\u00a02025. Waiting for data" in text
    assert triage.holds.get().ended_on is None
    again = forms_of(stale)[-1]
    assert {name: again.fields[name].strip() for name in ("started_on", "ended_on", "reason")} == {
        "started_on": "2025-01-01", "ended_on": "2025-02-01", "reason": "Budget freeze",
    }  # fmt: skip
    assert as_office.post(url, again.fields).status_code == 302
    assert list(triage.holds.order_by("started_on").values_list("ended_on", "reason")) == [
        (date(2025, 2, 1), "Budget freeze"), (None, "Waiting for data"),
    ]  # fmt: skip


def test_a_pause_or_its_end_sent_twice_is_there_once(as_contributor, triage):
    url = of("hold-edit", triage.key)
    begun = forms_of(as_contributor.get(url))[-1].fields | {"started_on": "2025-01-01"}
    assert [as_contributor.post(url, begun).status_code for _ in range(2)] == [302, 302]
    ended = forms_of(as_contributor.get(url))[-1].fields | {"ended_on": "2025-02-01"}
    assert [as_contributor.post(url, ended).status_code for _ in range(2)] == [302, 302]
    assert triage.holds.get().ended_on == date(2025, 2, 1)


def test_an_end_for_a_pause_that_has_ended_meanwhile_is_not_that_of_the_next(as_office, office, triage):
    holds.start(triage, DAY, office)
    url = of("hold-edit", triage.key)
    form = forms_of(as_office.get(url))[-1]
    holds.end(triage, date(2025, 2, 1), office)
    assert as_office.post(url, form.fields | {"ended_on": "2025-03-01"}).status_code == 409
    holds.start(triage, MAY, office)
    assert as_office.post(url, form.fields | {"ended_on": "2025-06-01"}).status_code == 409
    assert triage.holds.latest("started_on").ended_on is None


def test_a_contributor_reaches_the_pause_where_nothing_can_be_moved(as_contributor, contributor, office, triage):
    transitions.move(triage, "proposed", DAY, office)
    for path in ("", "history/", "outcomes/", "costs/"):
        assert of("hold-edit", triage.key) in as_contributor.get(triage.url + path).content.decode()
    as_contributor.force_login(UserFactory(executive=True))
    assert of("hold-edit", triage.key) not in as_contributor.get(triage.url).content.decode()


def test_a_move_sent_twice_says_that_it_was_made(as_contributor, triage):
    sent = {"to_stage": "proposed", "effective_on": timezone.localdate().isoformat()}
    answers = [as_contributor.post(of("transition-new", triage.key), sent, follow=True) for _ in range(2)]
    assert [answer.redirect_chain for answer in answers] == [[(triage.url, 302)]] * 2
    assert "It is already in the stage “Proposed”." in answers[1].content.decode()
    as_contributor.force_login(UserFactory(executive=True))
    assert as_contributor.post(of("transition-new", triage.key), sent).status_code == 403
