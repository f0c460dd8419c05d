"""Do the records of a provider agree? What it billed, what the gateway logged, what we price, what the ledger has.

The four speak of the same month and rarely say the same; what explains that is `costs.reconciliation.causes`. Amounts
are in base currency, pending lines left out; a record that is not there, or of which every line is pending or without a
price, is None, which is not 0.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from hashlib import blake2b

from django.db import connection
from django.db.models import QuerySet, Sum
from django.utils import timezone

from accounts.changes import changing
from accounts.errors import StaleError
from accounts.models import User
from api.decimals import plain
from costs.models import GroupMonth, Kind, Reconciliation
from costs.pricing import TokenClass
from costs.reconciliation.sources import provider_of, records
from money.exact import EXACT

RECORDS = (Kind.USAGE, Kind.GATEWAY, Kind.BILL)
LEDGER = "ledger"
COUNTS = ("lines", "pending", "unpriced")
NOBODYS, MADE_OF = "unallocated", "made_of"

# What records are made of is kept as one number: what every charge comes to, times a number for what the page tells of
# the charge. It is another one as soon as an amount or tokens move between models, classes, services or accounts, or
# between what counts and what is kept to compare, though every sum stays; and the same however charges are divided into
# groups by what the page does not tell, such as invoices, tags and initiatives.
#
# It stands in months reconciled long ago: the text of a charge stays as it is, or all of them say "changed since". What
# else is read of charges (`charge_classes.DETAILS`) goes behind it, where a charge has it.
_ABOUT = "charge.kind, charge.account, charge.service, charge.sku"
_READ = ", ".join(
    f"charge.details ->> '{name}'" for name in ("cost_type", "token_type", "model", "service_tier", "ChargeDescription")
)
_READ_SINCE = "coalesce(charge.details ->> 'usage_type', '')"
_IS_TOKENS = "charge.kind = 'bill' AND (category.name = 'tokens' OR charge.ai_category = 'inference')"
_UNPRICED = "CASE WHEN kept.unpriced = '' THEN 0 ELSE kept.lines END"
_COUNTED = (_UNPRICED, *(f"kept.{each}_tokens" for each in TokenClass))
_HASHED = " + ".join(
    f"hashtextextended(ROW({_ABOUT})::text, {seed})::numeric * {count}" for seed, count in enumerate(_COUNTED)
)
BY_MONTH = f"""
SELECT charge.vendor, charge.kind, kept.month, sum(kept.gross), sum(kept.lines - kept.pending), sum(kept.pending),
       coalesce(sum(kept.gross) FILTER (WHERE place.is_compared IS NOT TRUE), 0),
       sum(kept.gross * coalesce(place.nobodys, (charge.initiative_id IS NULL)::int)),
       sum(kept.gross * hashtextextended(
           ROW({_ABOUT}, {_READ}, {_IS_TOKENS}, place.is_compared IS TRUE)::text || {_READ_SINCE}, 0)::numeric),
       array_agg(DISTINCT place.is_compared IS NOT TRUE)
