"""Finance takes a validation back, and what somebody else makes worth something else waits for finance again."""

from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEntry
from outcomes import agreements, measurements
from outcomes.models import Measurement, Outcome
from outcomes.totals import benefit_by_initiative
from tests.factories import UserFactory, bearer
from tests.outcomes.factories import make_flow, make_outcome, read

pytestmark = pytest.mark.django_db
YEAR_END = date(2025, 12, 31)


def validated_benefit(outcome: Outcome, as_of: date = YEAR_END) -> Decimal | None:
    return benefit_by_initiative([outcome.initiative_id], as_of, validated=True).get(outcome.initiative_id)


def revise(outcome: Outcome, actor, effective_on: date | None = None, **fields) -> None:
    version = Outcome.objects.get(pk=outcome.pk).version
    agreements.revise(outcome, version=version, actor=actor, effective_on=effective_on, **fields)


def states(outcome: Outcome) -> list[str]:
    return list(outcome.measurements.counting().order_by("period_end").values_list("state", flat=True))


def test_a_validation_is_taken_back_and_counts_no_more():
    finance, outcome = UserFactory(finance=True), make_outcome(worth=True)
    reading = read(outcome, date(2025, 3, 1), 10)
    measurements.validate(finance, [reading])
    assert validated_benefit(outcome)
    (back,) = measurements.take_validation_back(finance, [reading])
    assert (back.state, validated_benefit(outcome)) == ("submitted", None)
    kept = Measurement.objects.get()
    assert (kept.state, kept.validated_at, kept.validated_by) == ("submitted", None, None)
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.actor, entry.changes) == ("unvalidate", finance, {"state": ["validated", "submitted"]})
    measurements.take_validation_back(finance, [reading])
    assert AuditEntry.objects.latest("pk") == entry
    measurements.withdraw(finance, reading)
    assert measurements.take_validation_back(finance, [reading]) == []


def test_finance_takes_a_validation_back_on_the_page_and_others_may_not(client: Client):
    finance, outcome = UserFactory(finance=True), make_outcome()
    reading = read(outcome, date(2025, 3, 1), 10)
    measurements.validate(finance, [reading])
    url, sent = reverse("outcomes:reading-validate"), {"back": reading.pk}
    client.force_login(outcome.initiative.owner)
    assert 'name="back"' not in client.get(reverse("outcomes:outcome", args=[outcome.pk])).content.decode()
    assert client.post(url, sent).status_code == 403
    client.force_login(finance)
    assert 'name="back"' in client.get(reverse("outcomes:outcome", args=[outcome.pk])).content.decode()
    assert "The validation is taken back" in client.post(url, sent, follow=True).content.decode()
    assert states(outcome) == ["submitted"]
    history = client.get(reverse("projects:initiative-history", args=[outcome.initiative.key])).content.decode()
    assert "Validation taken back" in history


def test_a_validation_is_taken_back_by_api(client: Client):
    finance, outcome = UserFactory(finance=True), make_outcome()
    reading = read(outcome, date(2025, 3, 1), 10)
    url = f"/api/v1/measurements/{reading.pk}/validate"
    assert client.post(url, headers=bearer(finance)).json()["state"] == "validated"
    assert client.delete(url, headers=bearer(outcome.initiative.owner)).status_code == 403
    answer = client.delete(url, headers=bearer(finance))
    assert (answer.status_code, answer.json()["state"]) == (200, "submitted")
    measurements.withdraw(finance, reading)
    assert client.delete(url, headers=bearer(finance)).status_code == 409


