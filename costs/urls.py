"""Addresses of the cost pages."""

from django.urls import path, re_path

from costs.ai import views as ai_views
from costs.allocation import unallocated_views
from costs.allocation import views as allocation_views
from costs.budgets import notice_views, overview_views
from costs.budgets import views as budget_views
from costs.entry import views as entry_views
from costs.explorer import views as explorer
from costs.ledger import billing_views, deletion_views
from costs.ledger import views as ledger_views
from costs.prices import views as price_views
from costs.reconciliation import export_views as reconciliation_export_views
from costs.reconciliation import views as reconciliation_views
from costs.registers import labour_views
from costs.registers import views as register_views
from costs.runs import views as run_views
from costs.usage import export_views as usage_export_views
from costs.usage import views as usage_views

app_name = "costs"
urlpatterns = [
    path("costs/", ledger_views.ledger_page, name="ledger"),
    re_path(r"^costs/export\.(?P<extension>csv|xlsx)$", ledger_views.export, name="export"),
    path("costs/lines/delete/", deletion_views.lines_delete, name="lines-delete"),
    path("costs/lines/<str:key>/", ledger_views.line_detail, name="line"),
    path("costs/lines/<str:key>/row/", ledger_views.line_row, name="line-row"),
    path("costs/lines/<str:key>/delete/", ledger_views.line_delete, name="line-delete"),
    path("costs/waiting/", run_views.waiting_runs, name="waiting"),
    path("costs/waiting/<int:pk>/leave/", run_views.leave, name="waiting-leave"),
    path("costs/waiting/<int:pk>/again/", run_views.again, name="waiting-again"),
    path("costs/grid/", entry_views.grid, name="grid"),
    path("costs/budgets/", overview_views.budgets, name="budgets"),
    re_path(r"^costs/budgets\.(?P<extension>csv|xlsx)$", overview_views.export, name="budgets-export"),
    path("costs/notices/", notice_views.notices, name="notices"),
    path("costs/notices/settings/", notice_views.settings, name="notice-settings"),
    re_path(
        r"^costs/reconciliation\.(?P<extension>csv|xlsx)$",
        reconciliation_export_views.export,
        name="reconciliations-export",
    ),
    path("costs/reconciliation/", reconciliation_views.reconciliation_list, name="reconciliations"),
    path(
        "costs/reconciliation/<path:provider>/<str:month>/",
        reconciliation_views.reconciliation_detail,
        name="reconciliation",
    ),
    re_path(r"^costs/usage\.(?P<extension>csv|xlsx)$", usage_export_views.export, name="usage-export"),
    path("costs/usage/", usage_views.usage_page, name="usage"),
    path("costs/usage/lines/<str:key>/", usage_views.usage_line, name="usage-line"),
    path("costs/usage/lines/<str:key>/delete/", usage_views.usage_delete, name="usage-delete"),
    path("costs/usage/pricing/", usage_views.repricings, name="repricings"),
    path("costs/usage/pricing/<int:pk>/", usage_views.repricing_detail, name="repricing"),
    path("costs/prices/", price_views.prices, name="prices"),
    path("costs/prices/new/", price_views.price_new, name="price-new"),
    path("costs/prices/library/", price_views.price_library, name="price-library"),
    path("costs/prices/<int:pk>/", price_views.price_detail, name="price"),
    path("costs/unallocated/", unallocated_views.unallocated_page, name="unallocated"),
    path("costs/allocation/", allocation_views.rule_list, name="allocation-rules"),
    path("costs/allocation/new/", allocation_views.rule_new, name="allocation-new"),
    path("costs/allocation/apply/", allocation_views.apply, name="allocation-apply"),
    path("costs/allocation/<int:pk>/", allocation_views.rule_edit, name="allocation-edit"),
    path("costs/allocation/<int:pk>/move/", allocation_views.rule_move, name="allocation-move"),
    path("costs/categories/", entry_views.category_list, name="categories"),
    path("costs/categories/<slug:name>/", entry_views.category_edit, name="category-edit"),
    path("costs/explore/", explorer.explore, name="explore"),
    re_path(r"^costs/explore\.(?P<extension>csv|xlsx)$", explorer.export, name="explore-export"),
    path("costs/explore-focus.csv", explorer.export_focus, name="explore-focus"),
    path("costs/ai-categories/", ai_views.rules, name="ai-categories"),
    path("costs/ai-categories/new/", ai_views.rule_new, name="ai-category-new"),
    path("costs/ai-categories/<int:pk>/", ai_views.rule_edit, name="ai-category-edit"),
    path("costs/assets/", register_views.asset_list, name="assets"),
    path("costs/assets/new/", register_views.asset_new, name="asset-new"),
    path("costs/assets/<int:pk>/", register_views.asset_detail, name="asset"),
    path("costs/assets/<int:pk>/edit/", register_views.asset_edit, name="asset-edit"),
    path("costs/labour/", labour_views.days, name="labour"),
    path("costs/labour/roles/", labour_views.role_list, name="labour-roles"),
    path("costs/labour/roles/new/", labour_views.role_new, name="labour-role-new"),
    path("costs/labour/roles/<int:pk>/", labour_views.role_edit, name="labour-role-edit"),
    path("costs/recurring/", register_views.recurring_list, name="recurring"),
    path("costs/recurring/new/", register_views.recurring_new, name="recurring-new"),
    path("costs/recurring/<int:pk>/", register_views.recurring_detail, name="recurring-cost"),
    path("costs/recurring/<int:pk>/edit/", register_views.recurring_edit, name="recurring-edit"),
    path("costs/recoverable/", billing_views.recoverable, name="recoverable"),
    path("initiatives/<str:key>/costs/", entry_views.initiative_costs, name="initiative"),
    path("initiatives/<str:key>/budget/", budget_views.budget, name="budget"),
]
