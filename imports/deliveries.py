"""What comes in several files and is one import: a list of them, each kept as a file by itself.

The files lie in the order of their names, whatever order they are handed in, so that the same delivery is the same
list. The list has a name that no content can have (`files.OF_PARTS`): whoever writes one names no file of others.
"""

from __future__ import annotations

import hashlib
import json
import re
from bisect import bisect_left
from collections.abc import Sequence
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from django.utils.translation import gettext_noop

from imports import files
from imports.report import ReadPart, Reason, Report

NAMES_SHOWN = 10

PASSED_OVER = gettext_noop("Passed over in the delivery, for they are no part of what is imported: {names}.")
SAME_CONTENT = gettext_noop(
    "Several files of the delivery have the same content: {names}. All their rows were read, as rows of one file that "
    "stand there more than once. If one is there by mistake, revert this import and hand the delivery in without it."
)


class Part(NamedTuple):
    """One of the files: what it is called, the hash of its content and its size in bytes."""

    name: str
    sha256: str
    size: int

    @property
    def path(self) -> Path:
        """Where it lies."""
        return files.path_of(self.sha256)


class Delivery(NamedTuple):
    """The files, in the order in which they are read, and the names of those that were passed over."""

    parts: list[Part]
    passed_over: list[str]


def keep(parts: Sequence[Part], passed_over: Sequence[str]) -> files.Kept:
    """Keep the list of files that are kept already; its size is that of all of them."""
    text = json.dumps([sorted(parts, key=_in_order), sorted(passed_over)]).encode()
    name = (files.OF_PARTS + hashlib.sha256(text).hexdigest())[:64]
    files.keep_list(name, text)
    return files.Kept(name, sum(part.size for part in parts))


def is_one(path: Path) -> bool:
    """Tell whether what is kept here is a list of files."""
    return path.stem.startswith(files.OF_PARTS)


def read(path: Path) -> Delivery:
    """Return what a list says."""
    parts, passed_over = json.loads(path.read_bytes())
    return Delivery([Part(*part) for part in parts], passed_over)


def paths_of(path: Path) -> list[Path]:
    """Return where what is kept lies, file by file: mostly it is one."""
    return [part.path for part in read(path).parts] if is_one(path) else [path]


def first_of(path: Path) -> Path:
    """Return the file with which it begins: what kind it is and its header are those of all."""
    return paths_of(path)[0]


def is_there(path: Path) -> bool:
    """Tell whether nothing of what was kept is gone."""
    return path.exists() and all(each.exists() for each in paths_of(path))


def tell(delivery: Delivery, report: Report) -> None:
    """Say what is to be known of the files as such."""
    if delivery.passed_over:
        report.note_rows(Reason(PASSED_OVER, names=_shown(delivery.passed_over)), len(delivery.passed_over), [])
    seen: dict[str, list[str]] = {}
    for part in delivery.parts:
        seen.setdefault(part.sha256, []).append(part.name)
    same = [name for names in seen.values() if len(names) > 1 for name in names]
    if same:
        report.note_rows(Reason(SAME_CONTENT, names=_shown(same)), len(same), [])


def number_of(parts: Sequence[ReadPart], line: int) -> int:
    """Return which of the files a line stands in, counted from 0."""
    return max(bisect_left(parts, line, key=itemgetter("lines_before")) - 1, 0)


def said(parts: Sequence[ReadPart], line: int) -> str:
    """Return how a person finds a line: its number, behind the name of its file where there are several."""
    if not parts:
        return str(line)
    part = parts[number_of(parts, line)]
    return f"{part['name']}:{line - part['lines_before']}"


def said_together(parts: Sequence[ReadPart], lines: Sequence[int]) -> list[str]:
    """Return how a person finds lines that ascend: the name of a file stands before its first one."""
    if not parts:
        return [str(line) for line in lines]
    found, last = [], None
    for line in lines:
        at = number_of(parts, line)
        found.append(str(line - parts[at]["lines_before"]) if at == last else said(parts, line))
        last = at
    return found


def joined(names: Sequence[str]) -> str:
    """Return what several files are called together."""
    return ", ".join(sorted(names, key=_by_number))


def _shown(names: Sequence[str]) -> str:
    return ", ".join([*names[:NAMES_SHOWN], *(["…"] if len(names) > NAMES_SHOWN else [])])


def _in_order(part: Part) -> tuple[object, ...]:
    return _by_number(part.name), part.sha256


def _by_number(name: str) -> list[tuple[int, str]]:
    """Put part-2 before part-10."""
    pieces = re.split("([0-9]{1,18})", name)
    return [(int(piece), "") if place % 2 else (0, piece) for place, piece in enumerate(pieces)]
