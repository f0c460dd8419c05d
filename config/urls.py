"""Every address of the product."""

from django.urls import URLPattern, URLResolver, include, path

from accounts.middleware import open_to_all
from config import health
from config.api import api
from config.api import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("api/v1/", api.urls),
    path("", include("allauth.account.urls")),
]
