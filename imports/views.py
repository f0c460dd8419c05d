"""Pages of imports: the list with the form, one import with its progress and report."""

from __future__ import annotations

from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRefresh

from accounts import refusals
from accounts.errors import RuleError
from accounts.once import View, once
from display.spreadsheets import MARK
from imports import errors_csv, jobs, registry, restated_csv, uploads
from imports.clearing import KEPT_WITHOUT_USE
from imports.forms import FormatForm, ImportForm
from imports.models import Import, SavedMapping, State, Upload
from imports.outcome_sentence import outcome_sentence
from imports.pipeline import FileRefusedError, Importer
from imports.progress import Progress
from imports.querysets import allowed, require_some
from imports.receiving import HandedIn

PER_PAGE = 30
REJECTED_SHOWN = 50
RESTATED_SHOWN = 50
LINES_SHOWN = 40


def _for_importers(view: View) -> View:
    """Refuse who may import nothing, before a file of theirs is read."""

    @wraps(view)
    def permitted(request: HttpRequest, *args: object, **named: object) -> HttpResponse:
        require_some(request.user)
        return view(request, *args, **named)

    return permitted


@require_http_methods(["GET", "POST"])
@_for_importers
@once
def import_list(request: HttpRequest) -> HttpResponse:
    """List the imports, and take a file."""
    chosen = {"amount_column": request.GET.get("amount_column", "")}  # for a file whose rows come again
    form = ImportForm(request.POST or None, request.FILES or None, formats=allowed(request.user), initial=chosen)
    if request.method == "POST" and form.is_valid():
        answer = _taken(request, form)
        if answer is not None:
            return answer
    found = Import.objects.visible_to(request.user).select_related("created_by")
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    status = 422 if form.errors else 200
    has_mappings = SavedMapping.objects.visible_to(request.user).exists()
    samples = [(each.title, each.samples, each.counts_note) for each in allowed(request.user) if each.samples]
    shown = {"form": form, "page": page, "has_mappings": has_mappings, "samples": samples}
    return render(request, "imports/list.html", shown, status=status)


