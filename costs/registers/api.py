"""The registers that cost lines follow from: own hardware, energy prices, roles, recurring costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Path, Query, Router, Status

from accounts.permissions import require
from api.conditional import NEEDS_MATCH, TAKES_MATCH, require_match, set_etag
from api.fields import Body as Fields
from api.fields import Day
from api.pages import Listing, PageQuery, listing
from costs.lookups import NameReader, Names
from costs.models import (
    Asset,
    AssetShare,
    DayRate,
    EnergyPrice,
    LabourRole,
    RecurringAmount,
    RecurringCost,
    RecurringShare,
)
from costs.registers import entries
from costs.registers.asset_figures import asset_row, visible_assets
from costs.registers.items import (
    AssetIn,
    AssetOut,
    AssetPatch,
    EnergyPriceIn,
    EnergyPriceOut,
    RecurringIn,
    RecurringOut,
    RecurringPatch,
    RoleIn,
    RoleOut,
    RolePatch,
    ShareItem,
    asset_item,
    recurring_item,
    role_item,
)
from costs.registers.recurring_figures import recurring_row, visible_recurring

router = Router()
PARTS = ("shares", "amounts", "rates")


@router.get("/assets", response=Listing[AssetOut], summary="Own hardware, by the day it came into service")
def list_assets(request: HttpRequest, query: Query[PageQuery]) -> dict[str, Any]:
    """Those without a share of an initiative that you may not see."""
    return listing(request, visible_assets(request.user), query, _asset_item, order=("in_service_on", "id"))


@router.post("/assets", response={201: AssetOut}, summary="Register hardware")
def add_asset(request: HttpRequest, response: HttpResponse, body: AssetIn) -> Status[dict[str, Any]]:
    """Its cost lines follow at once: depreciation by month, energy where its power is given."""
    return Status(201, _asset_item(_save(request, response, Asset(), body, {"shares": AssetShare})))


@router.get("/assets/{int:pk}", response=AssetOut, summary="An asset")
def get_asset(request: HttpRequest, response: HttpResponse, pk: int) -> dict[str, Any]:
    """With its book value today."""
    asset = get_object_or_404(visible_assets(request.user), pk=pk)
    set_etag(response, asset)
    return _asset_item(asset)


@router.patch("/assets/{int:pk}", response=AssetOut, summary="Change, sell or scrap an asset")
def change_asset(request: HttpRequest, response: HttpResponse, pk: int, body: AssetPatch) -> dict[str, Any]:
    """Lines that the change concerns are restated; a change holds for all months."""
    asset = get_object_or_404(visible_assets(request.user), pk=pk)
    return _asset_item(_save(request, response, asset, body, {"shares": AssetShare}))


@router.delete(
    "/assets/{int:pk}", response={204: None}, openapi_extra=NEEDS_MATCH, summary="Take hardware out of the register"
)
def delete_asset(request: HttpRequest, pk: int) -> Status[None]:
    """Needs `If-Match`. Its cost lines count no more; they stay in the history. Sold hardware is changed instead."""
    return _delete(request, visible_assets(request.user), pk)


@router.get("/energy-prices", response=Listing[EnergyPriceOut], summary="What a kilowatt-hour costs, by day")
def list_energy_prices(request: HttpRequest, query: Query[PageQuery]) -> dict[str, Any]:
    """A price holds from its day until the next one does."""
    require(request.user, "portfolio.see")
    return listing(request, EnergyPrice.objects.all(), query, lambda price: price, order=("since", "id"))


@router.post(
    "/energy-prices",
    response={201: EnergyPriceOut},
    openapi_extra=TAKES_MATCH,
    summary="Set the energy price from a day on",
)
def set_energy_price(request: HttpRequest, response: HttpResponse, body: EnergyPriceIn) -> Status[EnergyPrice]:
    """In place of the one of the same day, with `If-Match` only of that version: 412 where it is another by now."""
    require(request.user, "register.edit")
    price = EnergyPrice(since=body.since, amount=body.amount, currency=body.currency)
    version = None
    if "If-Match" in request.headers:
        now = EnergyPrice.objects.filter(since=body.since).first() or EnergyPrice(version=0)
        require_match(request, now)
        version = now.version
    saved = entries.set_energy_price(request.user, price, version)
    set_etag(response, saved)
    return Status(201, saved)


@router.delete(
    "/energy-prices/{since}", response={204: None}, openapi_extra=NEEDS_MATCH, summary="Take an energy price back"
)
def delete_energy_price(request: HttpRequest, since: Annotated[Day, Path(...)]) -> Status[None]:
    """That of the day from which it holds; the price before it holds on. Needs `If-Match`."""
    require(request.user, "register.edit")
    price = get_object_or_404(EnergyPrice, since=since)
    require_match(request, price)
    entries.remove_energy_price(request.user, price.pk, price.version)
    return Status(204, None)


@router.get("/recurring-costs", response=Listing[RecurringOut], summary="Licences and other costs that come again")
def list_recurring(request: HttpRequest, query: Query[PageQuery]) -> dict[str, Any]:
    """Those without a share of an initiative that you may not see."""
    return listing(request, visible_recurring(request.user), query, _recurring_item)


@router.post("/recurring-costs", response={201: RecurringOut}, summary="Register a recurring cost")
def add_recurring(request: HttpRequest, response: HttpResponse, body: RecurringIn) -> Status[dict[str, Any]]:
    """Its cost lines up to today follow at once, later ones on their day."""
    kinds = {"shares": RecurringShare, "amounts": RecurringAmount}
    return Status(201, _recurring_item(_save(request, response, RecurringCost(), body, kinds)))


@router.get("/recurring-costs/{int:pk}", response=RecurringOut, summary="A recurring cost")
def get_recurring(request: HttpRequest, response: HttpResponse, pk: int) -> dict[str, Any]:
    """With the day on which it is due next."""
    cost = get_object_or_404(visible_recurring(request.user), pk=pk)
    set_etag(response, cost)
    return _recurring_item(cost)


@router.patch("/recurring-costs/{int:pk}", response=RecurringOut, summary="Change or end a recurring cost")
def change_recurring(request: HttpRequest, response: HttpResponse, pk: int, body: RecurringPatch) -> dict[str, Any]:
    """A new amount is one more in `amounts`, with the day from which it is due."""
    cost = get_object_or_404(visible_recurring(request.user), pk=pk)
    kinds = {"shares": RecurringShare, "amounts": RecurringAmount}
    return _recurring_item(_save(request, response, cost, body, kinds))


@router.delete(
    "/recurring-costs/{int:pk}",
    response={204: None},
    openapi_extra=NEEDS_MATCH,
    summary="Take a recurring cost out of the register",
)
def delete_recurring(request: HttpRequest, pk: int) -> Status[None]:
    """Needs `If-Match`. Its cost lines count no more. What has ended is given its end instead."""
    return _delete(request, visible_recurring(request.user), pk)


@router.get("/labour-roles", response=Listing[RoleOut], summary="Roles and their day rates")
def list_roles(request: HttpRequest, query: Query[PageQuery]) -> dict[str, Any]:
    """Rates are loaded: with social charges and all that a place of work costs."""
    require(request.user, "portfolio.see")
    return listing(request, LabourRole.objects.prefetch_related("rates"), query, role_item)


@router.post("/labour-roles", response={201: RoleOut}, summary="Add a role")
def add_role(request: HttpRequest, response: HttpResponse, body: RoleIn) -> Status[dict[str, Any]]:
    """Names are unique, without case."""
    return Status(201, role_item(_save(request, response, LabourRole(), body, {"rates": DayRate})))


@router.get("/labour-roles/{int:pk}", response=RoleOut, summary="A role")
def get_role(request: HttpRequest, response: HttpResponse, pk: int) -> dict[str, Any]:
    """With its day rates; its ETag is the version."""
    require(request.user, "portfolio.see")
    role = get_object_or_404(LabourRole.objects.prefetch_related("rates"), pk=pk)
    set_etag(response, role)
    return role_item(role)


@router.patch("/labour-roles/{int:pk}", response=RoleOut, summary="Change a role or its rates")
def change_role(request: HttpRequest, response: HttpResponse, pk: int, body: RolePatch) -> dict[str, Any]:
    """Months whose rate changes are restated."""
    role = get_object_or_404(LabourRole, pk=pk)
    return role_item(_save(request, response, role, body, {"rates": DayRate}))


@router.delete("/labour-roles/{int:pk}", response={204: None}, openapi_extra=NEEDS_MATCH, summary="Delete a role")
def delete_role(request: HttpRequest, pk: int) -> Status[None]:
    """Needs `If-Match`. 409 where days are recorded for it."""
    return _delete(request, LabourRole.objects.all(), pk)


def _save(request: HttpRequest, response: HttpResponse, entry: Any, body: Fields, kinds: dict[str, type]) -> Any:
    """Make or change an entry of what a body names; `kinds` are the models of its parts."""
    require(request.user, "register.edit")
    if entry.pk:
        require_match(request, entry)
    named = body.model_fields_set if entry.pk else type(body).model_fields
    read = NameReader(many=False)
    values = {name: getattr(body, name) for name in named if name not in PARTS}
    if "category" in values:
        values["category"] = read(0, "category", Names(request.user, []).category, values["category"])
    parts = {name: _parts(request, read, name, kinds[name], getattr(body, name)) for name in kinds if name in named}
    read.refuse_errors()
    saved = entries.save(request.user, entry, values, parts, entry.version if entry.pk else None)
    set_etag(response, saved)
    return saved


def _delete(request: HttpRequest, among: QuerySet[Any], pk: int) -> Status[None]:
    require(request.user, "register.edit")
    entry: Any = get_object_or_404(among, pk=pk)
    require_match(request, entry)
    entries.delete(request.user, entry, entry.version)
    return Status(204, None)


def _parts(request: HttpRequest, read: NameReader, name: str, kind: type, rows: Sequence[Any]) -> list[Any]:
    if name != "shares":
        return [kind(since=row.since, amount=row.amount) for row in rows]
    names = Names(request.user, [row.initiative for row in rows])
    return [_share(read, number, names, kind, row) for number, row in enumerate(rows)]


def _share(read: NameReader, number: int, names: Names, kind: type, row: ShareItem) -> Any:
    initiative = read(number, f"shares.{number}.initiative", names.initiative, row.initiative)
    return kind(initiative=initiative, share=row.share, first_month=row.first_month, last_month=row.last_month)


def _asset_item(asset: Asset) -> dict[str, Any]:
    return asset_item(asset_row(asset, [], timezone.localdate()))


def _recurring_item(cost: RecurringCost) -> dict[str, Any]:
    return recurring_item(recurring_row(cost, timezone.localdate()))
