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
from costs.prices.list_prices import ListPrice
from display.charts import PriceCurve, PriceLevel
from display.numbers import SPACE, money_significant, percent
from portfolio.calculators import calculations
from portfolio.calculators.calculations import TokenCost

RATIOS: Mapping[str, tuple[int, int]] = {"3-1": (3, 1), "1-1": (1, 1), "10-1": (10, 1), "0-1": (0, 1)}
COMPARED_FIRST = "claude-sonnet-5-5"
DIGITS = {"max_digits": 38, "decimal_places": 18}  # as the API takes them


class TokenForm(forms.Form):
    """What a machine costs and does, and which price it is held against."""

    cost_per_hour = forms.DecimalField(
        label=gettext_lazy("Cost per hour, US dollars"), initial=calculations.EXAMPLE["cost_per_hour"], **DIGITS
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
    against = forms.ChoiceField(
        label=gettext_lazy("Compare with"),
        choices=[(model, name) for (_provider, model), name in list_prices.WELL_KNOWN.items()],
        initial=COMPARED_FIRST,
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


@dataclass(frozen=True)
class Compared:
    """An API's price beside one's own hardware: per million tokens in the chosen proportion."""

    listed: ListPrice
    price: Decimal
    share: Decimal  # the utilisation at which both cost the same; over 1: never

    @property
    def name(self) -> str:
        """The model's name as a sentence has it: on one line."""
        return self.listed.name.replace(" ", SPACE)

    @property
    def is_reached(self) -> bool:
        """Whether one's own hardware can be cheaper at all."""
        return self.share < 1


@dataclass(frozen=True)
class TokenAnswer:
    """What the page shows."""

    own: TokenCost
    at_full_use: TokenCost
    utilisation: Decimal
    compared: list[Compared]
    against: Compared | None
    on: date

    @property
    def has_never(self) -> bool:
        """Whether there is an API that one's own hardware never beats."""
        return not all(each.is_reached for each in self.compared)

    @property
    def chart(self) -> PriceCurve:
        """The curve over utilisation with the API prices drawn in."""
        return PriceCurve(
            title=_("Price of a million tokens by utilisation"),
            note=_("US dollars, on a logarithmic scale. Dots: from there on your own hardware is cheaper."),
            description=_("At {share} utilisation a million tokens of your own cost {price}.").format(
                share=percent(self.utilisation), price=_dollars(self.own.per_million_tokens)
            ),
            at_full_use=self.at_full_use.per_million_tokens,
            marked=float(self.utilisation),
            levels=[PriceLevel(each.listed.name, float(each.price), each is self.against) for each in self.compared],
            currency=library_prices.CURRENCY,
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
    compared = [_compared(listed, RATIOS[values["ratio"]], full) for listed in list_prices.well_known(on)]
    against = next((each for each in compared if each.listed.model == values["against"]), None)
    return TokenAnswer(own, full, use, compared, against, on)


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
    return Compared(listed, price, Decimal(str(full.per_million_tokens)) / price)


def _dollars(price: float) -> str:
    return money_significant(price, library_prices.CURRENCY)
