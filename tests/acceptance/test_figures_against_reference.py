"""Every figure of random portfolios against METRICS.md written down a second time (`reference`)."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

import pytest

from accounts.models import Role, User
from accounts.tokens import make
from outcomes.status import states
from tests.acceptance import reference as ref
from tests.acceptance import reference_benefit as benefit
from tests.acceptance import reference_rates as reach
from tests.acceptance.chance import FIRST, LAST
from tests.acceptance.random_portfolios import TAGS, UNITS, Author

pytestmark = pytest.mark.django_db
SEEDS = range(int(os.environ.get("AUDIT_FROM", "1")), int(os.environ.get("AUDIT_TO", "4")))
EXACT = {"gross_cost", "recovered", "net_cost", "pending_lines"}
ECONOMICS = EXACT | {"realised_benefit", "validated_benefit", "net_benefit", "roi", "npv", "roi_pv", "bcr"}
ECONOMICS |= {"payback_months", "discounted_payback_months"}
OTHER_RATE = "0.07"


@pytest.fixture
def admin() -> User:
    return User.objects.create_user("admin@example.com", role=Role.ADMIN)


@pytest.fixture
def get(client, admin):
    _row, token = make(admin, "test", None)

    def ask(path: str, **query: Any) -> dict[str, Any]:
        answer = client.get(f"/api/v1{path}", query, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200, answer.content
        return answer.json()

    return ask


@pytest.mark.parametrize("seed", SEEDS)
def test_every_figure_is_as_in_metrics(seed: int, admin: User, get) -> None:
    author = Author(seed, admin)
    days = as_of_days(author)
    worked = benefit.Worked(author.book, max(days))
    wrong: list[str] = []
    for as_of in days:
        wrong += [*summaries(author, worked, as_of, get), *each_initiative(author, worked, as_of, get)]
        wrong += [*outcomes(author, as_of), *stages(author, worked, as_of, get)]
    wrong += one_outcome_by_api(author, days[-1], get)
    assert not wrong, "\n".join(wrong[:20])


def as_of_days(author: Author) -> list[date]:
    """Return some days, the awkward ones among them: starts + 14, ends of periods, month ends, before everything."""
    random = Random(author.random.random())
    xs = author.book.initiatives
    starts = [begun.on + 14 * ref.DAY for x in xs if (begun := ref.start(x, LAST)) and begun.on]
    ends = [reading.end for x in xs for outcome in x.outcomes for reading in outcome.readings]
    awkward = [*starts, *ends, date(2024, 2, 29), date(2023, 12, 31), date(2024, 1, 1), FIRST - timedelta(days=365)]
    return [*random.sample(awkward, min(3, len(awkward))), author.day(), author.day(), LAST + timedelta(days=200)]


def summaries(author: Author, worked: benefit.Worked, as_of: date, get) -> Iterator[str]:
    """Compare the whole portfolio and some sets of it."""
    for rate, filters, kept in sets(author, as_of):
        got = get("/portfolio/summary", as_of=as_of.isoformat(), rate=rate, **filters)
        want = benefit.summary(worked, kept, as_of, Decimal(rate), whole=not filters)
        where = f"{as_of} {filters}"
        later = sum(reach.guidance(x, as_of) in ("guided", "partly_guided") for x in kept)  # all was recorded just now
        cohorts = [(name, got["by_guidance"][name], each) for name, each in want["by_guidance"].items()]
        lacks = without_start(author, as_of) if filters.keys() & {"started_from", "started_to"} else {}
        for name, part, wanted in [("", got, want), *cohorts]:
            apart = lacks if name in ("", "not_recorded") else {}
            without = Counter(wanted.pop("without_dates")) + Counter(apart)
            waits = part["left_out"].get("net_benefit", {})
            yield from compare(f"{where} waits", waits == Counter(wanted.pop("waits")) + Counter(apart), True)
            yield from compare(f"{where} left out", part["left_out"].get("production_within", {}) == without, True)
            yield from compare(f"{where} unknown starts", part["left_out"].get("prototypes", {}) == apart, True)
        yield from compare(f"{where} later rows", got["guidance_recorded_later"], later)
        pending = got["left_out"].get("realised_benefit", {}).get("pending readings", 0)
        yield from compare(f"{where} pending", pending, want.pop("pending_readings"))
        yield from compare(where, got, {name: value for name, value in want.items() if name != "flows"})
        yield from budgets(where, got, kept, as_of)
        stands = [ref.stage(x, as_of) for x in kept]
        yield from compare(f"{where} stages", got["stages"], {name: stands.count(name) for name in got["stages"]})


def sets(author: Author, as_of: date) -> Iterator[tuple[str, dict[str, str], list[ref.Initiative]]]:
    """Yield discount rate, filters and the initiatives that they keep: all, and three narrower sets."""
    random, xs = author.random, author.book.initiatives
    yield "0.1", {}, xs
    unit, tag, x, day = random.choice(UNITS[1:]), random.choice(TAGS), random.choice(xs), author.day()
    known = {x.unit for x in xs} | {x.unit.split(" / ")[0] for x in xs}
    choices: list[tuple[dict[str, str], Any]] = [
        ({"hosting": x.hosting}, lambda y: y.hosting == x.hosting),
        ({"stage": ref.stage(x, as_of)}, lambda y: ref.stage(y, as_of) == ref.stage(x, as_of)),
        ({"started_from": day.isoformat()}, lambda y: (on := started(y, as_of)) and on >= day),
        ({"started_to": day.isoformat()}, lambda y: (on := started(y, as_of)) and on <= day),
    ]
    if unit in known:
        choices.append(({"business_unit": unit}, lambda y: f"{y.unit} / ".startswith(f"{unit} / ")))
    if any(tag in y.tags for y in xs):
        choices.append(({"tag": tag}, lambda y: tag in y.tags))
    if cohort := reach.guidance(x, as_of):
        choices.append(({"guidance": cohort}, lambda y: reach.guidance(y, as_of) == cohort))
    for filters, keeps in random.sample(choices, 3):
        yield OTHER_RATE, filters, [y for y in xs if keeps(y)]


def without_start(author: Author, as_of: date) -> dict[str, int]:
    """Return how many prototypes have no known start, by reason: a cohort by start says that it lacks them."""
    begun = [step for x in author.book.initiatives if (step := ref.start(x, as_of)) and step.on is None]
    return Counter(step.why_unknown for step in begun)


def started(x: ref.Initiative, as_of: date) -> date | None:
    begun = ref.start(x, as_of)
    return begun.on if begun else None


def each_initiative(author: Author, worked: benefit.Worked, as_of: date, get) -> Iterator[str]:
    for made in author.initiatives:
        got = get(f"/initiatives/{made.row.key}/economics", as_of=as_of.isoformat())
        want = worked.returns([made.twin], made.twin.lines, as_of, Decimal("0.1"))
        waits = want.pop("waits")
        flows = [{"benefit": gain, "net_cost": cost, "month": f"{on:%Y-%m}"} for on, gain, cost in want.pop("flows")]
        where = f"{as_of} {made.row.key}"
        yield from compare(f"{where} waits", got["left_out"].get("npv", {}) == waits, True)
        yield from compare(where, {name: got[name] for name in ECONOMICS}, want)
        yield from compare(where, got["guidance"], reach.guidance(made.twin, as_of))
        yield from budgets(where, got, [made.twin], as_of)
        yield from compare(f"{where} months", len(got["flows"]), len(flows))
        for month, flow in zip(got["flows"], flows, strict=False):
            yield from compare(f"{where} flows", month, flow)


def outcomes(author: Author, as_of: date) -> Iterator[str]:
    """Compare attainment, expected share and status."""
    found = states(None, as_of)
    for x, made in author.outcomes:
        state, where = found[made.row.pk], f"{as_of} outcome {made.row.pk}"
        yield from compare(f"{where} attainment", state.attainment, benefit.attainment(made.twin, as_of))
        status = benefit.status(x.twin, made.twin, as_of)
        yield from compare(f"{where} status", state.status and state.status.value, status)


def one_outcome_by_api(author: Author, as_of: date, get) -> Iterator[str]:
    for x, made in author.outcomes:
        got = get(f"/outcomes/{made.row.pk}", as_of=as_of.isoformat())
        want = {"attainment": benefit.attainment(made.twin, as_of), "status": benefit.status(x.twin, made.twin, as_of)}
        yield from compare(f"{as_of} outcome {made.row.pk}", got, want)


def stages(author: Author, worked: benefit.Worked, as_of: date, get) -> Iterator[str]:
    """Compare the list of initiatives, and the conversion from stage to stage."""
    rows = {row["key"]: row for row in get("/portfolio/initiatives", as_of=as_of.isoformat())["items"]}
    for made in author.initiatives:
        x = made.twin
        want = {"stage": ref.stage(x, as_of), "on_hold": ref.on_hold(x, as_of), "guidance": reach.guidance(x, as_of)}
        want |= {"gross_cost": ref.gross(x.lines, as_of), "realised_benefit": worked.benefit(x, as_of)}
        planned = ref.planned_production(x, as_of)
        want["planned_production_on"] = planned.isoformat() if planned else None
        yield from compare(f"{as_of} {made.row.key} in the list", rows[made.row.key], want)
    steps = get("/portfolio/funnel", as_of=as_of.isoformat())["steps"][1:]
    for place, step in enumerate(steps):
        share, days = reach.conversion(author.book.initiatives, as_of, place)
        yield from compare(f"{as_of} to {step['stage']}", step, {"share": share, "median_days": days})


def budgets(where: str, got: dict[str, Any], kept: list[ref.Initiative], as_of: date) -> Iterator[str]:
    """Compare the figures of the budgets, over the initiatives that have one."""
    want = ref.budget_figures(kept, as_of)
    variance = got["budget_variance"] and got["budget_variance"]["value"]
    yield from compare(f"{where} budget", got | {"budget_variance": variance}, want)


def compare(where: str, got: Any, want: Any) -> Iterator[str]:
    """Yield what differs; sums must be exact, quotients agree to 1e-9."""
    if isinstance(want, dict):
        for name, value in want.items():
            inner = got.get(name, "missing") if isinstance(got, dict) else got
            yield from compare(f"{where} {name}", inner, value)
        return
    if isinstance(want, str | bool) or want is None or got in (None, "missing"):
        same = got == want
    else:
        number, exact = Fraction(str(got)), Fraction(want)
        slack = 0 if where.rsplit(" ", 1)[-1] in EXACT else Fraction(1, 10**9) * max(1, abs(exact))
        same = abs(number - exact) <= slack
    if not same:
        yield f"{where}: got {got}, want {float(want) if isinstance(want, Fraction) else want}"
