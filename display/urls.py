"""The style page; config mounts it only with DEBUG."""

from django.urls import path

from display import styleguide

app_name = "display"
urlpatterns = [path("", styleguide.styleguide, name="styleguide")]
