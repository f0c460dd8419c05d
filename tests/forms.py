"""The forms of a page as a browser without scripts would send them."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from django.http import HttpResponse

NOT_TYPED = {"checkbox", "radio", "hidden", "file", "password"}


@dataclass
class Form:
    """Where a form goes, and what it sends when nothing is typed into it."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    typed: set[str] = field(default_factory=set)  # the names of what a person types, and sees again
    boxes: dict[str, str] = field(default_factory=dict)  # what is not ticked
    buttons: list[tuple[str, str]] = field(default_factory=list)  # each sends its name and value when it is pressed
    is_kept: bool = False  # as one types
    is_unsent: bool = False  # it says that what stands in it is saved nowhere


def forms_of(page: HttpResponse) -> list[Form]:
    """Return the forms of a page that are sent by POST."""
    reader = _Reader()
    reader.feed(page.content.decode())
    return reader.forms


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._form = self._other = Form("")  # what stands in no form, or in one that only asks, goes nowhere
        self._select = self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given: dict[str, Any] = dict(attrs)
        name, value = given.get("name", ""), given.get("value")
        if tag == "template":
            self._form.is_unsent |= "data-unsent" in given
        elif tag == "form":
            self._form = Form(given.get("action") or "", is_kept="hx-post" in given, is_unsent="data-unsent" in given)
            if given.get("method") == "post":
                self.forms.append(self._form)
        elif tag == "input" and name:
            kind = given.get("type", "text")
            sent = "on" if value is None and kind == "checkbox" else value or ""
            self._input(kind, name, sent, is_ticked="checked" in given)
        elif tag == "button" and name:
            self._form.buttons.append((name, value or ""))
        elif tag == "select":
            self._select = name
        elif tag == "option" and ("selected" in given or self._select not in self._form.fields):
            self._form.fields[self._select] = value or ""
        elif tag == "textarea":
            self._area = name
            self._form.typed.add(name)
            self._form.fields[name] = ""

    def _input(self, kind: str, name: str, value: str, *, is_ticked: bool) -> None:
        if kind not in NOT_TYPED:
            self._form.typed.add(name)
        if kind not in ("checkbox", "radio") or is_ticked:
            self._form.fields[name] = value
        else:
            self._form.boxes[name] = value

    def handle_data(self, data: str) -> None:
        if self._area:
            self._form.fields[self._area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = self._other
        elif tag == "textarea":
            self._area = ""
