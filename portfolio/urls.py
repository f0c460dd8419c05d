"""Addresses of the portfolio pages."""

from django.urls import path

from portfolio import calculator_views, views

app_name = "portfolio"
urlpatterns = [
    path("", views.portfolio, name="portfolio"),
    path("portfolio/figures/<slug:name>/", views.figure, name="figure"),
    path("portfolio/benchmarks/", views.benchmarks, name="benchmarks"),
    path("initiatives/<str:key>/", views.overview, name="overview"),
    path("initiatives/<str:key>/figures/<slug:name>/", views.initiative_figure, name="initiative-figure"),
    path("calculators/", calculator_views.tokens, name="calculators"),
    path("calculators/finance/", calculator_views.finance, name="calculator-finance"),
]
