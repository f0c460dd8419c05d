"""The rules that say what cost is for in AI terms: listed, added, changed, deleted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import refusals
from accounts.errors import RuleError
from accounts.once import once
from accounts.permissions import can, require
from accounts.sent_fields import sent_version
from costs.ai import categories
from costs.ai.forms import LABELS, AiRuleForm
from costs.ai.matching import FIELDS, NOT, OR
from costs.ledger.words import in_words
from costs.models import AiCategoryRule, AllocationRun, Category, GroupMonth, Kind
from costs.reconciliation.sources import provider_of
from display import sentences

MOST_UNLABELLED = 10


def rules(request: HttpRequest) -> HttpResponse:
    """Show the rules in the order in which they are asked, and what costs most of what none of them knows."""
    require(request.user, "portfolio.see")
    if request.method == "POST":
        require(request.user, "ai_category.edit")
        _say(request, categories.apply(request.user))  # type: ignore[arg-type]
        return redirect("costs:ai-categories")
    may_edit = can(request.user, "ai_category.edit")
    kinds = {kind.name: str(kind) for kind in Category.objects.all()}
    rows = [(rule, _conditions(rule, kinds)) for rule in AiCategoryRule.objects.all()]
    in_use = sum(rule.is_active for rule, _said in rows)
    context = {
        "rows": rows,
        "in_use": in_use,
        "may_edit": may_edit,
        "unlabelled": _unlabelled() if may_edit else [],
    }
    return render(request, "costs/ai_categories.html", context)


@once
def rule_new(request: HttpRequest) -> HttpResponse:
    """Add a rule; the address may name conditions to begin with."""
    require(request.user, "ai_category.edit")
    return _edit(request, None)


def rule_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a rule, or delete it."""
    require(request.user, "ai_category.edit")
    rule = get_object_or_404(AiCategoryRule, pk=pk)
    if request.method == "POST" and "delete" in request.POST:
        try:
            _say(request, categories.remove(request.user, rule, sent_version(request)))  # type: ignore[arg-type]
        except RuleError as stale:
            messages.warning(request, stale.message)
            return redirect("costs:ai-category-edit", pk)
        return redirect("costs:ai-categories")
    return _edit(request, rule)


def _edit(request: HttpRequest, rule: AiCategoryRule | None) -> HttpResponse:
    named = {name: request.GET[name] for name in FIELDS if name in request.GET}
    form = AiRuleForm(rule, request.POST if request.method == "POST" else None, named)
    if request.method == "POST" and form.is_valid():
        try:
            _say(request, categories.save(request.user, form.rule()))  # type: ignore[arg-type]
            return redirect("costs:ai-categories")
        except RuleError as error:
            refusals.show(form, error)
    context = {"form": form, "rule": rule}
    return render(request, "costs/ai_category_form.html", context, status=422 if form.errors else 200)


def _say(request: HttpRequest, changed: int | AllocationRun) -> None:
    if isinstance(changed, AllocationRun):
        return  # the page tells of it until it is over
    said = ngettext(
        "The rules are applied: {count} group of costs is labelled otherwise.",
        "The rules are applied: {count} groups of costs are labelled otherwise.",
        changed,
    )
    messages.success(request, said.format(count=changed))


def _conditions(rule: AiCategoryRule, kinds: Mapping[str, str]) -> list[tuple[str, list[str]]]:
    """Return the conditions as the table shows them: a field and what may stand there; `kinds` of cost by name."""
    given = [(name, rule.match[name].split(OR)) for name in FIELDS if name in rule.match]
    return [(str(LABELS[name]), _said(name, [glob.strip() for glob in globs], kinds)) for name, globs in given]


def _said(field: str, globs: list[str], kinds: Mapping[str, str]) -> list[str]:
    """Return what may stand in a field, and then in one what must not."""
    said = [_called(field, glob, kinds) for glob in globs if not glob.startswith(NOT)]
    refused = [glob.removeprefix(NOT).strip() for glob in globs if glob.startswith(NOT)]
    if not refused:
        return said
    names = sentences.listed(_called(field, glob, kinds) for glob in refused)
    return [*said, _("not {values}").format(values=names)]


def _called(field: str, glob: str, kinds: Mapping[str, str]) -> str:
    """Return our own kinds of records and of cost by their names; all else as the rule has it."""
    if field == "kind":
        return str(dict(Kind.choices).get(glob, glob))
    return kinds.get(glob, glob) if field == "category" else glob


def _unlabelled() -> list[dict[str, Any]]:
    """Return the services of the last twelve months that have no label and cost most."""
    since = timezone.localdate() - timedelta(days=365)
    found = GroupMonth.objects.filter(month__gte=since, group__ai_category="").exclude(group__vendor="")
    names = ("group__vendor", "group__service", "group__service_category")
    rows = found.order_by().values_list(*names).annotate(gross=Sum("gross")).order_by("-gross")[:MOST_UNLABELLED]
    return [
        {
            "provider": provider_of(vendor),
            "vendor": vendor,
            "service": service,
            "service_words": in_words("service", service),
            "kind": kind,
            "gross": gross,
        }
        for vendor, service, kind, gross in rows
        if gross > 0
    ]
