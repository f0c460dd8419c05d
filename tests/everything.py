"""One of everything that the product keeps, so that every address has something to show."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.utils import timezone

from accounts import mail
from accounts.models import User
from accounts.tokens import make as make_token
from costs.allocation import rules as allocation_rules
from costs.allocation.rules import Terms
from costs.budgets import lines as budget_lines
from costs.budgets.lines import NewBudget
from costs.models import AiCategoryRule, AllocationRun, BudgetNotice, CostLine, EnergyPrice, LabourDays, UsageLine
from costs.prices import repricing
from costs.pricing import Tokens
from costs.registers import entries as register_entries
from costs.registers import labour_days
from costs.registers.labour_days import NewDays
from costs.usage import lines as usage_lines
from costs.usage.rows import About, UsageRow
from imports import files, jobs, runner
from imports.models import SavedMapping, Upload
from portfolio.models import Benchmark
from projects import edits, holds, transitions, units
from projects.models import Initiative, IntakeDraft
from tests.costs.factories import add_asset, add_line, add_recurring, add_role
from tests.costs.prices.test_book import add as add_price
from tests.factories import InitiativeFactory, UserFactory
from tests.outcomes.factories import make_outcome, read

JANUARY = date(2026, 1, 1)
ROWS = "incurred_on,category,amount,currency,vendor\n2026-01-05,cloud,5,USD,{text}\n2026-01-05,cloud,much,USD,{text}\n"


def everything(user: User, text: str = "x", initiative: Initiative | None = None, secret: str = "7") -> dict[str, Any]:
    """Make one of everything for a person; return what addresses name it by. `text` stands in every text."""
    mine = initiative or InitiativeFactory(owner=user, title=text, problem=text)
    change = edits.unbegun(user, mine)
    change.typed = {"why": {"title": [f"{text} changed"]}}
    change.save()
    return (
        {"key": mine.key}
        | _way(user, mine, text)
        | _outcomes(mine, text)
        | _costs(user, mine, text, secret)
        | _others(user, text)
    )


def _way(user: User, mine: Initiative, text: str) -> dict[str, Any]:
    if mine.stage == "draft":
        transitions.move(mine, "proposed", JANUARY, user, rationale=text)
    step = mine.transitions.latest("position")
    hold = holds.start(mine, JANUARY, user, text, ended_on=date(2026, 1, 15))
    unit = units.child(None, text[:100], user)
    return {"owner": mine.owner_id, "position": step.position, "step": step.pk, "hold": hold.pk, "unit": unit.pk}


def _outcomes(mine: Initiative, text: str) -> dict[str, Any]:
    outcome = make_outcome(mine, worth=True, metric=text, unit=text, data_source=text)
    return {"outcome": outcome.pk, "reading": read(outcome, date(2025, 3, 1), 12, note=text).pk}


def _costs(user: User, mine: Initiative, text: str, secret: str) -> dict[str, Any]:
    line = add_line(mine, "2026-01-02", secret, vendor=text, description=text, tags={text[:40]: text}, recoverable=True)
    add_line(None, "2026-01-02", "3", vendor=text, source=text)
    role, shares = add_role(text), [(mine, "1")]
    register_entries.set_energy_price(None, EnergyPrice(since=JANUARY, amount=Decimal("0.2"), currency="USD"))
    labour_days.set_all(None, [NewDays(mine, role, JANUARY, Decimal(2))])
    budget_lines.add(user, [NewBudget(mine, JANUARY, None, Decimal(1), "USD", JANUARY)])
    about = About(text, "openai", "gpt-4o", mine.pk, account=text, api_key=text, service=text)
    usage_lines.add(None, [UsageRow(about, JANUARY, Tokens(2_000_000, 500_000), 40)])
    return {
        "line": line.key, "role": role.pk, "labour_days": LabourDays.objects.latest("pk").pk, "since": "2026-01-01",
        "usage_line": UsageLine.objects.latest("pk").key, "provider": "openai", "month": "2026-01", "category": "cloud",
        "notice": BudgetNotice.objects.latest("pk").pk,
        "asset": add_asset(shares, name=text, vendor=text, power_kw=Decimal(2)).pk,
        "recurring": add_recurring(shares, name=text, vendor=text, recoverable=True).pk,
        "rule": allocation_rules.create(user, Terms({"vendor": text}, ((mine, Decimal(1)),), name=text)).pk,
        "ai_rule": AiCategoryRule.objects.earliest("pk").pk, "price": add_price(text[:40], "1", note=text).pk,
        "repricing": repricing.plan(user, JANUARY, date(2026, 2, 1)).pk,
        "run": AllocationRun.objects.create(finished_at=timezone.now(), failed=True, asked_by=user).pk,
    }  # fmt: skip


def _others(user: User, text: str) -> dict[str, Any]:
    chunks, name = [ROWS.format(text=text.replace(",", "")).encode()], f"{text}.csv".replace("/", "")
    job = jobs.submit(user, format_name="costs_csv", chunks=chunks, file_name=name)
    runner.run(job.pk)
    kept = files.keep([b"Rechnungsdatum;Betrag\n5.3.2026;1.234,56\n"], None)
    upload = Upload.objects.create(file_name=name, file_sha256=kept.sha256, file_size=kept.size, created_by=user)
    mapping = SavedMapping.objects.create(name=text[:100], format="costs_csv", mapping={text: "vendor"})
    person = UserFactory(name=text)
    return {
        "job": job.pk, "imported_line": CostLine.objects.get(import_id=job.pk).key, "upload": upload.pk,
        "mapping": mapping.pk, "person": person.pk,
        "benchmark": Benchmark.objects.earliest("pk").pk, "token": make_token(user, text[:50], user)[0].pk,
        "unproposed": InitiativeFactory(owner=user, title=text).key,
        "draft": IntakeDraft.objects.create(user=user, typed={"why": {"title": [text]}}, step="why").pk,
        "invitation": mail.link_to_choose_a_password(person, "").removeprefix("/password/reset/key/").removesuffix("/"),
    }  # fmt: skip
