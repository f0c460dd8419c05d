"""Readings and outcomes that somebody else changes while a page is open."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from outcomes import agreements, measurements
from outcomes.forms import ReadingForm
from outcomes.models import Measurement
from outcomes.terms import holding, in_force
from tests.factories import InitiativeFactory, UserFactory
from tests.forms import forms_of
from tests.outcomes.factories import make_flow, make_outcome, read
from tests.outcomes.test_pages import NEW, text_of

pytestmark = pytest.mark.django_db


def test_validating_leaves_out_what_was_corrected_or_withdrawn_meanwhile_and_says_so(client):
    outcome = make_outcome()
    first, second, third = (read(outcome, date(2025, month, 1), 10) for month in (3, 4, 5))
    client.force_login(UserFactory(finance=True))
    measurements.correct(outcome.initiative.owner, second, value=11)
    measurements.withdraw(outcome.initiative.owner, third)
    sent = {"reading": [first.pk, second.pk, third.pk]}
    said = text_of(client.post(reverse("outcomes:reading-validate"), sent, follow=True))
    assert list(Measurement.objects.filter(state="validated")) == [first]
    assert "1 reading is validated." in said
    assert "2 readings had been corrected or withdrawn meanwhile; they are not validated." in said
    said = text_of(client.post(reverse("outcomes:reading-validate"), {"reading": [third.pk]}, follow=True))
    assert "1 reading had been corrected or withdrawn meanwhile; it is not validated." in said
    assert "0 readings" not in said


def test_an_id_of_no_reading_is_not_told_as_corrected(client):
    reading = read(make_outcome(), date(2025, 3, 1), 10)
    client.force_login(UserFactory(finance=True))
    sent = {"reading": [reading.pk, 999_999_999]}
    said = text_of(client.post(reverse("outcomes:reading-validate"), sent, follow=True))
    assert "1 reading is validated." in said
    assert "corrected or withdrawn meanwhile" not in said


def test_withdrawing_twice_says_that_it_is_withdrawn(client):
    reading = read(make_outcome(), date(2025, 5, 31), 10)
    client.force_login(reading.outcome.initiative.owner)
    url = reverse("outcomes:reading-withdraw", args=[reading.pk])
    answers = [client.post(url, follow=True) for _ in range(2)]
    assert [answer.redirect_chain for answer in answers] == [[(f"/outcomes/{reading.outcome_id}/", 302)]] * 2
    assert all("The reading is withdrawn; it stays on record." in text_of(answer) for answer in answers)
    assert client.get(url).status_code == 404


def test_a_reading_that_was_corrected_is_not_withdrawn_and_that_is_said(client):
    reading = read(make_outcome(), date(2025, 5, 31), 10)
    client.force_login(reading.outcome.initiative.owner)
    new = measurements.correct(reading.outcome.initiative.owner, reading, value=11)
    answer = client.post(reverse("outcomes:reading-withdraw", args=[reading.pk]), follow=True)
    assert "Somebody has corrected this reading meanwhile. The corrected one still counts." in text_of(answer)
    assert Measurement.objects.counting().get() == new
    newer = measurements.correct(reading.outcome.initiative.owner, new, value=12)
    answer = client.post(reverse("outcomes:reading-withdraw", args=[reading.pk]), follow=True)
    assert "The corrected one still counts." in text_of(answer)
    measurements.withdraw(reading.outcome.initiative.owner, newer)
    answer = client.post(reverse("outcomes:reading-withdraw", args=[reading.pk]), follow=True)
    assert "The reading is withdrawn; it stays on record." in text_of(answer)
    assert "still counts" not in text_of(answer)


def test_two_withdrawals_at_once_are_one(client, monkeypatch):
    reading = read(make_outcome(), date(2025, 5, 31), 10)
    client.force_login(reading.outcome.initiative.owner)
    lock = measurements.rollups.lock

    def other_one_first(ids):
        monkeypatch.setattr(measurements.rollups, "lock", lock)
        measurements.withdraw(reading.outcome.initiative.owner, reading)

    monkeypatch.setattr(measurements.rollups, "lock", other_one_first)
    assert client.post(reverse("outcomes:reading-withdraw", args=[reading.pk])).status_code == 302
    assert not Measurement.objects.counting().exists()


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_the_ends_of_the_calendar_are_no_days_of_a_reading_or_an_outcome(client, day):
    outcome = make_flow()
    client.force_login(outcome.initiative.owner)
    typed = {"period_start": "2025-05-01", "period_end": day, "value": "10", "method": "observed"}
    page = client.post(reverse("outcomes:reading-new", args=[outcome.pk]), typed)
    assert page.status_code == 422
    assert page.context["form"].errors == {"period_end": ["A day between 1950 and 2100."]}
    page = client.post(reverse("outcomes:outcome-new", args=[outcome.initiative.key]), NEW | {"target_on": day})
    assert page.status_code == 422
    assert page.context["form"].errors == {"target_on": ["A day between 1950 and 2100."]}


def test_a_stale_change_of_an_outcome_undoes_nothing_that_its_writer_never_touched(client):
    outcome = make_outcome(worth=True)
    client.force_login(outcome.initiative.owner)
    url = reverse("outcomes:outcome-edit", args=[outcome.pk])
    (form,) = [each for each in forms_of(client.get(url)) if "metric" in each.fields]
    agreements.revise(
        outcome, version=1, actor=None, effective_on=date(2025, 1, 1), cadence_days=7, target=Decimal(6),
        data_source="The ledger",
    )  # fmt: skip
    typed = form.fields | {"target": "5.50", "volume_per_month": "9,500", "effective_on": "2025-01-01"}
    stale = client.post(url, typed)
    assert stale.status_code == 409
    assert "Somebody else has changed this outcome meanwhile." in text_of(stale)
    both = {each.name: (each.mine, each.theirs, each.proposed) for each in stale.context["stale"]}
    assert both == {
        "target": ("5.5", "6", "mine"),
        "volume_per_month": ("9500", "9400", "mine"),
        "cadence_days": ("30", "7", "theirs"),
        "data_source": (form.fields["data_source"], "The ledger", "theirs"),
    }
    (again,) = [each for each in forms_of(stale) if "metric" in each.fields]
    shown = ("target", "volume_per_month", "cadence_days", "data_source")
    assert [again.fields[name] for name in shown] == ["5.50", "9,500", "7", "The ledger"]
    assert client.post(url, again.fields).status_code == 302
    outcome.refresh_from_db()
    terms = in_force(holding(outcome.terms.all()), date(2026, 1, 1))
    assert (terms.target, terms.volume_per_month, terms.cadence_days) == (Decimal("5.5"), 9500, 7)
    assert outcome.data_source == "The ledger"


def test_a_page_that_does_not_tell_what_it_showed_keeps_what_was_typed(client):
    outcome = make_outcome()
    client.force_login(outcome.initiative.owner)
    url = reverse("outcomes:outcome-edit", args=[outcome.pk])
    (form,) = [each for each in forms_of(client.get(url)) if "metric" in each.fields]
    agreements.revise(outcome, version=1, actor=None, cadence_days=7)
    stale = client.post(url, form.fields | {"read": "nonsense"})
    assert [(each.name, each.proposed) for each in stale.context["stale"]] == [("cadence_days", "mine")]


def open_correction(client, reading):
    """Return the form that corrects a reading, as its page holds it."""
    client.force_login(reading.outcome.initiative.owner)
    page = client.get(reverse("outcomes:reading-correct", args=[reading.pk]))
    (form,) = [each for each in forms_of(page) if "value" in each.fields]
    return form


def test_a_correction_that_somebody_overtook_shows_both_versions_and_goes_on_from_what_stands_now(client):
    reading = read(make_outcome(), date(2025, 5, 31), 10, note="By hand")
    owner, form = reading.outcome.initiative.owner, open_correction(client, reading)
    second = measurements.correct(owner, reading, value=Decimal(12), method="sampled")
    third = measurements.correct(owner, second, note="From the system")
    stale = client.post(form.action, form.fields | {"value": "11.0", "evidence_url": "https://example.org/may"})
    assert stale.status_code == 409
    assert "Somebody else has corrected this reading meanwhile." in text_of(stale)
    assert {each.name: (each.mine, each.theirs, each.proposed) for each in stale.context["stale"]} == {
        "value": ("11", "12", "mine"),
        "method": ("Observed", "Sampled", "theirs"),
        "evidence_url": ("https://example.org/may", "", "mine"),
        "note": ("By hand", "From the system", "theirs"),
    }
    (again,) = [each for each in forms_of(stale) if "value" in each.fields]
    assert again.action == reverse("outcomes:reading-correct", args=[third.pk])
    assert client.post(again.action, again.fields).status_code == 302
    now = Measurement.objects.counting().get()
    assert (now.value, now.method, now.note) == (11, "sampled", "From the system")
    assert now.evidence_url == "https://example.org/may"


def test_a_correction_of_what_was_withdrawn_meanwhile_is_recorded_anew_with_what_was_typed(client):
    reading = read(make_outcome(), date(2025, 5, 31), 10)
    owner, form = reading.outcome.initiative.owner, open_correction(client, reading)
    measurements.withdraw(owner, measurements.correct(owner, reading, value=Decimal(12)))
    late = client.post(form.action, form.fields | {"value": "11.0", "note": "As I see it"})
    assert late.status_code == 409
    assert "Somebody has withdrawn this reading meanwhile." in text_of(late)
    (again,) = [each for each in forms_of(late) if "value" in each.fields]
    assert again.action == reverse("outcomes:reading-new", args=[reading.outcome_id])
    assert client.post(again.action, again.fields).status_code == 302
    now = Measurement.objects.counting().get()
    assert (now.value, now.note, now.period_end) == (11, "As I see it", date(2025, 5, 31))


def from_a_file(outcome):
    """Return a reading that an import made."""
    measurements.record_many(None, [measurements.NewReading(outcome, date(2025, 5, 31), Decimal(10))], 7)
    return Measurement.objects.get(source_import_id=7)


@pytest.mark.parametrize("is_overtaken_late", [False, True])
def test_a_correction_of_what_went_with_its_file_is_recorded_anew_with_what_was_typed(
    client, monkeypatch, is_overtaken_late
):
    reading = from_a_file(make_outcome())
    form, is_valid = open_correction(client, reading), ReadingForm.is_valid

    def reverted_first(form):
        monkeypatch.setattr(ReadingForm, "is_valid", is_valid)
        measurements.take_back(None, 7)
        return form.is_valid()

    if is_overtaken_late:
        monkeypatch.setattr(ReadingForm, "is_valid", reverted_first)
    else:
        measurements.take_back(None, 7)
    late = client.post(form.action, form.fields | {"value": "11.0", "note": "As I see it"})
    assert late.status_code == 409
    (again,) = [each for each in forms_of(late) if "value" in each.fields]
    assert again.action == reverse("outcomes:reading-new", args=[reading.outcome_id])
    assert client.post(again.action, again.fields).status_code == 302
    now = Measurement.objects.counting().get()
    assert (now.value, now.note) == (11, "As I see it")


def test_what_went_with_its_file_is_recorded_anew_of_an_outcome_that_one_may_change_alone(client):
    reading = from_a_file(make_outcome())
    hidden = make_outcome(initiative=InitiativeFactory(confidential=True))
    form = open_correction(client, reading)
    measurements.take_back(None, 7)
    assert client.post(form.action, form.fields | {"outcome": str(hidden.pk)}).status_code == 404
    assert client.post(form.action, form.fields | {"outcome": str(make_outcome().pk)}).status_code == 403
    assert client.post(form.action, form.fields | {"outcome": ""}).status_code == 404
    assert client.get(form.action).status_code == 404


def test_a_reading_that_went_with_its_file_while_it_is_withdrawn_is_told_as_such(client, monkeypatch):
    reading = from_a_file(make_outcome())
    client.force_login(reading.outcome.initiative.owner)
    lock = measurements.rollups.lock

    def reverted_first(ids):
        monkeypatch.setattr(measurements.rollups, "lock", lock)
        measurements.take_back(None, 7)

    monkeypatch.setattr(measurements.rollups, "lock", reverted_first)
    answer = client.post(reverse("outcomes:reading-withdraw", args=[reading.pk]), follow=True)
    assert answer.redirect_chain == [(f"/outcomes/{reading.outcome_id}/", 302)]
    assert "This reading was withdrawn or corrected meanwhile." in text_of(answer)
    assert "it stays on record" not in text_of(answer)


def test_a_correction_that_is_overtaken_while_it_is_written_shows_both_versions_at_once(client, monkeypatch):
    reading = read(make_outcome(), date(2025, 5, 31), 10)
    form, is_valid = open_correction(client, reading), ReadingForm.is_valid

    def other_one_first(form):
        monkeypatch.setattr(ReadingForm, "is_valid", is_valid)
        measurements.correct(reading.outcome.initiative.owner, reading, value=Decimal(12))
        return form.is_valid()

    monkeypatch.setattr(ReadingForm, "is_valid", other_one_first)
    stale = client.post(form.action, form.fields | {"value": "11"})
    assert stale.status_code == 409
    assert [(each.mine, each.theirs) for each in stale.context["stale"]] == [("11", "12")]


def test_a_stale_correction_with_an_error_keeps_what_was_typed(client):
    reading = read(make_outcome(), date(2025, 5, 31), 10)
    form = open_correction(client, reading)
    measurements.correct(reading.outcome.initiative.owner, reading, value=Decimal(12))
    stale = client.post(form.action, form.fields | {"value": "eleven"})
    assert stale.status_code == 409
    assert [(each.mine, each.theirs) for each in stale.context["stale"]] == [("eleven", "12")]
    assert list(stale.context["form"].errors) == ["value"]
