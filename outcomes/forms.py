"""The screens for an outcome and for a reading: what they ask, in which words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.asking import AskingForm
from accounts.models import Organisation, User
from api.decimals import shortest
from display import numbers
from display.fields import SoftWarning
from money.forms import AmountField, CurrencyField
from outcomes import edit_conflicts, suggestions
from outcomes.agreements import IDENTITY, VALUES
from outcomes.benefit import per_month
from outcomes.models import BenefitType, Direction, Measurement, Outcome, OutcomeKind, OutcomeTerms, ReadingMethod
from outcomes.wording import metric_warning
from projects.forms import DayField, LongText
from projects.people import find_or_invite

HUNDRED = Decimal(100)
NOT_OF_THE_OUTCOME = {"heeded", "version", "read", "effective_on"}


class OutcomeForm(AskingForm):
    """An outcome, one question after the other. `values()` gives the fields for `outcomes.agreements`."""

    metric = forms.CharField(
        label=gettext_lazy("What will you measure?"),
        help_text=gettext_lazy("One thing that someone can count. “Minutes to sort a claim”, not “better triage”."),
        max_length=200,
    )
    unit = forms.CharField(
        label=gettext_lazy("In which unit?"),
        help_text=gettext_lazy("As written after the number: minutes, cases, %, points."),
        max_length=200,
    )
    direction = forms.ChoiceField(
        label=gettext_lazy("Which way is better?"),
        choices=[
            (Direction.DECREASE, gettext_lazy("Lower: it is to decrease")),
            (Direction.INCREASE, gettext_lazy("Higher: it is to increase")),
            (Direction.MAINTAIN, gettext_lazy("As it is: it is to stay within bounds")),
        ],
        widget=forms.RadioSelect,
        initial=Direction.DECREASE,
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("What does a reading show?"),
        choices=[
            (OutcomeKind.LEVEL, gettext_lazy("How it stands on a day, such as minutes per case")),
            (OutcomeKind.FLOW, gettext_lazy("An amount over a period, such as hours saved in May")),
        ],
        widget=forms.RadioSelect,
        initial=OutcomeKind.LEVEL,
    )
    baseline = AmountField(
        label=gettext_lazy("Baseline"),
        help_text=gettext_lazy("Where it stood before; of an amount, per month."),
        required=False,
    )
    baseline_on = DayField(
        label=gettext_lazy("Measured on"), help_text=gettext_lazy("The day of the baseline."), required=False
    )
    target = AmountField(label=gettext_lazy("Target"), help_text=gettext_lazy("Where you want it."), required=False)
    target_low = AmountField(
        label=gettext_lazy("Not below"), help_text=gettext_lazy("The lower bound."), required=False
    )
    target_high = AmountField(
        label=gettext_lazy("Not above"), help_text=gettext_lazy("The upper bound."), required=False
    )
    target_on = DayField(label=pgettext_lazy("target", "By"), help_text=gettext_lazy("A date."), required=False)
    cadence_days = forms.IntegerField(
        label=gettext_lazy("How many days between readings?"),
        help_text=gettext_lazy("After one and a half times as many days, the outcome is overdue."),
        initial=30,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    owner_email = forms.EmailField(
        label=gettext_lazy("Who sees to the readings?"),
        help_text=gettext_lazy("An e-mail address; without one it is you."),
        required=False,
        max_length=200,
    )
    data_source = forms.CharField(
        label=gettext_lazy("Where does the number come from?"),
        help_text=gettext_lazy("The report, the system or the person to ask."),
        required=False,
        max_length=200,
    )
    unit_value = AmountField(
        label=gettext_lazy("What is one unit worth?"),
        help_text=gettext_lazy("Money per unit of improvement. Finance can fill this in later."),
        required=False,
    )
    unit_value_currency = CurrencyField(short=True, label=gettext_lazy("Currency"), required=False)
    volume_per_month = AmountField(
        label=gettext_lazy("How many a month?"),
        help_text=gettext_lazy("The volume that a level applies to, such as 9,400 claims a month."),
        required=False,
    )
    attribution = AmountField(
        label=gettext_lazy("How much of the change is due to the initiative?"),
        help_text=gettext_lazy("Per cent; the rest has other causes."),
        initial=HUNDRED,
        required=False,
    )
    benefit_type = forms.ChoiceField(
        label=gettext_lazy("What sort of benefit is it?"),
        choices=[("", "—"), *BenefitType.choices],
        required=False,
    )
    agreed_on = DayField(
        label=gettext_lazy("When was this agreed?"),
        help_text=gettext_lazy("What is agreed before a prototype starts, or within two weeks, counts as guidance."),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["agreed_on"].initial = timezone.localdate
        if not self.is_bound and not self.initial.get("unit_value_currency"):
            self.initial["unit_value_currency"] = Organisation.current().base_currency

    @classmethod
    def values_of(cls, outcome: Outcome, terms: OutcomeTerms) -> dict[str, Any]:
        """Return what the form starts with for an outcome at hand."""
        known = {name: getattr(outcome, name) for name in (*IDENTITY, "version")}
        known |= {name: cls.shortest(getattr(terms, name)) for name in VALUES}
        return known | {
            "attribution": cls.shortest(terms.attribution * HUNDRED),
            "owner_email": outcome.owner.email if outcome.owner else "",
            "unit_value_currency": terms.unit_value_currency or Organisation.current().base_currency,
        }

    @staticmethod
    def shortest(value: Any) -> Any:
        """Return an amount without the zeros at its end that say nothing; anything else as it is."""
        return Decimal(shortest(value)) if isinstance(value, Decimal) else value

    def remarks(self, cleaned: dict[str, Any]) -> Mapping[str, SoftWarning | None]:
        """A metric that nobody could measure as it is worded."""
        return {"metric": metric_warning(cleaned.get("metric", ""))}

    def values(self, actor: User) -> dict[str, Any]:
        """Return the fields of the outcome; people are found by their address, or invited where `actor` may."""
        values = {name: value for name, value in self.cleaned_data.items() if name not in NOT_OF_THE_OUTCOME}
        share, address = values["attribution"], values.pop("owner_email")
        values["attribution"] = Decimal(1) if share is None else share / HUNDRED
        values["owner"] = find_or_invite(address, actor) if address else actor
        if values["unit_value"] is None:
            values["unit_value_currency"] = ""
        return values


class OutcomeChangeForm(OutcomeForm):
    """A change of an outcome, from a day on. `seen` are its values as the person was shown them."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    read = forms.CharField(required=False, widget=forms.HiddenInput)
    effective_on = DayField(
        label=gettext_lazy("From which day does this hold?"),
        help_text=gettext_lazy(
            "The day of the agreement corrects everything from the start. "
            "With a later day, what held before it stays as it was."
        ),
    )

    ended_on = DayField(
        label=gettext_lazy("Is it no longer measured? From which day?"),
        help_text=gettext_lazy(
            "From this day on no reading is due and no benefit counts; what was before stays as it was."
        ),
        required=False,
    )

    def __init__(self, outcome: Outcome, terms: OutcomeTerms, data: Any = None) -> None:
        self.seen = {name: getattr(outcome if name in IDENTITY else terms, name) for name in (*IDENTITY, *VALUES)}
        shown = self.values_of(outcome, terms)
        super().__init__(data, initial=shown | {"read": edit_conflicts.seal(shown)})
        self.fields["effective_on"].initial = timezone.localdate

    def values(self, actor: User) -> dict[str, Any]:
        """Return what differs from the outcome as the person saw it: the rest is left as it is on any day."""
        return {name: value for name, value in super().values(actor).items() if value != self.seen.get(name)}


