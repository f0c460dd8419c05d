"""The portfolio in a sentence. Every number in it is a figure and opens it; what does not exist is said in words."""

from __future__ import annotations

from decimal import Decimal

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from display.numbers import language, money_short, number, percent
from portfolio.figures.exact import quotient
from portfolio.metrics.summary import Summary


def answer(summary: Summary) -> SafeString:
    """Return the sentences that the portfolio page opens with."""
    if not summary["prototypes"].value:
        return format_html("{}", _without_prototypes(summary))
    parts = [_how_many(summary), *_money(summary)]
    space = "" if language() == "ja" else " "
    return format_html_join(space, "{}", ((part,) for part in parts))


def _without_prototypes(summary: Summary) -> str:
    count = summary.facts.count
    if count:
        words = ngettext(
            "%(count)s initiative is registered; it is not a prototype yet.",
            "%(count)s initiatives are registered; none of them is a prototype yet.",
            count,
        )
        return words % {"count": number(count)}
    return (
        _("No initiative matches these filters.")
        if summary.facts.filters.narrows
        else _("No initiative is registered yet.")
    )


def _how_many(summary: Summary) -> SafeString:
    total, reached = int(summary["prototypes"].value or 0), int(summary["reached_production"].value or 0)
    of = ngettext("{count} prototype", "{count} prototypes", total)
    prototypes = _figure(summary, "prototypes", of.format(count=number(total)))
    if not reached:
        return format_html(_("Of {prototypes}, <b>none has reached production</b> yet."), prototypes=prototypes)
    got_there = ngettext("{count} reached production", "{count} reached production", reached)
    words = _figure(summary, "reached_production", got_there.format(count=number(reached)), "guided")
    return format_html(_("Of {prototypes}, {reached}."), prototypes=prototypes, reached=words)


def _money(summary: Summary) -> list[SafeString]:
    facts = summary.facts
    if not (facts.has_cost or facts.has_benefit or facts.pending.left_out):
        return [format_html("{}", _("What they cost has not been recorded, and no benefit has been measured yet."))]
    return [_cost(summary), _benefit(summary)]


def _cost(summary: Summary) -> SafeString:
    currency = summary.currency
    price = "cost_per_production"
    each, adds = summary[price].value, summary["failure_adds"].value
    spent = summary[price].inputs["spent"]
    if not summary.facts.cohort.has_cost:
        if summary.facts.pending_of_cohort.lines:
            return format_html("{}", _("What they cost waits for an exchange rate."))
        return format_html("{}", _("What they cost has not been recorded."))
    if each is None:
        return format_html(
            _("They have cost {cost} so far."), cost=_figure(summary, price, money_short(spent, currency))
        )
    cost = _figure(summary, price, money_short(each, currency))
    if adds is None or adds <= 0:
        words = ngettext("It cost {cost}.", "Each of them cost {cost}.", int(summary["reached_production"].value or 0))
        return format_html(words, cost=cost)
    words = ngettext(
        "It cost {cost}, and {adds} of that is {what}.",
        "Each of them cost {cost}, and {adds} of that is {what}.",
        int(summary["reached_production"].value or 0),
    )
    tone = "stop" if _has_cost(summary, "cost_sunk") else ""
    shown = _figure(summary, "failure_adds", money_short(adds, currency), tone)
    return format_html(words, cost=cost, adds=shown, what=_what_adds(summary))


def _what_adds(summary: Summary) -> str:
    """Say what a success costs beyond its own cost until production: only the parts that have cost something."""
    operation = _operation(summary)
    parts = (_has_cost(summary, "cost_sunk"), _has_cost(summary, "cost_in_flight"), bool(operation))
    words = {
        (True, False, False): _("what failure adds"),
        (False, True, False): _("what unfinished work adds"),
        (True, True, False): _("what failure and unfinished work add"),
        (False, False, True): _("what {operation} adds"),
        (True, False, True): _("what failure and {operation} add"),
        (False, True, True): _("what unfinished work and {operation} add"),
        (True, True, True): _("what failure, unfinished work and {operation} add"),
    }
    return words[parts].format(operation=operation)


def _operation(summary: Summary) -> str:
    """Name what successes have cost since production; where a date is unknown, it may have been spent before."""
    direct, reached = summary["direct_cost_per_production"], int(summary["reached_production"].value or 0)
    whole = quotient(Decimal(summary["cost_reached"].value or 0), reached)
    if whole is None or direct.value is None or whole <= direct.value:
        return ""
    return _("operation") if direct.inputs["known"] == reached else _("operation or undated cost")


def _has_cost(summary: Summary, name: str) -> bool:
    return Decimal(summary[name].value or 0) > 0


def _benefit(summary: Summary) -> SafeString:
    benefit, net_cost = Decimal(summary["realised_benefit"].value or 0), Decimal(summary["net_cost"].value or 0)
    if not summary.facts.has_benefit:
        if summary.facts.pending.readings:
            return format_html("{}", _("The benefit that has been measured waits for an exchange rate."))
        return format_html("{}", _("No benefit has been measured yet."))
    amount = _figure(summary, "realised_benefit", money_short(abs(benefit), summary.currency))
    if benefit < 0:
        return format_html(_("By what was measured it has done {amount} of harm so far."), amount=amount)
    if net_cost <= 0:
        return format_html(_("A benefit of {amount} has been measured so far."), amount=amount)
    share = _figure(summary, "paid_back", percent(benefit / net_cost))
    return format_html(_("Measured benefit has paid back {share} of the money so far."), share=share)


def _figure(summary: Summary, name: str, text: str, tone: str = "") -> SafeString:
    """Return a number of the sentence as the way to its definition."""
    query = summary.facts.filters.query()
    address = f"{reverse('portfolio:figure', args=[name])}{'?' if query else ''}{query}"
    bold = format_html('<b class="{}">{}</b>', tone, text) if tone else format_html("<b>{}</b>", text)
    return format_html('<a class="plain-link" href="{}" data-definition>{}</a>', address, bold)
