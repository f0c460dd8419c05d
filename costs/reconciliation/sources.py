"""Which record of a provider the ledger takes: its bill, its gateway's log or the usage that we price.

The three speak of the same money. So for a provider one kind counts from a month on, the others are kept to compare
(`costs.models.LedgerSource`). Nobody has to decide before the first import: the kind that comes first counts, until its
last line is taken back or deleted. A log or usage tells of tokens alone, so of a bill it can only stand for these:
machines and storage on the same bill always count.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from functools import cached_property

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet

from accounts.changes import Change, changing
from accounts.models import User
from costs import batched_reads, initiative_history, rollups
from costs.allocation.placements import EVER, NEVER
from costs.models import AiCategory, AllocationRun, Category, ChargeGroup, GroupMonth, Kind, LedgerSource, UsageMonth
from costs.runs import queue
from costs.runs.queue import About

TOKENS = "tokens"  # the category of providers' reports

# What bills, gateways (LiteLLM) and price lists (genai-prices) call a provider besides, folded as `provider_of` does.
# Not the names of interfaces: what a gateway calls "custom_openai" may be anybody's.
ALSO_CALLED = {
    "aws": (
        "amazon", "amazon web services", "amazon web services, inc.", "bedrock", "bedrock converse", "amazon bedrock",
        "aws bedrock", "sagemaker", "sagemaker chat", "amazon sagemaker", "amazon nova",
    ),
    "microsoft": ("azure", "microsoft azure", "azure ai", "azure text", "azure openai"),
    "google": (
        "gcp", "google cloud", "google cloud platform", "vertex ai", "vertex ai beta", "vertexai", "gemini", "palm",
        "google ai studio", "google vertex ai", "google gemini",
    ),
    "openai": ("text completion openai",),
    "anthropic": ("anthropic text",),
    "mistral": ("mistral ai", "mistralai", "codestral", "text completion codestral"),
    "cohere": ("cohere chat",),
    "together": ("together ai", "togetherai", "together.ai"),
    "fireworks": ("fireworks ai", "fireworksai", "fireworks.ai"),
    "perplexity": ("perplexity ai",),
    "x ai": ("xai", "x.ai"),
    "deepinfra": ("deep infra",),
    "ai21": ("ai21 chat", "ai21 labs"),
    "voyageai": ("voyage", "voyage ai"),
    "moonshotai": ("moonshot", "moonshot ai"),
    "zai": ("z ai", "z.ai"),
    "zhipuai": ("zhipu", "zhipu ai"),
    "meta": ("meta llama",),
    "huggingface": ("hugging face",),
    "nvidia": ("nvidia nim",),
    "cloudflare": ("cloudflare workers ai", "workers ai"),
    "ovhcloud": ("ovhcloud ai endpoints",),
    "ollama": ("ollama chat",),
    "ibm": ("ibm cloud", "ibm watsonx", "watsonx", "watsonx text", "watsonx.ai"),
    "oracle": ("oci", "oracle cloud", "oracle cloud infrastructure"),
    "alibaba cloud": ("alibaba", "aliyun", "dashscope"),
}  # fmt: skip
_PROVIDERS = {name: provider for provider, names in ALSO_CALLED.items() for name in names}
_BETWEEN_WORDS = re.compile(r"[\s_-]+")


def provider_of(vendor: str) -> str:
    """Return the name under which records of one provider meet: one line, as it also stands in addresses.

    Capitals tell no two providers apart, nor does what stands between words: "Together AI" is "together_ai".
    """
    name = _BETWEEN_WORDS.sub(" ", vendor).strip().casefold()
    return _PROVIDERS.get(name, name)


def vendors_of(provider: str) -> list[str]:
    """Return every name under which there are charges of a provider, given one of them; that looks at every group."""
    names = ChargeGroup.objects.exclude(vendor="").order_by().values_list("vendor", flat=True).distinct()
    return [name for name in names if provider_of(name) == provider_of(provider)]


KNOWN = "SELECT provider, since, kind FROM costs_ledgersource ORDER BY since"


class Sources:
    """What the ledger takes of every provider, given the rows of `KNOWN`."""

    def __init__(self, rows: Iterable[Mapping[str, str]]) -> None:
        self._by_provider: dict[str, list[tuple[date, str]]] = defaultdict(list)
        for row in rows:
            self._by_provider[row["provider"]].append((date.fromisoformat(row["since"]), row["kind"]))

    def kind_in(self, provider: str, month: date) -> str | None:
        """Return the kind that counts in a month; None where that was not decided yet."""
        decided = self._by_provider.get(provider, [])
        return next((kind for since, kind in reversed(decided) if since <= month), None)

    def spans(self, group: ChargeGroup) -> list[tuple[date, date]]:
        """Return the months in which the group's lines are not counted: from, to before."""
        if group.kind == Kind.ENTERED:
            return []
        decided = self._by_provider.get(provider_of(group.vendor), [])
        if all(kind == group.kind for _since, kind in decided) or not self._has_another_record(group):
            return []
        ends = [*(since for since, _ in decided[1:]), NEVER][: len(decided)]
        return [(since, until) for (since, kind), until in zip(decided, ends, strict=True) if kind != group.kind]

    def _has_another_record(self, group: ChargeGroup) -> bool:
        """Tell whether a gateway or the usage tells of the same cost: of all but what a bill has besides tokens."""
        is_tokens = group.ai_category == AiCategory.INFERENCE or group.category_id == self._tokens
        return group.kind != Kind.BILL or is_tokens

    @cached_property
    def _tokens(self) -> int | None:
        return Category.objects.filter(name=TOKENS).values_list("pk", flat=True).first()


