"""What of the made-up insurer's cost follows from registers: own hardware, days of two roles, three licences.

These costs stand in no bill (`spending.cost_rows` leaves them out); the registers bring them into the ledger.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from costs.models import (
    Asset,
    AssetShare,
    Category,
    DayRate,
    EnergyPrice,
    LabourRole,
    RecurringAmount,
    RecurringCost,
    RecurringShare,
)
from costs.registers import entries as register_entries
from costs.registers import labour_days
from costs.registers.labour_days import NewDays
from money.months import last_day, next_month
from portfolio.demo.cast import Purse
from portfolio.demo.spending import PHASES, stage_on, wobble
from portfolio.demo.stories import LANGUAGES, Story
from projects.models import Initiative

BY_DAYS = (1, 31)  # stories whose people are entered as days
LIFE_MONTHS = 48
SALVAGE = 10  # a tenth of the price


@dataclass(frozen=True)
class Machine:
    """Hardware of a story: its name in both languages, its power, and which stories bear it with which share."""

    name: tuple[str, str]
    power_kw: str
    shares: dict[int, str]
    hours: int | None = None  # a month; none: around the clock


@dataclass(frozen=True)
class Licence:
    """A licence of a story: its name in both languages, and every how many months it is due."""

    name: tuple[str, str]
    vendor: str
    every_months: int
    recoverable: bool = False
    rise: Decimal = Decimal(1)  # from its second year on


MACHINES = {
    4: Machine(("GPU server, claims", "GPUサーバー（損害サービス）"), "6.5", {4: "0.7", 2: "0.2"}),
    27: Machine(("Workstations, mainframe team", "ワークステーション（基幹系チーム）"), "2.4", {27: "1"}, 180),
    31: Machine(("GPU cluster", "GPUクラスター"), "21", {31: "0.65", 26: "0.15"}),
}
LICENCES = {
    19: Licence(("Invoice matching, 400 seats", "請求書照合 400席"), "Quill Labs", 12),
    25: Licence(
        ("Code assistant, 350 seats", "コーディングアシスタント 350席"), "Beacon Software", 1, rise=Decimal("1.08")
    ),
    63: Licence(("Meeting minutes, 900 seats", "議事録 900席"), "Beacon Software", 3, recoverable=True),
}
# Name in both languages, day rate before and from 1 January of this year on (US dollars), share of a story's people.
ROLES = (
    (("Engineer", "エンジニア"), 780, 815, Decimal("0.7")),
    (("Analyst", "アナリスト"), 610, 635, Decimal("0.3")),
)
ENERGY = (Decimal("0.19"), Decimal("0.22"))  # US dollars a kilowatt-hour, from three years ago and from this year on


def write(told: list[Story], initiatives: Mapping[int, Initiative], purse: Purse, today: date, language: str) -> None:
    """Fill the registers; the ledger follows."""
    stories, place = {story.number: story for story in told}, LANGUAGES.index(language)
    _energy(purse, today)
    for number, machine in MACHINES.items():
        _machine(stories[number], machine, initiatives, purse, place)
    for number, licence in LICENCES.items():
        _licence(stories[number], licence, initiatives[number], purse, place)
    roles = [_role(names[place], before, since, purse, today) for names, before, since, _share in ROLES]
    days = [day for number in BY_DAYS for day in _days(stories[number], initiatives[number], roles, today)]
    labour_days.set_all(None, days)


def _energy(purse: Purse, today: date) -> None:
    for year, dollars in zip((today.year - 4, today.year), ENERGY, strict=True):
        amount = (dollars * purse.scale).quantize(Decimal("0.0001"))
        register_entries.set_energy_price(None, EnergyPrice(since=date(year, 1, 1), amount=amount, currency=purse.base))


def _machine(story: Story, machine: Machine, initiatives: Mapping[int, Initiative], purse: Purse, place: int) -> None:
    assert story.started_on
    bought = story.started_on + timedelta(days=20)
    price = _scaled(story.hardware, purse, -3)
    values = {
        "name": machine.name[place],
        "vendor": "Kestrel Systems",
        "currency": purse.base,
        "price": price,
        "salvage": price // SALVAGE,
        "purchased_on": bought,
        "in_service_on": bought + timedelta(days=12),
        "life_months": LIFE_MONTHS,
        "power_kw": Decimal(machine.power_kw),
        "hours_per_month": Decimal(machine.hours) if machine.hours else None,
    }
    shares = [
        AssetShare(initiative=initiatives[number], share=Decimal(share)) for number, share in machine.shares.items()
    ]
    register_entries.save(None, Asset(), values, {"shares": shares})


def _licence(story: Story, licence: Licence, initiative: Initiative, purse: Purse, place: int) -> None:
    assert story.started_on
    start = story.started_on.replace(day=1)
    amount = _scaled(story.monthly["licences"] * licence.every_months, purse, -1)
    values = {
        "name": licence.name[place],
        "vendor": licence.vendor,
        "currency": purse.base,
        "category": Category.objects.get(name="licences"),
        "every_months": licence.every_months,
        "starts_on": start,
        "ends_on": story.ended_on,
        "recoverable": licence.recoverable,
    }
    amounts = [RecurringAmount(since=start, amount=amount)]
    if licence.rise != 1:
        amounts.append(
            RecurringAmount(since=next_month(start, 12), amount=(amount * licence.rise).quantize(Decimal(1)))
        )
    register_entries.save(
        None,
        RecurringCost(),
        values,
        {"amounts": amounts, "shares": [RecurringShare(initiative=initiative, share=Decimal(1))]},
    )


def _role(name: str, before: int, since: int, purse: Purse, today: date) -> LabourRole:
    rates = [
        DayRate(since=date(year, 1, 1), amount=_scaled(dollars, purse, 0))
        for year, dollars in ((today.year - 4, before), (today.year, since))
    ]
    return register_entries.save(None, LabourRole(), {"name": name, "currency": purse.base}, {"rates": rates})


def _days(story: Story, initiative: Initiative, roles: list[LabourRole], today: date) -> Iterator[NewDays]:
    """Yield the days that the story's people come to, in halves of days, as far as months have ended."""
    month = min(story.stages.values()).replace(day=1)
    while last_day(month) < today:
        phase = PHASES["people"].get(stage_on(story, last_day(month)), 0)
        monthly = story.monthly["people"] * phase * wobble(story, "people", last_day(month))
        for role, (_names, before, _since, share) in zip(roles, ROLES, strict=True):
            halves = round(2 * monthly * float(share) / before)
            if halves:
                yield NewDays(initiative, role, month, Decimal(halves) / 2)
        month = next_month(month)


def _scaled(dollars: float, purse: Purse, digits: int) -> Decimal:
    return Decimal(f"{round(dollars * float(purse.scale), digits):.0f}")
