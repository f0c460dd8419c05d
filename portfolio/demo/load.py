"""Writes the demonstration portfolio through the same doors that people use."""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from accounts.changes import Change, changing
from accounts.models import Organisation, Role, User
from costs.budgets import lines as budget_lines
from costs.budgets import notices
from costs.budgets.lines import NewBudget
from costs.models import BudgetNotice, Category
from imports import jobs, runner
from imports.models import Import, State
from money import ledger
from money.models import ExchangeRate
from money.months import last_day, next_month
from outcomes import agreements, measurements
from outcomes.measurements import NewReading
from outcomes.models import Outcome
from portfolio.demo import gateway, registers
from portfolio.demo.cast import COMPANY, STAFF, TAGS_JA, UNITS, Purse, purse
from portfolio.demo.readings import cadence_days, readings, target_date
from portfolio.demo.sharing import make_rules
from portfolio.demo.spending import budget_rows, cost_rows, rate_rows, shared_rows
from portfolio.demo.stories import ENDS, LANGUAGES, Goal, Story, stories
from projects import holds, initiatives, transitions, units
from projects.models import BusinessUnit, Initiative

REF = "demo-"
BILLS = "demo-bills.csv"
MONTHS_OF_NOTICES = 48
WRITES_LATE = 16  # one story in so many writes its goals down long after they were agreed
COLUMNS = (
    "initiative",
    "incurred_on",
    "category",
    "amount",
    "currency",
    "vendor",
    "description",
    "capex",
    "recurring",
    "recoverable",
    "billed_on",
    "invoice_ref",
    "tags",
)


@dataclass
class Loaded:
    """What was written."""

    initiatives: int = 0
    cost_lines: int = 0
    readings: int = 0
    budget_lines: int = 0


@dataclass(frozen=True)
class Stage:
    """What every part of the loading needs: the write, who acts, in which language and currency, and on which day."""

    change: Change
    actor: User
    finance: User
    owners: list[User]
    language: str
    money: Purse
    today: date
    categories: dict[str, Category]

    def now_is(self, day: date) -> None:
        """Let what follows be written down in the morning of that day: years are not made up in a minute."""
        self.change.at = timezone.make_aware(datetime.combine(day, time(9, 30)))


def has_own_portfolio() -> bool:
    """Tell whether somebody has set up an organisation here, or has an initiative, that is not the demonstration's."""
    ours = Initiative.objects.filter(external_ref__startswith=REF)
    is_set_up = Organisation.current().set_up_at is not None
    return Initiative.objects.exclude(pk__in=ours).exists() or (is_set_up and not ours.exists())


def is_loaded() -> bool:
    """Tell whether the demonstration portfolio is there already, with its bills."""
    return all(_is_done(name) for name in (BILLS, gateway.LAST))


def _is_done(name: str) -> bool:
    return Import.objects.filter(file_name=name, state=State.DONE).exists()


def load(language: str, password: str) -> Loaded:
    """Write people, rates, initiatives, outcomes, readings and budgets in one transaction; then import bills and usage.

    Should it be ended in between, the next run brings in what is missing.
    """
    told = stories(language, timezone.localdate())
    loaded = Loaded()
    if not Initiative.objects.filter(external_ref__startswith=REF).exists():
        with changing(None) as change:
            now = change.at
            _write(told, language, password, loaded, change)
            change.at = now
    finance = User.objects.get(email=next(email for role, email, *_names in STAFF if role == Role.FINANCE))
    if not _is_done(BILLS):
        loaded.cost_lines = _bills(finance, told, language)
    loaded.cost_lines += gateway.load(finance, told, language, timezone.localdate())
    _notices(timezone.localdate())
    return loaded


def _write(told: list[Story], language: str, password: str, loaded: Loaded, change: Change) -> None:
    organisation = _set_up(language)
    staff = _people(language, password)
    stage = Stage(
        change=change,
        actor=staff[Role.PORTFOLIO][0],
        finance=staff[Role.FINANCE][0],
        owners=staff[Role.CONTRIBUTOR],
        language=language,
        money=purse(organisation.base_currency),
        today=timezone.localdate(),
        categories={category.name: category for category in Category.objects.all()},
    )
    _rates(stage)
    places = _units(language)
    made: dict[int, Initiative] = {}
    measured: list[tuple[Story, Goal, Outcome]] = []
    now = change.at
    for story in told:
        initiative = made[story.number] = _initiative(story, stage, places)
        loaded.initiatives += 1
        budget = _budget(story, initiative, stage)
        loaded.budget_lines += len(budget)
        measured += [(story, *agreed) for agreed in _what_happened(story, initiative, budget, stage)]
    change.at = now
    loaded.readings = _readings(measured, stage)
    registers.write(told, made, stage.money, stage.today, language)
    make_rules(stage.finance, told, made, language)


