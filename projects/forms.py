"""Form fields and forms of this room. Fields are text as people type it; the doors check what holds."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.errors import RuleError
from accounts.models import User
from accounts.permissions import can
from api.fields import EARLIEST, LATEST
from projects import fields as rules
from projects import people, tags, units
from projects.dates import not_in_future
from projects.models import BusinessUnit, Initiative
from projects.stages import Stage


class DayField(forms.DateField):
    """A day, from the browser's own calendar or typed as 2026-11-30."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    default_error_messages = {"invalid": _("Write the date as 2026-03-31.")}

    def __init__(self, **options: Any) -> None:
        super().__init__(input_formats=["%Y-%m-%d", "%Y/%m/%d"], **options)

    def clean(self, value: Any) -> date | None:
        """Return the day; only those between 1950 and 2100 are meant."""
        day = super().clean(value)
        if day is not None and not EARLIEST <= day <= LATEST:
            raise ValidationError(_("A day between 1950 and 2100."))
        return day


class LongText(forms.CharField):
    """A text of several lines, at most 20,000 characters."""

    def __init__(self, rows: int = 3, **options: Any) -> None:
        widget = forms.Textarea(attrs={"rows": rows})
        super().__init__(widget=widget, max_length=rules.LONGEST_TEXT, required=False, **options)

    def to_python(self, value: Any) -> str:
        """Take the end of a line as one character, as files and the API have it; a browser sends two."""
        return super().to_python(value).replace("\r\n", "\n")


class TagsField(forms.CharField):
    """Tags, separated by commas."""

    def clean(self, value: Any) -> list[str]:
        """Return the names."""
        return tags.split(super().clean(value))


