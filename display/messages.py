"""Catalogues of translations, one per room.

python -m display.messages compile        write the .mo files that Django reads
python -m display.messages missing        list every string that has no Japanese; exit 1 when there is one
python -m display.messages update ROOM    add the strings of a room to its catalogue, untranslated
python -m display.messages unused         list every string of a catalogue that is in no source any more; exit 1
                                          when there is one
python -m display.messages prune ROOM     take such strings out of a room's catalogue
"""

from __future__ import annotations

import ast
import csv
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.catalog import Message as BabelMessage
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
LANGUAGE = "ja"
ROOMS = ("display", "accounts", "api", "money", "imports", "projects", "outcomes", "costs", "portfolio", "config")
SHARED_TEMPLATES = "display"  # templates/base.html, templates/_*.html and pages of errors

HEADER = f"""\
# Worthwhile
msgid ""
msgstr ""
"Project-Id-Version: Worthwhile\\n"
"Language: {LANGUAGE}\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n\""""

# The columns of shipped tables (ROOM/data/*.csv) that pages show as text.
PROSE = ("label", "what_it_measures", "population")

_KINDS = ("gettext", "ngettext", "pgettext", "npgettext")
_FUNCTIONS = dict.fromkeys(["_", "gettext_noop", *_KINDS, *(f"{kind}_lazy" for kind in _KINDS)])


@dataclass(frozen=True, order=True)
class Message:
    """One string to translate: what stands in the source, its context, its plural, and where it was found."""

    text: str
    context: str = ""
    plural: str = ""
    place: str = ""

    def __str__(self) -> str:
        context = f"[{self.context}] " if self.context else ""
        return f"{self.place}: {context}{self.text!r}"

    @property
    def key(self) -> tuple[str, str]:
        """What identifies it in a catalogue."""
        return self.text, self.context


@cache
def messages_of(room: str) -> list[Message]:
    """Return every string of a room, from its Python code, its templates and its shipped tables, each once."""
    found: dict[tuple[str, str], Message] = {}
    for path in _sources(room):
        for message in _extract(path):
            found.setdefault(message.key, message)
    return sorted(found.values())


def missing(room: str) -> list[Message]:
    """Return the strings of a room that have no Japanese, or only a fuzzy one.

    A string that Django itself or another room has translated is there as well: Django merges the catalogues.
    """
    translated = {key for other in ROOMS for key in _translated(other)}
    return [message for message in messages_of(room) if message.key not in translated]


def unused(room: str) -> list[Message]:
    """Return what a room's catalogue holds that no room's sources say any more."""
    path = catalogue_path(room)
    said = {message.key for other in ROOMS for message in messages_of(other)}
    kept = [_as_message(message) for message in _read(path) if message.id] if path.exists() else []
    return sorted(message for message in kept if message.key not in said)


def prune(room: str) -> int:
    """Take what no source says any more out of a room's catalogue; return how many strings."""
    gone = unused(room)
    if gone:
        catalogue = _read(catalogue_path(room))
        for message in gone:
            catalogue.delete(message.text, message.context or None)
        _write(room, catalogue)
    return len(gone)


def compile_all() -> list[Path]:
    """Write every room's .mo beside its .po; return what was written."""
    written = []
    for room in ROOMS:
        source = catalogue_path(room)
        if source.exists():
            target = source.with_suffix(".mo")
            buffer = BytesIO()
            write_mo(buffer, _read(source))
            target.write_bytes(buffer.getvalue())
            written.append(target)
    return written


def update(room: str) -> int:
    """Add the strings of a room that nobody has translated to its catalogue; return how many."""
    path = catalogue_path(room)
    catalogue = _read(path) if path.exists() else Catalog(LANGUAGE)
    added = 0
    for message in missing(room):
        if not catalogue.get(message.text, message.context or None):
            catalogue.add(*_as_babel(message), locations=[(message.place, 0)], context=message.context or None)
            added += 1
    _write(room, catalogue)
    return added


def catalogue_path(room: str) -> Path:
    """Return where a room's Japanese is kept."""
    return ROOT / "locale" / room / LANGUAGE / "LC_MESSAGES" / "django.po"


def _read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=LANGUAGE)


def _write(room: str, catalogue: Catalog) -> None:
    """Write a catalogue below the header that it has: Babel would fill one up with names that nobody has given it."""
    path = catalogue_path(room)
    path.parent.mkdir(parents=True, exist_ok=True)
    header = path.read_text(encoding="utf-8").partition("\n\n")[0] if path.exists() else HEADER
    texts = BytesIO()
    write_po(texts, catalogue, width=120, omit_header=True, include_lineno=False, sort_output=False)
    path.write_bytes(f"{header}\n\n".encode() + texts.getvalue())


