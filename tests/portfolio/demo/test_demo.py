"""`manage.py demo` on the real database: what it writes, and that a second run writes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import F, Max, Min
from django.test import override_settings
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker

from accounts.models import Organisation, User
from costs.models import Asset, BudgetNotice, CostLine, Kind, LabourRole, RecurringCost
from costs.reconciliation.causes import causes
from costs.reconciliation.months import provider_months
from costs.registers.generated import SOURCES
from costs.tasks import generate_lines
from costs.totals import by_category_month
from imports.models import Import, State
from money.months import next_month
from outcomes.models import Measurement
from outcomes.status import Status, states
from portfolio.decisions.further_signals import RULES as FURTHER
from portfolio.decisions.listing import every_decision
from portfolio.decisions.signals import RULES
from portfolio.demo import REFUSED
from portfolio.demo.stories import months_ago, stories
from portfolio.facts.gathering import gather, rows_in
from portfolio.metrics.summary import summary
from portfolio.output.initiative_rows import initiative_items, rows_with_budgets
from portfolio.selection.filters import Filters
from projects.history import entries
from projects.models import BusinessUnit, Initiative, Transition
from projects.stages import Stage
from tests.factories import InitiativeFactory

# Loading it takes long, so one process does it for all of them.
pytestmark = pytest.mark.xdist_group("demo")


def demo(*arguments: str) -> str:
    said = StringIO()
    call_command("demo", *arguments, stdout=said)
    return said.getvalue()


@dataclass(frozen=True)
class Demo:
    """The demonstration portfolio as its command left it: what it said, and where."""

    told: str
    var: Path


@contextmanager
def loaded_demo(blocker: DjangoDbBlocker, var: Path, *arguments: str) -> Iterator[Demo]:
    """Load it into a transaction that is taken back at the end."""
    with blocker.unblock(), transaction.atomic(), override_settings(VAR=var):
        yield Demo(demo(*arguments), var)
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def northgate(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Demo]:
    """Load it once; what a test changes afterwards is taken back at its end, and this at the module's."""
    with loaded_demo(django_db_blocker, tmp_path_factory.mktemp("northgate")) as loaded:
        yield loaded


@pytest.mark.parametrize("own", ["an organisation", "an initiative"])
def test_demo_keeps_away_from_a_portfolio_of_ones_own(own: str, db: None, tmp_path: Path, settings: Any) -> None:
    settings.VAR = tmp_path
    if own == "an organisation":
        Organisation.objects.create(name="Ours", set_up_at=timezone.now())
    else:
        InitiativeFactory(external_ref="ours-001")
    with pytest.raises(CommandError, match="This installation has a portfolio of its own") as refused:
        demo()
    assert (refused.value.returncode, User.objects.filter(email__endswith="northgate.example").count()) == (REFUSED, 0)
    assert list(tmp_path.iterdir()) == []


def test_demo_fills_an_empty_product(northgate: Demo, db: None) -> None:
    assert Initiative.objects.count() == 64
    assert BusinessUnit.objects.filter(parent=None).count() == 8
    assert 18_000 < CostLine.objects.filter(group__kind=Kind.ENTERED).count() < 26_000
    assert 1_300 < Measurement.objects.count() < 1_900
    assert not Measurement.objects.exclude(recorded_by=F("outcome__initiative__owner")).exists()
    assert not Initiative.objects.filter(transitions__recorded_by=None, transitions__isnull=False).exists()
    assert set(CostLine.objects.values_list("group__currency", flat=True)) == {"USD", "EUR", "GBP"}
    assert set(Import.objects.values_list("state", flat=True)) == {State.DONE}
    assert Organisation.current().name == "Northgate Insurance"


def test_its_registers_generate_lines_once(northgate: Demo, db: None) -> None:
    generated = CostLine.objects.filter(group__source__in=SOURCES)
    assert set(generated.values_list("group__category__name", flat=True)) == {"hardware", "people", "licences"}
    bills = CostLine.objects.filter(group__initiative__title="Claims triage").exclude(group__source__in=SOURCES)
    assert bills.exists()
    assert not bills.filter(group__category__name="people").exists()  # they stand in the ledger once: by days
    assert (Asset.objects.count(), LabourRole.objects.count(), RecurringCost.objects.count()) == (3, 2, 3)
    assert generate_lines() == 0


def test_its_prototypes_are_guided_to_aimless(northgate: Demo, db: None) -> None:
    figures = summary(Filters(as_of=timezone.localdate()), None)
    assert figures["prototypes"].value == 58
    assert figures["reached_production"].value == 22
    assert {str(name): group.figures["prototypes"].value for name, group in figures.by_guidance.items()} == {
        "guided": 25,
        "partly_guided": 20,
        "aimless": 13,
        "not_recorded": 0,
    }


def test_what_happened_was_written_down_on_its_day_by_a_few_late(northgate: Demo, db: None) -> None:
    assert not Transition.objects.exclude(recorded_at__date=F("effective_on")).exists()
    assert 1 <= summary(Filters(as_of=timezone.localdate()), None)["guidance_recorded_later"].value <= 5
    first = Initiative.objects.get(external_ref="demo-001")
    oldest = list(entries(first))[-1]
    assert (oldest.action, oldest.object_type) == ("create", "projects.initiative")
    assert timezone.localdate(oldest.at) == first.transitions.earliest("effective_on").effective_on


