"""Every form of every page, filled with what nobody should send: never a 500, and nothing typed is lost.

Each post is taken back before the next, so that the pages stay as they were read. In all forms every field is strange
at once; in those that make something also one field alone, since a form looks at some things only where all is well.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import quote

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import resolve

from accounts.once import FIELD
from accounts.sent_fields import CSRF_FIELD
from accounts.unsent import Unsent
from imports.models import Import
from tests import addresses
from tests.acceptance.test_sent_twice import MAKES, target
from tests.everything import everything
from tests.factories import UserFactory
from tests.forms import Form, forms_of
from tests.markup import untied

# What a page refuses is the same on every server; that each answers on every one, `test_addresses` sees.
pytestmark = [pytest.mark.django_db, pytest.mark.once]
NUL, DIGITS, SURROGATE = "a\x00b", "9" * 5_000, "a\ud800b"
PASTED = {"cells", "table"}
VALUES = [
    "NaN", "1e400", "-0", "1.234,56", "2026-02-30", "0001-01-01", "x" * 10_000, "[" * 10_000, DIGITS, NUL, SURROGATE,
    "9999-12-31",
]  # fmt: skip


@pytest.fixture
def named(client: Client) -> dict[str, Any]:
    user = UserFactory(admin=True)
    client.force_login(user)
    client.raise_request_exception = False
    found = everything(user)
    Import.objects.filter(pk=found["job"]).update(dry_run=True)  # one that may be imported in earnest
    return found


def every_form(client: Client, named: dict[str, Any]) -> Iterator[tuple[str, HttpResponse, Form]]:
    """Yield each form once, with the page that it stands on: the same view with the same fields is the same form."""
    seen = set()
    for address in (each.format(**named) for each in addresses.PAGES):
        page = client.get(address)
        for form in forms_of(page):
            key = (resolve(target(address, form).partition("?")[0]).view_name, frozenset(form.fields))
            if key not in seen:
                seen.add(key)
                yield address, page, form


def send(client: Client, address: str, form: Form, sent: dict[str, str]) -> HttpResponse:
    """Send fields as a browser would, half a surrogate pair included; what they did is taken back."""
    body = "&".join(f"{quote(name)}={quote(text, errors='surrogatepass')}" for name, text in sent.items())
    with transaction.atomic():
        page = client.post(target(address, form), body, content_type="application/x-www-form-urlencoded")
        transaction.set_rollback(True)
    return page


def typed_into(form: Form, turn: int) -> Iterator[dict[str, str]]:
    """Yield what a person might send: something strange in every field, and one button pressed or another."""
    for at in range(2 if form.typed else 0):
        strange = {name: VALUES[(place + turn + 5 * at) % len(VALUES)] for place, name in enumerate(sorted(form.typed))}
        pressed = form.buttons[(turn + at) % len(form.buttons)] if form.buttons else ("sent", "1")
        yield form.fields | strange | dict([pressed])


def made_up(form: Form) -> Iterator[dict[str, str]]:
    """Yield what no person could send: other texts in what is only chosen, ticked, pressed or hidden."""
    names = {*form.fields, *form.boxes, *dict(form.buttons)} - form.typed - {CSRF_FIELD}
    yield from (form.fields | dict.fromkeys(names, text) for text in (DIGITS, NUL) if names)


def _stands(text: str, name: str, fields: dict[str, str]) -> bool:
    cells = {cell for other, cell in fields.items() if other != name and re.search("[0-9]", other)}
    return fields[name] == text or (name in PASTED and text in cells)


def came_back(page: HttpResponse) -> bool:
    """Tell whether a page is a form that was refused, whatever its status says."""
    return page.status_code == 422 or (page.status_code == 200 and b'aria-invalid="true"' in page.content)


def lost(form: Form, sent: dict[str, str], page: HttpResponse) -> list[str]:
    """Return the names of what was typed and no longer stands in the form that came back to be corrected.

    A table that was pasted stands in the cells of its grid then. Where the form, or one of its fields, does not come
    back, all is lost.
    """
    if not came_back(page):
        return []
    back = [each for each in forms_of(page) if form.typed <= each.typed]
    plain = {name for name in form.typed if sent[name] not in (NUL, SURROGATE)}  # no page can hold those
    stand = {name: text.lstrip("\r\n") for name, text in back[0].fields.items()} if back else {}
    return sorted(name for name in plain if not back or not _stands(sent[name], name, stand))


def test_no_form_fails_and_none_loses_what_was_typed(client: Client, named: dict[str, Any]) -> None:
    failed, gone, back, loose = [], [], 0, set()
    for turn, (address, _page, form) in enumerate(every_form(client, named)):
        for sent in typed_into(form, turn):
            page = send(client, address, form, sent)
            if came_back(page):
                back += 1
                loose |= {(address, name) for name in untied(page.content.decode())}
            failed += [(address, sent)] * (page.status_code >= 500)
            gone += [(address, name, sent[name][:20]) for name in lost(form, sent, page)]
        failed += [(address, sent) for sent in made_up(form) if send(client, address, form, sent).status_code >= 500]
    assert failed == []
    assert gone == []
    assert loose == set()  # screen readers find what is said of each field, and tell cells apart
    assert back > 50  # a control


def test_no_form_that_makes_something_fails_for_one_strange_field(client: Client, named: dict[str, Any]) -> None:
    failed, strange = [], itertools.cycle(VALUES)
    for page, typed, _kind in MAKES.values():
        address = page.format(**named)
        (form,) = [form for form in forms_of(client.get(address)) if FIELD in form.fields]
        good = form.fields | {name: text.format(**named) for name, text in typed.items()}
        for name in sorted(form.typed & typed.keys()):
            sent = good | {name: next(strange)}
            failed += [(address, sent)] * (send(client, address, form, sent).status_code >= 500)
    assert failed == []


# The form of a saved mapping is that of a file, but for the label of its name.
CALLED_OTHERWISE = {("imports:mapping-edit", "Save this mapping as")}


def test_what_is_kept_over_a_sign_in_is_called_nothing_that_its_page_does_not_say(
    client: Client, named: dict[str, Any]
) -> None:
    foreign, called = set(), 0
    for address, page, form in every_form(client, named):
        to, text = target(address, form), unescape(page.content.decode())
        sent = form.fields | dict.fromkeys(form.typed, "x")
        if any("password" in name for name in sent):  # is not kept
            continue
        said = {label for label, _text in Unsent(to, list(sent.items())).typed()} - sent.keys()
        foreign |= {(resolve(to.partition("?")[0]).view_name, label) for label in said if label not in text}
        called += len(said)
    assert foreign == CALLED_OTHERWISE
    assert called > 100  # a control
