"""Addresses of the outcome pages."""

from django.urls import path, re_path

from outcomes import edit_views, views

app_name = "outcomes"
urlpatterns = [
    path("outcomes/", views.outcome_list, name="outcome-list"),
    path("outcomes/new/<str:key>/", edit_views.outcome_new, name="outcome-new"),
    re_path(r"^outcomes/readings\.(?P<extension>csv|xlsx)$", views.reading_export, name="reading-export"),
    path("outcomes/validate/", views.validate, name="reading-validate"),
    path("outcomes/<int:pk>/", views.outcome_detail, name="outcome"),
    path("outcomes/<int:pk>/figures/<slug:name>/", views.outcome_figure, name="outcome-figure"),
    path("outcomes/<int:pk>/edit/", edit_views.outcome_edit, name="outcome-edit"),
    path("outcomes/<int:pk>/readings/new/", edit_views.reading_new, name="reading-new"),
    path("outcomes/readings/<int:pk>/correct/", edit_views.reading_correct, name="reading-correct"),
    path("outcomes/readings/<int:pk>/withdraw/", edit_views.reading_withdraw, name="reading-withdraw"),
    path("initiatives/<str:key>/outcomes/", views.initiative_outcomes, name="initiative"),
    # Where the form of an outcome stood: pages that were opened before an upgrade send theirs there.
    path("initiatives/<str:key>/outcomes/new/", edit_views.outcome_new),
    path("initiatives/<str:key>/outcomes/record/", views.reading_choose, name="reading-choose"),
]