def test_every_stage_is_there_and_dates_reach_from_three_years_ago_to_today(northgate: Demo, db: None) -> None:
    assert set(Initiative.objects.values_list("stage", flat=True)) == set(Stage.values)
    today = timezone.localdate()
    months = [flow.month for flow in summary(Filters(as_of=today), None).facts.months]
    assert len(months) in (36, 37, 38)
    assert months[-1] == today.replace(day=1)
    spent = CostLine.objects.filter(withdrawn_at=None).aggregate(first=Min("incurred_on"), last=Max("incurred_on"))
    assert spent["first"] < months_ago(34, today)
    assert months_ago(1, today) < spent["last"] <= today
    assert months_ago(34, today) > Transition.objects.earliest("effective_on").effective_on
    assert months_ago(1, today) < Measurement.objects.latest("period_end").period_end <= today


def test_stopped_ones_have_sunk_cost(northgate: Demo, db: None) -> None:
    found = summary(Filters(as_of=timezone.localdate()), None)
    stopped = [row for row in rows_in(found.facts) if row.stage == Stage.STOPPED and not row.reached_production]
    assert len(stopped) == found["failed"].value == 15
    assert all(row.gross > 0 for row in stopped)
    assert found["cost_sunk"].value == sum(row.gross for row in stopped)


def test_some_are_over_budget_and_what_needs_a_decision_says_so(northgate: Demo, db: None) -> None:
    found = every_decision(Filters(as_of=timezone.localdate()), None, "USD")
    over = [case.row for case in found.cases for signal in case.signals if signal.rule == "over_budget"]
    assert {"Code assistant", "Service desk deflection"} <= {row.title for row in over}
    assert all(row.gross > row.planned_cost * Decimal("1.1") > 0 for row in over)
    assert {signal.rule for case in found.cases for signal in case.signals} == set(RULES)


def test_some_readings_are_overdue(northgate: Demo, db: None) -> None:
    today = timezone.localdate()
    overdue = [state for state in states(None, today).values() if state.status == Status.OVERDUE]
    told = {goal.metric for story in stories("en", today) for goal in story.goals if goal.overdue}
    assert len(told) == 4
    assert {state.outcome.metric for state in overdue} == told
    late = [(today - state.latest.period_end).days for state in overdue if state.latest]
    assert len(late) == 3 and min(late) >= 130  # one was never measured


def test_a_token_price_tripled_and_is_in_the_ledger(northgate: Demo, db: None) -> None:
    today = timezone.localdate()
    story = next(story for story in stories("en", today) if story.price_shock > 1)
    months = by_category_month([Initiative.objects.get(title=story.title).pk], today)
    last, before = (next_month(today.replace(day=1), back) for back in (-1, -7))
    assert months[last]["tokens"].gross / months[before]["tokens"].gross > Decimal("2.7")


def test_its_rows_by_api_tell_late_readings_the_price_shock_and_what_stalls(northgate: Demo, db: None) -> None:
    today = timezone.localdate()
    facts = gather(Filters(as_of=today), None)
    told = {item["title"]: item["signals"] for item in initiative_items(rows_with_budgets(facts), facts)}
    late = {story.title for story in stories("en", today) for goal in story.goals if goal.overdue}
    assert {title for title, rules in told.items() if "overdue_measurement" in rules} == late
    (shocked,) = (story.title for story in stories("en", today) if story.price_shock > 1)
    assert "price_shock" in told[shocked]
    assert {*RULES, *FURTHER} == {rule for rules in told.values() for rule in rules}


def test_its_months_of_bills_are_in_every_state_of_reconciliation(northgate: Demo, db: None) -> None:
    months = [month for month in provider_months() if "bill" in month.amounts]
    assert [(month.provider, month.state) for month in months] == [
        ("corvid ai", "open"), ("tessel", "open"), ("corvid ai", "reconciled"), ("tessel", "reopened"),
        ("corvid ai", "reconciled"), ("tessel", "reconciled"),
    ]  # fmt: skip
    why = causes(months[0])
    usage = why.parts["usage"]
    assert usage.known == months[0].difference("usage")
    assert usage.missing_days < 0 and usage.unpriced < 0 < usage.cached_tokens and usage.other == 0
    assert (len(why.missing_days["usage"]), [model for model, _lines in why.unpriced]) == (1, ["corvid-voice-preview"])
    assert 0 < why.unallocated < months[0].ledger


def test_its_budget_notices_came_over_time(northgate: Demo, db: None) -> None:
    notices = BudgetNotice.objects.all()
    assert len({notice.raised_on for notice in notices}) > 5  # as they came, not all of them today
    assert not notices.filter(mailed_at=None).exists()


def test_it_says_how_to_sign_in_and_a_second_run_changes_nothing(northgate: Demo, db: None) -> None:
    password = (northgate.var / "demo-password").read_text().strip()
    assert (northgate.var / "demo-password").stat().st_mode & 0o777 == 0o600
    assert f"admin@northgate.example            {password}" in northgate.told
    assert User.objects.get(email="finance@northgate.example").check_password(password)

    before = CostLine.objects.count(), Measurement.objects.count(), User.objects.count()
    again = demo()
    assert "nothing was changed" in again
    assert (CostLine.objects.count(), Measurement.objects.count(), User.objects.count()) == before
