"""The questions that this room asks: why, is AI needed, when, where the data lies."""

from __future__ import annotations

import re
from datetime import date
from functools import cached_property

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from display.fields import SoftWarning
from projects import fields as rules
from projects.forms import ActorForm, DayField, LongText, TagsField, UnitField, past
from projects.models import Hosting, RiskTier

# Wishes that no number can answer, as long as none stands beside them.
_WISHES = re.compile(
    r"\b(improv\w*|better|enhanc\w*|optimi[sz]\w*|boost\w*|streamlin\w*|transform\w*|moderni[sz]\w*|efficien\w*|faster)\b"
    r"|改善|向上|効率|最適化|高度化|強化|推進|変革|迅速化",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"\d|[〇一二三四五六七八九十百千]+(分|時間|件|割|倍)|半分|ゼロ|倍"
    r"|\b(half|third|twice|double|none|no|one|two|three|four|five|six|seven|eight|nine|ten)\b",
    re.IGNORECASE,
)
# What rules, forms and reports do well.
_PLAIN_WORK = re.compile(
    r"\b(report|dashboard|look ?up|copy|re-?key|reconcil\w*|remind\w*|form|template|spreadsheet)\b"
    r"|転記|集計|帳票|照合|リマインド|定型|スプレッドシート",
    re.IGNORECASE,
)


def is_unmeasurable(text: str) -> bool:
    """Tell whether a text wishes for a change and names no number."""
    return bool(_WISHES.search(text)) and not _NUMBER.search(text)


class StepForm(ActorForm):
    """A question of the intake; `warnings` are soft: they are shown once and stop nobody."""

    @cached_property
    def warnings(self) -> dict[str, list[SoftWarning]]:
        """Return the remarks by field, once the form is bound."""
        return {name: [said] for name, said in self.remarks().items() if said} if self.is_bound else {}

    def remarks(self) -> dict[str, SoftWarning | None]:
        """Return one remark per field, or None."""
        return {}

    def text(self, name: str) -> str:
        """Return what was typed into a field."""
        return str(self.data.get(self.add_prefix(name), "")).strip()


class WhyForm(StepForm):
    """Why, and for whom."""

    title = forms.CharField(
        label=gettext_lazy("What is it called?"),
        help_text=gettext_lazy("A few words that your colleagues would use."),
        max_length=rules.LONGEST_TITLE,
    )
    problem = LongText(
        label=gettext_lazy("What is the problem today?"),
        help_text=gettext_lazy("What happens, how often, what does it cost, and whom?"),
    )
    desired_outcome = LongText(
        label=gettext_lazy("What will be different?"),
        help_text=gettext_lazy("From what to what: “from 14 minutes to 7”, with what must not get worse."),
    )
    business_unit = UnitField(label=gettext_lazy("For whom?"), help_text=gettext_lazy("“Claims”, or “Claims / Motor”."))
    sponsor_email = forms.EmailField(
        label=gettext_lazy("Who wants it?"),
        help_text=gettext_lazy(
            "The e-mail address of the sponsor: the person who pays and decides whether it goes on."
        ),
        required=False,
        max_length=200,
    )

    def remarks(self) -> dict[str, SoftWarning | None]:
        """Ask for a problem, and for a number."""
        problem, outcome = self.text("problem"), self.text("desired_outcome")
        asks = SoftWarning(_("Without a problem nobody can tell later whether it was worth it."))
        return {"problem": None if problem else asks, "desired_outcome": self._about(outcome)}

    def _about(self, outcome: str) -> SoftWarning | None:
        if not outcome:
            return SoftWarning(_("What would you see when it has worked?"))
        if not is_unmeasurable(outcome):
            return None
        return SoftWarning(
            _("Nobody could measure this yet. Which number would change, from what to what?"),
            _("Add “from … to …”"),
            _("{text}: from … to …").format(text=outcome.rstrip(".。")),
        )


