"""Every visible string has its Japanese."""

import ast
import re

import pytest
from babel.messages import Catalog
from babel.messages.pofile import read_po

from display import messages

GAP = r"%\(\w+\)[sd]|\{\w+\}"


def catalogue(room: str) -> Catalog:
    with messages.catalogue_path(room).open("rb") as file:
        return read_po(file)


def each(texts: str | tuple[str, ...]) -> list[str]:
    """Return a string, or one and its plurals, as a list."""
    return [texts] if isinstance(texts, str) else list(texts)


@pytest.mark.parametrize("room", messages.ROOMS)
def test_every_string_of_the_room_has_its_japanese(room):
    assert [str(message) for message in messages.missing(room)] == []


@pytest.mark.parametrize("room", messages.ROOMS)
def test_every_string_of_the_catalogue_is_still_said_somewhere(room):
    assert [str(message) for message in messages.unused(room)] == []


@pytest.mark.parametrize("room", [room for room in messages.ROOMS if messages.catalogue_path(room).exists()])
def test_the_japanese_holds_the_same_placeholders(room):
    wrong = []
    for message in catalogue(room):
        if message.id and message.string:
            wanted = [set(re.findall(GAP, one)) for one in each(message.id)]
            wrong += [text for text in each(message.string) if text and set(re.findall(GAP, text)) not in wanted]
    assert wrong == []


@pytest.mark.parametrize("room", [room for room in messages.ROOMS if messages.catalogue_path(room).exists()])
def test_a_per_cent_sign_of_a_template_is_doubled_as_what_is_filled_in_needs_it(room):
    """Django leaves the English where filling in a translation fails."""
    wrong = []
    for message in catalogue(room):
        if any(path.endswith(".html") for path, _line in message.locations):
            wrong += [text for text in each(message.string) if "%" in re.sub(rf"%%|{GAP}", "", text)]
    assert wrong == []


# Signs that Japanese texts have in one form only, and words that have another name everywhere else.
WRONG = (
    r"(?:s|\}): ?(?=[^ -~/])|\)s:(?=%)|\u301c|[0-9s]–[%0-9]|＝|ますか。|為替レート待ち|インポート|外部参照(?!番号)"
    r"|費用(?!処理|便益比)(?<!実効費用)|person(?:\)s|\})(?!さん|様)"
)


@pytest.mark.parametrize("room", [room for room in messages.ROOMS if messages.catalogue_path(room).exists()])
def test_japanese_has_wide_colons_and_one_sign_for_a_range_and_for_equals(room):
    texts = [text for message in catalogue(room) if message.id for text in each(message.string)]
    assert [text for text in texts if re.search(WRONG, text)] == []


def test_nothing_is_translated_within_an_f_string():
    """What looks for strings does not see it there."""
    found = [
        f"{path.relative_to(messages.ROOT)}:{node.lineno}"
        for room in messages.ROOMS
        for path in (messages.ROOT / room).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.JoinedStr)
        for call in ast.walk(node)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in messages._FUNCTIONS
    ]
    assert found == []


@pytest.fixture
def said_in(tmp_path, monkeypatch):
    """Return what is found in the one file of a room."""
    monkeypatch.setattr(messages, "ROOT", tmp_path)

    def found(file: str, source: str) -> list[messages.Message]:
        room = tmp_path.name  # its own: what a room says is kept by its name
        path = tmp_path / file.format(room=room)
        path.parent.mkdir(parents=True)
        path.write_text(source)
        return messages.messages_of(room)

    return found


def test_strings_are_found_in_templates(said_in):
    source = '{% load i18n %}<p title="X)">{% translate "Hi (you)" %}{% translate "a" context "b" %}'
    source += "{% blocktranslate trimmed count n=1 %}{{ n }} row{% plural %}{{ n }} rows{% endblocktranslate %}"
    source += '{% f _("Cost") %}'
    assert [(one.text, one.context, one.plural) for one in said_in("templates/{room}/x.html", source)] == [
        ("%(n)s row", "", "%(n)s rows"),
        ("Cost", "", ""),
        ("Hi (you)", "", ""),
        ("a", "b", ""),
    ]


def test_strings_are_found_in_code(said_in):
    code = 'x = _("One") + pgettext_lazy("stage", "Draft") + ngettext("%d day", "%d days", 2) + _(variable)'
    assert [(one.text, one.context, one.plural) for one in said_in("{room}/x.py", code)] == [
        ("%d day", "", "%d days"),
        ("Draft", "stage", ""),
        ("One", "", ""),
    ]


def test_what_is_said_no_more_is_found_by_text_and_context_and_taken_out(tmp_path, monkeypatch):
    texts = 'msgid "Costs"\nmsgstr "コスト"\n\nmsgctxt "gone"\nmsgid "Costs"\nmsgstr "費用"\n\n'
    texts += 'msgid "{count} old day"\nmsgid_plural "{count} old days"\nmsgstr[0] "{count}日"\n'
    path = tmp_path / "django.po"
    path.write_text(f'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n{texts}')
    monkeypatch.setattr(messages, "catalogue_path", lambda _room: path)
    assert [(each.text, each.context) for each in messages.unused("costs")] == [
        ("Costs", "gone"), ("{count} old day", ""),
    ]  # fmt: skip
    assert (messages.prune("costs"), messages.unused("costs")) == (2, [])
    assert "コスト" in path.read_text() and "費用" not in path.read_text()


def test_a_catalogue_keeps_its_header_and_a_new_one_has_one_without_gaps(tmp_path, monkeypatch):
    path = tmp_path / "django.po"
    monkeypatch.setattr(messages, "catalogue_path", lambda _room: path)
    header = '# Ours\nmsgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'
    path.write_text(header + 'msgid "gone"\nmsgstr "費用"\n')
    monkeypatch.setattr(messages, "missing", lambda _room: [messages.Message("new")])
    assert messages.update("config") == 1
    messages.prune("config")
    assert path.read_text().startswith(header)
    assert "gone" not in path.read_text()
    path.unlink()
    assert messages.update("config") == 1
    with path.open("rb") as file:
        made = read_po(file, locale="ja")
    assert ("new" in made, made.num_plurals) == (True, 1)
    assert not [name for name in ("PROJECT", "EMAIL", "YEAR-MO") if name in path.read_text()]


def test_texts_of_shipped_tables_are_found_by_column(said_in):
    table = "slug,label,population\nx,Firms surveyed,\ny,Firms asked,699 firms\n"
    assert [one.text for one in said_in("{room}/data/x.csv", table)] == ["699 firms", "Firms asked", "Firms surveyed"]


def test_catalogues_are_compiled_next_to_their_source():
    written = messages.compile_all()
    assert messages.catalogue_path("display").with_suffix(".mo") in written
