"""Forms about people, tokens and the organisation."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils import dates
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts import currencies, mail, time_zones
from accounts.models import Role, Theme, User
from accounts.words import WordsField

_LANGUAGES = [("", _("As the browser")), ("en", "English"), ("ja", "日本語")]


class EmailField(forms.EmailField):
    """An e-mail address as the database holds it."""

    def __init__(self, **options: Any) -> None:
        widget = forms.EmailInput(attrs={"autocomplete": "email"})
        super().__init__(label=_("E-mail address"), max_length=200, widget=widget, **options)


class PeopleFilters(forms.Form):
    """Whom the list of people shows, as its address carries it. A value that makes no sense keeps nobody out."""

    STATES = {
        "active": pgettext_lazy("person", "Active"),
        "invited": _("Invited"),
        "named": _("No e-mail yet"),
        "off": _("Deactivated"),
    }
    q = WordsField(label=_("Name or e-mail address"))
    state = forms.ChoiceField(required=False, choices=list(STATES.items()), widget=forms.HiddenInput)

    def __init__(self, data: Any) -> None:
        super().__init__(data, auto_id="filter-%s")

    @property
    def kept(self) -> dict[str, str]:
        """The filters that are set and make sense."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}

    def found(self) -> QuerySet[User]:
        """Return the people in the state that is asked for whose name or address holds every word."""
        people = User.objects
        in_state = {
            "active": people.able(),
            "invited": people.invited().filter(is_active=True),
            "named": mail.only_named(),
            "off": people.filter(is_active=False),
        }
        found = in_state.get(self.kept.get("state", ""), people.all())
        for word in self.kept.get("q", "").split():
            found = found.filter(Q(name__icontains=word) | Q(email__icontains=word))
        return found


class OrganisationForm(forms.Form):
    """What may be changed about the organisation at any time."""

    name = forms.CharField(
        label=_("Name of the organisation"), max_length=200, help_text=_("As it stands on pages and reports.")
    )
    fiscal_year_start = forms.TypedChoiceField(
        label=_("First month of the fiscal year"),
        help_text=_("Quarters are counted from here."),
        coerce=int,
        choices=lambda: [(number, dates.MONTHS[number]) for number in range(1, 13)],
        initial=1,
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone"), help_text=_("“Today” is the day there; what lies after it is in the future.")
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["time_zone"].choices = time_zones.choices(self.initial["time_zone"])  # type: ignore[attr-defined]


class SetUpForm(OrganisationForm):
    """The organisation and its first administrator."""

    base_currency = forms.ChoiceField(
        label=_("Base currency"),
        help_text=_("Every sum is in this currency. It cannot be changed later."),
        choices=currencies.choices,
        initial="USD",
    )
    admin_name = forms.CharField(
        label=_("Your name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    email = EmailField(help_text=_("You sign in with it."))
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=4_096,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least 12 characters; a sentence is good."),
    )

    def clean(self) -> dict[str, Any]:
        """Hold the password to the rules, one of which compares it with name and address."""
        cleaned = super().clean() or {}
        if cleaned.get("password"):
            person = User(email=cleaned.get("email", ""), name=cleaned.get("admin_name", ""))
            try:
                validate_password(cleaned["password"], person)
            except ValidationError as error:
                self.add_error("password", error)
        return cleaned


class InvitationForm(forms.Form):
    """Somebody new."""

    email = EmailField(help_text=_("A link to choose a password goes there."))
    name = forms.CharField(label=_("Name"), max_length=200, required=False)
    role = forms.ChoiceField(label=_("Role"), choices=Role, initial=Role.CONTRIBUTOR, widget=forms.RadioSelect)
    language = forms.ChoiceField(label=_("Language"), choices=_LANGUAGES[1:], help_text=_("Of the invitation."))


class PersonForm(forms.Form):
    """What an administrator changes about somebody."""

    name = forms.CharField(label=_("Name"), max_length=200, required=False)
    role = forms.ChoiceField(label=_("Role"), choices=Role, widget=forms.RadioSelect)


class ProfileForm(forms.Form):
    """What people change about themselves; the page sends along what it showed, so that only a change is written."""

    name = forms.CharField(
        label=_("Name"),
        max_length=200,
        required=False,
        show_hidden_initial=True,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    language = forms.ChoiceField(label=_("Language"), choices=_LANGUAGES, required=False, show_hidden_initial=True)
    theme = forms.ChoiceField(label=_("Theme"), choices=Theme, required=False, show_hidden_initial=True)


class TokenForm(forms.Form):
    """A new API token."""

    name = forms.CharField(
        label=_("What is it for?"), max_length=200, help_text=_("So that you know later which one to revoke.")
    )


class LanguageForm(forms.Form):
    """The language switch."""

    language = forms.ChoiceField(choices=settings.LANGUAGES)
