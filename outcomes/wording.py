"""Whether a metric can be counted as it is worded, and what could be counted instead. It warns, it never refuses."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from display.fields import SoftWarning

# Words that wish for a change without naming what would be counted, in both languages.
WISHES = re.compile(
    r"\b(improv\w*|better|enhanc\w*|optimi[sz]\w*|boost\w*|streamlin\w*|transform\w*|leverag\w*|moderni[sz]\w*"
    r"|efficien\w*|productiv\w*|quality|experience|innovat\w*|synerg\w*|faster|smarter)\b"
    r"|改善|向上|効率|生産性|最適化|高度化|強化|推進|変革|活用|品質|迅速化|スマート",
    re.IGNORECASE,
)
# Words that say how it is counted.
COUNTS = re.compile(
    r"%|\b(number|count|share|rate|ratio|per|minutes?|hours?|days?|time|score|index|amount|volume|backlog|errors?"
    r"|cost of|nps|csat)\b|件数|件|(?<!効)率|割合|時間|分数|日数|回数|人数|金額|スコア|点数|残高|単価|当たり|あたり|％",
    re.IGNORECASE,
)
# What people who wish for this usually count: first the words that tell the wish, then the questions, then the pick.
SUGGESTIONS: list[tuple[str, str, str]] = [
    (
        r"quality|accura|error|品質|精度|正確",
        gettext_noop("share of cases with an error, re-opened cases, complaints per month"),
        gettext_noop("Share of cases with an error"),
    ),
    (
        r"experience|satisf|customer|体験|満足|顧客",
        gettext_noop("satisfaction score, complaints per month, waiting time"),
        gettext_noop("Customer satisfaction score"),
    ),
    (
        r"cost|saving|spend|費用|コスト|経費|削減",
        gettext_noop("cost per case, external spend per month, hours of overtime"),
        gettext_noop("Cost per case"),
    ),
    (
        r"revenue|sales|growth|売上|営業|成長",
        gettext_noop("revenue per month, share of offers accepted, orders per day"),
        gettext_noop("Revenue per month"),
    ),
    (
        r"risk|complian|fraud|secur|リスク|不正|法令|安全",
        gettext_noop("incidents per month, losses per month, share of cases checked"),
        gettext_noop("Incidents per month"),
    ),
    (
        r"",
        gettext_noop("minutes per case, cases per day, share re-opened"),
        gettext_noop("Handling time per case"),
    ),
]


def metric_warning(metric: str) -> SoftWarning | None:
    """Return a remark when nobody could measure the metric as it is worded, with one that can be measured."""
    if not WISHES.search(metric) or COUNTS.search(metric):
        return None
    questions, pick = next((told, use) for words, told, use in SUGGESTIONS if re.search(words, metric, re.IGNORECASE))
    pick = _(pick)
    return SoftWarning(
        text=_("Nobody could measure this yet. Which number would change: %(numbers)s?") % {"numbers": _(questions)},
        action=_("Use “%(metric)s”") % {"metric": pick},
        value=pick,
    )
