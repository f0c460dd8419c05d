"""Changing an initiative on one page, and its members."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.changes import changing
from accounts.errors import RuleError
from accounts.permissions import require
from projects import access, initiatives, people
from projects.conflicts import Conflict, based_on, conflicts, with_picks
from projects.forms import InitiativeForm, MembersForm, typed_of
from projects.header import initiative_header
from projects.models import Initiative
from projects.related import with_units_and_people
from projects.views.problems import show


@require_http_methods(["GET", "HEAD", "POST"])
def initiative_edit(request: HttpRequest, key: str) -> HttpResponse:
    """Change any field. Where somebody else was quicker, both versions are shown and each field is chosen."""
    initiative = access.get_initiative(request.user, key)
    require(request.user, "initiative.edit", initiative)
    now = typed_of(initiative)
    if request.method != "POST":
        return _page(request, initiative, InitiativeForm(initial=now))
    typed = with_picks(request.POST, now)
    form = _bound(typed, now, request)
    if not form.is_valid():
        return _page(request, initiative, form)
    try:
        _save(initiative, form, request)
    except initiatives.StaleEdit as stale:
        theirs = typed_of(stale.current)
        found = conflicts(form, typed, theirs)
        return _page(request, initiative, _bound(based_on(typed, theirs), theirs, request), found)
    except RuleError as error:
        show(form, error)
        return _page(request, initiative, form)
    messages.success(request, _("Saved."))
    return redirect(initiative.url)


@require_http_methods(["GET", "HEAD", "POST"])
def members_edit(request: HttpRequest, key: str) -> HttpResponse:
    """Say who else works on it."""
    initiative = access.get_initiative(request.user, key)
    require(request.user, "initiative.edit", initiative)
    now = list(initiative.members.order_by("email").values_list("email", flat=True))
    form = MembersForm(request.POST or None, initial={"members": "\n".join(now), "shown": " ".join(now)})
    if form.is_valid():
        try:
            with changing(request.user):
                addresses = form.members_after(now)
                members = [people.find_or_invite(each, request.user, "members") for each in addresses]
                initiatives.edit(initiative, version=initiative.version, actor=request.user, members=members)
        except RuleError as error:
            show(form, error)
        except initiatives.StaleEdit as stale:
            form.add_error(None, str(stale))
        else:
            messages.success(request, _("Saved."))
            return redirect(initiative.url)
    context = initiative_header(initiative, request.user, "") | {"form": form}
    return render(request, "projects/members_form.html", context, status=422 if form.errors else 200)


def _bound(typed: QueryDict, now: dict[str, Any], request: HttpRequest) -> InitiativeForm:
    form = InitiativeForm(typed, initial=now)
    form.actor = request.user
    return form


def _save(initiative: Initiative, form: InitiativeForm, request: HttpRequest) -> None:
    changes = dict(form.cleaned_data)
    version = changes.pop("version")
    with changing(request.user):
        initiatives.edit(
            initiative, version=version, actor=request.user, **with_units_and_people(changes, request.user)
        )


def _page(
    request: HttpRequest, initiative: Initiative, form: InitiativeForm, found: list[Conflict] | None = None
) -> HttpResponse:
    context = initiative_header(initiative, request.user, "") | {"form": form, "conflicts": found}
    status = 409 if found is not None else 422 if form.errors else 200
    return render(request, "projects/initiative_edit.html", context, status=status)
