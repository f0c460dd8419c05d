"""What the API takes and gives of token usage."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from ninja import Field, Schema
from pydantic import AfterValidator

from api.fields import Body, Count, Day, Flag, Money, Month, Name, Reference, ShortText
from api.pages import PageQuery
from costs.items import AllocationOut
from costs.models import UsageLine
from costs.registers.generated import check_source
from costs.usage.rows import API


class UsageIn(Body):
    """Tokens that were used on a day."""

    initiative: Reference | None = Field(
        None, description="“AI-0001”, or its external reference; null: where the allocation rules place it."
    )
    occurred_on: Day
    provider: Name
    model: Name
    input_tokens: Count = Field(description="The whole prompt: with what was read from and written to caches.")
    output_tokens: Count
    cached_input_tokens: Count = Field(0, description="Of the input: read from a cache.")
    cache_write_5m_tokens: Count = Field(0, description="Of the input: written to a cache for five minutes.")
    cache_write_1h_tokens: Count = Field(0, description="Of the input: written to a cache for an hour.")
    requests: Count | None = Field(
        None,
        description="How many requests these are: prices for long prompts go by the average. Null: taken as one.",
    )
    batch: Flag = False
    account: ShortText = ""
    api_key: ShortText = Field("", description="The alias of the key that was used, never the key itself.")
    external_id: ShortText = Field("", description="Unique within its source; again with the same content: unchanged.")
    source: Annotated[Name, AfterValidator(check_source)] = API
    tags: dict[ShortText, ShortText] = {}


class PricedBy(Schema):
    """The row of the price book that priced a line, or that lacks a price for it."""

    id: int
    own: bool
    library_version: str
    provider: str
    model: str
    request_fee: bool = Field(description="The provider charges for each request as well: that is not in the amount.")


class UsageOut(Schema):
    """Tokens that were used on a day, and what they cost."""

    id: str
    initiative: str | None = Field(description="That the usage names; null: none.")
    allocations: list[AllocationOut] = Field(
        description="Where its cost belongs: to what it names, else by the rules; what is left is unallocated."
    )
    compared: bool = Field(description="Kept for comparison only: another record of the provider counts.")
    occurred_on: date
    provider: str
    model: str
    input_tokens: int = Field(description="The whole prompt.")
    output_tokens: int
    cached_input_tokens: int
    cache_write_5m_tokens: int
    cache_write_1h_tokens: int
    requests: int | None
    batch: bool
    account: str
    api_key: str
    external_id: str
    source: str
    tags: dict[str, str]
    amount: Money | None = Field(description="Null: unpriced.")
    currency: str | None
    priced: bool
    unpriced_reason: str | None = Field(
        description="unknown: no price row; batch: no batch prices; else the class of tokens that has no price."
    )
    price: PricedBy | None
    import_id: int | None
    line_number: int | None
    recorded_at: datetime


class UsageQuery(PageQuery):
    """Which usage."""

    initiative: Reference | None = Field(None, description="To which its cost belongs, at least in part.")
    provider: ShortText | None = Field(None, description="Under every name that it has: aws.")
    model: ShortText | None = None
    month: Month | None = None
    import_id: int | None = Field(None, ge=1, le=2**62)
    unpriced: bool = Field(False, description="Only lines without a price.")
    remark: int | None = Field(
        None,
        ge=1,
        le=2**62,
        description="Of the import `import_id`: what the rows of this one of its `remarks` became.",
    )


def usage_item(line: UsageLine) -> dict[str, Any]:
    """Return a line as the API gives it."""
    group, own = line.group, ("occurred_on", "output_tokens", "requests", "batch", "import_id", "line_number")
    cached = ("cached_input_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens", "recorded_at", "amount")
    return {
        "id": line.key,
        "initiative": group.initiative.key if group.initiative else None,
        "allocations": [
            {"initiative": place.initiative.key, "share": place.share} for place in line.places if place.initiative
        ],
        "compared": line.is_compared,
        "provider": group.vendor,
        "model": group.sku,
        "input_tokens": line.tokens.prompt,
        **{name: getattr(line, name) for name in (*own, *cached)},
        **{name: getattr(group, name) for name in ("account", "api_key", "source", "tags")},
        "external_id": line.external_id or "",
        "currency": None if line.amount is None else group.currency,
        "priced": line.amount is not None,
        "unpriced_reason": line.unpriced or None,
        "price": None if line.price is None else _price(line),
    }


def _price(line: UsageLine) -> dict[str, Any]:
    own = ("id", "library_version", "provider", "model")
    told = {"own": line.price.is_own, "request_fee": bool(line.has_request_fee)}
    return {name: getattr(line.price, name) for name in own} | told
