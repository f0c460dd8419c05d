"""The outcome's question in the intake."""

from decimal import Decimal

import pytest
from django.urls import reverse

from outcomes.intake import STEP, OutcomeStepForm
from outcomes.models import Outcome
from projects.intake import steps
from projects.models import Initiative, IntakeDraft
from tests.factories import InitiativeFactory, UserFactory

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


@pytest.mark.parametrize("name", sorted(set(TYPED) - {"metric", "direction", "kind", "unit_value_currency"}))
def test_what_is_said_of_no_metric_is_asked_back(name):
    preset = {"direction": "decrease", "kind": "level", "unit_value_currency": "USD"}
    assert list(OutcomeStepForm(preset | {name: TYPED[name]}).errors) == ["metric"]


def test_an_outcome_without_its_metric_is_not_sent_and_its_draft_is_kept(client):
    client.force_login(UserFactory())
    client.post(reverse("projects:intake-new"), {"title": "Claims triage", "go": "next"})
    draft = IntakeDraft.objects.get()
    outcome, check = (reverse("projects:intake-step", args=[draft.pk, slug]) for slug in ("outcome", "check"))
    client.post(outcome, TYPED | {"metric": "", "go": "check"})
    answer = client.post(check, {"go": "next"})
    assert answer.status_code == 422
    assert [(step.slug, said) for step, said in answer.context["problems"]] == [
        ("outcome", "What will you measure? Say what is measured, or leave all of this page empty.")
    ]
    assert not Initiative.objects.exists()
    assert 'value="14.2"' in client.get(outcome).content.decode()


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
