"""Pages on which somebody says what the columns of a file mean, and those of the mappings that were saved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache, partial
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import refusals
from accounts.errors import StaleError
from accounts.models import User
from accounts.once import once
from accounts.sent_fields import sent_version
from imports import header, jobs, registry, saved_mappings, uploads
from imports.header_place import FIRST, HeaderPlace, NotThereError
from imports.kinds import FileKind
from imports.mapping_form import MappingForm, PlaceForm, SavedMappingForm
from imports.mappings import ColumnMapping
from imports.models import Import, SavedMapping, Upload
from imports.pipeline import FileRefusedError, Importer, Reason
from imports.uploads import Glimpse


@require_http_methods(["GET", "POST"])
@once
def upload_map(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the columns of an uploaded file with the fields that they may mean, then import it so."""
    formats = _formats(request)
    found = Upload.objects.filter(pk=pk)
    if not found.exists():
        return _gone(request)
    upload = get_object_or_404(found, created_by=request.user)
    # By name: a template would make an importer of its class.
    shown: dict[str, Any] = {"upload": upload, "formats": [(each.format, each.title) for each in formats]}
    look = cache(partial(uploads.glimpse, upload))  # into a workbook takes a process each time
    try:
        shown["at"] = at = _place(request, upload, partial(look, formats[0]))
        if at.errors:
            shown["format"] = request.POST.get("format") or request.GET.get("format")
            return render(request, "imports/map.html", shown, status=422)
        importer = _format(request, upload, formats, partial(look, formats[0], at.place))
        shown["format"] = importer.format
        seen = _hold_once(look(importer, at.place))
    except FileRefusedError as refusal:
        return render(request, "imports/map.html", {**shown, "refusal": refusal.reason.translated()}, status=422)
    form, used = _form(request, upload, importer, seen, at.place)
    if request.method == "POST" and form.is_valid():
        return _import(request, upload, form)
    shown |= {"form": form, "seen": seen, "columns": _columns(form, seen), "used": used}
    return render(request, "imports/map.html", shown, status=422 if form.errors else 200)


