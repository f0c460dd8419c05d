"""The usage of a period priced anew: worked out and shown first, applied when somebody says so.

`plan` queues the first, `apply` the second; `run_next` is the worker's and does whichever is due, in one transaction
under a lock of the row, so that it may be killed at any moment. What is applied is what was shown: if
any line would come out otherwise by then, nothing is applied and it has to be worked out again.

Only usage that we price is looked at, a gateway's calls that it has no price for among it; what the gateway says that a
call cost stays. A line whose amount does not change stays as
it is, with the price row that it has. Of one that changes the old version stays in the history, with its price.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from hashlib import sha256
from itertools import islice
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.changes import changing
from accounts.errors import RuleError
from accounts.models import User
from accounts.permissions import require
from api.decimals import plain
from costs import initiative_history, rollups
from costs.allocation import places
from costs.groups import GroupKey, find_ids, find_or_make
from costs.models import ChargeGroup, Kind, Repricing, UsageLine
from costs.prices.kept import NotKeptError
from costs.reconciliation.sources import provider_of
from costs.runs import queue
from costs.usage import lines as usage_lines
from costs.usage import merge as usage_merge
from costs.usage.priced import Pricing
from costs.usage.rows import About, UsageRow
from imports import workers
from money.exact import EXACT, ZERO

State = Repricing.State
UNDER_WAY = (State.QUEUED, State.APPLYING)
AT_ONCE = 5_000


class New(NamedTuple):
    """What a line comes to now: its charge group, the price row to keep, the amount (None: unpriced) and why none."""

    key: GroupKey
    price_id: int | None
    amount: Decimal | None
    lack: str

    @property
    def currency(self) -> str:
        """The currency of the amount; "" where there is none."""
        return "" if self.amount is None else self.key.currency

    def is_as(self, line: UsageLine) -> bool:
        """Tell whether the line says the same already."""
        currency = "" if line.amount is None else line.group.currency
        return (self.amount, self.lack, self.currency) == (line.amount, line.unpriced, currency)


@dataclass
class Outcome:
    """What pricing anew comes to."""

    lines: int = 0
    groups: set[GroupKey] = field(default_factory=set)
    # provider, model, currency before and after ("": unpriced) → lines, amount before, amount after
    differences: dict[tuple[str, str, str, str], tuple[int, Decimal, Decimal]] = field(
        default_factory=lambda: defaultdict(lambda: (0, ZERO, ZERO))
    )
    digest: Any = field(default_factory=sha256)

    def note(self, line: UsageLine, new: New) -> None:
        """Count a line that changes."""
        before, after = "" if line.amount is None else line.group.currency, new.currency
        about = (line.group.vendor, line.group.sku, before, after)
        lines, old, sum_of_new = self.differences[about]
        sums = EXACT.add(old, line.amount or ZERO), EXACT.add(sum_of_new, new.amount or ZERO)
        self.differences[about] = (lines + 1, *sums)
        self.groups |= {new.key, GroupKey.of(line.group)}
        said = (line.fingerprint.hex, line.occurrence, after, "" if new.amount is None else plain(new.amount), new.lack)
        self.digest.update("\0".join(map(str, said)).encode())

    def told(self) -> list[dict[str, Any]]:
        """Return the differences as they are kept, the largest change first."""
        rows = [
            {
                "provider": provider,
                "model": model,
                "currency_before": before,
                "currency_after": after,
                "lines": lines,
                "before": plain(old.normalize(EXACT)),
                "after": plain(new.normalize(EXACT)),
            }
            for (provider, model, before, after), (lines, old, new) in self.differences.items()
        ]
        return sorted(rows, key=lambda row: (-abs(Decimal(row["after"]) - Decimal(row["before"])), row["model"]))


def plan(actor: User, since: date, until: date, provider: str = "") -> Repricing:
    """Queue the working out of a period, from `since` to before `until`."""
    require(actor, "price.edit")
    if until <= since:
        raise RuleError(_("The last month is not before the first."), "until")
    made = Repricing.objects.create(since=since, until=until, provider=provider_of(provider), created_by=actor)
    transaction.on_commit(queue.send)
    return made


def apply(actor: User, planned: Repricing) -> None:
    """Queue the applying of what was worked out; 409 where it is under way, over or overtaken."""
    require(actor, "price.edit")
    with transaction.atomic():
        # One that a worker is about to have worked out is not waited for: nobody has seen it.
        ready = Repricing.objects.filter(pk=planned.pk, state=State.READY)
        locked = ready.select_for_update(skip_locked=True, of=("self",)).first()
        if locked is None:
            raise RuleError(_("This is not to be applied: it is under way, over or overtaken."), status=409)
        locked.state, locked.applied_by, locked.attempts = State.APPLYING, actor, 0
        locked.save(update_fields=["state", "applied_by", "attempts"])
        transaction.on_commit(queue.send)


def run_next() -> Repricing | None:
    """Work out or apply what waits longest of what no other worker is on; None where there is none."""
    due = Repricing.objects.filter(state__in=UNDER_WAY).order_by("pk")
    return workers.do_next(due, _do, _fail)


def _do(due: Repricing) -> None:
    (_work_out if due.state == State.QUEUED else _apply)(due)


def _fail(pk: int) -> None:
    Repricing.objects.filter(pk=pk, state__in=UNDER_WAY).update(state=State.FAILED)


def _work_out(due: Repricing) -> None:
    outcome = Outcome()
    for _rows in _changed(due, outcome, makes=True):
        pass
    due.lines, due.differences, due.digest = outcome.lines, outcome.told(), outcome.digest.hexdigest()
    due.state = State.READY
    due.save()


def _apply(due: Repricing) -> None:
    with changing(due.applied_by) as change:
        rollups.lock()
        outcome = Outcome()
        usage_merge.prepare()
        if not _stage(due, outcome):
            due.state = State.STALE
            due.save()
            return
        usage_merge.take_fresh("true")
        groups = find_ids(outcome.groups)
        first_of = places.bare(groups.values())
        with initiative_history.recording(change, due, "reprice", _label(due)):
            usage_merge.swap(change.at, due.applied_by_id, None)
            usage_lines.settle(groups, first_of)
        due.state, due.applied_at = State.DONE, change.at
        due.save()
        change.record(due, "reprice", {"differences": (None, due.differences), "lines": (None, due.changed)})


def _stage(due: Repricing, outcome: Outcome) -> bool:
    """Stage what is to change; tell whether that is what was shown.

    What was shown has its groups and prices. None is made here, under the lock: an import may be making the same, and
    would need the lock to come to an end.
    """
    try:
        for rows in _changed(due, outcome, makes=False):
            usage_merge.stage(rows)
    except NotKeptError:
        return False
    return outcome.digest.hexdigest() == due.digest


def _label(due: Repricing) -> str:
    months = dict.fromkeys(f"{day:%Y-%m}" for day in (due.since, due.last_day))
    return f"{' – '.join(months)} {due.provider}".strip()


def _changed(due: Repricing, outcome: Outcome, *, makes: bool) -> Iterator[list[Sequence[object]]]:
    """Yield the lines that come out otherwise, as they are staged, some thousand at a time.

    `makes`: groups and price rows where there are none; else NotKeptError.
    """
    ours = ~Q(price=None, unpriced="")
    lines = UsageLine.objects.live().filter(ours, occurred_on__gte=due.since, occurred_on__lt=due.until)
    pricing, groups = Pricing(makes=makes), _groups(lines, due.provider)
    abouts = {pk: _about(group) for pk, group in groups.items()}
    found = (
        lines.filter(group__in=groups)
        .order_by("occurred_on", "group_id", "fingerprint", "occurrence")
        .iterator(chunk_size=AT_ONCE)
    )
    while part := list(islice(found, AT_ONCE)):
        outcome.lines += len(part)
        fresh = []
        for line in part:
            line.group = groups[line.group_id]
            new = _priced(line, abouts[line.group_id], pricing)
            if not new.is_as(line):
                outcome.note(line, new)
                fresh.append((line, new))
        keys = {new.key for _line, new in fresh}
        there = find_or_make(keys) if makes else find_ids(keys)
        if len(there) < len(keys):
            raise NotKeptError
        yield [_staged(line, new, there[new.key]) for line, new in fresh]


def _priced(line: UsageLine, about: About, pricing: Pricing) -> New:
    row = UsageRow(about, line.occurred_on, line.tokens, line.requests, line.batch, line.prompt_tokens)
    found = pricing.of(row)
    return New(pricing.key_of(about, found.chosen), pricing.price_id(found.chosen), found.amount, found.lack)


def _groups(lines: QuerySet[UsageLine], provider: str) -> dict[int, ChargeGroup]:
    """Return the groups of lines; a gateway may have millions of which no call is ours to price."""
    found = ChargeGroup.objects.filter(Exists(lines.filter(group=OuterRef("pk"))), kind__in=(Kind.USAGE, Kind.GATEWAY))
    return {group.pk: group for group in found if not provider or provider_of(group.vendor) == provider}


def _about(group: ChargeGroup) -> About:
    key = GroupKey.of(group)
    same = {name: getattr(key, name) for name in About._fields if name in GroupKey._fields and name != "currency"}
    return About(provider=group.vendor, model=group.sku, **same)


def _staged(line: UsageLine, new: New, group_id: int) -> tuple[object, ...]:
    """Return the next version of a line in the order of `usage_merge.STAGED`."""
    other = {"group_id": group_id, "price_id": new.price_id, "amount": new.amount, "unpriced": str(new.lack)}
    return tuple(other[name] if name in other else getattr(line, name) for name in usage_merge.STAGED)
