"""What somebody owns, handed over to somebody else."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts import refusals
from accounts.errors import RuleError
from accounts.models import User
from accounts.permissions import require
from projects import handover
from projects.forms import HandoverForm


@require_http_methods(["GET", "HEAD", "POST"])
def hand_over(request: HttpRequest, pk: int) -> HttpResponse:
    """Say who looks after a person's initiatives from now on."""
    actor = require(request.user, "people.manage")
    person = get_object_or_404(User, pk=pk)
    form = HandoverForm(person, request.POST or None)
    if form.is_valid():
        try:
            count = handover.hand_over(actor, person, form.cleaned_data["new_owner"])
        except RuleError as error:
            refusals.show(form, error)
        else:
            messages.success(request, _said(count, form.cleaned_data["new_owner"]))
            return redirect("accounts:person-edit", pk=pk)
    context = {"form": form, "person": person, "owned": handover.owned_by(person)}
    return render(request, "projects/handover.html", context, status=422 if form.errors else 200)


def _said(count: int, to: User) -> str:
    said = ngettext("{count} initiative is {person}’s now.", "{count} initiatives are {person}’s now.", count)
    return said.format(count=count, person=to)
