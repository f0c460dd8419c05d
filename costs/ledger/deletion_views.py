"""Lines that were recorded by mistake: chosen in a list, shown once more, and deleted together."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.errors import RuleError
from accounts.next_url import next_url
from accounts.permissions import require
from costs import lines
from costs.allocation import belonging
from costs.ledger.billing import MOST_AT_ONCE
from costs.ledger.page import CostPage, Sums, key_of
from costs.ledger.views import may_record
from costs.models import CostLine
from money.exact import total


def lines_delete(request: HttpRequest) -> HttpResponse:
    """Show the lines that were chosen and what they come to; once the person is sure, take them out of every sum."""
    if not may_record(request.user):
        raise PermissionDenied
    if request.method != "POST":  # the page that asks was called up again, in another language say: nothing is chosen
        return redirect("costs:ledger")
    back = resolve_url(next_url(request, "costs:ledger"))
    try:
        chosen = _chosen(request)
        for line in chosen:
            require(request.user, "cost.unallocated" if line.group.initiative is None else "cost.edit", line.group)
        if "delete" not in request.POST:
            return render(request, "costs/lines_delete.html", {**_shown(chosen), "back": back})
        lines.remove_all(request.user, chosen)
    except lines.LineGoneError:
        messages.error(request, _("Somebody has corrected or deleted one of these lines meanwhile. None is deleted."))
    except RuleError as error:
        messages.error(request, error.message)
    else:
        said = ngettext(
            "{count} line is deleted. It stays in the history.",
            "{count} lines are deleted. They stay in the history.",
            len(chosen),
        )
        messages.success(request, said.format(count=len(chosen)))
    return redirect(back)


def _chosen(request: HttpRequest) -> list[CostLine]:
    """Return the lines that are ticked, or all that were shown; none of them where one is not there any more."""
    names = set(request.POST.getlist("shown" if "all" in request.POST else "line"))
    if not names:
        raise RuleError(_("Choose the lines."))
    if len(names) > MOST_AT_ONCE:
        raise RuleError(_("At most 1,000 lines at once. Narrow the list down."))
    keys = {key_of(name) for name in names}
    live = CostLine.objects.live().visible_to(request.user).shown()  # type: ignore[arg-type]
    found = list(live.filter(pk__in=list(keys - {None})).newest_first())
    if len(found) < len(keys):
        raise lines.LineGoneError
    return found


def _shown(chosen: list[CostLine]) -> dict[str, object]:
    """Return the chosen lines as a page of the ledger, and what they come to."""
    valued = [line.base_amount for line in chosen if line.base_amount is not None]
    sums = Sums(len(chosen), total(valued) if valued else None, len(chosen) - len(valued))
    return {"page": CostPage(belonging.tell(chosen), None, True), "sums": sums}
