"""Allocation rules on pages: the list and what each rule places, one rule, and applying them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.once import once
from accounts.permissions import can, require
from accounts.sent_fields import ids, sent_version
from costs.allocation import listing, places, rule_history, rules, runs
from costs.allocation.active_rules import DRAFT
from costs.allocation.effect import effect_of
from costs.allocation.forms import AllocationRuleForm, typed_of
from costs.allocation.listing import Told
from costs.allocation.matching import FIELDS, TAG
from costs.allocation.rules import StaleRule
from costs.models import AllocationRule, AllocationRun
from costs.runs.queue import About
from display import currency, numbers


def rule_list(request: HttpRequest) -> HttpResponse:
    """Show the rules in the order in which they are asked, and what each places now."""
    require(request.user, "portfolio.see")
    rows = listing.listed(listing.readable(request.user))  # type: ignore[arg-type]
    may_edit = can(request.user, "allocation.edit")
    last = AllocationRun.objects.done().filter(about=About.RULES).select_related("asked_by")
    context = {
        "rows": rows,
        "placed": sum(row.places.lines for row in rows),
        "may_edit": may_edit,
        "last": last.first() if may_edit else None,  # over all rules, those that place on confidential ones too
    }
    return render(request, "costs/allocation_rules.html", context)


@once
def rule_new(request: HttpRequest) -> HttpResponse:
    """Add a rule; the address may name conditions to begin with."""
    require(request.user, "allocation.edit")
    match = {name: glob for name, glob in request.GET.items() if name in FIELDS or name.startswith(TAG)}
    return _edit(request, None, {"match": match})


def rule_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a rule, or delete it."""
    require(request.user, "allocation.edit")
    rule = get_object_or_404(AllocationRule.objects.select_related("measure"), pk=pk)
    if request.method == "POST" and "delete" in request.POST:
        return _delete(request, rule)
    return _edit(request, rule, typed_of(rule))


def _delete(request: HttpRequest, rule: AllocationRule) -> HttpResponse:
    try:
        rules.remove(request.user, rule, sent_version(request))  # type: ignore[arg-type]
    except StaleRule as stale:
        messages.warning(request, stale.message)
        return redirect("costs:allocation-edit", rule.pk)
    messages.success(request, _("The rule is deleted. What it has placed moves when you apply the rules."))
    return redirect("costs:allocation-apply")


@require_POST
def rule_move(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask a rule earlier or later."""
    require(request.user, "allocation.edit")
    rule = get_object_or_404(AllocationRule, pk=pk)
    for place in ids(request, "to"):
        rules.move(request.user, rule, place)  # type: ignore[arg-type]
    return redirect("costs:allocation-rules")


def apply(request: HttpRequest) -> HttpResponse:
    """Show what the rules would move of what is there, and move it."""
    require(request.user, "allocation.edit")
    if request.method == "POST":
        run = runs.apply(request.user)  # type: ignore[arg-type]
        if run.finished_at:
            messages.success(request, _moved(run))
            return redirect("costs:allocation-rules")
        return redirect("costs:allocation-apply")
    of_rules = AllocationRun.objects.filter(about=About.RULES)
    asked_for = of_rules.to_tell().last()
    waiting = asked_for if asked_for and asked_for.finished_at is None else None
    context = {
        "waiting": waiting,
        "failed": asked_for if waiting is None else None,
        "told": None if waiting else listing.told(runs.preview()),
        "last": of_rules.done().first(),
    }
    context["is_part"] = bool(getattr(request, "htmx", False))  # the first line of the page stays as it was
    name = "costs/_allocation_run.html" if context["is_part"] else "costs/allocation_apply.html"
    return render(request, name, context)


def _edit(request: HttpRequest, rule: AllocationRule | None, initial: dict[str, Any]) -> HttpResponse:
    sent = request.POST if request.method == "POST" else None
    form = AllocationRuleForm(request.user, sent, initial)  # type: ignore[arg-type]
    told, theirs = None, None
    if sent is not None and "more" not in sent and form.is_valid():
        if "simulate" in sent:
            told = _simulated(form, rule)
        else:
            try:
                _save(request, form, rule)
                return redirect("costs:allocation-apply")
            except StaleRule as stale:
                theirs = stale.current
                form.data = sent.copy()
                form.data["version"] = str(theirs.version)
    if sent is not None and "more" in sent:
        form.full_clean()
        form.errors.clear()
    context = {
        "form": form,
        "rule": rule,
        "told": told,
        "history": rule_history.of(rule) if rule else None,
        "theirs": theirs,
        "their_conditions": listing.conditions(theirs.match) if theirs else [],
    }
    status = 422 if form.errors or theirs else 200
    return render(request, "costs/allocation_rule_form.html", context, status=status)


def _simulated(form: AllocationRuleForm, rule: AllocationRule | None) -> Told:
    """Return what the rule would move as it is typed, in use."""
    draft = form.terms.rule(rule.pk if rule else DRAFT)
    if rule and form.terms.priority is None:
        draft = draft._replace(priority=rule.priority)
    own, waiting = places.changes_by(draft)
    return listing.told(effect_of(own), form.terms.name, effect_of(waiting))


def _save(request: HttpRequest, form: AllocationRuleForm, rule: AllocationRule | None) -> None:
    if rule is None:
        rules.create(request.user, form.terms)  # type: ignore[arg-type]
    else:
        version = form.cleaned_data["version"] or 0
        rules.edit(request.user, rule, version, form.terms)  # type: ignore[arg-type]
    messages.success(
        request,
        _("The rule is saved. Until you apply the rules it places only cost of a new account, service, tag and so on."),
    )


def _moved(run: AllocationRun) -> str:
    if run.pk is None:
        return _("Everything belongs where the rules say. Nothing had to move.")
    if not run.lines:
        return _("The rules are applied. No cost recorded so far had to move.")
    said = ngettext(
        "{count} line has moved, {amount} of it to another place; {allocated} belonged to nobody before.",
        "{count} lines have moved, {amount} of it to another place; {allocated} belonged to nobody before.",
        run.lines,
    )
    amount = numbers.money(run.amount, currency.active())
    return said.format(count=numbers.number(run.lines), amount=amount, allocated=numbers.number(run.allocated))
