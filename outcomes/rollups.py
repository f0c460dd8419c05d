"""Keeps the benefit tables right: called inside the transaction of every write that changes what readings are worth."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from django.db import connection
from django.db.models import Count

from accounts.models import Organisation, User
from money import rates
from outcomes import benefit
from outcomes import terms as dated
from outcomes.models import BenefitSegment, Direction, Measurement, Outcome, OutcomeTerms, ReadingRate, ReadingState
from projects.models import Initiative
from projects.querysets import SEES_CONFIDENTIAL
from projects.standing import ended_intervals

SIGNS = {Direction.INCREASE: 1, Direction.DECREASE: -1, Direction.MAINTAIN: 0}
ONE = Decimal(1)
_VALUING = 0x76616C7565  # any number that nothing else locks


def lock(initiative_ids: Iterable[int]) -> None:
    """Let one write at a time into an initiative's outcomes: its readings must not overlap, its rollup is shared.

    New rates wait until it is over, and it for theirs: otherwise neither would see the other, and the reading would
    wait for a rate that is there.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [_VALUING])
    found = Outcome.objects.filter(initiative_id__in=list(initiative_ids)).order_by("id")
    list(found.select_for_update(no_key=True).values_list("id", flat=True))


def rebuild_initiatives(initiative_ids: Iterable[int]) -> None:
    """Work out the benefit of every outcome of these initiatives anew (their stages have changed)."""
    rebuild(Outcome.objects.filter(initiative_id__in=list(initiative_ids)).values_list("id", flat=True))


