"""Initiatives are read as they stood at a date, from rows that were agreed and recorded on other days."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from costs.budgets import lines as budget_lines
from costs.models import BudgetLine
from outcomes.models import OutcomeTerms
from portfolio.dashboard.initiative_overview import against_plan
from portfolio.decisions.listing import needs_a_decision
from portfolio.decisions.signals import signals
from portfolio.explanations.explain_initiative import explain_one
from portfolio.facts.gathering import gather, rows_in
from portfolio.guidance import Guidance
from portfolio.initiative_hooks import guidance_of
from portfolio.metrics.summary import summary
from portfolio.output.initiative_rows import initiative_items
from portfolio.selection.filters import Filters
from projects import initiatives
from projects.models import Initiative, PlanRevision
from tests.costs.factories import add_line, add_rate
from tests.factories import InitiativeFactory, UserFactory
from tests.outcomes.factories import enter, make_outcome, read

pytestmark = pytest.mark.django_db
START = date(2025, 3, 1)
IN_TIME = datetime(2025, 2, 15, 12, tzinfo=UTC)
IN_SEPTEMBER = datetime(2025, 9, 1, 12, tzinfo=UTC)
AS_OF = date(2025, 12, 31)


@pytest.fixture
def office():
    return UserFactory(portfolio=True)


@pytest.fixture
def guided(office):
    """A prototype of 1 March 2025; its target, plan and budget were agreed and recorded on 15 February."""
    made = initiatives.create(
        office, title="Triage", owner=office, problem="Slow", desired_outcome="Fast",
        planned_production_on=date(2025, 9, 1), plan_agreed_on=date(2025, 2, 15),
    )  # fmt: skip
    enter(made, "prototype", START)
    make_outcome(made, agreed_on=date(2025, 2, 15))
    budget(office, made, approved_on=date(2025, 2, 15))
    for model in (PlanRevision, OutcomeTerms, BudgetLine):
        model.objects.update(recorded_at=IN_TIME)
    return made


def budget(office, initiative, approved_on: date, currency: str = "USD", amount: int = 1_000) -> None:
    row = budget_lines.NewBudget(initiative, date(2025, 4, 1), None, Decimal(amount), currency, approved_on)
    budget_lines.add(office, [row])


def later_decisions() -> int:
    found = summary(Filters(as_of=AS_OF), None)
    assert found.by_guidance[Guidance.GUIDED].figures["prototypes"].value == 1
    return found["guidance_recorded_later"].value


def test_an_older_agreement_that_is_entered_later_is_not_what_a_decision_rests_on(guided, office):
    # In September what was agreed on 1 February is entered too, a budget, an outcome and a plan: those recorded on
    # 15 February carry the decision alone, so it rests on nothing late. Without the budget among them it does.
    assert later_decisions() == 0
    budget(office, guided, approved_on=date(2025, 2, 1))
    make_outcome(guided, agreed_on=date(2025, 2, 1))
    initiatives.edit(
        guided, version=guided.version, actor=office,
        planned_production_on=date(2025, 10, 1), plan_agreed_on=date(2025, 2, 1),
    )  # fmt: skip
    for model in (PlanRevision, OutcomeTerms, BudgetLine):
        model.objects.exclude(recorded_at=IN_TIME).update(recorded_at=IN_SEPTEMBER)
        assert model.objects.filter(recorded_at=IN_SEPTEMBER).count() == 1
    assert later_decisions() == 0
    BudgetLine.objects.filter(recorded_at=IN_TIME).delete()
    assert later_decisions() == 1


def test_an_outcome_that_is_added_today_says_nothing_about_an_earlier_day():
    # Imported without outcomes, it was not recorded on 31 December 2024; an outcome agreed in 2026 changes that from
    # its day on: then it began without an aim, as its start in May 2023 was long before.
    made = InitiativeFactory(outcomes_not_recorded=True)
    enter(made, "prototype", date(2023, 5, 1))
    make_outcome(made, agreed_on=date(2026, 1, 15))
    cohorts = [guidance_of([made.pk], day)[made.pk] for day in (date(2024, 12, 31), date(2026, 1, 14))]
    assert cohorts == ["not_recorded", "not_recorded"]
    assert guidance_of([made.pk], date(2026, 1, 15)) == {made.pk: "aimless"}
    found = summary(Filters(as_of=date(2024, 12, 31)), None).by_guidance
    assert found[Guidance.NOT_RECORDED].figures["prototypes"].value == 1
    assert found[Guidance.AIMLESS].figures["prototypes"].value == 0


def test_an_outcome_that_was_agreed_later_lends_a_row_neither_attainment_nor_status():
    made = InitiativeFactory()
    enter(made, "prototype", START)
    read(make_outcome(made, agreed_on=date(2026, 3, 1)), date(2025, 6, 30), "7")
    assert attained(date(2025, 7, 1)) == (None, None)
    # The second is agreed from the start: (11.2 - 14) ÷ (7 - 14) = 0.4 where 181 of 364 days, 0.497, have passed.
    read(make_outcome(made, agreed_on=START), date(2025, 6, 30), "11.2")
    assert attained(date(2025, 7, 1)) == (0.4, "on_track")
    # Once both are agreed the first is the main one: its reading is 244 days old, and all of the way.
    assert attained(date(2026, 3, 1)) == (1.0, "overdue")


def attained(as_of: date) -> tuple[float | None, str | None]:
    facts = gather(Filters(as_of=as_of), None)
    (item,) = initiative_items(rows_in(facts), facts)
    return item["attainment"], item["status"]


def test_cost_is_not_over_a_budget_of_which_a_line_waits_for_a_rate(guided, office):
    # Of April 2025 USD 1,000 are approved and EUR 9,000, which have no rate; 5,000 is spent.
    budget(office, guided, date(2025, 2, 15), "EUR", 9_000)
    add_line(guided, "2025-04-01", "5000")
    assert over_budget(AS_OF) == []
    (row,) = rows_in(gather(Filters(as_of=AS_OF), None))
    assert against_plan(row, "USD") == "The budget waits for an exchange rate."
    explained = explain_one("over_budget", guided, Filters(as_of=AS_OF), "USD")
    assert (row.planned_cost, explained.value, explained.formula) == (
        None,
        "no",
        "The budget waits for an exchange rate.",
    )
    # At 1.10 they are 9,900: 5,000 against 10,900 is not over budget either.
    add_rate("2025-02-15", "EUR", "1.10")
    (row,) = rows_in(gather(Filters(as_of=AS_OF), None))
    assert (row.planned_cost, over_budget(AS_OF)) == (10_900, [])


def test_a_line_that_waits_for_a_later_month_holds_nothing_back(guided, office):
    # 5,000 ÷ 1,000 - 1 = 400 %: what waits is not due before January 2026.
    later = budget_lines.NewBudget(guided, date(2026, 1, 1), None, Decimal(9_000), "EUR", date(2025, 2, 15))
    budget_lines.add(office, [later])
    add_line(guided, "2025-04-01", "5000")
    assert over_budget(AS_OF) == ["Cost $5,000 against $1,000 planned to date (+400\u202f%)"]
    assert over_budget(date(2026, 1, 1)) == []


def over_budget(as_of: date) -> list[str]:
    rows = rows_in(gather(Filters(as_of=as_of), None))
    return [signal.words for signal in signals(rows, as_of, "USD") if signal.rule == "over_budget"]


def planned_for_june(office):
    """A prototype whose production was planned for 1 June 2025, agreed on 1 January."""
    plan = {"planned_production_on": date(2025, 6, 1), "plan_agreed_on": date(2025, 1, 1)}
    made = initiatives.create(office, title="Late", owner=office, **plan)
    enter(made, "prototype", START)
    return made


def test_a_plan_counts_from_the_day_on_which_it_was_agreed(office):
    # Agreed on 1 January 2025 for 1 June 2025; replanned on 1 December 2025 for 1 June 2026.
    made = planned_for_june(office)
    initiatives.edit(
        made, version=made.version, actor=office,
        planned_production_on=date(2026, 6, 1), plan_agreed_on=date(2025, 12, 1),
    )  # fmt: skip
    # From 1 June to 1 September lie 30 + 31 + 31 = 92 days; before 1 January nothing was planned at all.
    words = "Production is 92 days overdue: it was planned for 1\u00a0June\u00a02025"
    assert planned(date(2025, 9, 1)) == (date(2025, 6, 1), [words])
    assert planned(date(2024, 12, 31)) == (None, [])
    # 1 June to 30 November: 182 days. The next day the new plan holds, whose day is to come.
    words = "Production is 182 days overdue: it was planned for 1\u00a0June\u00a02025"
    assert planned(date(2025, 11, 30)) == (date(2025, 6, 1), [words])
    assert planned(date(2025, 12, 1)) == (date(2026, 6, 1), [])
    words = "Production is 1 day overdue: it was planned for 1\u00a0June\u00a02026"
    assert planned(date(2026, 6, 2)) == (date(2026, 6, 1), [words])


def test_of_two_plans_of_one_day_the_one_recorded_last_holds_and_a_plan_can_be_given_up(office):
    made = planned_for_june(office)
    for day, agreed_on in ((date(2025, 7, 1), date(2025, 1, 1)), (None, date(2025, 10, 1))):
        version = Initiative.objects.get(pk=made.pk).version
        initiatives.edit(made, version=version, actor=office, planned_production_on=day, plan_agreed_on=agreed_on)
    # 1 July to 1 September: 62 days.
    words = "Production is 62 days overdue: it was planned for 1\u00a0July\u00a02025"
    assert planned(date(2025, 9, 1)) == (date(2025, 7, 1), [words])
    assert planned(date(2025, 10, 1)) == (None, [])


def planned(as_of: date) -> tuple[date | None, list[str]]:
    """Return the planned day in the list and what is said of it; the page, which reads only late ones, agrees."""
    facts = gather(Filters(as_of=as_of), None)
    (row,) = rows_in(facts)
    watch = needs_a_decision(gather(Filters(as_of=as_of), None, with_page_extras=True), "USD")
    said = [signal.words for signal in signals([row], as_of, "USD")]
    assert [signal.words for signal in watch.signals] == said
    (item,) = initiative_items([row], facts)
    assert item["planned_production_on"] == row.planned_production_on
    return row.planned_production_on, said
