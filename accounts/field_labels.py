"""What the fields of a form that was sent are called on its page, where only their names are known."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from itertools import takewhile
from urllib.parse import urlsplit

from django.forms.forms import BaseForm, Form
from django.urls import Resolver404, get_script_prefix, resolve

# A field of a row is "shares-0-initiative", "vendor-3" or "field_0".
_NAME = re.compile(r"(?:(?P<rows>\w+)-\d+-)?(?P<field>[a-z_]+)(?:[_-]\d+)?")


def labels(path: str, names: Collection[str]) -> dict[str, str]:
    """Return the labels of the fields of an address; those that no form of it has are left out.

    The form is the one that has most of these fields, of several the one nearest to what answers the address. So also
    those that were left empty are to be named: many forms have a vendor or a name.
    """
    found: dict[str, str] = {}
    read = [(name, match) for name in names if (match := _NAME.fullmatch(name))]
    for rows in {match["rows"] for _, match in read}:
        here = {name: match["field"] for name, match in read if match["rows"] == rows}
        fields = _form(set(here.values()), _module(path)).base_fields
        found |= {name: str(fields[field].label) for name, field in here.items() if field in fields}
    return {name: label for name, label in found.items() if label not in ("", "None")}


def _form(fields: set[str], module: str) -> type[BaseForm]:
    def fits(form: type[BaseForm]) -> tuple[int, int, int]:
        parts = zip(form.__module__.split("."), module.split("."), strict=False)
        near = len(list(takewhile(lambda pair: pair[0] == pair[1], parts)))
        return len(fields & form.base_fields.keys()), near, -len(form.base_fields)

    return max((form for form in _forms(BaseForm) if fields & form.base_fields.keys()), key=fits, default=Form)


def _forms(kind: type[BaseForm]) -> Iterator[type[BaseForm]]:
    """Return every form that has been written; those of an address are there, for its view has loaded them."""
    for form in kind.__subclasses__():
        if hasattr(form, "base_fields"):
            yield form
        yield from _forms(form)


def _module(path: str) -> str:
    """Return where the view of an address is written; "" where none answers it."""
    try:
        view = resolve("/" + urlsplit(path).path.removeprefix(get_script_prefix())).func
    except Resolver404:
        return ""
    return str(getattr(view, "view_class", view).__module__)
