"""The form of an allocation rule: rows of conditions and of initiatives, as many as are needed."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import refusals
from accounts.errors import RuleError
from accounts.models import User
from api.decimals import plain
from api.fields import LONGEST_GLOB
from costs.allocation import rules
from costs.allocation.listing import label_of
from costs.allocation.matching import FIELDS, TAG, tag_name
from costs.allocation.rules import MOST_CONDITIONS, MOST_PARTS, MOST_PRIORITY, Terms
from costs.allocation.unallocated import tag_names
from costs.entry.month_field import MonthField
from costs.lookups import Names
from costs.models import AllocationRule, Category, Method
from money.exact import EXACT
from money.forms import AmountField
from money.months import next_month
from projects.fields import LONGEST_REFERENCE
from projects.models import Initiative

SPARE = 2  # empty rows below those that are filled in
FEWEST = 3
MORE = 3
MOST_SUGGESTED = 500
HUNDRED = Decimal(100)


class AllocationRuleForm(forms.Form):
    """What is meant, whose it is, and when."""

    name = forms.CharField(
        label=gettext_lazy("Name of the rule"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("If empty, the rule is named after its conditions."),
    )
    named_by = forms.ChoiceField(
        label=gettext_lazy("Read the initiative from"),
        required=False,
        help_text=gettext_lazy(
            "Where its key (AI-0042) or, once it is approved, its external reference stands. What names none there is "
            "left to the next rule."
        ),
    )
    method = forms.ChoiceField(
        label=gettext_lazy("How is the rest divided?"),
        choices=Method.choices,
        initial=Method.EQUAL,
        required=False,
        widget=forms.RadioSelect,
        help_text=gettext_lazy(
            "What the shares above leave over, among the initiatives without one. Shares by cost or tokens follow what "
            "is recorded later: once a day, and whenever the rules are applied."
        ),
    )
    measure = forms.ChoiceField(
        label=gettext_lazy("By which other cost?"),
        required=False,
        help_text=gettext_lazy("Only with “By another cost”: in proportion to what each has of it in the same month."),
    )
    since = MonthField(label=gettext_lazy("From month"), required=False)
    last = MonthField(label=gettext_lazy("To month"), required=False)
    priority = forms.IntegerField(
        label=gettext_lazy("Priority"),
        min_value=0,
        max_value=MOST_PRIORITY,
        required=False,
        help_text=gettext_lazy("The lowest number is asked first. Empty: after all others."),
    )
    is_active = forms.BooleanField(label=gettext_lazy("In use"), required=False, initial=True)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    # Those of a row, which each has with its number.
    field = forms.ChoiceField(label=gettext_lazy("Condition"), required=False)
    glob = forms.CharField(label=gettext_lazy("Value"), required=False, max_length=LONGEST_GLOB)
    initiative = forms.CharField(
        label=gettext_lazy("Initiative"),
        required=False,
        max_length=LONGEST_REFERENCE,
        widget=forms.TextInput(attrs={"list": "initiatives", "autocomplete": "off"}),
    )
    share = AmountField(label=gettext_lazy("Share"), required=False)

    def __init__(self, user: User, data: Any = None, initial: Mapping[str, Any] | None = None) -> None:
        given = dict(initial or {})
        match, parts = given.pop("match", {}), given.pop("parts", [])
        super().__init__(data, initial=given)
        self._user, self._kept = user, parts
        self._of_row = {name: self.fields.pop(name) for name in ("field", "glob", "initiative", "share")}
        self.fields["measure"].choices = [
            ("", gettext_lazy("All other cost")),
            *((each.name, str(each)) for each in Category.objects.all()),
        ]
        more = MORE if data is not None and "more" in data else 0
        self._conditions = self._rows("field_", len(match), MOST_CONDITIONS, more)
        self._parts = self._rows("initiative_", len(parts), MOST_PARTS, more)
        fields = self._fields([*match, given.get("named_by", "")])
        self.fields["named_by"].choices = [("", gettext_lazy("Nowhere: the initiatives below")), *fields]
        self._add_conditions(list(match.items()), [("", ""), *fields])
        self._add_parts(parts)

    @property
    def condition_rows(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        """The rows of conditions: what is looked at, and what must stand there."""
        return [(self[f"field_{at}"], self[f"glob_{at}"]) for at in range(self._conditions)]

    @property
    def part_rows(self) -> list[tuple[forms.BoundField, forms.BoundField, str]]:
        """The rows of initiatives: which, its share, and what is called by the key that stands there."""
        titles = {each.key: each.title for each in self.suggested}
        rows = [(self[f"initiative_{at}"], self[f"share_{at}"]) for at in range(self._parts)]
        return [(who, share, titles.get(str(who.value() or "").strip().upper(), "")) for who, share in rows]

    @cached_property
    def suggested(self) -> list[Initiative]:
        """Initiatives to pick from, the newest first."""
        return list(Initiative.objects.visible_to(self._user).order_by("-number")[:MOST_SUGGESTED])

    def clean(self) -> dict[str, Any]:
        """Put the rows together and hold the whole against what a rule has to fulfil."""
        if not self.errors:
            terms = self._read()
            if terms is not None and not self.errors:
                try:
                    typed = [(initiative.key, share) for initiative, share in terms.parts]
                    self.cleaned_data["terms"] = rules.checked(terms, kept_split=typed == self._kept)
                except RuleError as error:
                    refusals.show(self, error, _AT)
        return self.cleaned_data

    @property
    def terms(self) -> Terms:
        """What the rule says; of a valid form."""
        terms: Terms = self.cleaned_data["terms"]
        return terms

    def _read(self) -> Terms | None:
        given = self.cleaned_data
        last = given.get("last")
        own = {name: given[name] for name in ("name", "named_by", "since", "priority", "is_active")}
        return Terms(
            match=self._match(),
            parts=tuple(self._shares()),
            method=given["method"] or Method.EQUAL,
            measure=Category.objects.filter(name=given["measure"]).first() if given["measure"] else None,
            until=next_month(last) if last else None,
            **own,
        )

    def _match(self) -> dict[str, str]:
        match: dict[str, str] = {}
        for at in range(self._conditions):
            name, glob = self.cleaned_data.get(f"field_{at}"), self.cleaned_data.get(f"glob_{at}", "")
            if not name and glob:
                self.add_error(f"field_{at}", _("Say where this must stand."))
            elif name in match:
                self.add_error(f"field_{at}", _("Each once: all conditions must hold."))
            elif name:
                match[name] = glob
        return match

    def _shares(self) -> list[tuple[Initiative, Decimal | None]]:
        typed = [self.cleaned_data.get(f"initiative_{at}", "").strip() for at in range(self._parts)]
        names, found = Names(self._user, [key for key in typed if key]), []
        for at, key in enumerate(typed):
            share = self.cleaned_data.get(f"share_{at}")
            if not key:
                if share is not None:
                    self.add_error(f"initiative_{at}", _("Whose share is this?"))
                continue
            try:
                found.append((names.initiative(key), None if share is None else EXACT.divide(share, HUNDRED)))
            except ValueError as error:
                self.add_error(f"initiative_{at}", str(error))
        return found

    def _rows(self, prefix: str, filled: int, most: int, more: int) -> int:
        sent = [name for name in self.data if name.startswith(prefix)] if self.is_bound else []
        return min((len(sent) if sent else max(filled + SPARE, FEWEST)) + more, most)

    def _fields(self, kept: list[str]) -> list[tuple[str, str]]:
        """Return what can be asked for: fields, and the tags that there are, that the rule has, and that were sent."""
        sent = [self.data.get(name, "") for name in ("named_by", *(f"field_{at}" for at in range(self._conditions)))]
        tags = {*tag_names(self._user), *(TAG + tag_name(name) for name in kept if name.startswith(TAG))}
        tags.update(name for name in sent if name.startswith(TAG))
        return [(name, label_of(name)) for name in (*FIELDS, *sorted(tags))]

    def _add_conditions(self, match: list[tuple[str, str]], choices: list[tuple[str, str]]) -> None:
        for at in range(self._conditions):
            name, glob = match[at] if at < len(match) else ("", "")
            self._add("field", at, _("Condition {n}"), name)
            self.fields[f"field_{at}"].choices = choices
            self._add("glob", at, _("Value {n}"), glob)

    def _add_parts(self, parts: list[tuple[str, Decimal | None]]) -> None:
        for at in range(self._parts):
            key, share = parts[at] if at < len(parts) else ("", None)
            percent = None if share is None else plain(EXACT.multiply(share, HUNDRED).normalize(EXACT))
            self._add("initiative", at, _("Initiative {n}"), key)
            self._add("share", at, _("Share {n}"), percent)

    def _add(self, name: str, at: int, label: str, initial: str | None) -> None:
        """Add the field of a row."""
        made = self.fields[f"{name}_{at}"] = deepcopy(self._of_row[name])
        made.label, made.initial = label.format(n=at + 1), initial


# Where on the page it is said what is wrong with the whole of something.
_AT = {"match": "field_0", "split": "initiative_0", "until": "last"}


def typed_of(rule: AllocationRule) -> dict[str, Any]:
    """Return a rule as it stands in the form."""
    own = {name: getattr(rule, name) for name in ("name", "named_by", "method", "priority", "is_active", "version")}
    return {
        **own,
        "measure": rule.measure.name if rule.measure else "",
        "since": f"{rule.since:%Y-%m}" if rule.since else "",
        "last": f"{next_month(rule.until, -1):%Y-%m}" if rule.until else "",
        "match": rule.match,
        "parts": [(part.initiative.key, part.share) for part in rule.parts.select_related("initiative")],
    }
