"""The page of API tokens: one's own; administrators see and revoke everybody's."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts import tokens
from accounts.forms import TokenForm
from accounts.models import ApiToken, User
from accounts.once import once
from accounts.permissions import can

PER_PAGE = 50


@never_cache
@once
def token_list(request: HttpRequest) -> HttpResponse:
    """Show tokens and make one; a new token is on this answer alone, so it is not a redirect."""
    form = TokenForm(request.POST or None)
    made, status = None, 200
    if form.is_valid():
        _row, made = tokens.make(request.user, form.cleaned_data["name"], request.user)
        form, status = TokenForm(), 201
    elif form.is_bound:
        status = 422
    page = Paginator(_visible_to(request.user), PER_PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "made": made, "page": page}
    return render(request, "accounts/tokens.html", context, status=status)


@require_POST
def token_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Revoke a token."""
    token = get_object_or_404(_visible_to(request.user), pk=pk)
    tokens.revoke(token, request.user)
    messages.success(request, _("“{token}” is revoked.").format(token=token.name))
    return redirect("accounts:token-list")


def _visible_to(user: User) -> QuerySet[ApiToken]:
    found = ApiToken.objects.select_related("user").order_by(*tokens.IN_ORDER)
    return found if can(user, "token.manage_all") else found.filter(user=user)
