"""Which record of a provider the ledger takes: its bill, its gateway's log or the usage that we price.

The three speak of the same money. So for a provider one kind counts from a month on, the others are kept to compare
(`costs.models.LedgerSource`). Nobody has to decide before the first import: the kind that comes first counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from accounts.changes import changing
from accounts.models import User
from costs import rollups, touched
from costs.models import ChargeGroup, Kind, LedgerSource
from costs.placements import EVER, NEVER

# The same provider under the names that bills, gateways and price lists give it.
ALIASES = {
    "amazon web services": "aws",
    "amazon web services, inc.": "aws",
    "amazon": "aws",
    "bedrock": "aws",
    "azure": "microsoft",
    "microsoft azure": "microsoft",
    "azure_ai": "microsoft",
    "gcp": "google",
    "google cloud": "google",
    "vertex_ai": "google",
    "gemini": "google",
}


def provider_of(vendor: str) -> str:
    """Return the name under which records of one provider meet."""
    name = vendor.strip().casefold()
    return ALIASES.get(name, name)


class Sources:
    """What the ledger takes of every provider."""

    def __init__(self, rows: Iterable[tuple[str, date, str]]) -> None:
        self._by_provider: dict[str, list[tuple[date, str]]] = defaultdict(list)
        for provider, since, kind in sorted(rows):
            self._by_provider[provider].append((since, kind))

    def knows(self, provider: str) -> bool:
        """Tell whether it was decided what counts of this provider."""
        return provider in self._by_provider

    def kind_in(self, provider: str, month: date) -> str | None:
        """Return the kind that counts in a month."""
        return next((kind for since, kind in reversed(self._by_provider[provider]) if since <= month), None)

    def spans(self, group: ChargeGroup) -> list[tuple[date, date]]:
        """Return the months in which the group's lines are not counted: from, to before."""
        if group.kind == Kind.ENTERED:
            return []
        decided = self._by_provider.get(provider_of(group.vendor), [])
        ends = [*(since for since, _ in decided[1:]), NEVER][: len(decided)]
        return [(since, until) for (since, kind), until in zip(decided, ends, strict=True) if kind != group.kind]


def known() -> Sources:
    """Return what is decided."""
    return Sources(LedgerSource.objects.values_list("provider", "since", "kind"))


def take(actor: User, provider: str, since: date, kind: str) -> None:
    """Let the ledger take another kind of record from a month on; what was counted moves, in the same write."""
    from costs import allocation  # which asks this module

    with changing(actor) as change:
        rollups.lock()
        decided = LedgerSource.objects.filter(provider=provider)
        before = known().kind_in(provider, since)
        decided.filter(since__gte=since).delete()
        source = LedgerSource.objects.create(provider=provider, since=since, kind=kind)
        vendors = ChargeGroup.objects.exclude(kind=Kind.ENTERED).values_list("pk", "vendor")
        with touched.told(change, source, "edit", f"{provider} {since:%Y-%m}"):
            allocation.bring_up([pk for pk, vendor in vendors if provider_of(vendor) == provider])
        change.record(source, "edit", {"kind": (before, kind)})


def other_bills(bills: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return vendor and source of what stands in the ledger of the same providers as `bills`, from other sources."""
    sources: dict[str, set[str]] = defaultdict(set)
    for vendor, source in bills:
        sources[provider_of(vendor)].add(source)
    everywhere = set.intersection(*sources.values()) if sources else set()  # mostly the one format of the file
    others = ChargeGroup.objects.filter(kind=Kind.BILL).exclude(source__in=everywhere)
    stored = others.filter(months__lines__gt=0).values_list("vendor", "source").distinct()
    return sorted(
        (vendor, source)
        for vendor, source in stored
        if provider_of(vendor) in sources and source not in sources[provider_of(vendor)]
    )


def settle(groups: Iterable[ChargeGroup]) -> None:
    """Decide for providers of which nothing was imported yet: the kind that comes first counts, of several the bill."""
    sources = known()
    first: dict[str, str] = {}
    order = list(Kind.values)
    for group in groups:
        provider = provider_of(group.vendor)
        if group.kind == Kind.ENTERED or sources.knows(provider):
            continue
        first[provider] = min(first.get(provider, group.kind), group.kind, key=order.index)
    LedgerSource.objects.bulk_create(
        (LedgerSource(provider=provider, since=EVER, kind=kind) for provider, kind in sorted(first.items())),
        ignore_conflicts=True,
    )
