"""What came of an import, in a sentence or a few: the first line of its page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from display import numbers, sentences
from imports.models import Import, State

if TYPE_CHECKING:
    from collections.abc import Mapping

# What becomes of a row, in the order in which it is said.
CREATED, RESTATED, UNCHANGED, REJECTED = "created", "restated", "unchanged", "rejected"


def outcome_sentence(job: Import) -> SafeString:
    """Return what is going on, or what came of it."""
    text = _under_way_or_gone(job)
    return format_html(text, file=job.file_name) if text else _counted(job)


def _under_way_or_gone(job: Import) -> str:
    if job.is_being_reverted:
        return _("{file} is being taken back.")
    return {
        State.QUEUED.value: _("{file} waits for its turn."),
        State.RUNNING.value: _("{file} is being imported."),
        State.FAILED.value: _('{file} was not imported. <b class="stop">Nothing was changed.</b>'),
        State.REVERTED.value: _("{file} was taken back."),
    }.get(job.state, "")


def _counted(job: Import) -> SafeString:
    total = job.rows_total or 0
    counts = {
        CREATED: job.rows_new,
        RESTATED: job.rows_restated,
        UNCHANGED: job.rows_unchanged,
        REJECTED: job.rows_rejected,
    }
    said: list[str] = _of_all(total, counts, job.dry_run) or _of_some(total, counts, job.dry_run)
    if job.dry_run:
        said.append(_("Nothing was changed."))
    return format_html_join(sentences.space(), "{}", ((each,) for each in said))


def _of_all(total: int, counts: Mapping[str, int], dry_run: bool) -> list[str]:
    """Say it of all rows where the same came of them; nothing where not."""
    texts = (_all_would if dry_run else _all_did)(total)
    shown = numbers.number(total)
    return [format_html(texts[what], total=shown) for what, count in counts.items() if count == total and total]


def _of_some(total: int, counts: Mapping[str, int], dry_run: bool) -> list[str]:
    """Say first what is new, or else what is restated; then everything else that came of some rows."""
    first = RESTATED if counts[RESTATED] and not counts[CREATED] else CREATED
    said = [_part(first, counts[first], dry_run, numbers.number(total))]
    return said + [_part(what, count, dry_run) for what, count in counts.items() if count and what != first]


def _part(what: str, count: int, dry_run: bool, total: str = "") -> SafeString:
    if total:
        texts = (_first_would if dry_run else _first_did)(count)
    else:
        texts = (_would if dry_run else _did)(count)
    return format_html(texts[what], rows=numbers.number(count), total=total)


def _all_did(n: int) -> dict[str, str]:
    return {
        CREATED: ngettext("<b>The one row</b> was created.", "<b>All {total} rows</b> were created.", n),
        RESTATED: ngettext("<b>The one row</b> was restated.", "<b>All {total} rows</b> were restated.", n),
        UNCHANGED: ngettext("<b>The one row</b> was there already.", "<b>All {total} rows</b> were there already.", n),
        REJECTED: ngettext("<b>The one row</b> was rejected.", "<b>All {total} rows</b> were rejected.", n),
    }


def _all_would(n: int) -> dict[str, str]:
    return {
        CREATED: ngettext("<b>The one row</b> would be created.", "<b>All {total} rows</b> would be created.", n),
        RESTATED: ngettext("<b>The one row</b> would be restated.", "<b>All {total} rows</b> would be restated.", n),
        UNCHANGED: ngettext("<b>The one row</b> is there already.", "<b>All {total} rows</b> are there already.", n),
        REJECTED: ngettext("<b>The one row</b> would be rejected.", "<b>All {total} rows</b> would be rejected.", n),
    }


def _first_did(n: int) -> dict[str, str]:
    return {
        CREATED: ngettext(
            "Of {total} rows, <b>{rows} was created</b>.", "Of {total} rows, <b>{rows} were created</b>.", n
        ),
        RESTATED: ngettext(
            "Of {total} rows, <b>{rows} was restated</b>.", "Of {total} rows, <b>{rows} were restated</b>.", n
        ),
    }


def _first_would(_n: int) -> dict[str, str]:
    return {
        CREATED: _("Of {total} rows, <b>{rows} would be created</b>."),
        RESTATED: _("Of {total} rows, <b>{rows} would be restated</b>."),
    }


def _did(n: int) -> dict[str, str]:
    return {
        RESTATED: ngettext("{rows} was restated.", "{rows} were restated.", n),
        UNCHANGED: ngettext("{rows} was there already.", "{rows} were there already.", n),
        REJECTED: ngettext("{rows} was rejected.", "{rows} were rejected.", n),
    }


def _would(n: int) -> dict[str, str]:
    return {
        RESTATED: _("{rows} would be restated."),
        UNCHANGED: ngettext("{rows} is there already.", "{rows} are there already.", n),
        REJECTED: _("{rows} would be rejected."),
    }