@pytest.mark.parametrize(
    ("since", "fields", "left"),
    [
        (None, {"unit_value": Decimal(9)}, ["submitted", "submitted", "submitted"]),
        (date(2025, 3, 11), {"baseline": Decimal(20)}, ["validated", "submitted", "submitted"]),
        (date(2025, 4, 30), {"attribution": Decimal("0.5")}, ["validated", "validated", "submitted"]),
        # The last reading holds for sixty days, until 10 June; nothing hangs on a day after that.
        (date(2025, 6, 9), {"volume_per_month": Decimal(1)}, ["validated", "validated", "submitted"]),
        (date(2025, 6, 10), {"volume_per_month": Decimal(1)}, ["validated", "validated", "validated"]),
        (date(2025, 5, 1), {"cadence_days": 90}, ["validated", "validated", "submitted"]),
        (None, {"cadence_days": 90}, ["validated", "validated", "submitted"]),
        (None, {"target": Decimal(6), "metric": "Minutes", "benefit_type": "efficiency"}, ["validated"] * 3),
        # The days from its end on count no more: those of the last reading, of the last two, of none.
        (None, {"ended_on": date(2025, 4, 30)}, ["validated", "validated", "submitted"]),
        (None, {"ended_on": date(2025, 4, 10)}, ["validated", "submitted", "submitted"]),
        (None, {"ended_on": date(2025, 6, 10)}, ["validated"] * 3),
    ],
)
def test_what_a_level_is_worth_is_looked_at_again_where_somebody_else_changes_it(since, fields, left):
    outcome = make_outcome(worth=True)
    readings = [read(outcome, on, 10) for on in (date(2025, 3, 1), date(2025, 3, 11), date(2025, 4, 11))]
    measurements.validate(UserFactory(finance=True), readings)
    revise(outcome, outcome.initiative.owner, since or outcome.agreed_on, **fields)
    assert states(outcome) == left


def test_what_an_amount_is_worth_follows_from_the_end_of_its_period_alone():
    outcome = make_flow()
    owner = outcome.initiative.owner
    may = read(outcome, date(2025, 5, 31), 10, period_start=date(2025, 5, 1))
    measurements.validate(UserFactory(finance=True), [may])
    for since, fields in (
        (date(2025, 6, 1), {"unit_value": Decimal(61)}),
        (outcome.agreed_on, {"cadence_days": 90, "volume_per_month": Decimal(3)}),
    ):
        revise(outcome, owner, since, **fields)
        assert states(outcome) == ["validated"]
    revise(outcome, owner, date(2025, 5, 31), unit_value=Decimal(62))
    assert (states(outcome), validated_benefit(outcome)) == (["submitted"], None)
    told = AuditEntry.objects.filter(object_type="outcomes.measurement").latest("pk")
    assert (told.action, told.actor) == ("unvalidate", owner)


def test_days_that_an_end_frees_are_looked_at_again():
    outcome = make_outcome(worth=True)
    finance = UserFactory(finance=True)
    readings = [read(outcome, on, 10) for on in (date(2025, 3, 1), date(2025, 3, 11), date(2025, 4, 11))]
    revise(outcome, finance, ended_on=date(2025, 3, 21))
    measurements.validate(finance, readings)
    revise(outcome, outcome.initiative.owner, ended_on=date(2025, 4, 1))
    assert states(outcome) == ["validated", "submitted", "validated"]
    measurements.validate(finance, readings)
    revise(outcome, outcome.initiative.owner, ended_on=None)
    assert states(outcome) == ["validated", "submitted", "submitted"]


def test_an_amount_is_looked_at_again_where_the_end_cuts_its_period():
    outcome = make_flow()
    owner, finance = outcome.initiative.owner, UserFactory(finance=True)
    may = read(outcome, date(2025, 5, 31), 10, period_start=date(2025, 5, 1))
    measurements.validate(finance, [may])
    revise(outcome, owner, ended_on=date(2025, 6, 1))
    assert states(outcome) == ["validated"]
    for end in (date(2025, 5, 31), date(2025, 5, 1), None):
        revise(outcome, owner, ended_on=end)
        assert states(outcome) == ["submitted"]
        measurements.validate(finance, [may])
    revise(outcome, finance, ended_on=date(2025, 5, 1))
    revise(outcome, owner, ended_on=date(2025, 4, 1))
    assert states(outcome) == ["validated"]


def test_who_may_validate_changes_what_is_validated_and_it_stays_so():
    outcome = make_outcome(worth=True)
    reading = read(outcome, date(2025, 3, 1), 10)
    measurements.validate(UserFactory(finance=True), [reading])
    before = validated_benefit(outcome)
    revise(outcome, UserFactory(admin=True), outcome.agreed_on, unit_value=Decimal("1.70"))
    assert (states(outcome), validated_benefit(outcome)) == (["validated"], pytest.approx(2 * before))


def test_the_form_says_that_finance_has_validated_readings(client: Client):
    outcome = make_outcome(worth=True)
    reading = read(outcome, date(2025, 3, 1), 10)
    client.force_login(outcome.initiative.owner)
    url = reverse("outcomes:outcome-edit", args=[outcome.pk])
    assert "Finance has validated" not in client.get(url).content.decode()
    measurements.validate(UserFactory(finance=True), [reading])
    assert "Finance has validated" in client.get(url).content.decode()
