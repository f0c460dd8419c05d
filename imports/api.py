"""`/imports`."""

from __future__ import annotations

from typing import Annotated, Any

from django.db.models import Prefetch
from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.utils.translation import gettext as _
from ninja import Field, File, Form, Query, Router, Schema, Status
from ninja.files import UploadedFile

from accounts.errors import RuleError
from api.fields import Time, told
from api.pages import Listing, PageQuery, listing
from imports import errors_csv, jobs, mapping_api, mappings, registry, restated_csv
from imports.models import Import, ImportReason, State
from imports.querysets import require_some
from imports.summary import summary, summary_without_rows

router = Router()
router.add_router("", mapping_api.router)
FIELDS = {"format", "mapping", "dry_run", "amount_column"}
Format = Annotated[str, told(enum=[importer.format for importer in registry.every()])]
_CSV: dict[str, Any] = {"responses": {200: {"content": {"text/csv": {}}}}}


class Queued(Schema):
    """An import that waits for its turn."""

    id: int
    state: Annotated[str, told(enum=State.values)]


class Restated(Schema):
    """What rows that restate have changed: sums in base currency, every digit of them.

    What is kept to compare only (`amount_compared`) is among them, and counts nowhere.
    """

    before: str = Field(..., description="What the versions said that were there.")
    now: str = Field(..., description="What the rows say in their place.")
    difference: str = Field(..., description="Now less before.")
    pending: int = Field(..., description="Rows of which an amount waits for its exchange rate; it is in no sum.")


class ImportPart(Schema):
    """One of several files that were read as one."""

    name: str
    lines_before: int = Field(..., description="Lines of the files before it: a line of `rows` less these is its own.")


class ImportItem(Schema):
    """An import and what came of it."""

    id: int
    format: str
    file_name: str
    parts: list[ImportPart] = Field(..., description="Of a delivery in several files, once it is read; else empty.")
    dry_run: bool
    amount_column: str | None = Field(..., description="Which of the file's costs is the amount, where it has several.")
    state: Annotated[str, told(enum=State.values)]
    rows_total: int | None
    rows_done: int
    rows_created: int = Field(..., description="Rows that made something, those that restate included.")
    rows_unchanged: int
    rows_restated: int = Field(..., description="Of the rows created: in the place of another version.")
    rows_rejected: int
    rows_per_second: float | None = Field(..., description="While it runs.")
    seconds_left: float | None = Field(..., description="While it reads: an estimate by how much of the file is read.")
    cancelled_at: Time | None = Field(..., description="When somebody asked for it to stop.")
    revert_asked_at: Time | None = Field(..., description="When somebody asked for it to be taken back by a worker.")
    amount_total: str | None
    amount_compared: str | None = Field(
        ..., description="What of it is kept to compare only, and counted in no sum; null: nothing is."
    )
    restated: Restated | None = Field(..., description="Null where no row restates.")
    started_at: Time | None
    finished_at: Time | None
    reasons: dict[str, int] = Field(..., description="Everything that is said about rows, and how often.")
    breakdown: dict[str, dict[str, int]]


class ImportOut(ImportItem):
    """An import and its report."""

    rows: dict[str, list[int]] = Field(..., description="The lines of the file that each reason is about.")
    remarks: dict[str, int] = Field(
        ...,
        description="Reasons whose rows have become lines: `remark` of `/costs`, of usage of `/usage`, keeps these.",
    )


@router.post("/imports", response={202: Queued}, summary="Import a file")
def add_import(
    request: HttpRequest,
    file: File[UploadedFile],
    format: Form[Format],
    mapping: Form[str] = "",
    dry_run: Form[bool] = False,
    amount_column: Form[str] = "",
) -> Status[Any]:
    """The file is kept and imported by a worker; look at `GET /imports/{id}` for its progress and report.

    A delivery in several files is a .zip of them: CSV, CSV.gz, Parquet or JSON, all of one kind, with the same columns.

    `amount_column` says which cost of a FOCUS bill becomes the amount: `BilledCost` (without it) or `EffectiveCost`.
    """
    _refuse_strange(request)
    if not format:
        raise RuleError(_("There is no such format."), "format")
    job = jobs.submit(
        request.user,
        format_name=format,
        chunks=file.chunks(),
        file_name=file.name or "",
        mapping=mappings.parse(mapping),
        dry_run=dry_run,
        amount_column=amount_column,
    )
    jobs.enqueue(job)
    return Status(202, {"id": job.pk, "state": job.state})