def _notices(today: date) -> None:
    """Raise budget notices as they came month by month, not all today. It is history: nobody gets a letter."""
    ids = list(Initiative.objects.filter(external_ref__startswith=REF).values_list("pk", flat=True))
    told = BudgetNotice.objects.filter(initiative__in=ids)
    told.delete()
    for back in range(MONTHS_OF_NOTICES, 0, -1):
        notices.raise_reached(ids, last_day(next_month(today.replace(day=1), -back)))
    notices.raise_reached(ids, today)
    told.update(mailed_at=timezone.now())


def _set_up(language: str) -> Organisation:
    """Name the organisation where nobody has; in Japanese it counts in yen."""
    organisation = Organisation.current()
    organisation.name = organisation.name or COMPANY[language]
    if language == "ja":
        organisation.base_currency = "JPY"
    organisation.set_up_at = timezone.now()
    organisation.save()
    return organisation


def _people(language: str, password: str) -> dict[str, list[User]]:
    """Make the staff; they share one password, so its slow hash is worked out once."""
    digest = make_password(password)
    staff: dict[str, list[User]] = {}
    for role, email, *names in STAFF:
        name = names[LANGUAGES.index(language)]
        user, _made = User.objects.get_or_create(email=email, defaults={"role": role, "name": name, "password": digest})
        staff.setdefault(user.role, []).append(user)
    return staff


def _rates(stage: Stage) -> None:
    known = set(ExchangeRate.objects.values_list("currency", "on"))
    rates = [
        ledger.NewRate(on, code, rate)
        for on, code, rate in rate_rows(stage.money, stage.today)
        if (code, on) not in known
    ]
    ledger.add_all(stage.finance, rates)


def _units(language: str) -> dict[str, BusinessUnit]:
    made: dict[str, BusinessUnit] = {}
    for slug, (parent, *names) in UNITS.items():
        made[slug] = units.child(made[parent] if parent else None, names[LANGUAGES.index(language)], None)
    return made


def _initiative(story: Story, stage: Stage, places: dict[str, BusinessUnit]) -> Initiative:
    stage.now_is(min(story.stages.values(), default=stage.today - timedelta(days=3)))
    owner = stage.owners[story.number % len(stage.owners)]
    return initiatives.create(
        stage.actor,
        title=story.title,
        problem=story.problem,
        desired_outcome=story.desired_outcome,
        why_ai=story.why_ai,
        alternative_considered=story.alternative,
        business_unit=places[story.unit],
        owner=owner,
        members=[stage.owners[(story.number + 3) % len(stage.owners)]],
        tags=[TAGS_JA[tag] if stage.language == "ja" else tag for tag in story.tags],
        hosting=story.hosting,
        risk_tier=story.risk,
        external_ref=f"{REF}{story.number:03d}",
        confidential=story.unit == "people" and story.risk == "high",
        **_plan(story),
    )


def _what_happened(
    story: Story, initiative: Initiative, budget: list[NewBudget], stage: Stage
) -> list[tuple[Goal, Outcome]]:
    """Move and hold the initiative, approve its budget and agree its goals, each on its day; return the outcomes."""
    agreed: list[tuple[Goal, Outcome]] = []

    def agree(goal: Goal) -> None:
        agreed.append((goal, agreements.agree(stage.actor, initiative, **_terms(story, goal, stage))))

    events: list[tuple[date, Callable[[], object]]] = []
    for entered, on in story.stages.items():
        rationale = story.stop_reason if entered in ENDS else ""
        move = partial(transitions.move, initiative, entered, on, stage.actor, rationale=rationale)
        events.append((on, move))
    if story.hold:
        since, until, reason = story.hold
        hold = partial(holds.start, initiative, since, stage.actor, reason=reason, ended_on=until)
        events.append((since, hold))
    if budget:
        events.append((budget[0].approved_on, partial(budget_lines.add, stage.finance, budget)))
    events += [(_written_on(story, stage), partial(agree, goal)) for goal in story.goals]
    for day, happen in sorted(events, key=lambda event: event[0]):
        stage.now_is(day)
        happen()
    return agreed


def _agreed_on(story: Story) -> date:
    return story.stages.get("approved", min(story.stages.values()))


