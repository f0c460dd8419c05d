"""Who else works on an initiative."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import refusals
from accounts.changes import changing
from accounts.errors import RuleError
from projects import access, initiatives, people
from projects.forms import MembersForm
from projects.header import initiative_header
from projects.people import INPUTS


@require_http_methods(["GET", "HEAD", "POST"])
def members_edit(request: HttpRequest, key: str) -> HttpResponse:
    """Say who else works on it."""
    initiative = access.get_editable(request.user, key)
    now = list(initiative.members.order_by("email").values_list("email", flat=True))
    form = MembersForm(request.POST or None, initial={"members": "\n".join(now), "shown": " ".join(now)})
    if form.is_valid():
        try:
            with changing(request.user):
                addresses = form.members_after(now)
                members = [people.find_or_invite(each, request.user, "members") for each in addresses]
                initiatives.edit(initiative, version=initiative.version, actor=request.user, members=members)
        except RuleError as error:
            refusals.show(form, error, INPUTS)
        except initiatives.StaleEdit as stale:
            form.add_error(None, str(stale))
        else:
            messages.success(request, _("Saved."))
            return redirect(initiative.url)
    context = initiative_header(initiative, request.user, "") | {"form": form}
    return render(request, "projects/members_form.html", context, status=422 if form.errors else 200)