@router.get("/imports", response=Listing[ImportItem], summary="Imports, newest first")
def list_imports(request: HttpRequest, query: Query[PageQuery]) -> dict[str, Any]:
    """Those of the formats that the caller may import. Which lines a reason is about is in `GET /imports/{id}`."""
    require_some(request.user)
    reasons = Prefetch("reasons", ImportReason.objects.defer("lines"))  # each may have thousands
    found = Import.objects.visible_to(request.user).prefetch_related(reasons)
    return listing(request, found, query, summary_without_rows, order=("-id",))


@router.get("/imports/{int:import_id}", response=ImportOut, summary="An import and its report")
def get_import(request: HttpRequest, import_id: int) -> dict[str, Any]:
    """State, counts, and every reason with its rows."""
    return summary(_get(request, import_id))


@router.get("/imports/{int:import_id}/errors.csv", openapi_extra=_CSV, summary="The rejected rows")
def get_errors(request: HttpRequest, import_id: int) -> StreamingHttpResponse:
    """CSV: line, column, reason, then the row under the headings of its file; mended, it is taken as it is.

    Of a JSON file the headings are the format's column names. Cells that look like formulas have an apostrophe in
    front, which is taken off when the file comes back.
    """
    return errors_csv.response(_get(request, import_id))


@router.get("/imports/{int:import_id}/restated.csv", openapi_extra=_CSV, summary="The rows that restate")
def get_restated(request: HttpRequest, import_id: int) -> StreamingHttpResponse:
    """CSV: the line of the file, the amount that stood before and the one that does now.

    Each in its own currency and in base currency. Nothing stood before where every version was gone, or usage has no
    price; a base amount is empty where it waits for its exchange rate.
    """
    return restated_csv.response(_get(request, import_id))


@router.post("/imports/{int:import_id}/cancel", response=ImportOut, summary="Cancel an import")
def cancel_import(request: HttpRequest, import_id: int) -> dict[str, Any]:
    """One that waits is over at once, one that runs in a moment: it is `failed`, and nothing of it stays."""
    return summary(jobs.cancel(_get(request, import_id), request.user))


@router.post(
    "/imports/{int:import_id}/revert", response={200: ImportOut, 202: ImportOut}, summary="Take an import back"
)
def revert_import(request: HttpRequest, import_id: int) -> Status[Any]:
    """Removes everything that the import created, except what people have built on since.

    202 where that is much: a worker does it, and the import is `done` with `revert_asked_at` until it is `reverted`.
    Where that fails, `revert_asked_at` is null again and `reasons` says why.
    """
    job = _get(request, import_id)
    reverted = jobs.ask_to_revert(job, request.user)
    job.refresh_from_db()
    return Status(202 if reverted is None else 200, summary(job))


def _refuse_strange(request: HttpRequest) -> None:
    """Of a name that is there twice only the last would be read: a second file, say, would be dropped unseen."""
    strange = sorted((set(request.POST) - FIELDS) | (set(request.FILES) - {"file"}))
    if strange:
        raise RuleError(_("Unknown field."), errors=[(name, _("Unknown field.")) for name in strange])
    sent = [*request.POST.lists(), *request.FILES.lists()]
    twice = sorted(name for name, values in sent if len(values) > 1)
    if twice:
        text = _("Given more than once.")
        raise RuleError(text, errors=[(name, text) for name in twice])


def _get(request: HttpRequest, import_id: int) -> Import:
    require_some(request.user)
    job = Import.objects.visible_to(request.user).filter(pk=import_id).first() if import_id < 2**63 else None
    if job is None:
        raise Http404
    return job
