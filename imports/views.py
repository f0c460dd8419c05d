"""Pages of imports: the list with the form, one import with its progress and report."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods
from django_htmx.http import HttpResponseClientRefresh

from accounts.errors import RuleError
from imports import errors_csv, jobs
from imports.forms import ImportForm
from imports.models import Import
from imports.progress_shown import Progress
from imports.querysets import allowed

PER_PAGE = 30
REJECTED_SHOWN = 50
LINES_SHOWN = 40


@require_http_methods(["GET", "POST"])
def import_list(request: HttpRequest) -> HttpResponse:
    """List the imports, and take a file."""
    _require_some(request)
    form = ImportForm(request.POST or None, request.FILES or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        job = _submit(request, form)
        if job is not None:
            return redirect("imports:import-detail", job.pk)
    found = Import.objects.visible_to(request.user).select_related("created_by")
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    status = 422 if form.errors else 200
    return render(request, "imports/list.html", {"form": form, "page": page}, status=status)


@require_GET
def import_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one import: its progress while it runs, then its report."""
    job = _get(request, pk)
    if not request.htmx:
        return render(request, "imports/detail.html", _report(job))
    if job.is_unfinished:
        return render(request, "imports/_report.html", _report(job))
    return HttpResponseClientRefresh()  # it is over: the whole page changes


@require_GET
def import_errors(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Give the rejected rows as errors.csv."""
    return errors_csv.response(_get(request, pk))


@require_http_methods(["GET", "POST"])
def import_revert(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask whether to take an import back, then do it."""
    job = _get(request, pk)
    if request.method == "GET":
        return render(request, "imports/revert.html", {"job": job})
    try:
        reverted = jobs.revert(job, request.user)
    except RuleError as error:
        messages.error(request, error.message)
    else:
        text = _("Taken back: {removed} of this import. Kept, because people have built on them: {kept}.")
        messages.success(request, text.format(removed=reverted.removed, kept=reverted.kept))
    return redirect("imports:import-detail", job.pk)


def _submit(request: HttpRequest, form: ImportForm) -> Import | None:
    """Queue the file; None, and the error in the form, when it is not even of a known format."""
    file = form.cleaned_data["file"]
    try:
        job = jobs.submit(
            request.user,
            format_name=form.cleaned_data["format"],
            chunks=file.chunks(),
            file_name=file.name,
            dry_run=form.cleaned_data["dry_run"],
        )
    except RuleError as error:
        form.add_error(error.field if error.field in form.fields else None, error.message)
        return None
    jobs.enqueue(job)
    return job


def _report(job: Import) -> dict[str, Any]:
    reasons = list(job.reasons.all())
    stages = sorted(job.breakdown.get("stage", {}).items(), key=lambda each: -each[1])
    return {
        "job": job,
        "progress": Progress.of(job),
        "refusal": next((reason for reason in reasons if reason.is_refusal), None),
        "rejections": [reason for reason in reasons if reason.is_rejection],
        "remarks": [reason for reason in reasons if not reason.is_rejection and not reason.is_refusal],
        "stages": stages,
        "has_left": bool(reasons or stages or job.is_unfinished or "reverted" in job.breakdown),
        "rejected": job.rejected.all()[:REJECTED_SHOWN],
        "rejected_shown": REJECTED_SHOWN,
        "lines_shown": LINES_SHOWN,
    }


def _get(request: HttpRequest, pk: int) -> Import:
    _require_some(request)
    return get_object_or_404(Import.objects.visible_to(request.user).select_related("created_by"), pk=pk)


def _require_some(request: HttpRequest) -> None:
    if not allowed(request.user):
        raise PermissionDenied("import")
