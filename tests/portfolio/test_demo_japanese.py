"""`manage.py demo --language ja`: the same portfolio with Japanese texts, counted in yen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from accounts.models import Organisation
from costs.models import CostLine
from costs.reconciliation.months import provider_months
from projects.models import Initiative
from tests.portfolio.test_demo import demo


def test_demo_in_japanese_counts_in_yen(db: None, settings: Any, tmp_path: Path) -> None:
    settings.VAR = tmp_path
    said = demo("--language", "ja")
    assert "64" in said and "読み込みました" in said
    assert Organisation.current().base_currency == "JPY"
    assert Initiative.objects.filter(title="自動車保険金請求の振り分け").exists()
    assert not CostLine.objects.filter(base_amount=None).exists()
    assert all(month.ledger == month.amounts["bill"] for month in provider_months() if "bill" in month.amounts)
