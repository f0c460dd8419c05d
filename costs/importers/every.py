"""The formats with costs or token usage in them."""

from costs.importers.anthropic_cost import AnthropicCost
from costs.importers.anthropic_usage import AnthropicUsage
from costs.importers.costs_csv import CostsCsv
from costs.importers.focus import Focus
from costs.importers.litellm_spend import LiteLlmSpend
from costs.importers.openai_costs import OpenAiCosts
from costs.importers.openai_usage import OpenAiUsage
from costs.importers.usage_csv import UsageCsv

FORMATS = (
    CostsCsv,
    UsageCsv,
    Focus,
    OpenAiCosts,
    OpenAiUsage,
    AnthropicCost,
    AnthropicUsage,
    LiteLlmSpend,
)
