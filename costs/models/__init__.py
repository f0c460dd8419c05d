"""What it cost: lines and what they are about, where they belong, the sums of them, and budgets."""

from costs.models.ai import AiCategory, AiCategoryRule
from costs.models.allocation import AllocationPart, AllocationRule, LedgerSource, Method, Placement
from costs.models.budgets import BudgetLine, BudgetNotice
from costs.models.lines import SHIPPED, Category, ChargeGroup, CostLine, Kind, Withdrawal
from costs.models.reconciliation import Reconciliation
from costs.models.sums import (
    NOT_COUNTED,
    UNALLOCATED,
    GroupMonth,
    InitiativeCumulated,
    InitiativeDay,
    InitiativeMonth,
    PortfolioMonth,
    UsageMonth,
)

__all__ = [
    "NOT_COUNTED",
    "SHIPPED",
    "UNALLOCATED",
    "AiCategory",
    "AiCategoryRule",
    "AllocationPart",
    "AllocationRule",
    "BudgetLine",
    "BudgetNotice",
    "Category",
    "ChargeGroup",
    "CostLine",
    "GroupMonth",
    "InitiativeCumulated",
    "InitiativeDay",
    "InitiativeMonth",
    "Kind",
    "LedgerSource",
    "Method",
    "Placement",
    "PortfolioMonth",
    "Reconciliation",
    "UsageMonth",
    "Withdrawal",
]
