"""The page about self-hosted tokens: what one costs at every utilisation, and from where on it beats an API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import refusals
from accounts.errors import RuleError
from costs.prices import library as library_prices
from costs.prices import list_prices
from costs.prices.book import PriceBook
from costs.prices.list_prices import ListPrice
from display.charts import PriceCurve, PriceLevel
from display.numbers import SPACE, currency_word, money_significant, percent
from portfolio.calculators import calculations
from portfolio.calculators.calculations import TokenCost

RATIOS: Mapping[str, tuple[int, int]] = {"3-1": (3, 1), "1-1": (1, 1), "10-1": (10, 1), "0-1": (0, 1)}
COMPARED_FIRST = "claude-sonnet-5-5"
DIGITS = {"max_digits": 38, "decimal_places": 18}  # as the API takes them


class TokenForm(forms.Form):
    """What a machine costs and does, and which price it is held against."""

    cost_per_hour = forms.DecimalField(
        label=gettext_lazy("Cost per hour"), initial=calculations.EXAMPLE["cost_per_hour"], **DIGITS
    )
    tokens_per_second = forms.DecimalField(
        label=gettext_lazy("Tokens per second"), initial=calculations.EXAMPLE["tokens_per_second"], **DIGITS
    )
    utilisation = forms.DecimalField(
        label=gettext_lazy("Utilisation, %"),
        initial=30,
        help_text=gettext_lazy("Share of the hours in which the machine really works."),
        **DIGITS,
    )
    currency = forms.ChoiceField(label=gettext_lazy("Currency"), initial=library_prices.CURRENCY, required=False)
    against = forms.ChoiceField(
        label=gettext_lazy("Compare with"),
        initial=COMPARED_FIRST,
        required=False,
        error_messages={"invalid_choice": gettext_lazy("The price book has no price of “%(value)s” today.")},
    )
    model = forms.CharField(
        label=gettext_lazy("Or with any other model"),
        required=False,
        max_length=400,
        help_text=gettext_lazy("Provider and model as the price book has them: openai/gpt-4o."),
    )
    ratio = forms.ChoiceField(
        label=gettext_lazy("Input to output tokens"),
        choices=[
            ("3-1", "3 : 1"),
            ("1-1", "1 : 1"),
            ("10-1", "10 : 1"),
            ("0-1", gettext_lazy("output alone")),
        ],
        initial="3-1",
        help_text=gettext_lazy("APIs price them apart; your machine is taken to be as fast with both."),
    )

    def __init__(self, given: Mapping[str, Any], book: PriceBook, on: date, base: str) -> None:
        """Choose from what the book has a price of; of what the address does not say the example holds."""
        offered = list_prices.choices(book, on)
        keys = [each.key for each in offered]
        usual = {name: field.initial for name, field in self.base_fields.items()}
        usual["against"] = COMPARED_FIRST if COMPARED_FIRST in keys else next(iter(keys), "")
        super().__init__({name: given.get(name, initial) for name, initial in usual.items()})
        self.fields["against"].choices = [(each.key, each.name) for each in offered]
        self.fields["currency"].choices = [(code, code) for code in dict.fromkeys((library_prices.CURRENCY, base))]
        self.book, self.on = book, on

    def clean_currency(self) -> str:
        """US dollars unless chosen otherwise."""
        return self.cleaned_data["currency"] or library_prices.CURRENCY

    def clean_model(self) -> list_prices.Named | None:
        """Find the model in the book."""
        text = self.cleaned_data["model"].strip()
        found = list_prices.asked(self.book, text, self.on)
        if text and found is None:
            raise forms.ValidationError(_("The price book has no price of input and output of this model today."))
        return found

    @property
    def compared_with(self) -> list_prices.Named | None:
        """The model that is asked about: the one that is written, else the one that is chosen."""
        written, chosen = self.cleaned_data["model"], self.cleaned_data["against"]
        return written or list_prices.asked(self.book, chosen, self.on)


@dataclass(frozen=True)
class Compared:
    """An API's price beside one's own hardware: per million tokens in the chosen proportion."""

    listed: ListPrice
    price: Decimal
    share: Decimal | None  # the utilisation at which both cost the same; over 1, or None of a price of 0: never

    @property
    def name(self) -> str:
        """The model's name as a sentence has it: on one line."""
        return self.listed.name.replace(" ", SPACE).replace("-", "-\u2060")

    @property
    def is_reached(self) -> bool:
        """Whether one's own hardware can be cheaper at all."""
        return self.share is not None and self.share < 1


@dataclass(frozen=True)
class TokenAnswer:
    """What the page shows."""

    own: TokenCost
    at_full_use: TokenCost
    utilisation: Decimal
    compared: list[Compared]
    against: Compared | None
    on: date
    currency: str
    waiting: list[str]  # models whose prices have no exchange rate of the day

    @property
    def has_never(self) -> bool:
        """Whether there is an API that one's own hardware never beats."""
        return not all(each.is_reached for each in self.compared)

    @property
    def chart(self) -> PriceCurve:
        """The curve over utilisation with the API prices drawn in."""
        return PriceCurve(
            title=_("Price of a million tokens by utilisation"),
            note=_("{currency}, on a logarithmic scale. Dots: from there on your own hardware is cheaper.").format(
                currency=currency_word(self.currency)
            ),
            description=_("At {share} utilisation a million tokens of your own cost {price}.").format(
                share=percent(self.utilisation), price=money_significant(self.own.per_million_tokens, self.currency)
            ),
            at_full_use=self.at_full_use.per_million_tokens,
            marked=float(self.utilisation),
            levels=[
                PriceLevel(each.listed.name, float(each.price), each is self.against)
                for each in self.compared
                if each.price > 0  # on a logarithmic scale nothing else has a place
            ],
            currency=self.currency,
            name=_("Your own hardware"),
            axis=_("utilisation"),
        )

    @property
    def rows(self) -> list[tuple[Decimal, TokenCost]]:
        """The cost at several utilisations: half the use is twice the cost."""
        full = self.at_full_use
        return [
            (share, TokenCost(full.per_thousand_tokens / float(share), full.per_million_tokens / float(share)))
            for share in sorted({*calculations.UTILISATIONS, Decimal("0.5"), self.utilisation}, reverse=True)
        ]


def answer(form: TokenForm, on: date) -> TokenAnswer | None:
    """Work out what the form asks for; None where something is wrong, which is then said at its field."""
    if not form.is_valid():
        return None
    values = form.cleaned_data
    machine, use = (values["cost_per_hour"], values["tokens_per_second"]), values["utilisation"] / 100
    try:
        own, full = calculations.token_cost(*machine, use), calculations.token_cost(*machine, Decimal(1))
    except RuleError as error:
        refusals.show(form, error)
        return None
    asked, currency = form.compared_with, values["currency"]
    prices, waiting = list_prices.compared(form.book, on, currency, asked)
    compared = [_compared(listed, RATIOS[values["ratio"]], full) for listed in prices]
    against = next((each for each in compared if asked and each.listed.model == asked.key), None)
    return TokenAnswer(own, full, use, compared, against, on, currency, waiting)


def tokens_context(form: TokenForm, on: date) -> dict[str, Any]:
    """Return what the template needs."""
    return {
        "form": form,
        "answer": answer(form, on),
        "source": library_prices.SOURCE,
        "version": library_prices.version(),
    }


def _compared(listed: ListPrice, ratio: tuple[int, int], full: TokenCost) -> Compared:
    price = listed.blended(*ratio)
    return Compared(listed, price, Decimal(str(full.per_million_tokens)) / price if price > 0 else None)
