"""Addresses of the portfolio pages."""

from django.urls import path

from portfolio import views
from portfolio.benchmarks import views as benchmark_views
from portfolio.calculators import views as calculator_views
from portfolio.explanations import views as figure_views

app_name = "portfolio"
urlpatterns = [
    path("", views.portfolio, name="portfolio"),
    path("portfolio/figures/", figure_views.all_figures, name="all-figures"),
    path("portfolio/figures/<slug:name>/", figure_views.figure, name="figure"),
    path("portfolio/decisions/", views.decisions, name="decisions"),
    path("portfolio/benchmarks/", benchmark_views.benchmarks, name="benchmarks"),
    path("portfolio/benchmarks/new/", benchmark_views.benchmark_new, name="benchmark-new"),
    path("portfolio/benchmarks/<int:pk>/", benchmark_views.benchmark_edit, name="benchmark-edit"),
    path("initiatives/<str:key>/", views.overview, name="overview"),
    path("initiatives/<str:key>/figures/", figure_views.all_initiative_figures, name="all-initiative-figures"),
    path("initiatives/<str:key>/figures/<slug:name>/", figure_views.initiative_figure, name="initiative-figure"),
    path("calculators/", calculator_views.tokens, name="calculators"),
    path("calculators/finance/", calculator_views.finance, name="calculator-finance"),
]
