"""Outcomes that are measured no more, and such as were added by mistake."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.errors import RuleError
from accounts.models import AuditEntry
from outcomes import agreements, measurements, worklist
from outcomes.cards import cards
from outcomes.models import BenefitMonth, Outcome, OutcomeTerms
from outcomes.rules import OutcomeGoneError
from outcomes.status import Status, states
from outcomes.targets import target_facts
from outcomes.terms import main_outcomes
from outcomes.totals import benefit_by_initiative
from tests.costs.factories import add_line
from tests.factories import InitiativeFactory, UserFactory, bearer
from tests.outcomes.factories import enter, make_flow, make_outcome, read

pytestmark = pytest.mark.django_db
END = date(2025, 4, 1)
BEFORE = END - timedelta(days=1)


def end(outcome: Outcome, on: date | None = END) -> Outcome:
    return agreements.revise(outcome, version=outcome.version, actor=outcome.initiative.owner, ended_on=on)


def brought(outcome: Outcome, as_of: date, validated: bool = False) -> Decimal | None:
    return benefit_by_initiative([outcome.initiative_id], as_of, validated).get(outcome.initiative_id)


def test_from_its_end_on_no_reading_is_due_and_before_it_everything_is_as_it_was():
    outcome = make_outcome()
    enter(outcome.initiative, "production", date(2025, 1, 1))
    read(outcome, date(2025, 2, 1), 12)
    (before,) = states([outcome.pk], BEFORE).values()
    assert before.status == Status.OVERDUE
    end(outcome)
    (then,), (now,) = states([outcome.pk], BEFORE).values(), states([outcome.pk], END).values()
    for name in ("status", "attainment", "expected", "next_due", "days_late"):
        assert getattr(then, name) == getattr(before, name)
        assert not getattr(now, name)
    today = timezone.localdate()
    assert worklist.due(worklist.rows(outcome.initiative.owner, [Outcome.objects.get()], today)) == []
    (card,) = cards([Outcome.objects.get()], today)
    assert card.sentence == "No longer measured from 1 April 2025."


def test_of_a_day_before_its_agreement_it_says_so_although_it_has_ended_since(client: Client):
    outcome = end(make_outcome())
    client.force_login(outcome.initiative.owner)
    url = reverse("outcomes:outcome-figure", args=[outcome.pk, "attainment"])
    for day, told in (("2024-12-31", "It was agreed after this day."), (END, "No longer measured from 1 April 2025.")):
        assert told in client.get(url, {"as_of": day}).content.decode()


def test_benefit_ends_with_the_outcome_and_stays_what_it_was_the_day_before():
    level, flow = make_outcome(worth=True), make_flow()
    read(level, date(2025, 3, 1), 10)
    read(flow, date(2025, 4, 30), 30, period_start=date(2025, 3, 1))
    finance = UserFactory(finance=True)
    measurements.validate(finance, level.measurements.all())
    known = brought(level, BEFORE)
    assert known and known == brought(level, BEFORE, validated=True)
    assert brought(level, date(2025, 12, 31)) > known
    end(level)
    end(flow)
    measurements.validate(finance, level.measurements.all())
    for validated in (False, True):
        assert brought(level, BEFORE, validated) == brought(level, date(2025, 12, 31), validated) == known
    # Of a period that the end cuts, the days before it count.
    assert round(brought(flow, date(2025, 12, 31)), 2) == round(Decimal(1800) * 31 / 61, 2)
    end(Outcome.objects.get(pk=level.pk), None)
    assert brought(level, date(2025, 12, 31)) > known


def test_an_outcome_ends_also_where_its_initiative_had_ended_and_went_on():
    outcome = make_outcome(worth=True)
    enter(outcome.initiative, "production", date(2025, 1, 1))
    enter(outcome.initiative, "retired", date(2025, 3, 11))
    enter(outcome.initiative, "production", date(2025, 4, 11))
    read(outcome, date(2025, 3, 1), 10)
    end(outcome, date(2025, 4, 21))
    daily = brought(outcome, date(2025, 3, 1))
    assert round(brought(outcome, date(2025, 12, 31)), 6) == round(20 * daily, 6)


def test_an_outcome_that_has_ended_is_in_force_no_more_and_what_was_agreed_stays_agreed():
    one, other = make_outcome(), make_outcome()
    other.initiative = one.initiative
    end(one)
    facts = target_facts([one.initiative_id], date(2026, 1, 1))[one.initiative_id]
    assert (facts.has_target(BEFORE), facts.has_target(END)) == (True, False)
    assert facts.has_agreed_target(END)
    assert [each.agreed_on for each in facts.complete] == [date(2025, 1, 1)]
    held = [(each, each.terms.get()) for each in (Outcome.objects.get(pk=one.pk), other)]
    assert [main_outcomes(held, day)[one.initiative_id].pk for day in (BEFORE, END)] == [one.pk, other.pk]


def test_what_was_agreed_stays_agreed_also_where_the_end_is_of_the_same_day_or_an_earlier_one():
    outcome = make_outcome(target=None, target_on=None)
    given = {"target": Decimal(7), "target_on": date(2025, 12, 31)}
    outcome = agreements.revise(outcome, version=1, actor=None, effective_on=END, **given)
    for day in (END, date(2025, 1, 1)):
        outcome = end(outcome, day)
        facts = target_facts([outcome.initiative_id], date(2026, 1, 1))[outcome.initiative_id]
        assert ([each.agreed_on for each in facts.complete], facts.has_target(END)) == ([END], False)
        assert (facts.has_agreed_target(BEFORE), facts.has_agreed_target(END)) == (False, True)


def test_what_an_outcome_that_has_ended_cost_was_spent_with_a_target_and_one_given_up_is_none(client: Client):
    outcome = make_outcome()
    add_line(outcome.initiative, "2025-02-03", "100")
    asked, headers = f"/api/v1/portfolio/summary?as_of={END}", bearer(UserFactory(finance=True))
    without = lambda: client.get(asked, headers=headers).json()["spend_without_outcome"]  # noqa: E731
    assert without() == {"value": "0", "share": 0}
    outcome = end(outcome)
    assert without() == {"value": "0", "share": 0}
    row = client.get(f"/api/v1/portfolio/initiatives?as_of={END}", headers=headers).json()["items"][0]
    assert "no_target_outcome" in row["signals"]
    agreements.revise(outcome, version=2, actor=None, effective_on=BEFORE, target=None, target_on=None)
    assert without() == {"value": "100", "share": 1}


@pytest.mark.parametrize("day", [date(2024, 12, 31), date(2999, 1, 1)])
def test_an_end_lies_between_the_agreement_and_today(day):
    with pytest.raises(RuleError) as refused:
        end(make_outcome(), day)
    assert (refused.value.field, refused.value.status) == ("ended_on", 422)


def test_taken_back_it_is_as_if_it_had_never_been_agreed_and_the_trail_keeps_it():
    outcome = make_outcome()
    initiative = outcome.initiative
    measurements.withdraw(initiative.owner, read(outcome, date(2025, 2, 1), 12))
    agreements.take_back(outcome, version=1, actor=initiative.owner)
    assert not Outcome.objects.exists() and not OutcomeTerms.objects.exists() and not BenefitMonth.objects.exists()
    assert target_facts([initiative.pk], date(2026, 1, 1)) == {}
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.initiative_id, entry.object_label) == ("delete", initiative.pk, "Minutes per claim")
    assert entry.changes["target"] == ["7", None]


def test_what_has_readings_or_has_changed_is_not_taken_back():
    outcome = make_outcome()
    reading = read(outcome, date(2025, 2, 1), 12)
    with pytest.raises(RuleError) as refused:
        agreements.take_back(outcome, version=1, actor=None)
    assert refused.value.status == 409
    measurements.withdraw(None, reading)
    end(outcome)
    with pytest.raises(agreements.StaleOutcomeError):
        agreements.take_back(outcome, version=1, actor=None)
    agreements.take_back(outcome, version=2, actor=None)
    for late in (lambda: read(outcome, date(2025, 2, 2), 12), lambda: end(outcome)):
        with pytest.raises(OutcomeGoneError):
            late()


def test_an_outcome_is_ended_and_taken_back_on_its_page(client: Client):
    outcome = make_outcome()
    client.force_login(outcome.initiative.owner)
    url = reverse("outcomes:outcome-edit", args=[outcome.pk])
    form = client.get(url).context["form"]
    values = {field.name: field.value() for field in form}
    sent = {name: value for name, value in values.items() if value is not None} | {"ended_on": "2025-04-01"}
    assert client.post(url, sent).status_code == 302
    assert Outcome.objects.get().ended_on == END
    page = client.get(reverse("outcomes:outcome", args=[outcome.pk])).content.decode()
    assert "No longer measured from 1 April 2025." in page
    stale = client.post(url, {"take_back": "", "version": "1"}, follow=True)
    assert "Somebody else has changed this outcome meanwhile." in stale.content.decode()
    gone = client.post(url, {"take_back": "", "version": "2"})
    assert gone.url == reverse("outcomes:initiative", args=[outcome.initiative.key])
    assert (
        "Deleted" in client.get(reverse("projects:initiative-history", args=[outcome.initiative.key])).content.decode()
    )
    assert not Outcome.objects.exists()


def test_a_page_offers_to_take_back_only_what_has_no_reading(client: Client):
    outcome = make_outcome()
    client.force_login(outcome.initiative.owner)
    url = reverse("outcomes:outcome-edit", args=[outcome.pk])
    assert 'name="take_back"' in client.get(url).content.decode()
    measurements.withdraw(None, read(outcome, date(2025, 2, 1), 12))
    assert "It has no reading that counts" in client.get(url).content.decode()
    read(outcome, date(2025, 2, 1), 12)
    assert 'name="take_back"' not in client.get(url).content.decode()
    refused = client.post(url, {"take_back": "", "version": "1"}, follow=True)
    assert "It has readings" in refused.content.decode()


def test_a_reading_from_after_the_end_is_asked_back_once(client: Client):
    outcome = end(make_flow())
    client.force_login(outcome.initiative.owner)
    url = reverse("outcomes:reading-new", args=[outcome.pk])
    march = {"period_start": "2025-03-01", "period_end": "2025-03-31", "value": "20", "method": "observed"}
    assert client.post(url, march).status_code == 302
    april = march | {"period_start": "2025-04-01", "period_end": "2025-04-01"}
    page = client.post(url, april)
    assert "The outcome is no longer measured from 1 April 2025" in page.content.decode()
    assert outcome.measurements.count() == 1
    assert client.post(url, april | {"heeded": page.context["form"]["heeded"].value()}).status_code == 302


def test_an_outcome_that_has_ended_is_not_among_those_that_a_reading_may_be_of(client: Client):
    ended = end(make_outcome(metric="Minutes per call"))
    initiative = ended.initiative
    client.force_login(initiative.owner)
    asks, question = reverse("outcomes:reading-choose", args=[initiative.key]), "Which outcome is the reading of?"
    assert question not in client.get(asks, follow=True).content.decode()
    first = make_outcome(initiative)
    assert client.get(asks).url == reverse("outcomes:reading-new", args=[first.pk])
    make_outcome(initiative, metric="Claims re-opened")
    asked = client.get(asks, follow=True).content.decode().partition(question)[2].partition("</nav>")[0]
    assert "Claims re-opened" in asked and "Minutes per call" not in asked


def test_the_list_of_outcomes_says_which_have_ended(client: Client):
    outcome = make_outcome()
    client.force_login(UserFactory(portfolio=True))
    shown = {"show": "all"}
    assert "No reading is due." in client.get(reverse("outcomes:outcome-list"), shown).content.decode()
    end(outcome)
    page = client.get(reverse("outcomes:outcome-list"), shown).content.decode().partition("<tbody>")[2]
    assert page.count("No longer measured from 1 April 2025.") >= 2
    assert "No reading is due." not in page


def test_an_outcome_is_ended_and_taken_back_by_api(client: Client):
    outcome, stranger = make_outcome(), InitiativeFactory().owner
    url, mine = f"/api/v1/outcomes/{outcome.pk}", bearer(outcome.initiative.owner)
    ended = client.patch(
        url, {"ended_on": "2025-04-01"}, content_type="application/json", headers={**mine, "if-match": '"1"'}
    )
    assert (ended.status_code, ended.json()["ended_on"], ended.json()["next_reading_due"]) == (200, "2025-04-01", None)
    assert client.delete(url, headers={**bearer(stranger), "if-match": '"2"'}).status_code == 403
    assert client.delete(url, headers=mine).status_code == 428
    assert client.delete(url, headers={**mine, "if-match": '"1"'}).status_code == 412
    assert client.delete(url, headers={**mine, "if-match": '"2"'}).status_code == 204
    assert client.get(url, headers=mine).status_code == 404
