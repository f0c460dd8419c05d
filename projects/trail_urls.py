"""Addresses below /people/trail/."""

from django.urls import path

from projects.views import trail

app_name = "trail"
urlpatterns = [
    path("", trail.trail_list, name="list"),
    path("export.csv", trail.trail_export, name="export"),
]
