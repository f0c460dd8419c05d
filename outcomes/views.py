"""Pages about outcomes: those of an initiative, one with all its readings, and what waits for somebody."""

from __future__ import annotations

from datetime import date
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.next_url import next_url
from accounts.permissions import can, require
from accounts.sent_fields import ids, ids_in
from api.fields import day_of
from display import currency
from display.file_answers import csv_answer, xlsx_answer
from outcomes import explanation, exports, measurements, worklist
from outcomes.cards import cards, summed_up
from outcomes.filters import OutcomeFilters
from outcomes.models import Measurement, Outcome
from outcomes.querysets import MeasurementQuerySet
from outcomes.status import Status
from outcomes.terms import holding
from projects.access import get_initiative, get_initiative_with_edit
from projects.header import initiative_header

PER_PAGE = 50


def initiative_outcomes(request: HttpRequest, key: str) -> HttpResponse:
    """Show the outcomes of an initiative as cards; with `record` in the query ask which one a reading is of."""
    initiative = get_initiative_with_edit(request.user, key)
    outcomes = list(Outcome.objects.filter(initiative=initiative).select_related("owner").order_by("id"))
    for outcome in outcomes:
        outcome.initiative = initiative
    header = initiative_header(initiative, request.user, "outcomes")
    shown = cards(outcomes, timezone.localdate(), [header["standing"]])
    asks_which = "record" in request.GET and can(request.user, "measurement.edit", initiative)
    context = {
        **header,
        "cards": shown,
        "sentence": summed_up(shown),
        "asked": [card.outcome for card in shown if not card.state.has_ended] if asks_which else [],
        "may_edit_outcomes": can(request.user, "outcome.edit", initiative),
        "may_validate": can(request.user, "measurement.validate", initiative),
    }
    return render(request, "outcomes/initiative.html", context)


def reading_choose(request: HttpRequest, key: str) -> HttpResponse:
    """Lead to the form for a reading where but one outcome is measured, else to the question which one it is of."""
    initiative, today = get_initiative(request.user, key), timezone.localdate()
    measured = [each for each in Outcome.objects.filter(initiative=initiative) if not each.has_ended_by(today)]
    if len(measured) == 1:
        return redirect("outcomes:reading-new", measured[0].pk)
    return redirect(reverse("outcomes:initiative", args=[key], query={"record": 1}))


def outcome_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one outcome with all its readings, withdrawn ones too, and how its values changed."""
    outcome = get_object_or_404(worklist.visible(request.user), pk=pk)
    (card,) = cards([outcome], timezone.localdate())
    gone = outcome.measurements.filter(withdrawn_at__isnull=False).select_related("withdrawn_by", "replaced_by")
    context = {
        "card": card,
        "outcome": outcome,
        "page": Paginator(card.readings, PER_PAGE).get_page(request.GET.get("page")),
        "withdrawn": gone.order_by("-withdrawn_at"),
        "terms": holding(outcome.terms.select_related("recorded_by")),
        "may_edit": can(request.user, "outcome.edit", outcome),
        "may_validate": can(request.user, "measurement.validate", outcome),
    }
    return render(request, "outcomes/outcome.html", context)


def outcome_figure(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Show how a figure of an outcome comes about: definition, formula with its numbers, the readings behind it."""
    if name not in explanation.TITLES:
        raise Http404
    outcome = get_object_or_404(worklist.visible(request.user), pk=pk)
    as_of = _as_of(request)
    (card,) = cards([outcome], as_of)
    explained = explanation.explain(name, card, as_of, currency.active())
    template = "outcomes/_figure.html" if request.htmx else "outcomes/figure.html"
    rows = Paginator(explained.pieces or explained.readings, PER_PAGE).get_page(request.GET.get("page"))
    context = {"outcome": outcome, "card": card, "explained": explained, "today": as_of, "page_obj": rows}
    context["query"] = f"?as_of={as_of.isoformat()}" if request.GET.get("as_of") else ""
    return render(request, template, context)


def _as_of(request: HttpRequest) -> date:
    """Return the day that a page is asked for, today where it names none; 404 for what is no day of ours."""
    named = request.GET.get("as_of", "")
    try:
        return day_of(named) if named else timezone.localdate()
    except ValueError as error:
        raise Http404 from error