def _written_on(story: Story, stage: Stage) -> date:
    """Say when the goals were written down: as they were agreed, by some only when somebody asked."""
    asked = timedelta(days=150) if story.number % WRITES_LATE == 5 else timedelta()
    return min(_agreed_on(story) + asked, stage.today - timedelta(days=1))


def _plan(story: Story) -> dict[str, date | None]:
    """Plan as one does: a prototype soon after the approval, the pilot half way to production."""
    if story.planned_on is None or not story.stages:
        return {}
    first = min(story.stages.values())
    return {
        "planned_prototype_on": first + timedelta(days=45),
        "planned_pilot_on": first + (story.planned_on - first) / 2,
        "planned_production_on": story.planned_on,
        "plan_agreed_on": story.stages.get("approved", first),
    }


def _readings(measured: Sequence[tuple[Story, Goal, Outcome]], stage: Stage) -> int:
    """Record and validate what was measured; it is brought in today, at once."""
    taken: dict[User, list[tuple[NewReading, bool]]] = defaultdict(list)
    for story, goal, outcome in measured:
        for one in readings(story, goal, stage.today):
            row = NewReading(outcome, one.period_end, one.value, period_start=one.period_start)
            taken[outcome.initiative.owner].append((row, one.validated))
    confirmed = []
    for owner, own in taken.items():
        made = measurements.record_many(owner, [row for row, _validated in own])
        confirmed += [row for row, (_row, validated) in zip(made, own, strict=True) if validated]
    measurements.validate(stage.finance, confirmed)
    return sum(map(len, taken.values()))


def _terms(story: Story, goal: Goal, stage: Stage) -> dict[str, Any]:
    first = min(story.stages.values())
    terms: dict[str, Any] = {
        "metric": goal.metric,
        "unit": goal.unit,
        "kind": goal.kind,
        "benefit_type": goal.benefit_type,
        "agreed_on": _agreed_on(story),
        "baseline_on": first - timedelta(days=20),
        "cadence_days": cadence_days(story, goal),
        "target_on": target_date(story),
        "owner": stage.owners[story.number % len(stage.owners)],
        "attribution": _exact(goal.share),
    }
    if goal.bounds:
        low, high = goal.bounds
        return terms | {"direction": "maintain", "target_low": _exact(low), "target_high": _exact(high)}
    assert goal.baseline is not None and goal.target is not None
    terms |= {"baseline": _exact(goal.baseline), "target": _exact(goal.target)}
    terms["direction"] = "increase" if goal.target > goal.baseline else "decrease"
    if goal.value is not None:
        terms["unit_value"] = (_exact(goal.value) * stage.money.scale).quantize(Decimal("0.0001"))
        terms["unit_value_currency"] = stage.money.base
        terms["volume_per_month"] = _exact(goal.volume) if goal.volume else None
    return terms


def _exact(value: float) -> Decimal:
    return Decimal(str(value))


def _budget(story: Story, initiative: Initiative, stage: Stage) -> list[NewBudget]:
    """Return the lines of the budget, which are approved on one day."""
    return [
        NewBudget(initiative=initiative, **row | {"category": stage.categories[row["category"]]})
        for row in budget_rows(story, stage.money, stage.today)
    ]


def _bills(finance: User, told: list[Story], language: str) -> int:
    """Import every bill the way finance would: as one file, which then stands among the imports."""
    job = jobs.submit(finance, format_name="costs_csv", chunks=_file(told, language), file_name=BILLS)
    runner.run(job.pk)
    job.refresh_from_db()
    if job.state != State.DONE or job.rows_rejected:
        raise RuntimeError(f"The demonstration's bills were not imported: {job.state}, {job.reasons}")
    return job.rows_created


def _file(told: list[Story], language: str) -> Iterator[bytes]:
    keys = {row.external_ref: row.key for row in Initiative.objects.filter(external_ref__startswith=REF)}
    money, today = purse(Organisation.current().base_currency), timezone.localdate()
    yield _csv([COLUMNS])
    for story in told:
        rows = cost_rows(story, money, today)
        yield _csv([keys[f"{REF}{story.number:03d}"], *_cells(row)] for row in rows)
    yield _csv(["", *_cells(row)] for row in shared_rows(money, today, language))


def _cells(row: dict[str, Any]) -> list[Any]:
    values = [row.get(name) for name in COLUMNS[1:]]
    return [_cell(value) for value in values]


def _cell(value: Any) -> Any:
    if isinstance(value, dict):
        return json.dumps(value)
    return str(value).lower() if isinstance(value, bool) else value


def _csv(rows: Iterable[Sequence[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
