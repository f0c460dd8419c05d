"""Addresses of people, tokens and set-up."""

from django.urls import path

from accounts import token_views, views

app_name = "accounts"
urlpatterns = [
    path("setup/", views.set_up, name="set-up"),
    path("language/", views.set_language, name="language-set"),
    path("profile/", views.profile, name="profile-edit"),
    path("organisation/", views.organisation_edit, name="organisation-edit"),
    path("people/", views.people_list, name="people-list"),
    path("people/invite/", views.person_invite, name="person-invite"),
    path("people/<int:pk>/", views.person_edit, name="person-edit"),
    path("people/<int:pk>/act/", views.person_act, name="person-act"),
    path("tokens/", token_views.token_list, name="token-list"),
    path("tokens/<int:pk>/revoke/", token_views.token_revoke, name="token-revoke"),
]