def _as_message(kept: BabelMessage) -> Message:
    text, plural = (kept.id, "") if isinstance(kept.id, str) else (kept.id[0], kept.id[1])
    return Message(text, kept.context or "", plural, " ".join(path for path, _line in kept.locations))


def _as_babel(message: Message) -> tuple[str | tuple[str, str], str | tuple[str, ...]]:
    return ((message.text, message.plural), ("",)) if message.plural else (message.text, "")


@cache
def _translated(room: str) -> frozenset[tuple[str, str]]:
    path = catalogue_path(room)
    if not path.exists():
        return frozenset()
    keys = set()
    for message in _read(path):
        strings = [message.string] if isinstance(message.string, str) else list(message.string or ())
        if message.id and not message.fuzzy and strings and all(strings):
            keys.add(_as_message(message).key)
    return frozenset(keys)


def _sources(room: str) -> Iterator[Path]:
    yield from sorted(path for path in (ROOT / room).rglob("*.py") if "migrations" not in path.parts)
    yield from sorted((ROOT / room / "data").glob("*.csv"))
    yield from sorted((ROOT / "templates" / room).rglob("*.*"))
    if room == SHARED_TEMPLATES:
        yield from sorted((ROOT / "templates").glob("*.*"))
        yield from sorted((ROOT / "templates" / "errors").rglob("*.*"))
    if room == "accounts":
        yield from sorted((ROOT / "templates" / "account").rglob("*.*"))


def _extract(path: Path) -> list[Message]:
    place = str(path.relative_to(ROOT))
    if path.suffix == ".py":
        return _from_python(path.read_bytes(), place)
    if path.suffix in {".html", ".txt", ".svg", ".xml"}:
        return _from_template(path.read_text(encoding="utf-8"), place)
    if path.suffix == ".csv":
        return _from_table(path.read_text(encoding="utf-8"), place)
    return []


def _from_table(source: str, place: str) -> list[Message]:
    rows = csv.DictReader(source.splitlines())
    return [Message(row[column], place=place) for row in rows for column in PROSE if row.get(column)]


def _from_python(source: bytes, place: str) -> list[Message]:
    found = []
    for _line, function, arguments, _comments in extract_python(BytesIO(source), _FUNCTIONS, [], {"encoding": "utf-8"}):
        given = (arguments,) if isinstance(arguments, str) else arguments or ()
        texts = [text for text in given if isinstance(text, str)]
        if not texts or not texts[0]:
            continue
        kind = str(function).removesuffix("_lazy")
        context = texts.pop(0) if kind in {"pgettext", "npgettext"} else ""
        plural = texts[1] if kind in {"ngettext", "npgettext"} and len(texts) > 1 else ""
        if texts:
            found.append(Message(texts[0], context, plural, place))
    return found


def _from_template(source: str, place: str) -> list[Message]:
    """Let Django turn the template into gettext calls (as its own makemessages does), and read those."""
    from django.utils.translation.template import templatize

    code = templatize(source, origin=place)
    return _from_python(_calls_only(code), place)


def _calls_only(code: str) -> bytes:
    """Drop what templatize leaves of the page around its calls: letters X and stray punctuation."""
    return "\n".join(_calls(code)).encode()


def _calls(code: str) -> Iterator[str]:
    position = 0
    names = ("npgettext(", "pgettext(", "ngettext(", "gettext(", "_(")
    while position < len(code):
        start = min((at for name in names if (at := code.find(name, position)) >= 0), default=-1)
        if start < 0:
            return
        end = _call_end(code, start)
        if end:
            yield code[start:end]
        position = end or start + 2


def _call_end(code: str, start: int) -> int | None:
    """Return where the call that begins at `start` ends: at the first bracket that makes it valid Python."""
    end = code.find(")", start)
    while end >= 0:
        try:
            ast.parse(code[start : end + 1].strip(), mode="eval")
        except SyntaxError:
            end = code.find(")", end + 1)
        else:
            return end + 1
    return None


_LISTS = {"missing": (missing, f"without {LANGUAGE}"), "unused": (unused, "that no source says any more")}


def main(arguments: list[str]) -> int:
    """Run one command; return the exit code."""
    command, rest = (arguments[0] if arguments else ""), arguments[1:]
    if command == "compile":
        print(f"{len(compile_all())} catalogues written")
        return 0
    if command == "update" and rest and rest[0] in ROOMS:
        print(f"{update(rest[0])} strings added to {catalogue_path(rest[0]).relative_to(ROOT)}")
        return 0
    if command == "prune" and rest and rest[0] in ROOMS:
        print(f"{prune(rest[0])} strings taken out of {catalogue_path(rest[0]).relative_to(ROOT)}")
        return 0
    if command in _LISTS:
        wanted, what = _LISTS[command]
        lines = [str(message) for room in rest or ROOMS for message in wanted(room)]
        print("\n".join([*lines, f"{len(lines)} strings {what}"]))
        return 1 if lines else 0
    print(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
