"""A usage row, and what it is about.

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
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from hashlib import blake2b
from typing import NamedTuple

from django.utils.translation import gettext_noop

from costs import fingerprints
from costs.models import Kind
from costs.pricing import TokenClass, Tokens

API = "api"
# What is wrong with counts that `costs.pricing.counted` refuses.
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


def content_of(row: UsageRow) -> uuid.UUID:
    """Hash what the source said, whatever it costs."""
    said = "\0".join(map(str, _said(row)))
    return uuid.UUID(bytes=blake2b(said.encode(), digest_size=16).digest())


def fingerprint_of(source: str, external_id: str) -> uuid.UUID:
    """Return the fingerprint of the usage that a source calls `external_id`.

    In a name space of its own: a cost line may have the same source and external id.
    """
    return uuid.UUID(hex=fingerprints.of_external_id(f"usage\0{source}", external_id))


def _said(row: UsageRow) -> Iterator[object]:
    yield from row.about
    yield from (row.occurred_on, row.requests, row.batch, row.prompt_tokens, row.amount)
    yield from (getattr(row.tokens, each) for each in TokenClass)
