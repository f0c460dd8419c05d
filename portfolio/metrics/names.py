"""Names of figures that come in groups, as METRICS.md has them."""

from __future__ import annotations

HORIZONS = (6, 12, 18, 24, 36)  # months from the start within which production is looked for
OF_FLOWS = ("npv", "irr", "roi_pv", "bcr", "payback_months", "discounted_payback_months")
BUDGET = ("budget_total", "budget_due", "budget_variance", "estimate_at_completion", "estimate_by_performance")
