"""The living style page: every component with made-up figures. Only with DEBUG; tests look at it with axe."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from display import currency, samples


def styleguide(request: HttpRequest) -> HttpResponse:
    """Show every component; `?theme=dark` shows it in dark."""
    with currency.using("USD"):
        context = {
            "theme": request.GET.get("theme", ""),
            "incidence": samples.incidence(),
            "funnel": samples.funnel(),
            "stacked": samples.stacked(),
            "cumulative": samples.cumulative(),
            "readings": samples.readings(),
            "columns": samples.columns(),
            "ranking": samples.ranking(),
            "by_month": samples.by_month(),
            "price_curve": samples.price_curve(),
            "cohorts": samples.cohorts(),
            "form": samples.sample_form(),
            "steps": samples.stage_steps(),
            "page_obj": Paginator(range(2133), 50).page(4),
            "job": {
                "bytes_total": 9_000_000,
                "bytes_done": 3_800_000,
                "rows_done": 84_200,
                "rows_per_second": 41_230.4,
                "seconds_left": 3,
            },
            "values": [22, 24, 25, 29, 28, 32, 36, 38],
        }
        return render(request, "display/styleguide.html", context)
