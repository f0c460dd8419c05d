"""The ledger and one line of it: where it came from, correcting it, deleting it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from accounts import refusals
from accounts.errors import RuleError
from accounts.models import User
from accounts.next_url import next_url
from accounts.once import once
from accounts.permissions import can, reach_of, require
from costs import lines, unpriced
from costs.allocation import belonging
from costs.entry.forms import CorrectionForm
from costs.explorer import rest
from costs.ledger import exports, page, provenance, search
from costs.ledger.filter_form import MORE, LedgerFilters, said_on
from costs.ledger.standing import standing, successor
from costs.models import CostLine, Withdrawal
from costs.registers import generated, portions
from costs.registers.links import register_url
from display import sentences
from display.file_answers import csv_answer, xlsx_answer
from display.numbers import number
from projects import conflicts

TOO_MANY = gettext_lazy(
    "An Excel file holds at most %(most)s lines, and these are %(lines)s: take the CSV file, or filter further."
)


def ledger_page(request: HttpRequest) -> HttpResponse:
    """Show the cost lines that the filters keep, with their sum."""
    user = require(request.user, "portfolio.see")
    form = _form(request)
    found = page.Ledger(form.wanted(), user)
    sort = request.GET.get("sort", "")
    shown = found.page_at(request.GET.get("after", ""), sort)
    portions.tell(shown.lines)
    context = {
        "filters": form,
        "is_filtered": any(form.data.get(name) for name in form.fields),
        "set_filters": sum(bool(form.data.get(name)) for name in form.fields if name != "table"),
        "has_more": any(form.data.get(name) for name in MORE),
        "not_stated": form.not_stated_words,
        "rest": rest.told(form.wanted()),
        "sums": found.sums,
        "without_price": unpriced.of_filters(form.wanted(), user),
        "page": shown,
        "sort": sort if sort in page.SORTS else "",
        "most_sorted": page.MOST_SORTED,
        "is_sortable": found.is_sortable,
        "deletable": tell_deletable(shown.lines, user),
        "may_paste": may_record(user),
        "may_import": can(user, "import.costs"),
    }
    return render(request, "costs/ledger.html", context)


def export(request: HttpRequest, extension: str) -> HttpResponse | StreamingHttpResponse:
    """Give the lines that the filters keep as a file."""
    user = require(request.user, "portfolio.see")
    form = _form(request)
    if not form.is_valid():
        return said_on("costs:ledger", request)
    found = page.Ledger(form.wanted(), user)
    if extension == "csv":
        return csv_answer(exports.as_csv(found.every_line()), "costs.csv")
    if found.sums.lines > exports.MOST_IN_XLSX:
        given = {"most": number(exports.MOST_IN_XLSX), "lines": number(found.sums.lines)}
        messages.error(request, TOO_MANY % given)
        return said_on("costs:ledger", request)
    return xlsx_answer(exports.as_xlsx(found.every_line()), "costs.xlsx")


def line_detail(request: HttpRequest, key: str) -> HttpResponse:
    """Show a line, where it came from, and the form that corrects it."""
    user: User = request.user  # type: ignore[assignment]
    try:
        line = provenance.line_of(user, key)
    except Http404:
        gone = provenance.gone(key) if request.method == "POST" else None
        if gone is None or not may_change(user, gone) or generated.follows(gone):
            raise
        now = successor(gone)
        if now and _may_see(user, now) and may_change(user, now):
            return _both_versions(request, now, {})
        return _record_anew(request, gone)
    may_correct = not generated.follows(line) and may_change(user, line)
    if request.method != "POST":
        return _line_page(request, line, CorrectionForm(line, user) if may_correct and _counts(line) else None)
    if not may_correct:
        require(user, "cost.unallocated" if line.group.initiative is None else "cost.edit", line.group)
        raise Http404
    if not _counts(line):
        return _overtaken(request, line)
    if not _is_as_read(request, line):
        return _both_versions(request, line, {})
    form = CorrectionForm(line, user, request.POST)
    try:
        corrected = _written(form, lambda: lines.correct(user, line, form.corrected()))
    except lines.LineGoneError:  # somebody was quicker by a moment
        return line_detail(request, key)  # read again, that is seen
    if corrected is None:
        return _line_page(request, line, form, status=422)
    messages.success(request, _("The line is corrected. The old one stays in the history."))
    return _to_line(request, corrected)


def _overtaken(request: HttpRequest, line: CostLine) -> HttpResponse:
    """Answer a correction of a line that somebody has corrected or deleted meanwhile."""
    user: User = request.user  # type: ignore[assignment]
    now = standing(line)
    if now.withdrawn == Withdrawal.DELETED:
        return _record_anew(request, line)
    if not _may_see(user, now) or not _counts(now) or not may_change(user, now):
        form = CorrectionForm(line, user, request.POST)
        said = [_("Somebody has corrected this line meanwhile.")]
        if now != line:
            said.append(_("What stands now is not yours to correct."))
        form.add_error(None, sentences.joined(*said, _("What you typed is not saved.")))
        return _line_page(request, line, form, status=409)
    return _both_versions(request, now, CorrectionForm.values_of(line))


def _both_versions(request: HttpRequest, now: CostLine, read: Mapping[str, Any]) -> HttpResponse:
    """Show what was typed beside what stands now; `read`: what the form began with, as far as that is still known."""
    form = CorrectionForm(now, request.user, request.POST.copy())
    form.full_clean()
    stale = conflicts.merge(form, read, form.values_of(now), form.typed())
    return _line_page(request, belonging.tell([now])[0], form, status=409, stale=stale)


def _record_anew(request: HttpRequest, line: CostLine) -> HttpResponse:
    """Offer to record what was typed as a correction of a line that is no more, and record it when asked to."""
    if "record" in request.POST:
        return _recorded(request, line)
    form = CorrectionForm(line, request.user, request.POST)
    said = _("Somebody has deleted this line meanwhile. What you typed is not saved; record it as a new one here.")
    form.add_error(None, said)
    return _new_page(request, line, form, 409)


@once
def _recorded(request: HttpRequest, deleted: CostLine) -> HttpResponse:
    user: User = request.user  # type: ignore[assignment]
    form = CorrectionForm(deleted, user, request.POST)
    made = _written(form, lambda: lines.add(user, [form.corrected()]).lines[0])
    if made is None:
        return _new_page(request, deleted, form, 422)
    messages.success(request, _("The cost is recorded."))
    return _to_line(request, made)


def _to_line(request: HttpRequest, line: CostLine) -> HttpResponse:
    """Lead to a line, from which the reader still goes back to where they came from."""
    back = _back(request)
    query = {"next": back} if back != reverse("costs:ledger") else None
    return redirect(reverse("costs:line", args=[line.key], query=query))


def _back(request: HttpRequest) -> str:
    """Return the list that the reader came from, as they had filtered it."""
    return resolve_url(next_url(request, "costs:ledger"))


def _new_page(request: HttpRequest, line: CostLine, form: CorrectionForm, status: int) -> HttpResponse:
    """Show the form that records a cost anew, beside its line where there is one."""
    if line._state.adding:  # gone: it is only what its address tells
        context = {"line": line, "form": form, "back": _back(request)}
        return render(request, "costs/line_gone.html", context, status=status)
    return _line_page(request, line, form, status, is_new=True)


def _line_page(
    request: HttpRequest, line: CostLine, form: CorrectionForm | None, status: int = 200, **more: Any
) -> HttpResponse:
    """Show a line; `more` is what stands against a correction of it."""
    job = provenance.import_of(line)
    portions.tell([line])
    now = line if _counts(line) else standing(line)
    context = {
        "line": line,
        "now": now if now != line and _counts(now) and _may_see(request.user, now) else None,
        "job": job,
        "part_place": provenance.part_place(line, job),
        "source": provenance.source_words(line, line.external_id),
        "original": provenance.original(line, job, wait=False),
        "may_import": can(request.user, "import.costs"),
        "form": form,
        "is_usage": generated.follows_from_usage(line),
        "register_url": register_url(line),
        "back": _back(request),
    }
    return render(request, "costs/line.html", context | more, status=status)


def _is_as_read(request: HttpRequest, line: CostLine) -> bool:
    """Tell whether a form is of this line, not of one that had its key until its import was reverted."""
    return request.POST.get("version", f"{line.version}") == f"{line.version}"


def _counts(line: CostLine) -> bool:
    return line.withdrawn_at is None


def _may_see(user: Any, line: CostLine) -> bool:
    return CostLine.objects.visible_to(user).filter(pk=line.pk).exists()


@require_GET
def line_row(request: HttpRequest, key: str) -> HttpResponse:
    """Show the row of the file that a line came from; in a large file it takes seconds to find."""
    line = provenance.line_of(request.user, key)  # type: ignore[arg-type]
    job = provenance.import_of(line)
    if job is None:
        raise Http404
    is_part = bool(getattr(request, "htmx", False))
    name = "costs/_original.html" if is_part else "costs/line_row.html"
    context = {"line": line, "job": job, "part_place": provenance.part_place(line, job)}
    try:
        return render(request, name, context | {"original": provenance.original(line, job, wait=True)})
    except provenance.BusyError:
        context |= {"original": provenance.Original(provenance.State.LATER), "is_busy": True}
    answer = render(request, name, context, status=200 if is_part else 429)  # htmx shows what is a success alone
    answer["Retry-After"] = str(provenance.RETRY_SECONDS)
    return answer


@require_POST
def line_delete(request: HttpRequest, key: str) -> HttpResponse:
    """Take a line out of every sum."""
    line = provenance.line_of(request.user, key)
    require(request.user, "cost.unallocated" if line.group.initiative is None else "cost.edit", line.group)
    if not _is_as_read(request, line):
        messages.error(request, lines.LineGoneError().message)
        return _to_line(request, line)
    try:
        lines.remove(request.user, line)
        messages.success(request, _("The line is deleted. It stays in the history."))
    except RuleError as error:
        messages.error(request, error.message)
    return redirect(_back(request))


def may_change(user: User, line: CostLine) -> bool:
    """Tell whether the person may correct or delete the line."""
    initiative = line.group.initiative
    return can(user, "cost.unallocated") if initiative is None else can(user, "cost.edit", initiative)


def tell_deletable(shown: Sequence[CostLine], user: User) -> int:
    """Note on each line whether the person `may_delete` it with others that are shown; return how many they may."""
    for line in shown:
        line.may_delete = not generated.follows(line) and may_change(user, line)
    return sum(line.may_delete for line in shown)


def may_record(user: User) -> bool:
    """Tell whether the person may record costs of anything at all; of what exactly is checked row by row."""
    return reach_of(user, "cost.edit") is not None


def _form(request: HttpRequest) -> LedgerFilters:
    """Return the filters, checked; what is looked for in too many lines is said beside its field, and left out."""
    form = LedgerFilters(request.GET)
    try:
        search.check(form.wanted(), request.user)  # type: ignore[arg-type]
    except RuleError as error:
        refusals.show(form, error)
    return form


def _written(form: CorrectionForm, write: Callable[[], CostLine]) -> CostLine | None:
    """Return the line that a form writes; None where something is wrong, which is noted in the form.

    LineGoneError where the line was corrected or deleted meanwhile.
    """
    if not form.is_valid():
        return None
    try:
        return write()
    except lines.LineGoneError:
        raise
    except RuleError as error:
        refusals.show(form, error)
        return None