class ReadingForm(AskingForm):
    """A reading: a minute's work."""

    period_start = DayField(label=pgettext_lazy("period", "From"))
    period_end = DayField(label=pgettext_lazy("period", "To"))
    value = AmountField(label=gettext_lazy("What was the reading?"))
    method = forms.ChoiceField(
        label=gettext_lazy("How do you know?"),
        choices=ReadingMethod.choices,
        widget=forms.RadioSelect,
        initial=ReadingMethod.OBSERVED,
    )
    evidence_url = forms.CharField(
        label=gettext_lazy("Where can it be looked up?"),
        help_text=gettext_lazy("A web address."),
        required=False,
        max_length=200,
        widget=forms.URLInput,
    )
    note = LongText(label=gettext_lazy("Anything to know about it?"))

    def __init__(
        self, outcome: Outcome, terms: OutcomeTerms, so_far: list[Measurement], *args: Any, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.outcome, self.terms, self.so_far = outcome, terms, so_far
        if outcome.is_flow:
            self.judged_by = ("period_start", "period_end")  # the value is judged by what it comes to in a month
        else:
            del self.fields["period_start"]
            self.fields["period_end"].label = _("On which day?")

    @classmethod
    def proposal(cls, outcome: Outcome, latest: Measurement | None) -> dict[str, date]:
        """Return the period that the next reading is about; nothing where no day of it is over yet."""
        last = (latest.period_start or latest.period_end, latest.period_end) if latest else None
        period = suggestions.next_period(outcome.is_flow, last, timezone.localdate())
        return dict(zip(("period_start", "period_end"), period, strict=True)) if period else {}

    def remarks(self, cleaned: dict[str, Any]) -> Mapping[str, SoftWarning | None]:
        """A value far from everything known so far, and a reading from after the end of the outcome."""
        value, start, end = (cleaned.get(name) for name in ("value", "period_start", "period_end"))
        if value is None or end is None or (self.outcome.is_flow and (start is None or start > end)):
            return {}
        return {"value": self._far_off(value, start, end), "period_end": self._after_end(end)}

    def _after_end(self, end: date) -> SoftWarning | None:
        if not self.outcome.has_ended_by(end):
            return None
        said = _(
            "The outcome is no longer measured from %(day)s: from then on this reading counts in no figure. "
            "If it is to be kept all the same, save it again."
        )
        return SoftWarning(said % {"day": numbers.day(self.outcome.ended_on)})

    def _far_off(self, value: Decimal, start: date | None, end: date) -> SoftWarning | None:
        landmarks = [getattr(self.terms, name) for name in ("baseline", "target", "target_low", "target_high")]
        usual = suggestions.usual_range([reading.per_month for reading in self.so_far], landmarks)
        told = per_month(value, start, end) if self.outcome.is_flow else value
        if usual is None or usual[0] <= told <= usual[1]:
            return None
        values = [reading.per_month for reading in self.so_far]
        low, high = (numbers.significant(end(values), 4) for end in (min, max))
        said = _(
            "That is far from the readings so far (%(low)s to %(high)s). "
            "Is a digit or the unit wrong? If it is right, save it again."
        )
        return SoftWarning(said % {"low": low, "high": high})

    def values(self) -> dict[str, Any]:
        """Return the fields of the reading."""
        return {name: value for name, value in self.cleaned_data.items() if name != "heeded"}
