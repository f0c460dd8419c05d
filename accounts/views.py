"""Set-up, language, profile and people. Thin: the rules are in `organisation` and `people`."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef
from django.forms import BaseForm, model_to_dict
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts import mail, organisation, people, refusals, time_zones
from accounts.errors import RuleError, StaleError
from accounts.forms import (
    InvitationForm,
    LanguageForm,
    OrganisationForm,
    PeopleFilters,
    PersonForm,
    ProfileForm,
    SetUpForm,
)
from accounts.models import Organisation, User
from accounts.next_url import next_url
from accounts.once import once
from accounts.permissions import require
from accounts.sent_fields import sent_version

_BACKEND = settings.AUTHENTICATION_BACKENDS[0]
PER_PAGE = 50


@login_not_required
@never_cache
@sensitive_post_parameters("password")
def set_up(request: HttpRequest) -> HttpResponse:
    """Ask for the organisation and its first administrator; closed as soon as there is one."""
    if User.objects.active_admins().exists():
        return redirect("/")
    form = SetUpForm(request.POST or None, initial={"time_zone": time_zones.proposed(get_language())})
    if form.is_valid():
        try:
            admin = organisation.set_up(**form.cleaned_data)
        except RuleError as error:
            refusals.show(form, error)
        else:
            login(request, admin, backend=_BACKEND)
            return redirect("/")
    return render(request, "accounts/set_up.html", {"form": form}, status=_status(form))


@login_not_required
@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Switch the language: in the profile of who is signed in, and for this browser."""
    form = LanguageForm(request.POST)
    response = redirect(next_url(request, "/"))
    if form.is_valid():
        language = form.cleaned_data["language"]
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, language, max_age=365 * 24 * 3600, samesite="Lax")
        if request.user.is_authenticated:
            people.edit_profile(request.user, language=language)
    return response


def profile(request: HttpRequest) -> HttpResponse:
    """Show and change one's own name, language and theme."""
    user = request.user
    form = ProfileForm(
        request.POST or None, initial={"name": user.name, "language": user.language, "theme": user.theme}
    )
    if form.is_valid():
        people.edit_profile(user, **{name: form.cleaned_data[name] for name in form.changed_data})
        messages.success(request, _("Saved."))
        return redirect("accounts:profile-edit")
    return render(request, "accounts/profile.html", {"form": form}, status=_status(form))


def organisation_edit(request: HttpRequest) -> HttpResponse:
    """Change the organisation's name, fiscal year and time zone."""
    require(request.user, "settings.edit")
    form = OrganisationForm(request.POST or None, initial=model_to_dict(request.organisation))
    version = sent_version(request)
    if form.is_valid():
        try:
            organisation.edit(request.user, version, **form.cleaned_data)
        except StaleError as error:
            version = _overtaken(form, error, Organisation.current())
        else:
            messages.success(request, _("Saved."))
            return redirect("accounts:organisation-edit")
    context = {"form": form, "version": version or request.organisation.version}
    return render(request, "accounts/organisation.html", context, status=_status(form))


def people_list(request: HttpRequest) -> HttpResponse:
    """Show everybody, or those who are looked for."""
    require(request.user, "people.manage")
    filters = PeopleFilters(request.GET)
    found = filters.found().annotate(is_only_named=Exists(mail.only_named().filter(pk=OuterRef("pk"))))
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "able": User.objects.able().count(), "filters": filters}
    return render(request, "accounts/people.html", context)


@once
def person_invite(request: HttpRequest) -> HttpResponse:
    """Invite somebody."""
    require(request.user, "people.manage")
    form = InvitationForm(request.POST or None, initial={"language": request.LANGUAGE_CODE})
    if form.is_valid():
        try:
            person = people.invite(request.user, mail.site_of(request), **form.cleaned_data)
        except RuleError as error:
            refusals.show(form, error)
        else:
            return _invited(request, person)
    return render(request, "accounts/person_invite.html", {"form": form}, status=_status(form))