class NeedForm(StepForm):
    """Whether AI is needed at all."""

    alternative_considered = LongText(
        label=gettext_lazy("What is the best way without AI?"),
        help_text=gettext_lazy("A rule, a better form, a report, one more colleague. Why is it not enough?"),
    )
    why_ai = LongText(
        label=gettext_lazy("What can AI do here that this cannot?"),
        help_text=gettext_lazy("For example: free texts that no rule covers, pictures, forecasts from many signs."),
    )

    def remarks(self) -> dict[str, SoftWarning | None]:
        """Ask softly whether something plainer would do."""
        without = SoftWarning(_("The portfolio team will ask. “We have looked at nothing else” is an answer, too."))
        plain = SoftWarning(_("This sounds like work for a rule or a report, which is cheaper and easier to explain."))
        why = self.text("why_ai")
        return {
            "alternative_considered": None if self.text("alternative_considered") else without,
            "why_ai": plain if _PLAIN_WORK.search(why) else None,
        }


class TimelineForm(StepForm):
    """When it should stand where."""

    planned_prototype_on = DayField(
        label=gettext_lazy("Prototype"), help_text=gettext_lazy("Something that people can try"), required=False
    )
    planned_pilot_on = DayField(
        label=gettext_lazy("Pilot"), help_text=gettext_lazy("Real work, few people"), required=False
    )
    planned_production_on = DayField(
        label=gettext_lazy("Production"), help_text=gettext_lazy("Everybody’s daily work"), required=False
    )
    plan_agreed_on = DayField(
        label=gettext_lazy("When was this plan agreed?"),
        help_text=gettext_lazy(
            "Today, unless it was agreed earlier. What was agreed before the plan in force is kept in the history."
        ),
        required=False,
    )

    def clean_plan_agreed_on(self) -> date | None:
        """Refuse the future at once."""
        day = self.cleaned_data["plan_agreed_on"]
        return past(day, "plan_agreed_on") if day else None

    def remarks(self) -> dict[str, SoftWarning | None]:
        """Ask for a production date, and for dates in their order."""
        days = {name: self.text(name) for name in rules.PLAN}
        said = [day for day in days.values() if day]
        order = SoftWarning(_("These dates are not in the order of the stages."))
        missing = SoftWarning(_("Without a date nobody will notice that it is late."))
        last = "planned_production_on"
        return {last: missing if not days[last] else order if said != sorted(said) else None}


class DataForm(StepForm):
    """Where the model runs, how risky it is, who may see it."""

    hosting = forms.ChoiceField(
        label=gettext_lazy("Where does the model run?"),
        choices=Hosting.choices,
        initial=Hosting.UNKNOWN,
        required=False,
    )
    risk_tier = forms.ChoiceField(
        label=gettext_lazy("How risky is the use?"),
        help_text=gettext_lazy("By the tiers of the EU AI Act: what happens to people when it is wrong?"),
        choices=RiskTier.choices,
        initial=RiskTier.UNKNOWN,
        required=False,
    )
    tags = TagsField(
        label=gettext_lazy("Tags"), help_text=gettext_lazy("Separated by commas."), required=False, max_length=5_000
    )
    external_ref = forms.CharField(
        label=gettext_lazy("External reference"),
        help_text=gettext_lazy(
            "Its number in another system; each only once. After the approval only the portfolio office changes it."
        ),
        required=False,
        max_length=rules.LONGEST_TITLE,
    )
    confidential = forms.BooleanField(
        label=gettext_lazy("Confidential"),
        help_text=gettext_lazy("Only owner, sponsor, members and the central roles see it."),
        required=False,
    )

    def clean_hosting(self) -> str:
        """Nothing said is unknown."""
        return self.cleaned_data["hosting"] or Hosting.UNKNOWN

    def clean_risk_tier(self) -> str:
        """Nothing said is unknown."""
        return self.cleaned_data["risk_tier"] or RiskTier.UNKNOWN

    def remarks(self) -> dict[str, SoftWarning | None]:
        """Say at once that a prohibited use will not pass."""
        prohibited = SoftWarning(_("A prohibited use may not go into production in the EU. Ask your legal team first."))
        return {"risk_tier": prohibited if self.text("risk_tier") == RiskTier.PROHIBITED else None}


class CheckForm(StepForm):
    """The last look: propose at once, or keep it as a draft."""

    propose = forms.BooleanField(
        label=gettext_lazy("Propose it for a decision now"),
        help_text=gettext_lazy(
            "It is proposed as of today, and no later step can lie before that. "
            "Otherwise it stays a draft that you can work on and propose later, with a day in the past too."
        ),
        required=False,
        initial=True,
    )
