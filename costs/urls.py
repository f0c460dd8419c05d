"""Addresses of the cost pages."""

from django.urls import path, re_path

from costs import (
    ai_views,
    budget_views,
    entry_views,
    notice_views,
    price_views,
    reconciliation_views,
    usage_views,
    views,
)
from costs.explorer import views as explorer

app_name = "costs"
urlpatterns = [
    path("costs/", views.ledger_page, name="ledger"),
    re_path(r"^costs/export\.(?P<extension>csv|xlsx)$", views.export, name="export"),
    path("costs/lines/<str:key>/", views.line_detail, name="line"),
    path("costs/lines/<str:key>/delete/", views.line_delete, name="line-delete"),
    path("costs/grid/", entry_views.grid, name="grid"),
    path("costs/notices/", notice_views.notices, name="notices"),
    path("costs/reconciliation/", reconciliation_views.reconciliation_list, name="reconciliations"),
    path(
        "costs/reconciliation/<str:provider>/<str:month>/",
        reconciliation_views.reconciliation_detail,
        name="reconciliation",
    ),
    path("costs/usage/", usage_views.usage_page, name="usage"),
    path("costs/usage/lines/<str:key>/", usage_views.usage_line, name="usage-line"),
    path("costs/usage/lines/<str:key>/delete/", usage_views.usage_delete, name="usage-delete"),
    path("costs/usage/pricing/", usage_views.repricings, name="repricings"),
    path("costs/usage/pricing/<int:pk>/", usage_views.repricing_detail, name="repricing"),
    path("costs/prices/", price_views.prices, name="prices"),
    path("costs/prices/new/", price_views.price_new, name="price-new"),
    path("costs/prices/library/", price_views.price_library, name="price-library"),
    path("costs/prices/<int:pk>/", price_views.price_detail, name="price"),
    path("costs/categories/", entry_views.category_list, name="categories"),
    path("costs/categories/<slug:name>/", entry_views.category_edit, name="category-edit"),
    path("costs/explore/", explorer.explore, name="explore"),
    re_path(r"^costs/explore\.(?P<extension>csv|xlsx)$", explorer.export, name="explore-export"),
    path("costs/explore-focus.csv", explorer.export_focus, name="explore-focus"),
    path("costs/ai-categories/", ai_views.rules, name="ai-categories"),
    path("costs/ai-categories/new/", ai_views.rule_new, name="ai-category-new"),
    path("costs/ai-categories/<int:pk>/", ai_views.rule_edit, name="ai-category-edit"),
    path("initiatives/<str:key>/costs/", entry_views.initiative_costs, name="initiative"),
    path("initiatives/<str:key>/budget/", budget_views.budget, name="budget"),
]
