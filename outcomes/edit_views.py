"""Pages that write: agreeing and changing an outcome, recording, correcting and withdrawing a reading."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import refusals
from accounts.asking import AskingForm
from accounts.changes import changing
from accounts.errors import RuleError
from accounts.models import User
from accounts.next_url import next_url
from accounts.once import once
from accounts.permissions import can, require
from accounts.sent_fields import ids, sent_version
from outcomes import agreements, edit_conflicts, measurements, worklist
from outcomes.forms import OutcomeChangeForm, OutcomeForm, ReadingForm
from outcomes.models import Measurement, Outcome
from outcomes.terms import holding, in_force
from projects import conflicts
from projects.access import get_initiative


@once
def outcome_new(request: HttpRequest, key: str) -> HttpResponse:
    """Agree an outcome."""
    initiative = get_initiative(request.user, key)
    require(request.user, "outcome.edit", initiative)
    form = OutcomeForm(_typed(request))
    if _taken(request.user, form, lambda: agreements.agree(request.user, initiative, **form.values(request.user))):
        messages.success(request, _("The outcome is agreed."))
        return redirect("outcomes:initiative", key)
    context = {"form": form, "initiative": initiative}
    return render(request, "outcomes/outcome_form.html", context, status=_status(form))


def outcome_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change an outcome from a day on."""
    outcome = get_object_or_404(worklist.visible(request.user), pk=pk)
    require(request.user, "outcome.edit", outcome)
    if "take_back" in request.POST:
        return _take_back(request, outcome)
    held = in_force(holding(outcome.terms.all()), timezone.localdate())
    form = OutcomeChangeForm(outcome, held, _typed(request))

    def change() -> None:
        since, version = form.cleaned_data["effective_on"], form.cleaned_data["version"]
        values = form.values(request.user)
        agreements.revise(outcome, version=version, actor=request.user, effective_on=since, **values)

    stale = None
    try:
        if _taken(request.user, form, change):
            messages.success(request, _("The outcome is changed."))
            return redirect("outcomes:outcome", pk)
    except agreements.StaleOutcomeError as error:
        now = in_force(holding(error.current.terms.all()), timezone.localdate())
        stale = edit_conflicts.merge(form, error.current, now)
    context = {"form": form, "initiative": outcome.initiative, "outcome": outcome, "stale": stale}
    counting = set(Measurement.objects.counting().filter(outcome=outcome).values_list("state", flat=True))
    context["may_take_back"] = not counting
    context["is_validated"] = "validated" in counting and not can(request.user, "measurement.validate", outcome)
    return render(request, "outcomes/outcome_form.html", context, status=_status(form) if stale is None else 409)


def _take_back(request: HttpRequest, outcome: Outcome) -> HttpResponse:
    try:
        agreements.take_back(outcome, version=sent_version(request), actor=request.user)
    except (RuleError, agreements.StaleOutcomeError) as error:
        messages.warning(request, str(error))
        return redirect("outcomes:outcome-edit", outcome.pk)
    messages.success(request, _("The outcome is taken back; the history keeps it."))
    return redirect("outcomes:initiative", outcome.initiative.key)


@once
def reading_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Record a reading."""
    outcome = get_object_or_404(worklist.visible(request.user), pk=pk)
    require(request.user, "measurement.edit", outcome)
    so_far = _so_far(outcome)
    latest = so_far[0] if so_far else None
    terms = in_force(holding(outcome.terms.all()), timezone.localdate())
    form = ReadingForm(outcome, terms, so_far, _typed(request), initial=ReadingForm.proposal(outcome, latest))
    if _taken(request.user, form, lambda: measurements.record(request.user, outcome, **form.values())):
        messages.success(request, _("The reading is recorded."))
        return redirect(next_url(request, reverse("outcomes:initiative", args=[outcome.initiative.key])))
    return _reading_page(request, outcome, form, _status(form), latest=latest)


def reading_correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a corrected reading in the place of one; the old one stays on record."""
    try:
        opened = _reading(request, pk, counting=request.method != "POST")
    except Http404:
        if request.method != "POST" or Measurement.objects.filter(pk=pk).exists():
            raise
        return _record_anew(request, _outcome_sent(request))  # it went with its import
    reading = _last_version(opened)
    if reading.withdrawn_at is not None:
        return _record_anew(request, reading.outcome)
    outcome, stale = reading.outcome, None
    terms = in_force(holding(outcome.terms.all()), reading.period_end)
    known = {name: getattr(reading, name) for name in measurements.FIELDS}
    form = ReadingForm(outcome, terms, _so_far(outcome, reading), _typed(request), initial=known)
    if reading != opened:
        read = {name: getattr(opened, name) for name in measurements.FIELDS}
        form.full_clean()
        stale = conflicts.merge(form, read, known, form.cleaned_data)
    else:
        try:
            if _taken(request.user, form, lambda: measurements.correct(request.user, reading, **form.values())):
                messages.success(request, _("The reading is corrected; the old one stays on record."))
                return redirect(_back(request, outcome))
        except measurements.GoneError:
            return reading_correct(request, pk)  # somebody was quicker by a moment: read again, that is seen
    status = _status(form) if stale is None else 409
    return _reading_page(request, outcome, form, status, corrected=reading, stale=stale)