def known() -> Sources:
    """Return what is decided."""
    return Sources(*batched_reads.read_all(KNOWN))


def take(actor: User, provider: str, since: date, kind: str) -> LedgerSource | AllocationRun:
    """Let the ledger take another kind of record from a month on.

    What was counted moves in the same write; where that is much, by a worker, and until then nothing is taken
    otherwise: what waits is returned. Whatever is asked for a provider meanwhile waits behind it.
    """
    with changing(actor) as change:
        asked_for = AllocationRun.objects.waiting().filter(about=About.LEDGER, provider=provider)
        if asked_for.exists() or queue.is_much(_groups_of(provider)):
            return queue.enqueue(actor, About.LEDGER, provider, since=since, kind=kind)
        rollups.lock()
        queue.put_right(About.LEDGER, provider, since)
        return _take(change, provider, since, kind)


def take_waiting(run: AllocationRun, change: Change) -> None:
    """Let the ledger take what was asked for."""
    rollups.lock()
    _take(change, run.provider, run.since, run.kind)


def _take(change: Change, provider: str, since: date, kind: str) -> LedgerSource:
    from costs.allocation import places  # which asks this module

    before = known().kind_in(provider, since)
    LedgerSource.objects.filter(provider=provider, since__gte=since).delete()
    source = LedgerSource.objects.create(provider=provider, since=since, kind=kind)
    with initiative_history.recording(change, source, "edit", f"{provider} {since:%Y-%m}"):
        places.follow_records(_groups_of(provider))
    change.record(source, "edit", {"kind": (before, kind)})
    return source


def is_recorded_of(provider: str, kind: str) -> bool:
    """Tell whether there are lines of such a record of a provider, in any month."""
    return _recorded().filter(vendor__in=vendors_of(provider), kind=kind).exists()


def _groups_of(provider: str) -> list[int]:
    """Return the groups of a provider's records."""
    groups = ChargeGroup.objects.filter(vendor__in=vendors_of(provider)).exclude(kind=Kind.ENTERED)
    return list(groups.values_list("pk", flat=True))


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