class UnitField(forms.CharField):
    """A business unit by its path, with those that exist to pick from."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("label", _("Business unit"))
        options.setdefault("help_text", _("For whom is it? “Claims”, or “Claims / Motor”."))
        widget = forms.TextInput(attrs={"list": "business-units", "autocomplete": "off"})
        super().__init__(required=False, max_length=2_000, widget=widget, **options)


class ActorForm(forms.Form):
    """A form that knows who fills it in; `actor` is set before it is validated."""

    actor: User | None = None

    def clean_business_unit(self) -> str:
        """Say at once when the unit is not there and this person may not make it."""
        path = self.cleaned_data["business_unit"]
        if path == self.initial.get("business_unit"):
            return path  # what stood there when a change was begun, whatever the unit is called by now
        if path and self.actor and not can(self.actor, "name.make"):
            self._try(lambda: units.find_or_make(path, self.actor))
        return path

    def clean_owner_email(self) -> str:
        """Say at once when nobody has this address and this person may not invite."""
        return self._address("owner_email")

    def clean_sponsor_email(self) -> str:
        """Say at once when nobody has this address and this person may not invite."""
        return self._address("sponsor_email")

    def _address(self, name: str) -> str:
        address = self.cleaned_data[name]
        if address and self.actor and not can(self.actor, "name.make"):
            self._try(lambda: people.find_or_invite(address, self.actor, name))
        return address

    def _try(self, find: Any) -> None:
        try:
            find()
        except RuleError as error:
            raise ValidationError(error.message) from error

    @property
    def unit_paths(self) -> list[str]:
        """The units that exist, to pick from."""
        return list(BusinessUnit.objects.order_by("path").values_list("path", flat=True))


class UnitForm(forms.Form):
    """What a unit is to be called; `read` is what it was called on the page."""

    path = forms.CharField(
        label=_("Path"), max_length=2_000, help_text=_("“Claims”, or “Claims / Motor” for a unit below another.")
    )
    joins = forms.BooleanField(
        label=_("Make the two one"),
        help_text=_("Its initiatives and the units below it go there, and it is no more."),
        required=False,
    )
    read = forms.CharField(widget=forms.HiddenInput, strip=False)


class TransitionForm(forms.Form):
    """A move to another stage."""

    to_stage = forms.ChoiceField(label=_("To stage"), widget=forms.RadioSelect)
    effective_on = DayField(
        label=_("Effective on"), help_text=_("When it really happened: not in the future, not before the last step.")
    )
    rationale = LongText(label=_("Reason"), help_text=_("Why now? It stays in the history."))
    override = forms.BooleanField(
        label=_("Pass the gate although it is not met"), help_text=_("Needs a reason."), required=False
    )

    def __init__(self, *arguments: Any, moves: tuple[Stage, ...], may_override: bool, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["to_stage"].choices = [(stage.value, stage.label) for stage in moves]
        self.fields["effective_on"].initial = timezone.localdate
        if len(moves) == 1:
            self.fields["to_stage"].initial = moves[0].value
        if not may_override:
            del self.fields["override"]


class RedateForm(forms.Form):
    """When a move really happened, or by when it had."""

    effective_on = DayField(label=_("Effective on"))
    not_known = forms.BooleanField(
        label=_("The day itself is not known: it had happened by then"),
        help_text=_("Figures that need the day leave it out and say so."),
        required=False,
    )

    def days(self) -> tuple[date | None, date | None]:
        """Return the day on which it happened and the one by which it had; one of them is None."""
        day: date = self.cleaned_data["effective_on"]
        return (None, day) if self.cleaned_data["not_known"] else (day, None)


class _OfAPause(forms.Form):
    """A form about pauses: `read` is the one that was open as its page was shown."""

    read = forms.IntegerField(required=False, widget=forms.HiddenInput)


class HoldForm(_OfAPause):
    """A pause: when it began, when work went on, why."""

    started_on = DayField(label=_("On hold since"))
    ended_on = DayField(label=_("Resumed on"), help_text=_("Empty while it is on hold."), required=False)
    reason = LongText(label=_("Reason"))

    def clean_started_on(self) -> date:
        """Refuse the future at once."""
        return past(self.cleaned_data["started_on"], "started_on")


class ResumeForm(_OfAPause):
    """The end of the pause that is open."""

    ended_on = DayField(label=_("Work goes on from"), help_text=_("The first day on which it is no longer on hold."))


class MembersForm(forms.Form):
    """Who else works on it."""

    members = LongText(
        label=_("Members"),
        help_text=_("E-mail addresses, one per line. Members can see and edit it, even when it is confidential."),
        rows=6,
    )
    # The members as the page showed them: tells who was taken out from who came meanwhile.
    shown = forms.CharField(required=False, max_length=rules.LONGEST_TEXT, widget=forms.HiddenInput)

    def clean_members(self) -> list[str]:
        """Return the addresses, each once."""
        return list(dict.fromkeys(line.strip() for line in self.cleaned_data["members"].splitlines() if line.strip()))

    def members_after(self, now: list[str]) -> list[str]:
        """Return today's members without those taken out here, with those added here; others' changes stay."""
        typed = {address.lower(): address for address in self.cleaned_data["members"]}
        taken_out = {address.lower() for address in self.cleaned_data["shown"].split()} - set(typed)
        return list({each.lower(): each for each in now if each.lower() not in taken_out} | typed)


def typed_of(initiative: Initiative) -> dict[str, Any]:
    """Return an initiative's fields as they stand in the inputs of forms, and its version."""
    texts = {name: getattr(initiative, name) or "" for name in (*rules.TITLES, *rules.LONG_TEXTS, *rules.CHOICES)}
    days = {name: day.isoformat() if (day := getattr(initiative, name)) else "" for name in rules.PLAN}
    return {
        **texts,
        **days,
        "plan_agreed_on": "",
        "business_unit": initiative.business_unit.path if initiative.business_unit else "",
        **{name: address or "" for name, address in people.addresses(initiative).items()},
        "tags": ", ".join(tag.name for tag in initiative.tags.all()),
        "confidential": initiative.confidential,
        "version": initiative.version,
    }


def past(day: date, field: str) -> date:
    """Return a day that a form was given; the future is refused."""
    try:
        not_in_future(day, field)
    except RuleError as error:
        raise ValidationError(error.message) from error
    return day


class HandoverForm(forms.Form):
    """Whose a person's initiatives are from now on."""

    new_owner = forms.ModelChoiceField(
        label=_("New owner"),
        queryset=User.objects.none(),
        empty_label="—",
        help_text=_("Somebody who is active. No letter goes out: tell them."),
    )

    def __init__(self, person: User, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        new_owner = self.fields["new_owner"]
        new_owner.queryset = User.objects.filter(is_active=True).exclude(pk=person.pk).order_by("name", "email")
        new_owner.label_from_instance = people.with_address
