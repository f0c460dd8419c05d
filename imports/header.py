"""The header of a file against the columns of a format: which cell is which field, or why it cannot be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from django.utils.translation import gettext_noop

from api.parsing import printable
from imports.reading import LARGE_CELL, LARGEST_CELL
from imports.refusals import FileRefusedError
from imports.report import Reason

if TYPE_CHECKING:
    from imports.pipeline import Importer

DOUBLED = gettext_noop("The header has the column “{column}” twice. Nothing was imported.")
UNKNOWN = gettext_noop("Unknown columns: {columns}. Nothing was imported.")
MISSING = gettext_noop("Missing columns: {columns}. Nothing was imported.")
NAMELESS = gettext_noop("Column {number} has no heading. Nothing was imported.")
MAPPED_NOWHERE = gettext_noop("The mapping names “{name}”, which is no field of this format. Nothing was imported.")
GIVEN_TWICE = gettext_noop("The mapping gives “{name}” a value for every row, but the file has a column for it.")
NO_CHOICE_OF_INPUT = gettext_noop("The mapping says what input tokens include, of which this format leaves no choice.")
MAPPED_FROM_NOWHERE = gettext_noop("The mapping names the column “{name}”, which the file does not have.")

OTHER_ORDER = gettext_noop("Its columns are in another order than those of the files before it. Nothing was imported.")
OTHER_COLUMNS = gettext_noop(
    "It has not the columns of the files before it. Missing: {missing}; besides: {besides}. Nothing was imported."
)
NAMED, NONE = 10, "–"


def accept(header: Sequence[str], importer: Importer) -> None:
    """Let an importer know where its fields are; raise `FileRefusedError` when the header is not its format's."""
    if any(len(heading) > LARGEST_CELL for heading in header):
        raise FileRefusedError(Reason(LARGE_CELL, line=1))
    shown = [printable(heading) for heading in header]
    if importer.report.header not in ([], shown):
        _refuse_other(importer.report.header, shown)
    importer.at = positions(header, importer)
    importer.report.header = shown


def positions(header: Sequence[str], importer: Importer) -> dict[str, int]:
    """Return field name → position; raise `FileRefusedError` when the header is not this format's."""
    _check_mapping(header, importer)
    found: dict[str, int] = {}
    unknown: list[tuple[int, str]] = []
    for position, heading in enumerate(header):
        if importer.mapping.get(heading, heading) is None:
            continue
        name = field_of(heading, importer)
        if name is None:
            unknown.append((position, heading))
        elif name in found:
            raise FileRefusedError(Reason(DOUBLED, column=heading))
        else:
            found[name] = position
    given = {*found, *importer.constants}
    missing = importer.lacking(given)
    if strange := [(position, heading) for position, heading in unknown if not importer.ignores(heading)]:
        _refuse_unknown(strange)
    if not importer.ignores_doubled_columns:
        _refuse_doubled(heading for _, heading in unknown if heading)
    if both := sorted(set(found) & set(importer.constants)):
        raise FileRefusedError(Reason(GIVEN_TWICE, name=both[0]))
    if missing:
        raise FileRefusedError(Reason(MISSING, columns=", ".join(missing)))
    return found


def field_of(heading: str, importer: Importer) -> str | None:
    """Return the field that a heading means, by the mapping or by itself."""
    mapped = importer.mapping.get(heading)
    if mapped is not None:
        return mapped
    return next((column.name for column in importer.columns if column.matches(heading)), None)


def _check_mapping(header: Sequence[str], importer: Importer) -> None:
    fields = {column.name for column in importer.columns}
    for heading, name in importer.mapping.items():
        if heading not in header:
            raise FileRefusedError(Reason(MAPPED_FROM_NOWHERE, name=heading))
        if name is not None and name not in fields:
            raise FileRefusedError(Reason(MAPPED_NOWHERE, name=name))
    for name in importer.constants:
        if name not in fields:
            raise FileRefusedError(Reason(MAPPED_NOWHERE, name=name))
    if importer.conventions.input_tokens and not importer.may_count_otherwise:
        raise FileRefusedError(Reason(NO_CHOICE_OF_INPUT))


def _refuse_doubled(headings: Iterable[str]) -> None:
    seen: set[str] = set()
    for heading in headings:
        if heading.casefold() in seen:
            raise FileRefusedError(Reason(DOUBLED, column=heading))
        seen.add(heading.casefold())


def _refuse_other(before: Sequence[str], header: Sequence[str]) -> None:
    """Refuse a part of a delivery that has other columns than those before it."""
    missing, besides = (_named(ours, theirs) for ours, theirs in ((before, header), (header, before)))
    if missing == besides == NONE:
        raise FileRefusedError(Reason(OTHER_ORDER))
    raise FileRefusedError(Reason(OTHER_COLUMNS, missing=missing, besides=besides))


def _named(ours: Sequence[str], theirs: Sequence[str]) -> str:
    return ", ".join(heading[:60] for heading in [each for each in ours if each not in theirs][:NAMED]) or NONE


def _refuse_unknown(unknown: Sequence[tuple[int, str]]) -> None:
    nameless = [position for position, heading in unknown if not heading]
    if nameless:
        raise FileRefusedError(Reason(NAMELESS, number=nameless[0] + 1))
    names = ", ".join(heading[:60] for _, heading in unknown[:10])
    raise FileRefusedError(Reason(UNKNOWN, columns=names))