def outcome_list(request: HttpRequest) -> HttpResponse:
    """Show what needs a reading, what waits for validation, or every outcome."""
    require(request.user, "portfolio.see")
    section = request.GET.get("show", "due")
    section = section if section in worklist.SECTIONS else "due"
    mine = request.GET.get("mine") == "1"
    status = request.GET.get("status", "")
    listed = worklist.rows(request.user, list(worklist.visible(request.user, mine)), timezone.localdate())
    due, waiting = worklist.due(listed), worklist.waiting(request.user, mine)
    overdue = [row for row in listed if row.state.status == Status.OVERDUE]
    if status in Status.values:
        section, listed = "all", worklist.of_status(listed, status)
    filters = OutcomeFilters(request.GET) if section == "all" else None
    if filters and filters.kept:
        kept = set(filters.narrow(worklist.visible(request.user, mine)).order_by().values_list("pk", flat=True))
        listed = [row for row in listed if row.outcome.pk in kept]
    narrowed = {"mine": "1" if mine else "", "status": status if status in Status.values else ""}
    narrowed |= filters.kept if filters else {}
    rows: list[worklist.Row] | QuerySet[Measurement] = {"due": due, "validate": waiting, "all": listed}[section]
    context = {
        "section": section,
        "mine": mine,
        "status": status,
        "statuses": Status.choices,
        "filters": filters,
        "narrowed": urlencode({name: value for name, value in narrowed.items() if value}),
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "overdue": len(overdue),
        "due": len(due),
        "waiting": waiting.count(),
        "may_validate": can(request.user, "measurement.validate"),
    }
    return render(request, "outcomes/list.html", context)


@require_safe
def reading_export(request: HttpRequest, extension: str) -> StreamingHttpResponse | FileResponse:
    """Give readings as a file: those of an outcome, of an initiative or of what the list of all outcomes keeps."""
    found = _readings_asked_for(request)
    name = f"readings-{timezone.localdate()}.{extension}"
    if extension == "xlsx":
        return xlsx_answer(exports.as_xlsx(found), name)
    return csv_answer(exports.as_csv(found), name)


def _readings_asked_for(request: HttpRequest) -> MeasurementQuerySet:
    user = require(request.user, "portfolio.see")
    outcomes = worklist.visible(user, mine=request.GET.get("mine") == "1").order_by()
    if named := request.GET.get("outcome"):
        outcomes = outcomes.filter(pk__in=ids_in([named]))
        if not outcomes.exists():
            raise Http404
    if key := request.GET.get("initiative"):
        outcomes = outcomes.filter(initiative=get_initiative(user, key))
    outcomes = OutcomeFilters(request.GET).narrow(outcomes)
    if (status := request.GET.get("status", "")) in Status.values:
        listed = worklist.of_status(worklist.rows(user, list(outcomes), timezone.localdate()), status)
        outcomes = outcomes.filter(pk__in=[row.outcome.pk for row in listed])
    return Measurement.objects.counting().filter(outcome__in=outcomes)


@require_POST
def validate(request: HttpRequest) -> HttpResponse:
    """Validate the readings that were ticked, the one whose button was pressed, or all that were shown.

    With `back` take the validation of one back.
    """
    back = "back" in request.POST
    asked = ids(request, "back" if back else "shown" if "all" in request.POST else "reading")
    found = list(
        Measurement.objects.visible_to(request.user).select_related("outcome__initiative").filter(pk__in=asked)
    )
    for reading in found:
        require(request.user, "measurement.validate", reading)
    judge = measurements.take_validation_back if back else measurements.validate
    done = len(judge(request.user, found))
    _tell(request, done, len(found) - done, back)
    return redirect(next_url(request, "outcomes:outcome-list"))


def _tell(request: HttpRequest, done: int, changed: int, back: bool) -> None:
    if done and back:
        messages.success(request, _("The validation is taken back; the reading waits for it again."))
    elif done:
        told = ngettext("%(n)s reading is validated.", "%(n)s readings are validated.", done) % {"n": done}
        messages.success(request, told)
    if changed:
        told = ngettext(
            "%(n)s reading had been corrected or withdrawn meanwhile; it is not validated.",
            "%(n)s readings had been corrected or withdrawn meanwhile; they are not validated.",
            changed,
        )
        messages.warning(request, told % {"n": changed})