FROM costs_groupmonth AS kept
JOIN costs_chargegroup AS charge ON charge.id = kept.group_id
JOIN costs_category AS category ON category.id = charge.category_id
LEFT JOIN (
    SELECT group_id, since, until, bool_or(initiative_id = -1) AS is_compared,
           coalesce(sum(share) FILTER (WHERE initiative_id = 0), 0) AS nobodys
    FROM costs_placement WHERE %(month)s::date IS NULL OR since <= %(month)s AND until > %(month)s GROUP BY 1, 2, 3
) AS place ON place.group_id = kept.group_id AND place.since <= kept.month AND place.until > kept.month
WHERE kept.lines > 0 AND charge.vendor <> '' AND (%(month)s::date IS NULL OR kept.month = %(month)s)
GROUP BY 1, 2, 3 ORDER BY 3, 1, 2
"""  # noqa: S608 - our own names
USAGE = f"""
SELECT charge.vendor, charge.kind, kept.month, sum({_UNPRICED}), sum({_HASHED})
FROM costs_usagemonth AS kept JOIN costs_chargegroup AS charge ON charge.id = kept.group_id
WHERE kept.lines > 0 AND charge.vendor <> '' AND (%(month)s::date IS NULL OR kept.month = %(month)s)
GROUP BY 1, 2, 3 ORDER BY 3, 1, 2
"""  # noqa: S608 - our own names


@dataclass
class ProviderMonth:
    """What the records of one provider say of one month."""

    provider: str
    month: date
    name: str = ""  # the provider as its bill calls it, else as another record does
    amounts: dict[str, Decimal] = field(default_factory=dict)  # kind of record → amount; missing: none of its lines has
    counted: dict[str, set[bool]] = field(default_factory=dict)  # kind of record → whether its lines count, or some do
    waiting: dict[str, str] = field(default_factory=dict)  # kind of record → why some lines have none, one of `COUNTS`
    ledger: Decimal = Decimal(0)
    lines: int = 0  # of all records, those in `pending` and `unpriced` as well
    pending: int = 0
    unpriced: int = 0  # usage lines without a price
    unallocated: Decimal = Decimal(0)  # of what counts
    made_of: Decimal = Decimal(0)  # a number for what the records are made of
    known: Reconciliation | None = None

    @property
    def is_over(self) -> bool:
        """Tell whether the month has ended, so that all of its records can be there."""
        return self.month < timezone.localdate().replace(day=1)

    @property
    def figures(self) -> dict[str, str | None]:
        """The four figures exactly, as text."""
        kept = {kind.value: self.amounts.get(kind) for kind in RECORDS} | {LEDGER: self.ledger}
        return {name: None if amount is None else plain(amount.normalize(EXACT)) for name, amount in kept.items()}

    @property
    def kept(self) -> dict[str, str | None]:
        """What is kept when the month is reconciled: the figures, the lines of which many are in none of them, what of
        it belongs to nobody, and what the records are made of.
        """
        counts = {name: str(getattr(self, name)) for name in COUNTS}
        return (
            self.figures | counts | {name: plain(getattr(self, name).normalize(EXACT)) for name in (NOBODYS, MADE_OF)}
        )

    @property
    def version(self) -> int:
        """A number for what is kept now, and for who has reconciled it: another one as soon as either changes."""
        accepted = self.known and str(self.known.reconciled_at)
        return int.from_bytes(blake2b(json.dumps([self.kept, accepted]).encode(), digest_size=6).digest())

    @property
    def state(self) -> str:
        """`open`, `reconciled`, or `reopened`: something of what was kept has changed since."""
        if self.known is None:
            return "open"
        return "reopened" if self.changed else "reconciled"

    @property
    def changed(self) -> list[tuple[str, Decimal | None, Decimal | None]]:
        """What is otherwise than when the month was reconciled: something of what is kept, then and now.

        What was not kept then, as counts once were not, is not held against the month. That a record is made of
        something else goes without saying where it says something else.
        """
        then = self.known.figures if self.known else {}
        names = [name for name, now in self.kept.items() if name in then and then[name] != now]
        if len(names) > 1 and MADE_OF in names:
            names.remove(MADE_OF)
        return [
            (name, *(None if text is None else Decimal(text) for text in (then[name], self.kept[name])))
            for name in names
        ]

    @property
    def shown_state(self) -> str:
        """The state as the list tells it: what is `open` is still `running` until the month is over."""
        return "running" if self.state == "open" and not self.is_over else self.state

    @property
    def reference_kind(self) -> str | None:
        """Which record the others are compared with: the bill, else the gateway's log; None where there is neither."""
        return next((kind for kind in (Kind.BILL, Kind.GATEWAY) if kind in self.amounts), None)

    @property
    def reference(self) -> Decimal | None:
        """What that record says."""
        return None if self.reference_kind is None else self.amounts[self.reference_kind]

    def lacks(self, kind: str) -> str | None:
        """Why a record that is there has no amount, one of `COUNTS`; None where it has one, or is not there."""
        return None if kind in self.amounts else self.waiting.get(kind)

    @property
    def ledger_lacks(self) -> str | None:
        """Why the ledger has no amount of it either, one of `COUNTS`: no record has, and one is there; else None."""
        return None if self.ledger or self.amounts else next(iter(self.waiting.values()), None)

    def difference(self, kind: str) -> Decimal | None:
        """How much more a record says than the reference; None where one of them is missing, or it is that itself."""
        amount, reference = self.ledger if kind == LEDGER else self.amounts.get(kind), self.reference
        if amount is None or reference is None or kind == self.reference_kind:
            return None
        return EXACT.subtract(amount, reference)

    def factor(self, kind: str) -> Decimal | None:
        """A record as a multiple of the reference; None where that is not above 0."""
        amount, reference = self.ledger if kind == LEDGER else self.amounts.get(kind), self.reference
        if amount is None or reference is None or reference <= 0:
            return None
        return EXACT.divide(amount, reference)


