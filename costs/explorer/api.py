"""`/costs/explore`: gross cost by two dimensions, and its files."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from django.http import HttpRequest, QueryDict, StreamingHttpResponse
from ninja import Field, Query, Router, Schema

from accounts.models import Organisation
from accounts.permissions import require
from api.decimals import as_float
from api.fields import Money, Reference, ShortText, ToldDay, ToldMonth, told
from api.problems import invalid
from costs.explorer import files
from costs.explorer.dimensions import ALL, NONE
from costs.explorer.forms import TOPS, ExploreForm
from costs.explorer.headings import Heading
from costs.explorer.pivot import Pivot, pivot
from costs.explorer.question import Question, pending_lines
from costs.ledger.tags import TAG
from costs.models import AiCategory, Kind
from display.spreadsheets import XLSX
from projects.models import Hosting
from projects.stages import Stage

router = Router()
_NAMES = [dimension.name for dimension in ALL]
_ROWS = "initiative, business_unit, category, ai_category, vendor, service, service_category, account, sku, api_key, "
_ROWS += "source, kind, hosting, stage, month, quarter or year (of the fiscal year)"


class ExploreQuery(Schema):
    """What is asked."""

    rows: Annotated[str, told(enum=_NAMES)] | None = Field(None, description=f"{_ROWS}; category by default.")
    columns: Annotated[str, told(enum=[*_NAMES, NONE.name])] | None = Field(
        None, description="The same, or none; month by default."
    )
    top: Annotated[str, told(enum=[name for name, _label in TOPS])] | None = Field(
        None, description="Rows and columns by themselves: 12, 25, 100 or 500."
    )
    since: ToldMonth | None = Field(None, description="First month (YYYY-MM); by default eleven before the last.")
    until: ToldMonth | None = Field(None, description="Last month; by default that of `as_of`.")
    as_of: ToldDay | None = Field(None, description="YYYY-MM-DD; today by default. What is dated later is left out.")
    initiative: Reference | None = None
    business_unit: str | None = Field(None, max_length=2_000, description="With the units below it.")
    own_unit: bool = Field(False, description="Without the units below it.")
    hosting: Annotated[str, told(enum=Hosting.values)] | None = None
    stage: Annotated[str, told(enum=Stage.values)] | None = Field(
        None, description="Of the initiative at the end of each month."
    )
    category: ShortText | None = None
    ai_category: Annotated[str, told(enum=AiCategory.values)] | None = None
    vendor: ShortText | None = None
    account: ShortText | None = None
    service: ShortText | None = None
    service_category: ShortText | None = None
    sku: ShortText | None = Field(None, description="The model, or the SKU of a bill.")
    api_key: ShortText | None = Field(None, description="Its alias.")
    tag: Reference | None = Field(None, description=TAG)
    source: ShortText | None = None
    kind: Annotated[str, told(enum=Kind.values)] | None = None
    not_stated: ShortText | None = Field(None, description="Fields that are empty, divided by commas: vendor,service.")
    unallocated: bool = Field(False, description="Only what belongs to no initiative.")


class HeadingOut(Schema):
    """A row or column; `name` is what a filter calls it ("" where nothing is stated)."""

    name: str
    label: str
    stands_for: int = Field(description="How many stand together in it; 1: itself.")


class ColumnOut(HeadingOut):
    """A column."""

    total: Money
    share: float | None


class RowOut(HeadingOut):
    """A row: an amount a column, null where there is no cost."""

    cells: list[Money | None]
    total: Money
    share: float | None = Field(description="Of the total; null where that is not above 0.")


class Explored(Schema):
    """The answer; amounts are gross cost in base currency, exact."""

    rows: str
    columns: str
    since: str
    until: str
    as_of: date
    currency: str
    total: Money
    pending_lines: int = Field(description="Lines that wait for an exchange rate, and are not in it.")
    column_items: list[ColumnOut]
    items: list[RowOut]


def _file(kind: str) -> dict[str, Any]:
    """Say in the document that an operation answers with a file."""
    return {"responses": {200: {"content": {kind: {}}}}}


@router.get("/costs/explore", response=Explored, summary="Gross cost by two dimensions")
def explore(request: HttpRequest, query: Query[ExploreQuery]) -> dict[str, Any]:
    """Of the initiatives that you may see, and what belongs to none. Every line counts once, by its allocation."""
    require(request.user, "portfolio.see")
    organisation = Organisation.current()
    question = _question(query, organisation)
    found = pivot(question, request.user)
    return _body(found, question, organisation.base_currency) | {"pending_lines": pending_lines(question, request.user)}


@router.get("/costs/explore.csv", openapi_extra=_file("text/csv"), summary="The same table as CSV")
def explore_csv(request: HttpRequest, query: Query[ExploreQuery]) -> StreamingHttpResponse:
    """Every row and column by itself, whatever `top` says, with every digit. 422 above 2,000,000 cells."""
    return _table(request, query, "csv")


@router.get("/costs/explore.xlsx", openapi_extra=_file(XLSX), summary="The same table as XLSX")
def explore_xlsx(request: HttpRequest, query: Query[ExploreQuery]) -> StreamingHttpResponse:
    """Every row and column by itself, whatever `top` says. 422 above 2,000,000 cells or 16,382 columns."""
    return _table(request, query, "xlsx")


@router.get("/costs/explore-focus.csv", openapi_extra=_file("text/csv"), summary="The charges in columns of FOCUS")
def explore_focus(request: HttpRequest, query: Query[ExploreQuery]) -> StreamingHttpResponse:
    """What the filters keep, whatever `rows` and `columns` say: a row a charge, month and initiative."""
    require(request.user, "portfolio.see")
    organisation = Organisation.current()
    return files.charges(_question(query, organisation), request.user, organisation.base_currency)


def _table(request: HttpRequest, query: ExploreQuery, extension: str) -> StreamingHttpResponse:
    require(request.user, "portfolio.see")
    organisation = Organisation.current()
    return files.table(_question(query, organisation), request.user, organisation.base_currency, extension)


def _question(query: ExploreQuery, organisation: Organisation) -> Question:
    """Return what is asked; 422 where that makes no sense."""
    asked = QueryDict(mutable=True)
    asked.update({name: "on" if value is True else value for name, value in query.dict().items() if value})
    form = ExploreForm(asked, organisation.fiscal_year_start)
    question = form.question()
    if form.errors:
        raise invalid([(name, str(error)) for name, errors in form.errors.items() for error in errors])
    return question


def _body(found: Pivot, question: Question, currency: str) -> dict[str, Any]:
    columns = zip(found.columns, found.totals, strict=True) if found.has_columns else ()
    return {
        "rows": question.rows,
        "columns": question.columns,
        "since": f"{question.since:%Y-%m}",
        "until": f"{question.until:%Y-%m}",
        "as_of": question.as_of,
        "currency": currency,
        "total": found.total,
        "column_items": [
            _heading(heading) | {"total": total, "share": as_float(found.share(total))} for heading, total in columns
        ],
        "items": [
            _heading(row.heading)
            | {"cells": row.cells if found.has_columns else [], "total": row.total, "share": as_float(row.share)}
            for row in found.rows
        ],
    }


def _heading(heading: Heading) -> dict[str, Any]:
    return {"name": heading.name, "label": heading.full, "stands_for": heading.many or 1}
