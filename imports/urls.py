"""Addresses below /imports/."""

from django.urls import path

from imports import views

app_name = "imports"
urlpatterns = [
    path("", views.import_list, name="import-list"),
    path("<int:pk>/", views.import_detail, name="import-detail"),
    path("<int:pk>/errors.csv", views.import_errors, name="import-errors"),
    path("<int:pk>/revert/", views.import_revert, name="import-revert"),
]
