"""Writes the demonstration portfolio through the same doors that people use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from accounts import time_zones
from accounts.changes import Change, changing
from accounts.models import Organisation, Role, User
from costs.budgets import notices
from costs.models import BudgetNotice, Category
from imports.models import Import, State
from money import ledger
from money.models import ExchangeRate
from money.months import last_day, next_month
from outcomes.models import Outcome
from portfolio.demo import bills, gateway, lives, registers
from portfolio.demo.bills import BILLS
from portfolio.demo.cast import COMPANY, STAFF, UNITS, purse
from portfolio.demo.context import REF, DemoContext
from portfolio.demo.sharing import make_rules
from portfolio.demo.spending import rate_rows
from portfolio.demo.stories import LANGUAGES, Goal, Story, stories
from projects import units
from projects.models import BusinessUnit, Initiative

MONTHS_OF_NOTICES = 48


@dataclass
class Loaded:
    """What was written."""

    initiatives: int = 0
    cost_lines: int = 0
    readings: int = 0
    budget_lines: int = 0


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
    organisation = _organisation(language)
    with organisation.in_force():
        return _load(organisation, language, password)


def _load(organisation: Organisation, language: str, password: str) -> Loaded:
    told = stories(language, timezone.localdate())
    loaded = Loaded()
    if not Initiative.objects.filter(external_ref__startswith=REF).exists():
        with changing(None) as change:
            now = change.at
            _write(organisation, told, language, password, loaded, change)
            change.at = now
    finance = User.objects.get(email=next(email for role, email, *_names in STAFF if role == Role.FINANCE))
    if not _is_done(BILLS):
        loaded.cost_lines = bills.load(finance, told, language)
    loaded.cost_lines += gateway.load(finance, told, language, timezone.localdate())
    _notices(timezone.localdate())
    return loaded


def _write(
    organisation: Organisation, told: list[Story], language: str, password: str, loaded: Loaded, change: Change
) -> None:
    organisation.save()
    staff = _people(language, password)
    context = DemoContext(
        change=change,
        actor=staff[Role.PORTFOLIO][0],
        finance=staff[Role.FINANCE][0],
        owners=staff[Role.CONTRIBUTOR],
        language=language,
        money=purse(organisation.base_currency),
        today=timezone.localdate(),
        categories={category.name: category for category in Category.objects.all()},
    )
    _rates(context)
    places = _units(language)
    made: dict[int, Initiative] = {}
    measured: list[tuple[Story, Goal, Outcome]] = []
    now = change.at
    for story in told:
        initiative = made[story.number] = lives.initiative_of(story, context, places)
        loaded.initiatives += 1
        budget = lives.budget_of(story, initiative, context)
        loaded.budget_lines += len(budget)
        measured += [(story, *agreed) for agreed in lives.what_happened(story, initiative, budget, context)]
    change.at = now
    loaded.readings = lives.measure(measured, context)
    registers.write(told, made, context.money, context.today, language)
    make_rules(context.finance, told, made, language)


def _notices(today: date) -> None:
    """Raise budget notices as they came month by month, not all today. It is history: nobody gets a letter."""
    ids = list(Initiative.objects.filter(external_ref__startswith=REF).values_list("pk", flat=True))
    told = BudgetNotice.objects.filter(initiative__in=ids)
    told.delete()
    for back in range(MONTHS_OF_NOTICES, 0, -1):
        notices.raise_reached(ids, last_day(next_month(today.replace(day=1), -back)))
    notices.raise_reached(ids, today)
    told.update(mailed_at=timezone.now())


def _organisation(language: str) -> Organisation:
    """Return the organisation, as it will be where it is not set up: named, in Japanese with yen and Tokyo's days."""
    organisation = Organisation.current()
    if organisation.set_up_at is None:
        organisation.name = organisation.name or COMPANY[language]
        organisation.base_currency = "JPY" if language == "ja" else organisation.base_currency
        organisation.time_zone = time_zones.proposed(language)
        organisation.set_up_at = timezone.now()
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


def _rates(context: DemoContext) -> None:
    known = set(ExchangeRate.objects.values_list("currency", "on"))
    rates = [
        ledger.NewRate(on, code, rate)
        for on, code, rate in rate_rows(context.money, context.today)
        if (code, on) not in known
    ]
    ledger.add_all(context.finance, rates)


def _units(language: str) -> dict[str, BusinessUnit]:
    made: dict[str, BusinessUnit] = {}
    for slug, (parent, *names) in UNITS.items():
        made[slug] = units.child(made[parent] if parent else None, names[LANGUAGES.index(language)], None)
    return made
