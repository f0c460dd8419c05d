"""Benchmarks: what others have published, listed, added, changed, withdrawn."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts import refusals
from accounts.errors import RuleError
from accounts.once import once
from accounts.permissions import can, require
from accounts.sent_fields import sent_version
from portfolio.benchmarks import rules
from portfolio.benchmarks.forms import BenchmarkForm
from portfolio.benchmarks.rules import StaleBenchmarkError
from portfolio.models import Benchmark


@require_GET
def benchmarks(request: HttpRequest) -> HttpResponse:
    """List what others have published, each with its definition; what is withdrawn stands below."""
    found = list(Benchmark.objects.all())
    context = {
        "benchmarks": [each for each in found if not each.is_withdrawn],
        "withdrawn": [each for each in found if each.is_withdrawn],
        "may_edit": can(request.user, "benchmark.edit"),
    }
    return render(request, "portfolio/benchmarks.html", context)


@once
def benchmark_new(request: HttpRequest) -> HttpResponse:
    """Add one."""
    require(request.user, "benchmark.edit")
    return _edit(request, None)


def benchmark_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change one, withdraw it, or put it back."""
    require(request.user, "benchmark.edit")
    benchmark = get_object_or_404(Benchmark, pk=pk)
    if request.method == "POST" and "withdraw" in request.POST:
        return _withdraw(request, benchmark, withdrawn=request.POST["withdraw"] == "1")
    return _edit(request, benchmark)


def _edit(request: HttpRequest, benchmark: Benchmark | None) -> HttpResponse:
    form = BenchmarkForm(benchmark, request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {"form": form, "benchmark": benchmark}
    if request.method == "POST" and form.is_valid():
        try:
            rules.save(request.user, form.benchmark())  # type: ignore[arg-type]
        except StaleBenchmarkError as stale:
            context |= {"benchmark": stale.current, "stale": True, "versions": form.overtaken_by(stale.current)}
            return render(request, "portfolio/benchmark_form.html", context, status=409)
        except RuleError as error:
            refusals.show(form, error)
        else:
            messages.success(request, _("“{label}” is recorded.").format(label=form.instance.label))
            return redirect("portfolio:benchmarks")
    return render(request, "portfolio/benchmark_form.html", context, status=422 if form.errors else 200)


def _withdraw(request: HttpRequest, benchmark: Benchmark, *, withdrawn: bool) -> HttpResponse:
    benchmark.is_withdrawn, benchmark.version = withdrawn, sent_version(request)
    try:
        rules.save(request.user, benchmark)  # type: ignore[arg-type]
    except RuleError as error:
        messages.error(request, error.message)
        return redirect("portfolio:benchmark-edit", benchmark.pk)
    said = _("“{label}” is withdrawn.") if withdrawn else _("“{label}” is in use again.")
    messages.success(request, said.format(label=benchmark.label))
    return redirect("portfolio:benchmarks")
