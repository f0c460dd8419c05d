"""The fields and chips of the portfolio's filters: they gather words for the URL; `selection.filters` reads them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape

from django.utils.functional import Promise
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from display.numbers import day
from portfolio.guidance import Guidance
from portfolio.selection.filters import Filters
from portfolio.selection.scope import Names
from projects.models import Hosting
from projects.stages import Stage

PERCENT = "rate_percent"  # nobody thinks of a discount rate as 0.1
NAMED = {
    "business_unit": gettext_lazy("Business unit"),
    "tag": gettext_lazy("Tag"),
    "guidance": gettext_lazy("Guidance"),
    "stage": gettext_lazy("Stage"),
    "hosting": gettext_lazy("Hosting"),
}
TYPED = {
    "as_of": gettext_lazy("As of"),
    "started_from": gettext_lazy("Prototype started from"),
    "started_to": gettext_lazy("Prototype started until"),
    "rate": gettext_lazy("Discount rate"),
}


@dataclass(frozen=True)
class Field:
    """A choice where it has `options`, else an input of a `kind` of HTML."""

    name: str
    label: str
    value: str
    kind: str = "text"
    options: SafeString | None = None


def as_of_field(filters: Filters) -> Field:
    """Return the field for the date that everything is shown as of."""
    return Field("as_of", str(TYPED["as_of"]), filters.as_of.isoformat(), "date")


def filter_fields(filters: Filters, names: Names) -> list[Field]:
    """Return the fields of everything else, each with what it can be set to."""
    offered: dict[str, Iterable[tuple[str, str | Promise]]] = {
        "business_unit": _with_chosen(names.units, filters.business_unit),
        "tag": _with_chosen(names.tags, filters.tag),
        "guidance": Guidance.choices,
        "stage": Stage.choices,
        "hosting": Hosting.choices,
    }
    return [
        *(
            Field(name, str(label), "", options=_options(getattr(filters, name), offered[name]))
            for name, label in NAMED.items()
        ),
        Field("started_from", str(TYPED["started_from"]), str(filters.started_from or ""), "date"),
        Field("started_to", _("to"), str(filters.started_to or ""), "date"),
        Field(PERCENT, _("Discount rate, %"), f"{(filters.rate * 100).normalize():f}"),
    ]


def said(errors: Mapping[str, str], query: Mapping[str, str]) -> dict[str, str]:
    """Return the messages of a `FilterError` for a page: each names its field, and says that the filter is ignored."""
    return {name: _said(name, message, query.get(name, "").strip()) for name, message in errors.items()}


def _said(name: str, message: str, text: str) -> str:
    if name in NAMED:
        words = _("%(field)s: there is no “%(text)s”. The filter is ignored.")
        return words % {"field": NAMED[name], "text": Truncator(text.replace("\x00", "\ufffd")).chars(60)}
    return _("%(field)s: %(message)s What the address says is ignored.") % {"field": TYPED[name], "message": message}


def chips(filters: Filters) -> list[tuple[str, str]]:
    """Return each filter that narrows, in words, with the query string that takes it off."""
    since, until = filters.started_from, filters.started_to
    words = {
        "business_unit": filters.business_unit,
        "tag": filters.tag,
        "hosting": str(Hosting(filters.hosting).label) if filters.hosting else "",
        "guidance": str(Guidance(filters.guidance).label) if filters.guidance else "",
        "stage": str(Stage(filters.stage).label) if filters.stage else "",
        "started_from": _("started from %(day)s") % {"day": day(since)} if since else "",
        "started_to": _("started to %(day)s") % {"day": day(until)} if until else "",
    }
    empty = Filters()
    return [(text, filters.query(**{name: getattr(empty, name)})) for name, text in words.items() if text]


def _with_chosen(names: tuple[str, ...], chosen: str) -> Iterable[tuple[str, str]]:
    """Offer names, and the one that was asked for in other letters."""
    return ((name, name) for name in (*names, *([chosen] if chosen and chosen not in names else [])))


def _options(chosen: str, offered: Iterable[tuple[str, str | Promise]]) -> SafeString:
    """Write the options of a choice at once: a template takes its time for each of hundreds."""
    known = [(key, escape(key), text) for key, text in (("", _("all")), *offered)]
    written = (
        f'<option value="{value}"{" selected" if key == chosen else ""}>'
        f"{value if text is key else escape(str(text))}</option>"
        for key, value, text in known
    )
    return mark_safe("".join(written))  # noqa: S308 - keys and texts are escaped