def provider_months(month: date | None = None, provider: str | None = None) -> list[ProviderMonth]:
    """Return every month of every provider that has a record, or was reconciled; latest first, at most four queries."""
    found: dict[tuple[str, date], ProviderMonth] = {}
    with connection.cursor() as cursor:
        cursor.execute(BY_MONTH, {"month": month})
        rows = cursor.fetchall()
        cursor.execute(USAGE, {"month": month})
        used = cursor.fetchall()
    for vendor, kind, on, gross, valued, pending, counted, nobodys, made_of, is_counted in rows:
        here = _noted(found, vendor, kind, on)
        here.counted.setdefault(kind, set()).update(is_counted)
        if kind != Kind.ENTERED and valued:
            here.amounts[kind] = EXACT.add(here.amounts.get(kind, Decimal(0)), gross)
        if pending:
            here.waiting[kind] = "pending"
        here.ledger = EXACT.add(here.ledger, counted)
        here.lines += valued + pending
        here.pending += pending
        here.unallocated = EXACT.add(here.unallocated, nobodys)
        here.made_of = EXACT.add(here.made_of, made_of)
    for vendor, kind, on, unpriced, made_of in used:
        here = _noted(found, vendor, kind, on)
        here.made_of = EXACT.add(here.made_of, made_of)
        if unpriced:
            here.waiting.setdefault(kind, "unpriced")
            here.lines += unpriced
            here.unpriced += unpriced
    known = {(each.provider, each.month): each for each in _reconciled(month, provider)}
    for about in known:  # also where the last of its records has gone since
        found.setdefault(about, ProviderMonth(*about, name=about[0]))
    if provider is not None:
        found = {about: each for about, each in found.items() if each.provider == provider}
    recorded = {provider_of(vendor) for vendor, kind, *_ in (*rows, *used) if kind != Kind.ENTERED}
    if any(each.provider not in recorded and about not in known for about, each in found.items()):
        recorded |= {provider_of(vendor) for vendor, _kind in records()}  # its records are of other months, or none
    kept = [each for about, each in found.items() if each.provider in recorded or about in known]
    for each in kept:
        each.known = known.get((each.provider, each.month))
    return sorted(kept, key=lambda each: (-each.month.toordinal(), each.provider))


def _reconciled(month: date | None, provider: str | None) -> QuerySet[Reconciliation]:
    asked = {name: value for name, value in (("month", month), ("provider", provider)) if value is not None}
    return Reconciliation.objects.filter(**asked).select_related("reconciled_by")


def _noted(found: dict[tuple[str, date], ProviderMonth], vendor: str, kind: str, on: date) -> ProviderMonth:
    """Return the month of a record, called as its bill calls the provider."""
    provider = provider_of(vendor)
    here = found.setdefault((provider, on), ProviderMonth(provider, on))
    if kind == Kind.BILL or not here.name:
        here.name = vendor
    return here


def waiting_lines() -> int:
    """Return how many lines of records wait for an exchange rate, and are in no figure of any month."""
    records = GroupMonth.objects.filter(pending__gt=0, group__kind__in=RECORDS).exclude(group__vendor="")
    return records.aggregate(lines=Sum("pending"))["lines"] or 0


def provider_month(provider: str, month: date) -> ProviderMonth | None:
    """Return one of them; None where there is none."""
    return next(iter(provider_months(month, provider)), None)


def reconcile(actor: User, here: ProviderMonth, note: str) -> Reconciliation:
    """Mark a month as reconciled, with what is kept of it; again after it was opened by a change.

    StaleError where somebody has accepted it or opened it again since it was read.
    """
    with changing(actor) as change:
        given = {"note": note, "figures": here.kept, "reconciled_at": timezone.now(), "reconciled_by": actor}
        # Of two people who are the first, one waits here for the other.
        of_month = Reconciliation.objects.select_for_update()
        kept, is_new = of_month.get_or_create(provider=here.provider, month=here.month, defaults=given)
        if (None if is_new else kept.reconciled_at) != (here.known and here.known.reconciled_at):
            raise StaleError
        before = (None, None) if is_new else (kept.figures, kept.note)
        for name, value in given.items():
            setattr(kept, name, value)
        kept.save()
        change.record(kept, "reconcile", {"figures": (before[0], kept.figures), "note": (before[1], note)})
    return kept


def open_again(actor: User, known: Reconciliation) -> None:
    """Take back that a month was reconciled; what was kept of it, and its note, stay in the audit trail alone."""
    with changing(actor) as change:
        same = Reconciliation.objects.select_for_update().filter(pk=known.pk, reconciled_at=known.reconciled_at)
        if not same.exists():
            raise StaleError
        change.record(known, "open", {"figures": (known.figures, None), "note": (known.note, None)})
        same.delete()
