"""Withdrawing a draft."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.errors import RuleError
from projects import access, withdrawing
from projects.initiatives import StaleEdit


@require_http_methods(["GET", "HEAD", "POST"])
def initiative_withdraw(request: HttpRequest, key: str) -> HttpResponse:
    """Ask whether the draft as it stands is to go, then let it go; say why where it cannot."""
    initiative = access.get_editable(request.user, key)
    if request.method == "POST":
        is_as_read = request.POST.get("version") == str(initiative.version)
        try:
            withdrawing.withdraw(initiative, version=initiative.version if is_as_read else 0, actor=request.user)
        except (RuleError, StaleEdit) as refused:
            messages.warning(request, str(refused))
        else:
            messages.success(request, _("{key} is withdrawn.").format(key=initiative.key))
            return redirect("projects:initiative-list")
    hindrance = withdrawing.hindrance(initiative, request.user)
    status = 409 if request.method == "POST" else 200
    return render(request, "projects/withdraw.html", {"initiative": initiative, "hindrance": hindrance}, status=status)
