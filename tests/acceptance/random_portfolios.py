"""Random portfolios, entered through the public doors and written into a reference `Book` side by side."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from accounts.errors import RuleError
from accounts.models import User
from costs import lines
from costs.budgets import lines as budget_lines
from costs.models import Category
from costs.new_line import NewLine
from outcomes import agreements, measurements
from outcomes.models import Outcome
from projects import holds, hooks, initiatives, periods, transitions, units
from projects.models import Hosting, Initiative, Transition
from projects.stages import MOVES
from tests.acceptance import reference as ref
from tests.acceptance.chance import BASE, FIRST, LAST, Chance, Made

UNITS = ("", "Claims", "Claims / Motor", "Service")
TAGS = ("voice", "text")
WHY_UNKNOWN = ("absent", "unreadable", "year-only")
Act = Callable[[], None]


class Author(Chance):
    """Enters a random portfolio: what belongs together in its order, everything else mixed up in time."""

    def __init__(self, seed: int, admin: User, size: int = 6) -> None:
        super().__init__(seed, admin)
        self.book = ref.Book()
        self.initiatives: list[Made] = []
        self.categories = list(Category.objects.all())
        streams = [[self.rate] * 25, [lambda: self.cost(None)] * 4]
        for number in range(size):
            streams += self.streams_of(self.initiative(number))
        self.play(streams)

    def play(self, streams: list[list[Act]]) -> None:
        """Do everything, each stream in its own order."""
        while streams := [stream for stream in streams if stream]:
            self.random.choice(streams).pop(0)()
            self.settle()

    def streams_of(self, made: Made) -> list[list[Act]]:
        """Return what happens to an initiative."""
        often = self.random.randrange
        streams = [
            [lambda: self.step(made)] * often(8),
            [lambda: self.cost(made)] * often(9),
            [lambda: self.budget(made)] * often(4),
            [lambda: self.plan(made)] * often(3),
            [lambda: self.hold(made)] * often(2),
        ]
        return streams + [self.outcome_stream(made) for _ in range(often(3))]

    def outcome_stream(self, made: Made) -> list[Act]:
        """Return what happens to an outcome: it is agreed first."""
        holder: list[Made] = []
        acts = [self.read, self.read, self.read, self.revise, self.alter, self.validate]
        later = [self.random.choice(acts) for _ in range(self.random.randrange(2, 12))]
        return [lambda: self.agree(made, holder)] + [lambda act=act: act(holder[0]) for act in later]

    # Initiatives

    def initiative(self, number: int) -> Made:
        """Make one."""
        random = self.random
        unit, hosting = random.choice(UNITS), random.choice(Hosting.values)
        tags = random.sample(TAGS, random.randint(0, 2))
        why, unrecorded, agreed = self.chance(0.8), self.chance(0.15), self.day()
        planned = self.day() if self.chance(0.7) else None
        row = initiatives.create(
            self.admin,
            title=f"Initiative {number}",
            business_unit=units.find_or_make(unit, self.admin),
            tags=tags,
            hosting=hosting,
            problem="Slow" if why else " ",
            desired_outcome="Fast",
            planned_production_on=planned,
            plan_agreed_on=agreed,
        )
        Initiative.objects.filter(pk=row.pk).update(outcomes_not_recorded=unrecorded)
        twin = ref.Initiative(unit, tuple(tags), hosting, why, unrecorded, [(agreed, planned)] if planned else [])
        self.book.initiatives.append(twin)
        self.initiatives.append(Made(row, twin))
        return self.initiatives[-1]

    def step(self, made: Made) -> None:
        """Move it: back-dated, not before the last known date, now and then without a date."""
        at = made.twin.steps[-1].to if made.twin.steps else "draft"
        to = str(self.random.choice(MOVES[at]))
        known = max((step.on for step in made.twin.steps if step.on), default=FIRST)
        on = self.day(known, min(known + timedelta(days=self.random.choice([0, 40, 400])), LAST))
        if not self.chance(0.08):
            transitions.move(made.row, to, on, self.admin)
            made.twin.steps.append(ref.Step(to, on))
            return
        why, position = self.random.choice(WHY_UNKNOWN), len(made.twin.steps) + 1
        Transition.objects.create(
            initiative=made.row, position=position, from_stage=at, to_stage=to, known_by=on, unknown_reason=why
        )
        Initiative.objects.filter(pk=made.row.pk).update(stage=to)
        periods.rebuild([made.row.pk])
        for hook in hooks.after_stage_change:
            hook([made.row.pk])
        made.twin.steps.append(ref.Step(to, None, on, why))

    def plan(self, made: Made) -> None:
        """Revise the plan."""
        now, planned, agreed = Initiative.objects.get(pk=made.row.pk), self.day(), self.day()
        initiatives.edit(
            now, version=now.version, actor=self.admin, planned_production_on=planned, plan_agreed_on=agreed
        )
        made.twin.plans.append((agreed, planned))

    def hold(self, made: Made) -> None:
        """Pause it."""
        begun = self.day(FIRST, LAST - ref.DAY)
        until = self.day(begun + ref.DAY) if self.chance(0.5) else None
        holds.start(made.row, begun, self.admin, ended_on=until)
        made.twin.holds.append((begun, until))

    # Money

    def cost(self, made: Made | None) -> None:
        """Add a line; now and then correct it or take it out at once."""
        row, twin = self.line(made)
        (line,) = lines.add(self.admin, [row]).lines
        kept = made.twin.lines if made else self.book.unallocated
        if self.chance(0.1):
            lines.remove(self.admin, line)
            return
        if self.chance(0.1):
            row, twin = self.line(made)
            lines.correct(self.admin, line, row)
        kept.append(twin)
        self.waiting.append((twin, row.amount, row.currency, row.incurred_on))

    def line(self, made: Made | None) -> tuple[NewLine, ref.Line]:
        """Return a line in both worlds."""
        on, amount, recoverable = self.day(), self.amount(), self.chance(0.4)
        billed = self.day(on - timedelta(days=40), on + timedelta(days=90)) if self.chance(0.7) else None
        row = NewLine(
            made.row if made else None,
            on,
            self.random.choice(self.categories),
            amount,
            self.currency(),
            recoverable=recoverable,
            billed_on=billed,
        )
        return row, ref.Line(on, None, recoverable, billed)

    def budget(self, made: Made) -> None:
        """Add a budget for a month."""
        month, amount, currency, on = self.day().replace(day=1), abs(self.amount()), self.currency(), self.day()
        category = self.random.choice([None, *self.categories])
        budget_lines.add(self.admin, [budget_lines.NewBudget(made.row, month, category, amount, currency, on)])
        twin = ref.Budget(month, on, None)
        made.twin.budgets.append(twin)
        self.waiting.append((twin, amount, currency, on))

    # Outcomes

    def agree(self, made: Made, holder: list[Made]) -> None:
        """Agree an outcome."""
        random, direction = self.random, self.random.choice(["increase", "decrease", "decrease", "maintain"])
        kind, agreed = random.choice(["level", "flow"]), self.day()
        values: dict[str, Any] = {"direction": direction} | self.worth(kind) | self.target(direction, agreed)
        fields = {("unit_value_currency" if name == "currency" else name): value for name, value in values.items()}
        row = agreements.agree(self.admin, made.row, metric="m", unit="u", kind=kind, agreed_on=agreed, **fields)
        dated = {name: [(date.min, _exact(value))] for name, value in values.items()}
        twin = ref.Outcome(kind, agreed, dated)
        made.twin.outcomes.append(twin)
        holder.append(Made(row, twin))
        self.outcomes.append((made, holder[0]))

    def worth(self, kind: str) -> dict[str, Any]:
        """Return what it is worth, if it is worth money."""
        valued = self.chance(0.8)
        return {
            "cadence_days": self.random.choice([1, 7, 30, 31, 90]),
            "attribution": self.random.choice([Decimal(1), Decimal("0.5"), Decimal("0.33"), Decimal(0)]),
            "unit_value": abs(self.amount(50)) if valued else None,
            "currency": self.currency() if valued else BASE,
            "volume_per_month": abs(self.amount(500)) if kind == "level" and valued else None,
        }

    def target(self, direction: str, agreed: date) -> dict[str, Any]:
        """Return baseline and target; some outcomes are indicators, some incomplete."""
        baseline, away = Decimal(self.random.randint(20, 60)), Decimal(self.random.randint(1, 20))
        aimed = self.chance(0.75)
        target = baseline + (away if direction == "increase" else -away)
        begun = self.day(FIRST, agreed) if self.chance(0.8) else None
        keeps = direction == "maintain"
        return {
            "baseline": baseline,
            "baseline_on": begun,
            "target": target if aimed and not keeps else None,
            "target_low": baseline - away if aimed and keeps else None,
            "target_high": baseline + away if aimed and keeps and self.chance(0.8) else None,
            "target_on": self.day((begun or FIRST) + ref.DAY, LAST + timedelta(days=300)) if aimed else None,
        }

    def revise(self, made: Made) -> None:
        """Change some values from a day on, or from the start; what breaks a rule changes nothing."""
        twin, since = made.twin, self.day()
        direction = self.random.choice(["increase", "decrease", "maintain"])
        if self.chance(0.3):
            aimed = self.target(direction, twin.agreed_on)
            wanted, names = aimed | {"direction": direction}, [*aimed, "direction"]
        else:
            wanted = self.worth(twin.kind) | self.target(twin.at("direction", since), twin.agreed_on)
            names = self.random.sample(sorted(wanted), self.random.randint(1, 4))
        fields = {("unit_value_currency" if name == "currency" else name): wanted[name] for name in names}
        now = Outcome.objects.get(pk=made.row.pk)
        try:
            agreements.revise(now, version=now.version, actor=self.admin, effective_on=since, **fields)
        except RuleError:
            return
        since = date.min if since <= twin.agreed_on else since
        for name in names:
            if twin.at(name, since) != _exact(wanted[name]):
                twin.values[name].append((since, _exact(wanted[name])))

    def read(self, made: Made) -> None:
        """Record a reading; what overlaps is refused."""
        end = self.day()
        longest = self.random.choice([0, 27, 80])
        start = self.day(end - timedelta(days=longest), end) if made.twin.kind == "flow" else None
        value = Decimal(self.random.randint(0, 800)).scaleb(-1)
        try:
            measurements.record(self.admin, made.row, period_start=start, period_end=end, value=value)
        except RuleError:
            return
        made.twin.readings.append(self.reading(start, end, value))

    def reading(self, start: date | None, end: date, value: Decimal) -> ref.Reading:
        """Return a reading of the other world."""
        return ref.Reading(start, end, Fraction(value), rates={BASE: Fraction(1)})

    def alter(self, made: Made) -> None:
        """Correct a reading or withdraw it."""
        found = list(made.row.measurements.counting().order_by("id"))
        if not found:
            return
        place = self.random.randrange(len(found))
        old = made.twin.readings.pop(place)
        if self.chance(0.4):
            measurements.withdraw(self.admin, found[place])
            return
        value = Decimal(self.random.randint(900, 999)).scaleb(-1)
        measurements.correct(self.admin, found[place], value=value)
        made.twin.readings.append(self.reading(old.start, old.end, value))

    def validate(self, made: Made) -> None:
        """Confirm some readings."""
        found = list(made.row.measurements.counting().order_by("id"))
        chosen = [place for place in range(len(found)) if self.chance(0.6)]
        measurements.validate(self.admin, [found[place] for place in chosen])
        for place in chosen:
            made.twin.readings[place].validated = True


def _exact(value: Any) -> Any:
    return Fraction(value) if isinstance(value, Decimal) else value
