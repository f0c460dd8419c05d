"""What it cost: lines, where they belong, their sums, registers they follow from, prices of tokens, budgets."""

from costs.models.accounts import AccountNaming
from costs.models.ai import AiCategory, AiCategoryRule
from costs.models.allocation import (
    AllocationPart,
    AllocationRule,
    AllocationRun,
    LedgerSource,
    Method,
    Placement,
    UsagePlacement,
)
from costs.models.assets import Asset, AssetShare, EnergyPrice
from costs.models.budgets import BudgetLine, BudgetNotice, NoticeThresholds
from costs.models.dated import DatedAmount, Registered, Share, SharedEntry, in_force
from costs.models.labour import DayRate, LabourDays, LabourRole
from costs.models.lines import SHIPPED, Category, ChargeGroup, CostLine, Kind, Withdrawal
from costs.models.prices import LibraryOff, TokenPrice, TokenRate
from costs.models.reconciliation import Reconciliation
from costs.models.recurring import Every, RecurringAmount, RecurringCost, RecurringShare
from costs.models.sums import (
    NOT_COUNTED,
    UNALLOCATED,
    GroupMonth,
    InitiativeCumulated,
    InitiativeDays,
    InitiativeMonth,
    PortfolioMonth,
    UsageMonth,
)
from costs.models.usage import Repricing, UsageLine

__all__ = [
    "NOT_COUNTED",
    "SHIPPED",
    "UNALLOCATED",
    "AccountNaming",
    "AiCategory",
    "AiCategoryRule",
    "AllocationPart",
    "AllocationRule",
    "AllocationRun",
    "Asset",
    "AssetShare",
    "BudgetLine",
    "BudgetNotice",
    "Category",
    "ChargeGroup",
    "CostLine",
    "DatedAmount",
    "DayRate",
    "EnergyPrice",
    "Every",
    "GroupMonth",
    "InitiativeCumulated",
    "InitiativeDays",
    "InitiativeMonth",
    "Kind",
    "LabourDays",
    "LabourRole",
    "LedgerSource",
    "LibraryOff",
    "Method",
    "NoticeThresholds",
    "Placement",
    "PortfolioMonth",
    "Reconciliation",
    "RecurringAmount",
    "RecurringCost",
    "RecurringShare",
    "Registered",
    "Repricing",
    "Share",
    "SharedEntry",
    "TokenPrice",
    "TokenRate",
    "UsageLine",
    "UsageMonth",
    "UsagePlacement",
    "Withdrawal",
    "in_force",
]
