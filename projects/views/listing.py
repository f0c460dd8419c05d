"""The list of initiatives, on the page and as files."""

from __future__ import annotations

from collections.abc import Iterator

from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, OuterRef, Q
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.permissions import can, require
from display.file_answers import csv_answer, xlsx_answer
from projects import columns, exports, hooks
from projects.filters import ListFilters
from projects.models import Hold, Initiative
from projects.querysets import InitiativeQuerySet
from projects.stages import Stage

PER_PAGE = 50


@require_safe
def initiative_list(request: HttpRequest) -> HttpResponse:
    """Show the initiatives that one may see, filtered, sorted and in pages; everything stands in the address."""
    require(request.user, "initiative.see")
    filters, chosen = ListFilters(request.GET, request.user), columns.chosen(request)
    found = _found(request, filters)
    counts = found.aggregate(all=Count("pk"), production=Count("pk", filter=Q(stage_then=Stage.PRODUCTION)))
    page = _page(request, found, counts["all"])
    context = {
        "filters": filters,
        "chosen": chosen,
        "choices": columns.CHOICES,
        "page_obj": page,
        "counts": counts,
        "rows": _rows(page, chosen, filters),
        "default_sort": columns.DEFAULT_SORT,
        "may_create": can(request.user, "initiative.create"),
        "today": timezone.localdate(),
    }
    response = render(request, "projects/initiative_list.html", context)
    columns.remember(request, response, chosen)
    return response


@require_safe
def initiative_export(request: HttpRequest, form: str) -> StreamingHttpResponse | FileResponse:
    """Give the same rows as a file, all pages of them."""
    require(request.user, "initiative.see")
    filters = ListFilters(request.GET, request.user)
    found = _found(request, filters)
    name = f"initiatives-{timezone.localdate()}.{form}"
    if form == "xlsx":
        return xlsx_answer(exports.as_xlsx(found, filters.day), name)
    return csv_answer(exports.as_csv(found, filters.day), name)


def _found(request: HttpRequest, filters: ListFilters) -> InitiativeQuerySet:
    visible = filters.narrow(Initiative.objects.visible_to(request.user))
    on_hold = Hold.objects.on(filters.day).filter(initiative=OuterRef("pk"))
    return columns.in_order(visible.annotate(on_hold=Exists(on_hold)), request.GET.get("sort", ""), filters.day)


class _Counted(Paginator):
    """Pages of rows that have been counted already."""

    def __init__(self, rows: InitiativeQuerySet, per_page: int, count: int) -> None:
        super().__init__(rows, per_page)
        self.count = count


def _page(request: HttpRequest, found: InitiativeQuerySet, count: int) -> Page:
    rows = found.select_related("business_unit", "owner").prefetch_related("tags")
    page = _Counted(rows, PER_PAGE, count).get_page(request.GET.get("page"))
    page.object_list = list(page.object_list)
    return page


def _rows(
    page: Page, chosen: list[columns.Column], filters: ListFilters
) -> Iterator[tuple[Initiative, str | None, hooks.Money]]:
    """Yield the initiatives on this page with their cohort and money, as far as a chosen column shows them."""
    names, one_cohort = {column.name for column in chosen}, filters.kept.get("guidance")
    ids = [each.pk for each in page.object_list]
    cohorts = hooks.guidance(ids, filters.day) if "guidance" in names and not one_cohort else {}
    money = hooks.money(ids, filters.day) if names & columns.MONEY else {}
    for each in page.object_list:
        yield each, one_cohort or cohorts.get(each.pk), money.get(each.pk, hooks.NO_MONEY)
