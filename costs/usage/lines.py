"""The door for token usage: rows in; usage lines with their price, cost lines and the sums of both out.

By hand and by API, audited, all or nothing:

    add(actor, rows)

For a file, in the open transaction of its import (costs/importers/usage_csv.py is a short example):

    bulk = UsageBulk(import_id)
    bulk.add(rows)           # as often as there are batches: `UsageRow`s in the order of the file, with line numbers
    done = bulk.finish()     # lines, costs and sums are right afterwards
    …
    revert(import_id)        # in the importer's `revert`

A row is *about* something that many rows have in common (`About`: keep one object for each combination) and has tokens
by class. Make those with `costs.pricing.counted`, which takes what the source's input count includes::

    counted(InputCount.UNCACHED, input_tokens=…, output_tokens=…, cached_input=…, cache_write_5m=…)  # Anthropic
    counted(InputCount.WHOLE_PROMPT, input_tokens=…, output_tokens=…, cached_input=…)  # OpenAI, LiteLLM

It raises `CountError` where counts contradict each other. Further:

* The price is that of the day, provider and model (costs/prices/book.py). A row without one is kept, unpriced, with
  why.
* `requests` and `prompt_tokens` decide about prices for long prompts: say how many requests a row sums up, or where the
  source tells how long prompts were (Anthropic's `context_window`), a length from within: 200_001 for "200k-1M".
* `external_id`: with the source of its `About` the name of the row; another content restates it. Without, the n-th
  equal row is the same line in every file.
* A gateway that says itself what calls cost: `About(kind=Kind.GATEWAY, currency="USD", …)` and rows with an `amount`.
  Such rows are taken at their word, never priced by us and never recalculated. Without currency and amount it is usage
  that we price.
* Nothing about persons: `About` has no field for who called, and a source's user ids are not to be put anywhere else.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from hashlib import blake2b
from typing import NamedTuple

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.changes import Change, changing
from accounts.errors import RuleError
from accounts.models import User
from api.decimals import plain
from costs import fingerprints, pending, restated, rollups, touched
from costs.ai import categories as ai_categories
from costs.allocation import places
from costs.budgets import notices
from costs.groups import GroupKey, find_or_make
from costs.models import AllocationRun, Category, Kind, UsageLine
from costs.prices import library as library_prices
from costs.prices.book import Chosen, PriceBook
from costs.prices.kept import KeptPrices
from costs.pricing import Lack, Priced, TokenClass, Tokens, price_of
from costs.reconciliation import sources as ledger_sources
from costs.usage import merge
from costs.usage.remarks import Found, Remark, Remarks
from imports.pipeline import unwatched
from imports.report import Tally
from money.models import ExchangeRate

API = "api"
CATEGORY = "tokens"
# What is wrong with counts that `counted` refuses.
CACHED_MORE = gettext_noop("More tokens were cached than the prompt had: the input counts all of them.")


class About(NamedTuple):
    """What usage rows have in common. `tags` as `costs.groups.tags_text` writes them; of `details` the same."""

    source: str
    provider: str
    model: str
    initiative_id: int | None = None
    account: str = ""
    api_key: str = ""  # its alias, never the key itself
    service: str = ""
    region: str = ""
    tags: str = "{}"
    details: str = "{}"
    kind: str = Kind.USAGE
    currency: str = ""  # only where the source says what calls cost


@dataclass(frozen=True, slots=True)
class UsageRow:
    """Tokens used on a day. `requests` None: not known how many."""

    about: About
    occurred_on: date
    tokens: Tokens
    requests: int | None = None
    batch: bool = False
    prompt_tokens: int | None = None
    external_id: str = ""
    line_number: int | None = None
    amount: Decimal | None = None  # what the source says it cost; None: we price it
    service_tier: str = ""  # as the provider calls it: of some the report says that prices do not go by it


class Added(NamedTuple):
    """What came of rows: made, or there already with the same content."""

    created: int
    unchanged: int


@dataclass
class Done:
    """What came of the rows of a file."""

    created: int = 0
    unchanged: int = 0
    # Of those created: `Lack`, how many have it, the first of their lines.
    unpriced: list[tuple[str, int, list[int]]] = field(default_factory=list)
    amount: Decimal = Decimal(0)  # in base currency, of all rows given; pending and unpriced ones left out
    waiting: int = 0  # how many are pending
    contradicted: list[int] = field(default_factory=list)  # lines whose external id stands above with other content
    restated: int = 0  # rows that came in the place of another version: `restated.tell` tells them
    compared: list[str] = field(default_factory=list)  # providers of which the ledger takes another record
    remarks: dict[Remark, Tally] = field(default_factory=dict)  # of the rows that were taken: how they were priced


class UsageBulk:
    """Takes the usage rows of one import; or of one call, without an import."""

    def __init__(self, import_id: int | None, actor: User | None = None) -> None:
        self._import_id = import_id
        self._actor = actor
        self._pricing = Pricing()
        self._groups: dict[GroupKey, int] = {}
        self._remarks = Remarks()
        self._staged = 0
        self._days: set[date] = set()
        merge.prepare()

    def add(self, rows: Sequence[UsageRow]) -> None:
        """Price rows and stage them."""
        priced = [(row, self._pricing.of(row)) for row in rows]
        keys = [self._pricing.key_of(row.about, found.chosen) for row, found in priced]
        self._groups.update(find_or_make({key for key in keys if key not in self._groups}))
        merge.stage(
            [
                self._staged_row(row, self._groups[key], self._pricing.price_id(found.chosen), found.amount, found.lack)
                for (row, found), key in zip(priced, keys, strict=True)
            ]
        )
        for row, found in priced:
            self._remarks.look_at(row, found)
        self._staged += len(rows)
        self._days.update(row.occurred_on for row in rows)

    def finish(self, beat: Callable[[], None] = unwatched) -> Done:
        """Make lines of what is new, costs of what has a price, and the sums of both; `beat` between the steps."""
        rollups.lock()
        contradicted = merge.take_fresh()
        done = Done(contradicted=contradicted, remarks=self._remarks.without(contradicted))
        beat()
        self._staged -= len(done.contradicted)
        done.amount, done.waiting = merge.staged_amount()
        done.created = merge.fresh_count()
        done.unchanged = self._staged - done.created
        done.unpriced = merge.fresh_unpriced()
        done.restated = restated.of_usage(self._import_id)
        before = merge.restated_records() if done.restated else []
        beat()
        self._swap()
        beat()
        settle(self._groups)
        places.after_removal(before)  # the version before may have been of another provider
        done.compared = ledger_sources.compared(list(self._groups.values()))
        return done

    def finish_without_restating(self, change: Change) -> Added:
        """As `finish`, told in histories, but refuse (409) rows whose external id is known with other content."""
        rollups.lock()
        known = merge.take_fresh(merge.OR_WAS_DELETED) or merge.versions_that_count()
        if known:
            text = _("There is usage with this external id already, and it says otherwise.")
            names = [f"{number}.external_id" if self._staged > 1 else "external_id" for number in known]
            raise RuleError(text, status=409, errors=[(name, text) for name in names])
        created = merge.fresh_count()
        with touched.placed(change, UsageLine(), "create", self._days):
            self._swap()
        _settle_told(change, self._groups)
        return Added(created, self._staged - created)

    def _swap(self) -> None:
        merge.swap(timezone.now(), self._actor.pk if self._actor else None, self._import_id)

    def _staged_row(
        self, row: UsageRow, group_id: int, price_id: int | None, amount: Decimal | None, lack: str
    ) -> tuple[object, ...]:
        tokens = row.tokens
        return (
            group_id,
            row.occurred_on,
            self._fingerprint(row),
            _content(row),
            row.external_id or None,
            row.requests,
            row.batch,
            row.prompt_tokens,
            *(getattr(tokens, each) for each in TokenClass),
            price_id,
            amount,
            lack,
            self._import_id,
            row.line_number,
        )

    def _fingerprint(self, row: UsageRow) -> uuid.UUID | None:
        if row.external_id:
            # In a name space of its own: a cost line may have the same source and external id.
            return uuid.UUID(hex=fingerprints.of_external_id(f"usage\0{row.about.source}", row.external_id))
        return None if self._import_id is not None else uuid.uuid4()


class Pricing:
    """Prices rows by the book as it is now; what repeats is looked up once.

    `makes`: whether prices of the library that no line has so far are written down (`KeptPrices`).
    """

    def __init__(self, *, makes: bool = True) -> None:
        self._book = PriceBook.load()
        self._kept = KeptPrices(makes=makes)
        self._ids: dict[int, int] = {}  # of chosen rows, which the book keeps

    @cached_property
    def category_id(self) -> int:
        """The category of all of it."""
        return Category.objects.get(name=CATEGORY).pk

    def of(self, row: UsageRow) -> Found:
        """Price a row, unless its source says what it cost."""
        if row.amount is not None:
            return Found(None, row.amount)
        chosen = self._book.find(row.about.provider, row.about.model, row.occurred_on)
        if chosen is None:
            return Found(None, None, Lack.UNKNOWN)
        found = price_of(
            row.tokens, chosen.row, batch=row.batch, requests=row.requests, prompt_tokens=row.prompt_tokens
        )
        if isinstance(found, Priced):
            return Found(chosen, found.amount, rate=found.rate)
        return Found(chosen, None, found.lack)

    def key_of(self, about: About, chosen: Chosen | None) -> GroupKey:
        """Return the charge group of rows: what they are about, in the currency of their price."""
        currency = about.currency or (chosen.row.currency if chosen else library_prices.CURRENCY)
        return GroupKey(
            category_id=self.category_id,
            currency=currency,
            vendor=about.provider,
            sku=about.model,
            **{name: getattr(about, name) for name in _IN_BOTH},
        )

    def price_id(self, chosen: Chosen | None) -> int | None:
        """Return the id of the price row to keep on a line."""
        if chosen is None:
            return None
        if id(chosen) not in self._ids:
            self._ids[id(chosen)] = self._kept.id_of(chosen)
        return self._ids[id(chosen)]


_IN_BOTH = ("source", "initiative_id", "account", "api_key", "service", "region", "tags", "details", "kind")


def add(actor: User | None, rows: Sequence[UsageRow]) -> Added:
    """Add rows. One whose source and external id are known is unchanged, or a conflict (409) if it says otherwise."""
    with changing(actor) as change:
        bulk = UsageBulk(None, actor)
        bulk.add(rows)
        added = bulk.finish_without_restating(change)
        made = UsageLine.objects.live().filter(fingerprint__in=merge.fresh_prints())
        for line in made.select_related("group"):
            change.record(line, "create", {n: (None, v) for n, v in told(line).items() if v}, line.group.initiative_id)
    return added


def remove(actor: User | None, line: UsageLine) -> None:
    """Take a line and its cost out of every sum; both stay in the history."""
    with changing(actor) as change:
        rollups.lock()
        if not UsageLine.objects.live().filter(pk=line.pk).exists():
            raise RuleError(_("Somebody has recalculated this line or deleted it meanwhile."), status=409)
        with touched.placed(change, line, "delete", [line.occurred_on], str(line)):
            merge.withdraw(line.fingerprint, change.at)
        _settle_told(change, [GroupKey.of(line.group)])
        with touched.placed(change, line, "delete", [line.occurred_on], str(line)):
            places.after_removal([(line.group.vendor, line.group.kind)])
        gone = {name: (value, None) for name, value in told(line).items() if value}
        change.record(line, "delete", gone, line.group.initiative_id)


def revert(import_id: int) -> int:
    """Take back the lines that an import created and their costs; return how many usage lines that were."""
    rollups.lock()
    removed = merge.revert(import_id)
    pending.value_lines()
    places.after_revert()
    notices.raise_reached()  # credits may have gone
    return removed


def settle(groups: Iterable[GroupKey]) -> None:
    """Bring what follows from lines to where it should be: values, labels, places, notices."""
    pending.value_lines()
    _place(groups)


def _settle_told(change: Change, groups: Iterable[GroupKey]) -> None:
    """Settle, and tell what that does to other costs: a rate may have come, a rule may not have been applied yet."""
    today = f"{timezone.localdate()}"
    with touched.told(change, ExchangeRate(), "value", today):
        pending.value_lines()
    with touched.told(change, AllocationRun(), "apply", today):
        _place(groups)


def _place(groups: Iterable[GroupKey]) -> None:
    keys = set(groups)
    ids = list(find_or_make(keys).values())
    ledger_sources.settle((key.vendor, key.kind) for key in keys)  # groups that are there may have had no lines left
    ai_categories.bring_up(ids)
    places.bring_up(ids)
    notices.raise_reached()


def told(line: UsageLine) -> dict[str, object]:
    """Return a line as the audit trail tells it: field name → plain value."""
    group = line.group
    return {
        "occurred_on": line.occurred_on,
        "provider": group.vendor,
        "model": group.sku,
        **{name: getattr(line, name) for name in merge.CLASSES},
        "requests": line.requests,
        "batch": line.batch,
        "amount": None if line.amount is None else plain(line.amount),
        "currency": None if line.amount is None else group.currency,
        "unpriced": line.unpriced,
        "external_id": line.external_id or "",
        "source": group.source,
    }


def _content(row: UsageRow) -> uuid.UUID:
    """Hash what the source said, whatever it costs."""
    said = "\0".join(map(str, _said(row)))
    return uuid.UUID(bytes=blake2b(said.encode(), digest_size=16).digest())


def _said(row: UsageRow) -> Iterator[object]:
    yield from row.about
    yield from (row.occurred_on, row.requests, row.batch, row.prompt_tokens, row.amount)
    yield from (getattr(row.tokens, each) for each in TokenClass)