def settle(records: Iterable[tuple[str, str]]) -> None:
    """Decide for providers of which nothing was imported yet: the kind that comes first counts, of several the bill.

    `records`: vendor and kind of what comes. Under the lock of the sums: one write at a time decides.
    """
    sources = known()
    first: dict[str, str] = {}
    order = list(Kind.values)
    for vendor, kind in set(records):
        provider = provider_of(vendor)
        if kind == Kind.ENTERED or sources.kind_in(provider, EVER):
            continue
        first[provider] = min(first.get(provider, kind), kind, key=order.index)
    LedgerSource.objects.bulk_create(
        (
            LedgerSource(provider=provider, since=EVER, kind=kind, is_automatic=True)
            for provider, kind in sorted(first.items())
        ),
        ignore_conflicts=True,
    )


def records() -> list[tuple[str, str]]:
    """Return vendor and kind of records of which there are lines; that looks at every group."""
    return list(_recorded().values_list("vendor", "kind").distinct())


# A record is there while a group of it has a line, whether that has an amount or not.
ARE_RECORDED = """
SELECT coalesce(bool_and(EXISTS (
    SELECT FROM costs_chargegroup AS charge
    WHERE charge.vendor = record.vendor AND charge.kind = record.kind
      AND (EXISTS (SELECT FROM costs_groupmonth AS kept WHERE kept.group_id = charge.id AND kept.lines > 0)
        OR EXISTS (SELECT FROM costs_usagemonth AS kept WHERE kept.group_id = charge.id AND kept.lines > 0))
)), true) FROM unnest(%(vendors)s::text[], %(kinds)s::text[]) AS record (vendor, kind)
"""


def are_recorded(wanted: Collection[tuple[str, str]]) -> bool:
    """Tell whether there are lines of each of these records, given by vendor and kind; one query."""
    given = {"vendors": [vendor for vendor, _kind in wanted], "kinds": [kind for _vendor, kind in wanted]}
    with connection.cursor() as cursor:
        cursor.execute(ARE_RECORDED, given)
        return bool(cursor.fetchone()[0])


def _recorded() -> QuerySet[ChargeGroup]:
    """Return the groups of records of which there are lines, whether these have an amount or not."""
    own = OuterRef("pk")
    has_lines = [Exists(kept.objects.filter(group=own, lines__gt=0)) for kept in (GroupMonth, UsageMonth)]
    return ChargeGroup.objects.filter(has_lines[0] | has_lines[1]).exclude(kind=Kind.ENTERED).order_by()


def take_back() -> list[int]:
    """Drop what nobody decided where no line of its kind is left, and decide anew; return the groups that concerns."""
    left = [(provider_of(vendor), vendor, kind) for vendor, kind in records()]
    kinds = {(provider, kind) for provider, _vendor, kind in left}
    automatic = LedgerSource.objects.filter(is_automatic=True)
    gone = {each.pk: each.provider for each in automatic if (each.provider, each.kind) not in kinds}
    if not gone:
        return []
    automatic.filter(pk__in=gone).delete()
    concerned = set(gone.values())
    settle((vendor, kind) for provider, vendor, kind in left if provider in concerned)
    vendors = {vendor for provider, vendor, _kind in left if provider in concerned}
    return list(ChargeGroup.objects.filter(vendor__in=vendors).exclude(kind=Kind.ENTERED).values_list("pk", flat=True))


# An array, not Django's list of parameters: there may be a hundred thousand.
COMPARED = """
SELECT DISTINCT charge.vendor FROM costs_placement AS place
JOIN costs_chargegroup AS charge ON charge.id = place.group_id
JOIN costs_groupmonth AS kept ON kept.group_id = place.group_id
    AND kept.month >= place.since AND kept.month < place.until AND kept.lines > 0
WHERE place.initiative_id = -1 AND place.group_id = ANY(%s) ORDER BY 1
"""


def compared(group_ids: Collection[int]) -> list[str]:
    """Return the vendors of those of these groups of which lines are kept to compare only."""
    with connection.cursor() as cursor:
        cursor.execute(COMPARED, [list(group_ids)])
        return [vendor for (vendor,) in cursor.fetchall()]
