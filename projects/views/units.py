"""The tree of business units: what is in it, and calling a unit anew, joining two, taking one out."""

from __future__ import annotations

from collections import Counter

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts import refusals
from accounts.errors import RuleError
from accounts.permissions import can, require
from projects import reorganising
from projects.forms import UnitForm
from projects.models import BusinessUnit, Initiative


@require_GET
def unit_list(request: HttpRequest) -> HttpResponse:
    """List all units, with how many initiatives that the reader may see belong to each and to those below it."""
    require(request.user, "initiative.see")
    seen = Initiative.objects.visible_to(request.user).filter(business_unit__isnull=False).order_by()
    own = dict(seen.values_list("business_unit").annotate(Count("pk")))
    found = list(BusinessUnit.objects.all())
    total: Counter[str] = Counter()
    for unit in found:
        total.update(dict.fromkeys(unit.lineage.strip("/").split("/"), own.get(unit.pk, 0)))
    context = {"units": [(unit, total[str(unit.pk)]) for unit in found], "may_edit": can(request.user, "unit.edit")}
    return render(request, "projects/units.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def unit_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Call a unit anew, which also moves it; join it to the one that is called so; or take it out."""
    actor = require(request.user, "unit.edit")
    unit = get_object_or_404(BusinessUnit, pk=pk)
    if "remove" in request.POST:
        return _remove(request, unit)
    form = UnitForm(request.POST or None, initial={"path": unit.path, "read": unit.path})
    taken = False
    if form.is_valid():
        try:
            now = reorganising.call(unit, actor=actor, **form.cleaned_data)
        except RuleError as error:
            taken = isinstance(error, reorganising.Taken)
            refusals.show(form, error)
            if isinstance(error, reorganising.Overtaken):  # sent again it is a change of what stands now
                form.data = form.data.copy()
                form.data["read"] = error.unit.path
        else:
            messages.success(request, _("It is “{path}” now.").format(path=now.path))
            return redirect("projects:unit-list")
    belongs = Initiative.objects.filter(business_unit=unit).count()
    context = {"form": form, "unit": unit, "taken": taken, "belongs": belongs, "below": unit.children.count()}
    return render(request, "projects/unit_form.html", context, status=422 if form.errors else 200)


def _remove(request: HttpRequest, unit: BusinessUnit) -> HttpResponse:
    try:
        reorganising.remove(unit, request.user, read=request.POST.get("read", ""))  # type: ignore[arg-type]
    except RuleError as error:
        messages.error(request, error.message)
        return redirect("projects:unit-edit", unit.pk)
    messages.success(request, _("“{path}” is removed.").format(path=unit.path))
    return redirect("projects:unit-list")