def person_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change somebody's name and role."""
    require(request.user, "people.manage")
    person = get_object_or_404(User, pk=pk)
    form = PersonForm(request.POST or None, initial={"name": person.name, "role": person.role})
    version = sent_version(request)
    if form.is_valid():
        try:
            people.edit(request.user, person, version, **form.cleaned_data)
        except StaleError as error:
            person.refresh_from_db()
            version = _overtaken(form, error, person)
        except RuleError as error:
            refusals.show(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect(_back(request))
    context = {"form": form, "person": person, "version": version or person.version, "owned": _owned(person)}
    context["back"] = _back(request)
    context |= _invitation(request, person)
    return render(request, "accounts/person.html", context, status=_status(form))


@require_POST
def person_act(request: HttpRequest, pk: int) -> HttpResponse:
    """Deactivate somebody, let them in again, or send the invitation again."""
    require(request.user, "people.manage")
    person = get_object_or_404(User, pk=pk)
    try:
        return _act(request, person, request.POST.get("action", ""))
    except RuleError as error:
        messages.error(request, error.message)
        return _to_person(request, person)


def _act(request: HttpRequest, person: User, action: str) -> HttpResponse:
    if action == "invite":
        people.invite_again(request.user, mail.site_of(request), person)
        return _invited(request, person)
    if action not in ("activate", "deactivate"):
        raise RuleError(_("There is no such action."))
    people.set_active(request.user, person, action == "activate")
    messages.success(request, _said(person, action))
    if action == "deactivate" and _owned(person):
        return redirect("projects:handover", pk=person.pk)
    return redirect(_back(request))


def _back(request: HttpRequest) -> str:
    """Return the list of people that the reader came from, as they had filtered it."""
    return next_url(request, reverse("accounts:people-list"))


def _to_person(request: HttpRequest, person: User) -> HttpResponse:
    """Lead to the page of somebody, from which the reader still goes back to where they came from."""
    back = _back(request)
    query = {"next": back} if back != reverse("accounts:people-list") else None
    return redirect(reverse("accounts:person-edit", args=[person.pk], query=query))


def _owned(person: User) -> int:
    return sum(owned(person) for owned in people.owned_by)


def _overtaken(form: BaseForm, error: StaleError, now: User | Organisation) -> int:
    """Show the version in force beside what was typed, and return it: what was typed is saved over what was seen."""
    refusals.show(form, error)
    for name, typed in list(form.cleaned_data.items()):
        if (kept := getattr(now, name)) != typed:
            shown = dict(getattr(form.fields[name], "choices", ())).get(kept, kept)
            form.add_error(name, _("In force now: {value}").format(value=shown or "—"))
    return now.version


def _invitation(request: HttpRequest, person: User) -> dict[str, Any]:
    """Return the invitation of somebody who is still invited, and, unless it has gone out, the link to hand over."""
    if not person.is_active or not person.is_invited:
        return {}
    letter = mail.last_invitation(person)
    has_gone = mail.is_set_up() and letter is not None and letter.sent_at is not None
    link = "" if has_gone else mail.link_to_choose_a_password(person, mail.site_of(request))
    is_given_up = letter is not None and mail.is_given_up(letter)
    return {"letter": letter, "is_given_up": is_given_up, "mail_is_set_up": mail.is_set_up(), "link": link}


def _invited(request: HttpRequest, person: User) -> HttpResponse:
    """Say that the letter is on its way; where letters cannot be sent, lead to the link to hand over."""
    if not mail.is_set_up():
        return _to_person(request, person)
    messages.success(request, _("An invitation is on its way to {email}.").format(email=person.email))
    return redirect(_back(request))


def _said(person: User, action: str) -> str:
    if action == "activate":
        return _("{person} can sign in again.").format(person=person)
    return _("{person} can no longer sign in, and their tokens no longer work.").format(person=person)


def _status(form: BaseForm) -> int:
    """A page that shows a form's errors says so in its status, too."""
    return 422 if form.is_bound else 200