def _record_anew(request: HttpRequest, outcome: Outcome) -> HttpResponse:
    """Offer to record what was typed as a correction of a reading that is withdrawn, or gone, by now."""
    so_far = _so_far(outcome)
    form = ReadingForm(outcome, in_force(holding(outcome.terms.all()), timezone.localdate()), so_far, _typed(request))
    said = _("Somebody has withdrawn this reading meanwhile. What you typed is not saved; record it as a new one here.")
    form.add_error(None, said)
    return _reading_page(request, outcome, form, 409, latest=so_far[0] if so_far else None)


def _reading_page(request: HttpRequest, outcome: Outcome, form: ReadingForm, status: int, **more: Any) -> HttpResponse:
    """Show the form for a reading; it carries where its reader came from."""
    context = {"form": form, "outcome": outcome, "next": next_url(request, "")}
    return render(request, "outcomes/reading_form.html", context | more, status=status)


def _outcome_sent(request: HttpRequest) -> Outcome:
    """Return the outcome that a page named whose reading is no more."""
    outcome = get_object_or_404(worklist.visible(request.user), pk__in=ids(request, "outcome")[:1])
    require(request.user, "measurement.edit", outcome)
    return outcome


def _so_far(outcome: Outcome, corrected: Measurement | None = None) -> list[Measurement]:
    """Return the last readings that count, the latest first, without the one that is corrected."""
    counting = Measurement.objects.counting().filter(outcome=outcome).exclude(pk=corrected and corrected.pk)
    return list(counting.order_by("-period_end", "-id")[:24])


def reading_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a reading out of every figure, after asking. One that is withdrawn already is left as it is."""
    reading = _reading(request, pk, counting=request.method != "POST")
    back = _back(request, reading.outcome)
    if request.method == "POST":
        try:
            withdrawn = measurements.withdraw(request.user, reading)
        except measurements.GoneError as gone:
            messages.warning(request, gone.message)
        else:
            _tell_withdrawn(request, _last_version(withdrawn))
        return redirect(back)
    shown = {"reading": reading, "outcome": reading.outcome, "back": back}
    return render(request, "outcomes/reading_withdraw.html", shown)


def _back(request: HttpRequest, outcome: Outcome) -> str:
    """Return the list that the reader came from, as it was; the page of the outcome where they came from none."""
    return next_url(request, reverse("outcomes:outcome", args=[outcome.pk]))


def _tell_withdrawn(request: HttpRequest, last: Measurement) -> None:
    if last.withdrawn_at is None:
        messages.warning(request, _("Somebody has corrected this reading meanwhile. The corrected one still counts."))
    else:
        messages.success(request, _("The reading is withdrawn; it stays on record."))


def _last_version(reading: Measurement) -> Measurement:
    """Return what stands in the place of a reading, after however many corrections."""
    while reading.replaced_by is not None:
        reading = reading.replaced_by
    return reading


def _reading(request: HttpRequest, pk: int, *, counting: bool = True) -> Measurement:
    found = Measurement.objects.visible_to(request.user).select_related("outcome__initiative")
    reading = get_object_or_404(found.counting() if counting else found, pk=pk)
    require(request.user, "measurement.edit", reading)
    return reading


def _status(form: AskingForm) -> int:
    """Return 422 for what was refused; a remark that is asked back is no refusal."""
    return 422 if form.errors else 200


def _typed(request: HttpRequest) -> Any:
    """Return what was sent; a button "use-<field>" of a remark puts its value in the field and asks again."""
    if request.method != "POST":
        return None
    typed = request.POST.copy()
    for name in [name for name in typed if name.startswith("use-")]:
        typed[name.removeprefix("use-")] = typed[name]
    return typed


def _taken(actor: User, form: AskingForm, write: Callable[[], Any]) -> bool:
    """Write what the form holds, all or nothing, unless something is wrong or is to be asked back first.

    GoneError where a reading that it is about was corrected or withdrawn meanwhile.
    """
    if not form.is_valid() or form.must_ask or any(name.startswith("use-") for name in form.data):
        return False
    try:
        with changing(actor):
            write()
    except measurements.GoneError:
        raise
    except RuleError as error:
        refusals.show(form, error)
        return False
    return True