def after_rates_added(added: Sequence[tuple[str, date]]) -> bool:
    """Value the readings that waited for one of these rates, all of them at once; nothing else changes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_VALUING])
    waiting: set[int] = set()
    for currency in {currency for currency, _ in added}:
        days = [on for known, on in added if known == currency]
        pending = BenefitSegment.objects.filter(
            per_day=None,
            currency=currency,
            measurement__period_end__gte=min(days),
            measurement__period_end__lte=max(rates.days_served(on)[1] for on in days),
        )
        waiting.update(pending.values_list("outcome_id", flat=True))
    if waiting:
        rebuild(waiting)
    return False


def keep_rates(old: Measurement, new: Measurement) -> None:
    """Let a reading that comes in the place of another of the same day have its rates: later ones re-value nothing."""
    ReadingRate.objects.bulk_create(
        ReadingRate(measurement=new, currency=kept.currency, rate=kept.rate) for kept in old.rates.all()
    )


def pending_by_currency(user: User) -> dict[str, int]:
    """Return how many readings that a person may see wait for a rate, by currency."""
    waiting = BenefitSegment.objects.filter(validated=False, per_day=None).values("currency").order_by("currency")
    if user.role not in SEES_CONFIDENTIAL:
        waiting = waiting.filter(initiative__in=Initiative.objects.visible_to(user))
    return {row["currency"]: row["n"] for row in waiting.annotate(n=Count("measurement", distinct=True))}


def rebuild(outcome_ids: Iterable[int]) -> None:
    """Work out the benefit of these outcomes anew, and the months of their initiatives."""
    outcomes = list(Outcome.objects.filter(pk__in=list(outcome_ids)).order_by("id"))
    if not outcomes:
        return
    initiatives = sorted({outcome.initiative_id for outcome in outcomes})
    lock(initiatives)
    BenefitSegment.objects.filter(outcome__in=outcomes).delete()
    BenefitSegment.objects.bulk_create(_segments(outcomes, initiatives), batch_size=5_000)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM outcomes_benefitmonth WHERE initiative_id = ANY(%s)", [initiatives])
        cursor.execute(MONTHS, [initiatives])


def _segments(outcomes: list[Outcome], initiatives: list[int]) -> list[BenefitSegment]:
    """Return the segments of both bases: all readings, and validated readings alone."""
    worth = _worth(outcomes)
    measured = [outcome for outcome in outcomes if outcome.pk in worth]
    readings = _readings(measured)
    known = _rates(measured, worth, readings)
    ended = ended_intervals(initiatives)
    made: list[BenefitSegment] = []
    for outcome in measured:
        both = readings.get(outcome.pk, [])
        for validated in (False, True):
            pieces = benefit.segments(
                [_plain(reading) for reading in both if reading.state == ReadingState.VALIDATED or not validated],
                worth[outcome.pk],
                is_flow=outcome.is_flow,
                ended=_until_end(ended.get(outcome.initiative_id, []), outcome.ended_on),
                rate_of=lambda reading, currency: known.get((reading, currency)),
            )
            made.extend(_row(outcome, piece, validated) for piece in pieces)
    return made


def _until_end(ended: Sequence[benefit.Interval], last: date | None) -> Sequence[benefit.Interval]:
    """Return the days that do not count: those on which the initiative has ended, and all from `last` on."""
    if last is None:
        return ended
    return [*(interval for interval in ended if interval[0] < last), (last, None)]


def _row(outcome: Outcome, piece: benefit.Segment, validated: bool) -> BenefitSegment:
    return BenefitSegment(
        initiative_id=outcome.initiative_id,
        outcome=outcome,
        measurement_id=piece.reading_id,
        validated=validated,
        is_flow=outcome.is_flow,
        start_on=piece.start_on,
        end_on=piece.end_on,
        counts_from=piece.counts_from,
        per_day=piece.per_day,
        amount=piece.amount,
        currency=piece.currency,
    )


def _plain(reading: Measurement) -> benefit.Reading:
    return benefit.Reading(reading.pk, reading.period_start, reading.period_end, reading.value)


def _worth(outcomes: list[Outcome]) -> dict[int, list[benefit.Worth]]:
    """Return the dated values of those outcomes that were ever worth money, in order."""
    return {
        outcome: [_worth_of(row) for row in rows]
        for outcome, rows in dated.of_outcomes(outcomes).items()
        if any(row.unit_value is not None and not row.maintains for row in rows)
    }


def _worth_of(terms: OutcomeTerms) -> benefit.Worth:
    return benefit.Worth(
        terms.effective_on,
        SIGNS[Direction(terms.direction)],
        terms.baseline,
        terms.unit_value,
        terms.unit_value_currency,
        terms.volume_per_month,
        terms.attribution,
        terms.cadence_days,
    )


def _readings(outcomes: list[Outcome]) -> dict[int, list[Measurement]]:
    found: dict[int, list[Measurement]] = defaultdict(list)
    columns = ("id", "outcome_id", "period_start", "period_end", "value", "state")
    for reading in Measurement.objects.counting().filter(outcome__in=outcomes).only(*columns):
        found[reading.outcome_id].append(reading)
    return found


def _rates(
    outcomes: list[Outcome], worth: dict[int, list[benefit.Worth]], readings: dict[int, list[Measurement]]
) -> dict[tuple[int, str], Decimal]:
    """Return the rate by (reading, currency). One that was found before stays; new ones are kept."""
    base = Organisation.current().base_currency
    needed = {
        (reading.pk, held.currency): reading.period_end
        for outcome in outcomes
        for reading in readings.get(outcome.pk, [])
        for held in worth[outcome.pk]
        if held.unit_value is not None and held.sign
    }
    known = {pair: ONE for pair in needed if pair[1] == base}
    foreign = {pair: on for pair, on in needed.items() if pair[1] != base}
    if not foreign:
        return known
    kept = ReadingRate.objects.filter(measurement__in={reading for reading, _ in foreign})
    known.update({(row.measurement_id, row.currency): row.rate for row in kept})
    missing = {pair: (pair[1], on) for pair, on in foreign.items() if pair not in known}
    found = rates.rates_on(set(missing.values()))
    fresh = {pair: rate for pair, asked in missing.items() if (rate := found.get(asked)) is not None}
    ReadingRate.objects.bulk_create(
        ReadingRate(measurement_id=reading, currency=currency, rate=rate) for (reading, currency), rate in fresh.items()
    )
    return {**known, **fresh}


# A segment's days by month, and its whole amount on the month from which it counts; sums, and their running sum.
MONTHS = """
INSERT INTO outcomes_benefitmonth (initiative_id, validated, month, spread, entries, recognised, cumulated, until)
SELECT initiative_id, validated, month, spread, entries, recognised,
       sum(recognised) OVER line,
       coalesce(lead(month) OVER line, '9999-12-31'::date)
FROM (
    SELECT initiative_id, validated, month, sum(spread) AS spread, count(*) FILTER (WHERE spread <> 0) AS entries,
           sum(recognised) AS recognised
    FROM outcomes_benefitsegment AS segment
    CROSS JOIN LATERAL (
        SELECT start::date AS month,
               segment.per_day * (least(segment.end_on, (start + interval '1 month')::date)
                                  - greatest(segment.start_on, start::date)) AS spread,
               CASE WHEN segment.is_flow THEN 0
                    ELSE segment.per_day * (least(segment.end_on, (start + interval '1 month')::date)
                                            - greatest(segment.start_on, start::date)) END AS recognised
        FROM generate_series(date_trunc('month', segment.start_on::timestamp),
                             segment.end_on::timestamp - interval '1 day', interval '1 month') AS start
        UNION ALL
        SELECT date_trunc('month', segment.counts_from::timestamp)::date, 0, segment.amount
        WHERE segment.is_flow
    ) AS piece
    WHERE segment.initiative_id = ANY(%s) AND segment.per_day IS NOT NULL
    GROUP BY initiative_id, validated, month
) AS monthly
WINDOW line AS (PARTITION BY initiative_id, validated ORDER BY month)
"""
