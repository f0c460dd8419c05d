"""Import jobs, what they turned down and what they wish to be said about rows."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from imports import deliveries, registry
from imports.mappings import ColumnMapping
from imports.querysets import ImportQuerySet, OfFormatsQuerySet
from imports.report import fill
from money.exact import EXACT
from money.fields import ExactDecimalField

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class State(models.TextChoices):
    """How far an import has come (API.md, `GET /imports/{id}`)."""

    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    REVERTED = "reverted", _("Reverted")


UNFINISHED = (State.QUEUED, State.RUNNING)


class Import(models.Model):
    """One file brought in, or the several of one delivery: who, what, how far, with what result.

    While it runs, its state, its worker, its attempts and how far it has come are written on a connection of their own
    (imports/heartbeat.py), for the page and for who takes it up again. What came of it is written once, in the
    transaction that holds the imported data itself: it is either wholly there, with its report, or not at all
    (imports/runner.py).
    """

    format = models.CharField(_("format"), max_length=40)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.QUEUED, db_index=True)
    dry_run = models.BooleanField(_("dry run"), default=False)
    mapping = models.JSONField(_("mapping"), default=dict, blank=True)
    # Which of the file's columns became the amount, of formats that have several (`Importer.amount_columns`).
    amount_column = models.CharField(_("amount"), max_length=200, blank=True)

    # The file, kept compressed by its content (imports/files.py).
    file_name = models.CharField(max_length=255)
    file_sha256 = models.CharField(max_length=64, db_index=True)
    file_size = models.BigIntegerField()
    header = models.JSONField(default=list)  # its own headings, for those who mend rows of it
    # Of a delivery in several files: what each is called, and after how many lines its own begin (`report.ReadPart`).
    parts = models.JSONField(default=list)

    rows_total = models.BigIntegerField(null=True)
    rows_done = models.BigIntegerField(default=0)
    bytes_done = models.BigIntegerField(default=0)
    rows_created = models.BigIntegerField(default=0)
    rows_unchanged = models.BigIntegerField(default=0)
    rows_rejected = models.BigIntegerField(default=0)
    # Of those created: rows that came in the place of another version. What stood before and what does now, in base
    # currency, also where that is kept to compare only; of some a rate is missing (`restated_pending`).
    rows_restated = models.BigIntegerField(default=0)
    restated_before = ExactDecimalField(default=Decimal(0))
    restated_now = ExactDecimalField(default=Decimal(0))
    restated_pending = models.BigIntegerField(default=0)
    amount_total = ExactDecimalField(null=True)
    amount_compared = ExactDecimalField(null=True)  # what of it is kept to compare only; null: nothing is
    # Counts that belong to the format, such as {"stage": {"pilot": 287}}; shown as small tables.
    breakdown = models.JSONField(default=dict)

    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    worker = models.CharField(max_length=200, blank=True)
    # How often its turn came, how far it got at most (in bytes) and in which of the attempts: a file that kills its
    # worker again and again without getting further is given up instead of being tried for ever.
    attempts = models.PositiveSmallIntegerField(default=0)
    furthest = models.BigIntegerField(default=0)
    furthest_attempt = models.PositiveSmallIntegerField(default=0)
    # Somebody wishes it to stop; a worker that is on it sees this at its next batch, or as its statement is ended.
    cancelled_at = models.DateTimeField(null=True)
    cancelled_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    # Somebody wishes it to be taken back, and a worker does that or will (imports/reverting.py).
    revert_asked_at = models.DateTimeField(null=True)
    revert_asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    reverted_at = models.DateTimeField(null=True)
    reverted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = ImportQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.format} {self.file_name}"

    @property
    def title(self) -> StrOrPromise:
        """The name of its format."""
        return registry.importer(self.format).title

    @property
    def rows_new(self) -> int:
        """How many rows made something that was in no version there before."""
        return self.rows_created - self.rows_restated

    @property
    def restated_difference(self) -> Decimal:
        """What restating adds to what counts, in base currency."""
        return EXACT.subtract(self.restated_now, self.restated_before)

    @property
    def next_pages(self) -> tuple[tuple[str, StrOrPromise], ...]:
        """Where one goes on once it has made something: names of pages, and what the link there says."""
        made = self.can_revert and self.rows_created
        return registry.importer(self.format).next_pages if made else ()

    @property
    def lines_page(self) -> str:
        """The page that lists what it made, and of that what a remark is about; "": none does, or it made nothing."""
        return registry.importer(self.format).lines_page if self.can_revert and self.rows_created else ""

    @property
    def amount_column_title(self) -> StrOrPromise:
        """What the cost is that became the amount."""
        return registry.importer(self.format).amount_columns.get(self.amount_column, self.amount_column)

    @property
    def counts_note(self) -> StrOrPromise:
        """What the counts of its file include."""
        return registry.importer(self.format).note_on_counts(ColumnMapping.of(self.mapping))

    @property
    def remarks_note(self) -> StrOrPromise:
        """What its format says about its remarks."""
        return registry.importer(self.format).remarks_note

    @property
    def can_revert(self) -> bool:
        """Tell whether there is anything to take back."""
        return self.state == State.DONE and not self.dry_run and not self.is_being_reverted

    @property
    def is_being_reverted(self) -> bool:
        """Tell whether a worker is asked to take it back and has not done so yet."""
        return self.state == State.DONE and self.revert_asked_at is not None

    @property
    def is_under_way(self) -> bool:
        """Tell whether its page changes by itself."""
        return self.is_unfinished or self.is_being_reverted

    @property
    def is_unfinished(self) -> bool:
        """Tell whether it waits or runs."""
        return self.state in UNFINISHED


class Upload(models.Model):
    """A file that was handed in and is not an import yet: its columns wait to be mapped (imports/uploads.py)."""

    file_name = models.CharField(max_length=255)
    file_sha256 = models.CharField(max_length=64)
    file_size = models.BigIntegerField()
    # What was chosen with it; "" is to be found.
    format = models.CharField(max_length=40, blank=True)
    # What was said of its columns when it was tried last.
    mapping = models.JSONField(default=dict)
    # What was ticked and chosen as it was handed in, for the import that it becomes.
    dry_run = models.BooleanField(default=False)
    amount_column = models.CharField(max_length=200, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.file_name


class SavedMapping(models.Model):
    """How the columns of a certain header are meant, for the next file that has it."""

    name = models.CharField(_("name"), max_length=100)
    format = models.CharField(_("format"), max_length=40)
    # The hash of the headings (imports/saved_mappings.py), by which the mapping is offered.
    header = models.CharField(max_length=64, db_index=True)
    mapping = models.JSONField(_("mapping"))
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    changed_at = models.DateTimeField(default=timezone.now)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = OfFormatsQuerySet["SavedMapping"].as_manager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["format", "name"], name="imports_savedmapping_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def column_count(self) -> int:
        """How many columns have a field."""
        return sum(isinstance(name, str) for name in self.mapping.values())

    @property
    def title(self) -> StrOrPromise:
        """The name of its format."""
        return registry.importer(self.format).title


class ImportReason(models.Model):
    """Something that an import says about rows: why it turned them down, or what it could not read in them.

    `text` is the English sentence with {named} gaps, `values` fills them; pages translate the one and put in the other.
    A refused file has one reason with `is_refusal`.
    """

    job = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="reasons")
    text = models.TextField()
    values = models.JSONField(default=dict)
    # How often it applies: a row with four dates may have it four times.
    count = models.BigIntegerField()
    is_rejection = models.BooleanField(default=False)
    is_refusal = models.BooleanField(default=False)
    is_restatement = models.BooleanField(default=False)
    # The physical line numbers of the rows, ascending; the first `imports.report.LINES_KEPT` of them.
    lines = models.JSONField(default=list)
    # Whether what these rows have become can be looked at (`Importer.lines_page`).
    leads_to_lines = models.BooleanField(default=False)

    class Meta:
        ordering = ["-is_refusal", "-is_rejection", "-count", "id"]

    def __str__(self) -> str:
        return fill(self.text, self.values, translate=False)

    @classmethod
    def rows_of(cls, pk: int, import_id: int | None) -> list[int]:
        """Return the rows of the file that a remark of an import is about; none where it is no remark of that."""
        return cls.objects.filter(pk=pk, job=import_id).values_list("lines", flat=True).first() or []

    @property
    def is_remark(self) -> bool:
        """Whether it says something of rows that are imported, and no more than that."""
        return not (self.is_rejection or self.is_refusal or self.is_restatement)

    @property
    def translated(self) -> str:
        """The sentence in the language that is active."""
        return fill(self.text, self.values, translate=True)

    @property
    def places(self) -> list[str]:
        """The lines as a person finds them; of several files each is named at its first line."""
        return deliveries.said_together(self.job.parts, self.lines)


class RejectedRow(models.Model):
    """A row that was not imported: where it stands in the file, which column is to blame and why."""

    job = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="rejected")
    line = models.BigIntegerField()
    column = models.CharField(max_length=200, blank=True)
    reason = models.TextField()
    values = models.JSONField(default=dict)
    cells = models.JSONField(default=list)

    class Meta:
        ordering = ["line", "id"]
        indexes = [models.Index(fields=["job", "line"])]

    def __str__(self) -> str:
        return f"{self.line}: {self.reason}"

    @property
    def place(self) -> str:
        """Where a person finds it."""
        return deliveries.said(self.job.parts, self.line)

    @property
    def translated(self) -> str:
        """The reason in the language that is active."""
        return fill(self.reason, self.values, translate=True)


class RestatedRow(models.Model):
    """A row that put another version in the place of the one that stood until then.

    `before_amount` is null where none did; a base amount is null where it waits for its exchange rate.
    """

    # There may be hundreds of thousands, all of one import that is there: nothing to look up for each.
    job = models.ForeignKey(
        Import, on_delete=models.CASCADE, related_name="restated", db_constraint=False, db_index=False
    )
    line = models.BigIntegerField()
    before_amount = ExactDecimalField(null=True)
    before_currency = models.CharField(max_length=3, null=True)
    before_base = ExactDecimalField(null=True)
    before_billed_on = models.DateField(null=True)
    before_invoice_ref = models.CharField(max_length=200, null=True)
    now_amount = ExactDecimalField(null=True)
    now_currency = models.CharField(max_length=3)
    now_base = ExactDecimalField(null=True)

    class Meta:
        ordering = ["line", "id"]
        indexes = [models.Index(fields=["job", "line"])]

    def __str__(self) -> str:
        return f"{self.line}: {self.before_amount} → {self.now_amount}"

    @property
    def place(self) -> str:
        """Where a person finds it."""
        return deliveries.said(self.job.parts, self.line)

    @property
    def difference(self) -> Decimal | None:
        """What it adds to what counts, in base currency; None where an amount waits for its exchange rate."""
        before, now = (
            Decimal(0) if amount is None else base
            for amount, base in ((self.before_amount, self.before_base), (self.now_amount, self.now_base))
        )
        return None if before is None or now is None else EXACT.subtract(now, before)