@require_POST
def import_map(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the file of an import anew, to say otherwise what its columns mean."""
    _formats(request)
    job = get_object_or_404(Import.objects.visible_to(request.user), pk=pk)
    return redirect("imports:upload-map", uploads.again(request.user, job).pk)


@require_GET
def mapping_list(request: HttpRequest) -> HttpResponse:
    """List the mappings that were saved."""
    _formats(request)
    return render(request, "imports/mappings.html", {"mappings": SavedMapping.objects.visible_to(request.user)})


@require_http_methods(["GET", "POST"])
def mapping_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a saved mapping, or delete it."""
    _formats(request)
    saved = get_object_or_404(SavedMapping.objects.visible_to(request.user), pk=pk)
    if "delete" in request.POST:
        try:
            saved_mappings.delete(request.user, saved, sent_version(request))
        except StaleError as stale:
            messages.warning(request, stale.message)
            return redirect("imports:mapping-edit", pk)
        messages.success(request, _("Deleted: {name}").format(name=saved.name))
        return redirect("imports:mapping-list")
    known = ColumnMapping.of(saved.mapping)
    form = SavedMappingForm(
        request.POST or None,
        importer=registry.importer(saved.format),
        header=list(known.columns),
        known=known,
        place=known.place,
        initial={"save_as": saved.name},
        saved=saved,
    )
    if request.method == "POST" and form.is_valid():
        name = form.cleaned_data["save_as"]
        try:
            saved_mappings.change_mapping(request.user, saved, sent_version(request), name, form.mapping)
            messages.success(request, _("Saved: {name}").format(name=name))
            return redirect("imports:mapping-list")
        except StaleError as stale:
            refusals.show(form, stale)
    context = {"saved": saved, "form": form, "version": sent_version(request) or saved.version}
    return render(request, "imports/mapping.html", context, status=422 if form.errors else 200)


def _gone(request: HttpRequest) -> HttpResponse:
    text = _("This file no longer waits for its columns: it was imported, or nobody came back to it in time.")
    messages.warning(request, text)
    return redirect("imports:import-list")


def _formats(request: HttpRequest) -> list[type[Importer]]:
    formats = uploads.mappable(request.user)
    if not formats:
        raise PermissionDenied("import")
    return formats


def _place(request: HttpRequest, upload: Upload, look: Callable[..., Glimpse]) -> PlaceForm:
    """Return where the headings stand, as it is said, or was, or as of a saved mapping that fits there."""
    said = request.POST if request.method == "POST" else request.GET
    sheets = look().sheets if uploads.is_workbook(upload) else ()
    if request.method == "GET" and not said.keys() & PlaceForm.base_fields.keys():
        said = _known_place(request.user, upload, look, sheets).as_json()
    form = PlaceForm(said)
    form.offer(sheets)
    if form.is_valid() and form.place != FIRST:
        try:
            look(form.place)
        except NotThereError as error:
            form.add_error(error.field, error.reason.translated())
    return form


def _known_place(user: User, upload: Upload, look: Callable[..., Glimpse], sheets: Sequence[str]) -> HeaderPlace:
    if upload.mapping:
        return ColumnMapping.of(upload.mapping).place
    for place in (FIRST, *saved_mappings.places(user, sheets)):
        with suppress(FileRefusedError):
            fitting = saved_mappings.fitting(user, look(place).header)
            if any(ColumnMapping.of(saved.mapping).place == place for saved in fitting):
                return place
    return FIRST


def _format(
    request: HttpRequest, upload: Upload, formats: Sequence[type[Importer]], look: Callable[[], Glimpse]
) -> type[Importer]:
    """Return the format that was asked for, or that of a mapping of this header, or the most alike."""
    wanted = request.POST.get("format") or request.GET.get("format") or upload.format
    chosen = next((each for each in formats if each.format == wanted), None)
    if chosen is not None:
        return chosen
    saved = saved_mappings.fitting(request.user, look().header).first()
    return registry.importer(saved.format) if saved else uploads.most_alike(look().header, formats)


def _hold_once(seen: Glimpse) -> Glimpse:
    twice = next((each for each in seen.header if each and seen.header.count(each) > 1), None)
    if twice is not None:
        raise FileRefusedError(Reason(header.DOUBLED, column=twice))
    return seen


def _form(
    request: HttpRequest, upload: Upload, importer: type[Importer], seen: Glimpse, place: HeaderPlace
) -> tuple[MappingForm, SavedMapping | None]:
    """Return the form, and the saved mapping that it is filled in from."""
    used = None
    if not upload.mapping:
        used = saved_mappings.fitting(request.user, seen.header).filter(format=importer.format).first()
    known = upload.mapping or (used.mapping if used else None)
    form = MappingForm(
        request.POST or None,
        importer=importer,
        header=seen.header,
        known=ColumnMapping.of(known) if known else None,
        amount_column="" if upload.mapping else upload.amount_column,
        numbers_are_text=seen.kind is FileKind.CSV,
        rows=seen.rows,
        place=place,
    )
    return form, used


def _columns(form: MappingForm, seen: Glimpse) -> list[dict[str, Any]]:
    return [
        {"heading": heading, "field": form[f"column-{place}"], "examples": seen.examples(place)}
        for place, heading in form.named
    ]


def _import(request: HttpRequest, upload: Upload, form: MappingForm) -> HttpResponse:
    if name := form.cleaned_data["save_as"]:
        saved_mappings.save(request.user, name, form.importer, form.header, form.mapping)
    dry_run = request.POST.get("go") == "try"
    job = uploads.start(upload, request.user, form.importer, form.mapping, dry_run=dry_run)
    jobs.enqueue(job)
    return redirect("imports:import-detail", job.pk)
