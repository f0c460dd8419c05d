"""The product's addresses with the style page, which otherwise exists only with DEBUG."""

from django.urls import include, path

from config.urls import urlpatterns as product

urlpatterns = [path("styleguide/", include("display.urls")), *product]
