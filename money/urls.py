"""Addresses below /costs/rates/."""

from django.urls import path

from money import views

app_name = "money"
urlpatterns = [
    path("", views.rate_list, name="rate-list"),
    path("add/", views.rate_add, name="rate-add"),
    path("upload/", views.rate_upload, name="rate-upload"),
]
