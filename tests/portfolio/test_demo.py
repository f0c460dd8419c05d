"""`manage.py demo` on the real database: what it writes, and that a second run writes nothing."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db.models import F
from django.utils import timezone

from accounts.models import AuditEntry, Organisation, User
from costs.generated import SOURCES
from costs.models import Asset, BudgetNotice, CostLine, Kind, LabourRole, RecurringCost
from costs.reconciliation import provider_months
from costs.reconciliation_causes import causes
from costs.tasks import generate_lines
from imports.models import Import, State
from outcomes.models import Measurement
from portfolio.filters import Filters
from portfolio.summary import summary
from projects.models import BusinessUnit, Initiative, Transition


def demo(*arguments: str) -> str:
    said = StringIO()
    call_command("demo", *arguments, stdout=said)
    return said.getvalue()


def test_demo_fills_an_empty_product_once_and_says_how_to_sign_in(db: None, settings: Any, tmp_path: Path) -> None:
    settings.VAR = tmp_path
    told = demo()
    assert Initiative.objects.count() == 64
    assert BusinessUnit.objects.filter(parent=None).count() == 8
    assert 18_000 < CostLine.objects.filter(group__kind=Kind.ENTERED).count() < 26_000
    assert 1_300 < Measurement.objects.count() < 1_900
    assert not Measurement.objects.exclude(recorded_by=F("outcome__initiative__owner")).exists()
    assert not Initiative.objects.filter(transitions__recorded_by=None, transitions__isnull=False).exists()
    assert set(CostLine.objects.values_list("group__currency", flat=True)) == {"USD", "EUR", "GBP"}
    assert set(Import.objects.values_list("state", flat=True)) == {State.DONE}
    assert Organisation.current().name == "Northgate Insurance"

    generated = CostLine.objects.filter(group__source__in=SOURCES)
    assert set(generated.values_list("group__category__name", flat=True)) == {"hardware", "people", "licences"}
    bills = CostLine.objects.filter(group__initiative__number=1).exclude(group__source__in=SOURCES)
    assert not bills.filter(group__category__name="people").exists()  # they stand in the ledger once: by days
    assert (Asset.objects.count(), LabourRole.objects.count(), RecurringCost.objects.count()) == (3, 2, 3)
    assert generate_lines() == 0

    figures = summary(Filters(as_of=timezone.localdate()), None)
    assert figures["prototypes"].value == 58
    assert figures["reached_production"].value == 22
    assert {str(name): group.figures["prototypes"].value for name, group in figures.by_guidance.items()} == {
        "guided": 25,
        "partly_guided": 20,
        "aimless": 13,
        "not_recorded": 0,
    }

    # What happened was written down as it happened, by a few late.
    assert not Transition.objects.exclude(recorded_at__date=F("effective_on")).exists()
    assert 1 <= summary(Filters(as_of=timezone.localdate()), None).rests_on_later_rows <= 5
    first = Initiative.objects.get(number=1)
    story = AuditEntry.objects.filter(initiative_id=first.pk).order_by("id").values_list("at", flat=True)
    assert list(story) == sorted(story)

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

    notices = BudgetNotice.objects.all()
    assert len({notice.raised_on for notice in notices}) > 5  # as they came, not all of them today
    assert not notices.filter(mailed_at=None).exists()

    password = (tmp_path / "demo-password").read_text().strip()
    assert (tmp_path / "demo-password").stat().st_mode & 0o777 == 0o600
    assert f"admin@northgate.example            {password}" in told
    assert User.objects.get(email="finance@northgate.example").check_password(password)

    before = CostLine.objects.count(), Measurement.objects.count(), User.objects.count()
    again = demo()
    assert "nothing was changed" in again
    assert (CostLine.objects.count(), Measurement.objects.count(), User.objects.count()) == before


def test_demo_in_japanese_counts_in_yen(db: None, settings: Any, tmp_path: Path) -> None:
    settings.VAR = tmp_path
    said = demo("--language", "ja")
    assert "64" in said and "読み込みました" in said
    assert Organisation.current().base_currency == "JPY"
    assert Initiative.objects.filter(title="自動車保険金請求の振り分け").exists()
    assert not CostLine.objects.filter(base_amount=None).exists()
    assert all(month.ledger == month.amounts["bill"] for month in provider_months() if "bill" in month.amounts)
