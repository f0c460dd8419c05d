"""Addresses below /initiatives/; the overview, outcomes and costs of one initiative are other rooms' pages."""

from django.urls import path, re_path

from projects.views import corrections, edit, handover, history, holds, intake, listing, members, moves, units, withdraw

app_name = "projects"
urlpatterns = [
    path("", listing.initiative_list, name="initiative-list"),
    re_path(r"^export\.(?P<form>csv|xlsx)$", listing.initiative_export, name="initiative-export"),
    path("new/", intake.intake_new, name="intake-new"),
    path("new/<int:pk>/", intake.intake_resume, name="intake-resume"),
    path("new/<int:pk>/discard/", intake.intake_discard, name="intake-discard"),
    path("new/<int:pk>/<slug:step>/", intake.intake_step, name="intake-step"),
    path("handover/<int:pk>/", handover.hand_over, name="handover"),
    path("units/", units.unit_list, name="unit-list"),
    path("units/<int:pk>/", units.unit_edit, name="unit-edit"),
    path("<str:key>/edit/", edit.initiative_edit, name="initiative-edit"),
    path("<str:key>/edit/discard/", edit.edit_discard, name="edit-discard"),
    path("<str:key>/edit/<slug:step>/", edit.edit_step, name="edit-step"),
    path("<str:key>/members/", members.members_edit, name="members-edit"),
    path("<str:key>/withdraw/", withdraw.initiative_withdraw, name="initiative-withdraw"),
    path("<str:key>/stage/", moves.transition_new, name="transition-new"),
    path("<str:key>/stage/<int:position>/", corrections.transition_correct, name="transition-correct"),
    path("<str:key>/stage/<int:position>/take-back/", corrections.transition_take_back, name="transition-take-back"),
    path("<str:key>/hold/", holds.hold_edit, name="hold-edit"),
    path("<str:key>/hold/<int:pk>/", holds.hold_correct, name="hold-correct"),
    path("<str:key>/hold/<int:pk>/take-back/", holds.hold_take_back, name="hold-take-back"),
    path("<str:key>/history/", history.initiative_history, name="initiative-history"),
]
