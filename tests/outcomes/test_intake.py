"""The outcome's question in the intake."""

from decimal import Decimal

import pytest

from outcomes.intake import STEP, OutcomeStepForm
from outcomes.models import Outcome
from projects.intake import steps
from tests.factories import InitiativeFactory

pytestmark = pytest.mark.django_db

TYPED = {
    "metric": "Minutes per claim",
    "unit": "minutes",
    "direction": "decrease",
    "kind": "level",
    "baseline": "14.2",
    "target": "7.0",
    "target_on": "2027-11-30",
    "unit_value": "0.85",
    "unit_value_currency": "USD",
    "volume_per_month": "9,400",
}


def test_outcome_is_the_second_question():
    assert [step.slug for step in steps][:2] == ["why", "outcome"]


def test_described_outcome_is_agreed_with_the_initiative():
    form = OutcomeStepForm(TYPED)
    assert form.is_valid(), form.errors
    initiative = InitiativeFactory()
    STEP.create(initiative, form.cleaned_data, initiative.owner)
    outcome = Outcome.objects.get()
    terms = outcome.terms.get()
    assert (outcome.metric, outcome.owner, terms.target) == ("Minutes per claim", initiative.owner, Decimal("7.0"))
    assert (terms.cadence_days, terms.attribution, terms.volume_per_month) == (30, 1, 9400)


def test_nothing_described_is_an_answer_too():
    form = OutcomeStepForm({"direction": "decrease", "kind": "level", "unit_value_currency": "USD"})
    assert form.is_valid(), form.errors
    initiative = InitiativeFactory()
    assert STEP.create(initiative, form.cleaned_data, initiative.owner) is None


def test_rules_are_told_before_the_intake_is_sent():
    assert list(OutcomeStepForm(TYPED | {"target": "15"}).errors) == ["target"]
    assert list(OutcomeStepForm(TYPED | {"target_on": ""}).errors) == ["target_on"]
    assert list(OutcomeStepForm(TYPED | {"unit": ""}).errors) == ["unit"]
    assert list(OutcomeStepForm(TYPED | {"kind": ""}).errors) == ["kind"]


def test_checks_tell_what_a_decision_needs():
    assert [check.state for check in STEP.checks({})] == ["open", "open"]
    assert [check.state for check in STEP.checks(TYPED)] == ["ok", "ok"]
    assert [check.state for check in STEP.checks(TYPED | {"metric": "improve efficiency"})] == ["ok", "attention"]


def test_vague_metric_is_remarked_upon_but_taken():
    form = OutcomeStepForm(TYPED | {"metric": "improve efficiency of claims handling"})
    assert form.is_valid()
    assert form.warnings["metric"][0].value == "Handling time per case"