@require_http_methods(["GET", "POST"])
@_for_importers
@once
def upload_format(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask of which format a file is that says it nowhere, then import it so."""
    if not Upload.objects.filter(pk=pk).exists():
        messages.warning(request, _("This file waits no longer: it was imported, or nobody came back to it in time."))
        return redirect("imports:import-list")
    upload = get_object_or_404(Upload, pk=pk, created_by=request.user)
    try:
        formats = uploads.takers(request.user, upload)
        found = uploads.format_of(upload)
        known = {"format": found and found.format, "dry_run": upload.dry_run, "amount_column": upload.amount_column}
        form = FormatForm(request.POST or None, formats=formats, initial=known)
        if request.method == "POST" and form.is_valid():
            return _as_said(request, upload, form)
    except RuleError as error:
        refusals.show(form, error)
    except FileRefusedError as refusal:
        messages.error(request, refusal.reason.translated())
        return redirect("imports:import-list")
    return render(request, "imports/format.html", {"form": form, "upload": upload}, status=422 if form.errors else 200)


@require_GET
def import_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one import: its progress while it runs, then its report."""
    job = _get(request, pk)
    if not request.htmx:
        importer = registry.importer(job.format)
        may_map = not job.is_under_way and importer in uploads.mappable(request.user)
        may_repeat = job.dry_run and job.state == State.DONE and importer in allowed(request.user)
        may = {"may_map": may_map, "may_repeat": may_repeat}
        return render(request, "imports/detail.html", _report(job) | may)
    if job.is_under_way:
        return render(request, "imports/_report.html", _report(job))
    return HttpResponseClientRefresh()  # it is over: the whole page changes


@require_GET
def import_errors(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Give the rejected rows as errors.csv."""
    return errors_csv.response(_get(request, pk), MARK)


@require_GET
def import_restated(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Give the rows that restate as restated.csv."""
    return restated_csv.response(_get(request, pk), MARK)


@require_POST
def import_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop an import that waits or runs."""
    job = _get(request, pk)
    try:
        job = jobs.cancel(job, request.user)
    except RuleError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("The import stops in a moment.") if job.is_unfinished else _("Cancelled."))
    return redirect("imports:import-detail", job.pk)


@require_POST
@once
def import_repeat(request: HttpRequest, pk: int) -> HttpResponse:
    """Import in earnest what was a dry run."""
    job = jobs.repeat(_get(request, pk), request.user)
    jobs.enqueue(job)
    return redirect("imports:import-detail", job.pk)


@require_http_methods(["GET", "POST"])
def import_revert(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask whether to take an import back, then do it."""
    job = _get(request, pk)
    if request.method == "GET":
        return render(request, "imports/revert.html", {"job": job})
    try:
        reverted = jobs.ask_to_revert(job, request.user)
    except RuleError as error:
        messages.error(request, error.message)
        return redirect("imports:import-detail", job.pk)
    if reverted is not None:  # else a worker does it, and the page says so
        text = _("Taken back: {removed} of this import. Kept, because people have built on them: {kept}.")
        messages.success(request, text.format(removed=reverted.removed, kept=reverted.kept))
    return redirect("imports:import-detail", job.pk)


def _taken(request: HttpRequest, form: ImportForm) -> HttpResponse | None:
    """Keep the file and queue its import, or ask for its columns; None, with the error in the form, if it is no use."""
    given = form.cleaned_data
    handed_in = [HandedIn(file.name, file.chunks()) for file in given["file"]]
    wishes = {"dry_run": given["dry_run"], "amount_column": given.get("amount_column", "")}
    upload = None
    try:
        upload = uploads.take(request.user, handed_in, given["format"], **wishes)
        importer = uploads.format_of(upload)
        if given["map_columns"] and (importer is not None or not uploads.is_json(upload)):
            return _before_it_is_imported(request, upload, importer)
        if importer is not None:
            return _started(request, upload, importer)
        if uploads.is_table(upload):
            messages.info(request, _("The header of this file is of no format that we know: say what its columns are."))
            return redirect("imports:upload-map", upload.pk)
        text = _("The header of this file is of no format that we know. Choose one.")
        if uploads.takers(request.user, upload):
            messages.info(request, text)
            return redirect("imports:upload-format", upload.pk)
        form.add_error("format", text)
    except RuleError as error:
        refusals.show(form, error)
    except FileRefusedError as refusal:
        form.add_error("file", refusal.reason.translated())
    if upload is not None:
        upload.delete()
    return None


def _before_it_is_imported(request: HttpRequest, upload: Upload, importer: type[Importer] | None) -> HttpResponse:
    """Show what a file is taken for: its columns, or the format of one that has none."""
    if importer is not None and importer not in uploads.mappable(request.user):
        text = _("The columns of this file are known (format: {format}). It can be imported as it is.")
        messages.info(request, text.format(format=importer.title))
    return redirect("imports:upload-format" if uploads.is_json(upload) else "imports:upload-map", upload.pk)


def _as_said(request: HttpRequest, upload: Upload, form: FormatForm) -> HttpResponse:
    """Queue the import of a file as it was said of it, or ask for its columns where they are none of its format's."""
    given = form.cleaned_data
    upload.format, upload.dry_run = given["format"], given["dry_run"]
    upload.amount_column = given.get("amount_column", "")
    upload.save(update_fields=["format", "dry_run", "amount_column"])
    importer = registry.importer(upload.format)
    if uploads.needs_a_mapping(request.user, upload, importer):
        return redirect("imports:upload-map", upload.pk)
    if uploads.is_json(upload) and not uploads.may_be_of(upload, importer):
        raise RuleError(_("This file has nothing that this format reads. It is kept: choose another one."), "format")
    return _started(request, upload, importer)


def _started(request: HttpRequest, upload: Upload, importer: type[Importer]) -> HttpResponse:
    wishes = {"dry_run": upload.dry_run, "amount_column": upload.amount_column}
    job = uploads.start(upload, request.user, importer, {}, **wishes)  # type: ignore[arg-type]
    jobs.enqueue(job)
    return redirect("imports:import-detail", job.pk)


def _report(job: Import) -> dict[str, Any]:
    reasons = list(job.reasons.all())
    stages = sorted(job.breakdown.get("stage", {}).items(), key=lambda each: -each[1])
    return {
        "job": job,
        "answer": outcome_sentence(job),
        # Whether another of the format's costs became the amount than does without a word.
        "amount_is_chosen": job.amount_column in tuple(registry.importer(job.format).amount_columns)[1:],
        "progress": Progress.of(job),
        "refusal": next((reason for reason in reasons if reason.is_refusal), None),
        "rejections": [reason for reason in reasons if reason.is_rejection],
        "restatement": next((reason for reason in reasons if reason.is_restatement), None),
        "remarks": [reason for reason in reasons if reason.is_remark],
        "stages": stages,
        "has_left": bool(reasons or stages or job.is_under_way or "reverted" in job.breakdown),
        "rejected": job.rejected.defer("cells")[:REJECTED_SHOWN],
        "rejected_shown": REJECTED_SHOWN,
        "restated": job.restated.all()[:RESTATED_SHOWN],
        "restated_shown": RESTATED_SHOWN,
        "lines_shown": LINES_SHOWN,
        "rows_kept_days": KEPT_WITHOUT_USE.days,
    }


def _get(request: HttpRequest, pk: int) -> Import:
    require_some(request.user)
    return get_object_or_404(Import.objects.visible_to(request.user).select_related("created_by"), pk=pk)
