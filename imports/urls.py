"""Addresses below /imports/."""

from django.urls import path

from imports import mapping_views, views

app_name = "imports"
urlpatterns = [
    path("", views.import_list, name="import-list"),
    path("<int:pk>/", views.import_detail, name="import-detail"),
    path("<int:pk>/errors.csv", views.import_errors, name="import-errors"),
    path("<int:pk>/restated.csv", views.import_restated, name="import-restated"),
    path("uploads/<int:pk>/", mapping_views.upload_map, name="upload-map"),
    path("uploads/<int:pk>/format/", views.upload_format, name="upload-format"),
    path("mappings/", mapping_views.mapping_list, name="mapping-list"),
    path("mappings/<int:pk>/", mapping_views.mapping_edit, name="mapping-edit"),
    path("<int:pk>/map/", mapping_views.import_map, name="import-map"),
    path("<int:pk>/repeat/", views.import_repeat, name="import-repeat"),
    path("<int:pk>/cancel/", views.import_cancel, name="import-cancel"),
    path("<int:pk>/revert/", views.import_revert, name="import-revert"),
]
