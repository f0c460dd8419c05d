"""Every address of the product, but those of `config.health`."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from config.api import api

handler400 = "config.limits.bad_request"
urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", api.urls),
    path("", include("accounts.sign_in_urls")),
    path("", include("accounts.urls")),
    path("people/trail/", include("projects.trail_urls")),
    path("initiatives/", include("projects.urls")),
    path("", include("outcomes.urls")),
    path("costs/rates/", include("money.urls")),
    path("", include("costs.urls")),
    path("imports/", include("imports.urls")),
    path("", include("portfolio.urls")),  # last: /initiatives/<key>/ leaves /initiatives/new/ to projects
]
if settings.DEBUG:
    urlpatterns.append(path("styleguide/", include("display.urls")))
