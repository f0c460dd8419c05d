"""What the API takes and gives of cost lines."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from ninja import Field, Schema
from pydantic import AfterValidator

from accounts.currencies import check_currency
from api.fields import Amount, Body, Day, Flag, LongText, Money, Month, Name, Rate, Reference, ShortText
from api.pages import PageQuery
from costs.ledger.filters import MAY_BE_EMPTY, names_in
from costs.ledger.tags import TAG
from costs.models import AiCategory, CostLine, Kind
from costs.new_line import API
from costs.registers.generated import check_source
from projects.models import Hosting
from projects.stages import Stage

Currency = Annotated[str, AfterValidator(check_currency)]


class CostIn(Body):
    """A cost line to add."""

    initiative: Reference | None = Field(None, description="“AI-0001”, or its external reference; null: unallocated.")
    incurred_on: Day
    category: ShortText
    amount: Amount = Field(description="Negative: a credit.")
    currency: Currency
    capex: Flag = False
    recurring: Flag = False
    recoverable: Flag = False
    billed_on: Day | None = Field(None, description="When a recoverable cost was billed on.")
    invoice_ref: ShortText = ""
    vendor: ShortText = ""
    description: LongText = ""
    external_id: ShortText = Field("", description="Unique within its source; again with the same content: unchanged.")
    source: Annotated[Name, AfterValidator(check_source)] = API
    tags: dict[ShortText, ShortText] = {}


class AllocationOut(Schema):
    """An initiative that a cost belongs to, and with which share."""

    initiative: str
    share: Rate


class CostOut(Schema):
    """A cost line."""

    id: str
    initiative: str | None = Field(description="Null: unallocated, or divided: see allocations.")
    allocations: list[AllocationOut] = Field(description="Initiatives with their shares; what is left is unallocated.")
    compared: bool = Field(description="Kept for comparison only: another record of the same cost counts.")
    incurred_on: date
    category: str
    amount: Money
    currency: str
    base_amount: Money | None = Field(description="In base currency; null while there is no exchange rate.")
    base_currency: str
    rate: Rate | None = Field(description="Base currency per unit, on the day of the cost.")
    pending: bool
    capex: bool
    recurring: bool
    recoverable: bool
    billed_on: date | None
    invoice_ref: str
    vendor: str
    account: str = Field(description="Of a bill: the sub-account, else the account it is billed to.")
    service: str
    sku: str = Field(description="The model, or the SKU of a bill.")
    api_key: str = Field(description="Its alias.")
    description: str
    external_id: str
    source: str
    tags: dict[str, str]
    import_id: int | None
    line_number: int | None
    recorded_at: datetime
    version: int = Field(description="What `If-Match` names to correct it, while it counts.")


class CostsCreated(Schema):
    """What came of the lines that were sent."""

    created: int
    unchanged: int


def _empty_fields(text: str) -> tuple[str, ...]:
    return names_in(text, MAY_BE_EMPTY)


class CostQuery(PageQuery):
    """Which cost lines."""

    initiative: Reference | None = None
    business_unit: str | None = Field(None, max_length=2_000, description="With the units below it.")
    own_unit: bool = Field(False, description="Without the units below it.")
    category: ShortText | None = None
    vendor: ShortText | None = None
    provider: ShortText | None = Field(None, description="A vendor under every name that it has: aws.")
    source: ShortText | None = None
    hosting: Hosting | None = None
    stage: Stage | None = Field(None, description="Of its initiative at the end of the line's month.")
    ai_category: AiCategory | None = None
    account: ShortText | None = None
    service: ShortText | None = None
    service_category: ShortText | None = None
    sku: ShortText | None = Field(None, description="The model, or the SKU of a bill.")
    api_key: ShortText | None = Field(None, description="Its alias.")
    tag: Reference | None = Field(None, description=TAG)
    kind: Kind | None = None
    not_stated: Annotated[ShortText, AfterValidator(_empty_fields)] | None = Field(
        None, description="Fields that are empty, divided by commas: vendor,service."
    )
    month: Month | None = None
    since: Month | None = None
    until: Month | None = None
    as_of: Day | None = Field(None, description="What is dated later is left out; stages are those known by then.")
    import_id: int | None = Field(
        None, ge=1, le=2**62, description="Of one that made more than 500,000 lines with a month: see `q`."
    )
    remark: int | None = Field(
        None,
        ge=1,
        le=2**62,
        description="Of the import `import_id`: what the rows of this one of its `remarks` became.",
    )
    pending: bool = Field(False, description="Only lines that wait for an exchange rate.")
    unallocated: bool = Field(False, description="Only lines that belong to no initiative, at least in part.")
    compared: bool = Field(False, description="Only lines kept for comparison; they are left out otherwise.")
    recoverable: bool = Field(False, description="Only recoverable lines.")
    billed: bool | None = Field(None, description="Only lines that are billed on, or (false) not: see `q`.")
    invoice_ref: ShortText | None = Field(None, description="The line's own, or that of its bill.")
    own_invoice: bool = Field(False, description="`invoice_ref` is the line's own alone: by which it was billed on.")
    q: ShortText | None = Field(
        None,
        description="Part of a description, external id or resource. 422 where the filters beside it, `invoice_ref`, "
        "`import_id` and `billed` keep more than 500,000 lines, or versions of lines.",
    )
    resource: Reference | None = Field(None, description="“asset:1”, “role:1”, “recurring:1”: lines of a register.")
    rest_of: Literal["rows", "columns", "rows,columns", "columns,rows"] | None = Field(
        None, description="Only what stands for several (`stands_for`) in the `table`, along which of its axes."
    )
    table: str | None = Field(
        None,
        max_length=8_000,
        description="For `rest_of`: query string of the explorer's table. Its filters and period hold as well; what is "
        "asked for beside it stands in their place.",
    )


def cost_item(line: CostLine, base_currency: str) -> dict[str, Any]:
    """Return a line as the API gives it; `belonging.tell` has noted where it belongs."""
    group = line.group
    places = [] if line.is_compared else [place for place in line.places if place.initiative]
    own = ("incurred_on", "amount", "base_amount", "rate", "billed_on", "import_id", "line_number", "recorded_at")
    shared = ("currency", "capex", "recurring", "recoverable", "vendor", "account", "service", "source", "tags")
    shared += ("sku", "api_key")
    texts = ("invoice_ref", "description", "external_id")
    return {
        "id": line.key,
        "version": line.version,
        "initiative": line.only_place.key if line.only_place else None,
        "allocations": [{"initiative": place.initiative.key, "share": place.share} for place in places],
        "compared": line.is_compared,
        "category": group.category.name,
        "base_currency": base_currency,
        "pending": line.is_pending,
        **{name: getattr(line, name) for name in own},
        **{name: getattr(group, name) for name in shared},
        **{name: getattr(line, name) or "" for name in texts},
    }
