"""`manage.py import_file FORMAT PATH [PATH …]`: bring a file in, or the several of one delivery, in this process."""

from __future__ import annotations

import json
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext_noop

from accounts.errors import RuleError
from accounts.models import Organisation
from api.parsing import printable
from imports import files, jobs, mappings, registry, runner, store
from imports.models import Import, State
from imports.pipeline import Importer, Reason
from imports.receiving import HandedIn
from imports.summary import summary

BAR_WIDTH = 30
LONGEST = 100  # characters of what the bar says
ROWS_REJECTED = 3
STOPPED_BY_HAND = 130
INTERRUPTED = gettext_noop("The command was stopped by hand. Nothing was imported.")


class Command(BaseCommand):
    """Imports one file, or all of one delivery; the summary as JSON is the last line on stdout.

    Exit code 0 only when nothing was rejected.
    """

    help = (
        "Imports a file: progress on stderr, the summary as JSON on the last line, exit code 3 when rows were rejected."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare format, path and options."""
        parser.add_argument("format", choices=[importer.format for importer in registry.every()])
        parser.add_argument("path", type=Path, nargs="+", help="a file; or all of one delivery, or a .zip of them")
        parser.add_argument("--dry-run", action="store_true", help="report the same numbers and change nothing")
        parser.add_argument("--mapping", type=Path, help="JSON file: heading in the file to field name, or to null")

        parser.add_argument(
            "--amount-column",
            default="",
            help="which cost of a FOCUS bill becomes the amount: BilledCost (without this option) or EffectiveCost",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Queue the file, run it here, print its summary."""
        with Organisation.current().in_force():
            self._import(**options)

    def _import(self, **options: Any) -> None:
        # Half of a surrogate pair stands for a byte that is no UTF-8.
        first, *more = (HandedIn(printable(path.name), files.chunks_of(path)) for path in options["path"])
        try:
            mapping = mappings.parse(options["mapping"].read_text("utf-8")) if options["mapping"] else {}
            job = jobs.submit(
                None,
                format_name=options["format"],
                chunks=first.chunks,
                file_name=first.name,
                more=more,
                mapping=mapping,
                dry_run=options["dry_run"],
                amount_column=options["amount_column"],
            )
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(str(error)) from error
        except RuleError as error:
            raise CommandError(error.message) from error
        self._run(job)

    def _run(self, job: Import) -> None:
        try:
            runner.run(job.pk, Bar(job.file_size, self.stderr.isatty()))
        except KeyboardInterrupt:  # stopped by hand: no worker is to take it up
            store.failed(job.pk, Reason(INTERRUPTED))
            sys.exit(STOPPED_BY_HAND)
        job.refresh_from_db()
        self.stdout.write(json.dumps(summary(job), ensure_ascii=False))
        if job.state != State.DONE or job.rows_rejected:
            sys.exit(ROWS_REJECTED)


class Bar:
    """A progress bar on stderr; plain lines where stderr is no terminal."""

    def __init__(self, size: int, is_terminal: bool) -> None:
        self._size = max(size, 1)
        self._is_terminal = is_terminal
        self._started = time.monotonic()

    def __call__(self, importer: Importer) -> None:
        """Draw how far it has come."""
        share = min(importer.bytes_done / self._size, 1.0)
        rows = importer.report.total
        seconds = max(time.monotonic() - self._started, 0.001)
        bar = ("#" * round(share * BAR_WIDTH)).ljust(BAR_WIDTH, ".")
        line = f"[{bar}] {rows:,} rows, {rows / seconds:,.0f} rows/s{_left(share, seconds)}"
        # On a terminal it takes the place of the one before, which may have been longer.
        sys.stderr.write(f"{line:<{LONGEST}}\r" if self._is_terminal else f"{line}\n")
        sys.stderr.flush()


def _left(share: float, seconds: float) -> str:
    """Say how long the rest of the file takes, as long as there is one: to write what is read goes by no bytes."""
    if share >= 1:
        return ", all read, writing them"
    return f", about {timedelta(seconds=round((1 - share) * seconds / share))} left" if share else ""
