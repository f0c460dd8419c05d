"""A ledger of millions of lines: 5,000 initiatives, 8,333 charge groups and 60 months.

Lines come by set-based INSERTs, sums are rebuilt from them; one group in twenty names no initiative, and half of those
are placed with shares. The as-of date lies inside the last month, as it does on every day but one.
"""

from __future__ import annotations

import random
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection

from costs.models import AiCategory, Category, ChargeGroup, Kind
from projects import units
from projects.models import BusinessUnit, Initiative

INITIATIVES, GROUPS, MONTHS, UNITS = 5_000, 8_333, 60, 20
FIRST, AS_OF = date(2021, 11, 1), date(2026, 10, 28)

LINES = """
INSERT INTO costs_costline (group_id, incurred_on, fingerprint, occurrence, amount, rate, base_amount, recorded_at,
                            is_correction, withdrawn)
SELECT grp.id, (%(first)s::date + month * interval '1 month')::date + ((number * 7 + grp.id) %% 28)::int,
       lpad(to_hex(number), 32, '0')::uuid, 1, amount, 1, amount, now(), false, ''
FROM costs_chargegroup AS grp
CROSS JOIN generate_series(0, %(months)s - 1) AS month
CROSS JOIN generate_series(%(from)s, %(to)s) AS number
CROSS JOIN LATERAL (SELECT ((grp.id * 7919 + month * 104729 + number * 1299709) %% 1000003) / 100.0 AS amount) AS cost
WHERE grp.source = 'bench' ORDER BY 1, 2, 3
"""
SUMS = """
TRUNCATE costs_groupmonth, costs_initiativemonth, costs_portfoliomonth, costs_initiativedays;
INSERT INTO costs_groupmonth (group_id, month, lines, pending, gross)
SELECT group_id, date_trunc('month', incurred_on)::date, count(*), 0, sum(base_amount)
FROM costs_costline GROUP BY 1, 2 ORDER BY 1, 2;
INSERT INTO costs_initiativemonth (initiative_id, month, category_id, counted_month, entries, gross, recovered)
SELECT coalesce(place.initiative_id, grp.initiative_id, 0), kept.month, grp.category_id, kept.month, sum(kept.lines),
       sum(kept.gross * coalesce(place.share, 1)), 0
FROM costs_groupmonth AS kept JOIN costs_chargegroup AS grp ON grp.id = kept.group_id
LEFT JOIN costs_placement AS place
    ON place.group_id = kept.group_id AND place.since <= kept.month AND place.until > kept.month
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;
INSERT INTO costs_portfoliomonth (month, category_id, counted_month, allocated, entries, gross, recovered)
SELECT month, category_id, month, initiative_id <> 0, sum(entries), sum(gross), 0
FROM costs_initiativemonth GROUP BY 1, 2, 3, 4;
WITH daily AS (
SELECT coalesce(place.initiative_id, grp.initiative_id, 0) AS initiative_id, line.incurred_on AS on_day,
       count(*) AS entries, sum(line.base_amount * coalesce(place.share, 1)) AS gross
FROM costs_costline AS line JOIN costs_chargegroup AS grp ON grp.id = line.group_id
LEFT JOIN costs_placement AS place
    ON place.group_id = line.group_id AND place.since <= line.incurred_on AND place.until > line.incurred_on
WHERE line.incurred_on >= date_trunc('month', %(as_of)s::date)  -- of older months only whole ones are asked for
GROUP BY 1, 2
)
INSERT INTO costs_initiativedays (counted_month, initiative_id, month, entries, gross, recovered)
SELECT month::date, key.initiative_id, month::date, array_agg(entries ORDER BY day), array_agg(gross ORDER BY day),
       ARRAY[]::numeric[]
FROM (SELECT DISTINCT date_trunc('month', on_day) AS month, initiative_id FROM daily) AS key
CROSS JOIN generate_series(0, 30) AS day
LEFT JOIN daily ON daily.initiative_id = key.initiative_id AND on_day = month::date + day
GROUP BY 1, 2;
"""


def group_of_a_bill(number: int, cloud: Category, **about: Any) -> ChargeGroup:
    """Return a charge group of a cloud bill, with a resource of its own; `about` says what else it is about."""
    given = {"source": "bench", "category": cloud, "currency": "USD", "kind": Kind.BILL, "vendor": "Stratus"}
    return ChargeGroup(identity=UUID(int=number), resource=f"arn:{number}", **given, **about)


def initiatives() -> tuple[list[Initiative], list[BusinessUnit]]:
    """Make the initiatives and their business units, and empty the ledger."""
    connection.cursor().execute("TRUNCATE costs_costline")
    made_units = [units.find_or_make(f"Division {number % 5} / Team {number}", None) for number in range(UNITS)]
    first = (Initiative.objects.order_by("-number").values_list("number", flat=True).first() or 0) + 1
    made = Initiative.objects.bulk_create(
        Initiative(number=first + number, title=f"Initiative {number}", business_unit=made_units[number % UNITS])
        for number in range(INITIATIVES)
    )
    return made, made_units


def groups(initiatives: list[Initiative]) -> None:
    """Make the charge groups, and place half of those that name no initiative."""
    chance = random.Random(2026)
    categories, labels = list(Category.objects.all()), ["", *AiCategory.values]
    made = ChargeGroup.objects.bulk_create(
        ChargeGroup(
            identity=UUID(int=chance.getrandbits(128)),
            source="bench",
            initiative=None if number % 20 == 0 else initiatives[number % INITIATIVES],
            category=categories[number % len(categories)],
            currency="USD",
            vendor=f"Vendor {number % 40}",
            service=f"Service {number % 200}",
            ai_category=labels[number % len(labels)],
        )
        for number in range(GROUPS)
    )
    with connection.cursor() as cursor:
        for group in made[::40]:
            for share in ("0.4", "0.6"):
                cursor.execute(
                    "INSERT INTO costs_placement (group_id, since, until, initiative_id, share) "
                    "VALUES (%s, '1900-01-01', '9999-12-01', %s, %s)",
                    [group.pk, initiatives[chance.randrange(INITIATIVES)].pk, share],
                )


def fill(first: int, last: int, months: int = MONTHS) -> None:
    """Add the first-th to last-th line to every group and month, and bring the sums up."""
    with connection.cursor() as cursor:
        cursor.execute(LINES, {"first": FIRST, "months": months, "from": first, "to": last})
        cursor.execute(SUMS, {"as_of": AS_OF})
        # The database does both by itself within minutes; what is measured next would be slower until then.
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")
