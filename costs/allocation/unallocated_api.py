"""`/costs/unallocated`: what belongs to no initiative."""

from __future__ import annotations

import re
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Field, Query, Router, Schema

from accounts.models import Organisation
from accounts.permissions import require
from api.fields import Money, Month, ShortText
from api.pages import Listing, PageQuery, bad_cursor, cursor_text, listing_found
from api.problems import invalid
from costs.allocation import unallocated
from costs.allocation.matching import FIELDS, TAG, tag_name
from costs.allocation.unallocated import FIRST, After, Bundle

router = Router()
MOST_FIELDS = 20
_AFTER = re.compile(r"(?P<place>\d{1,9})-(?P<mark>[0-9a-f]{32})", re.ASCII)


class UnallocatedQuery(PageQuery):
    """By what charges are put together."""

    by: list[ShortText] = Field(
        list(unallocated.USUAL),
        max_length=MOST_FIELDS,
        description=f'{", ".join(FIELDS)}, or "tag:NAME"; several: by=vendor&by=region.',
    )


class UnallocatedOut(Schema):
    """Charges that say the same in the fields asked for, and what of them belongs to no initiative."""

    values: dict[str, str] = Field(description='By field; "": it is empty, or none of them has this tag.')
    lines: int
    amount: Money = Field(description="Gross.")
    currency: str
    pending_lines: int = Field(description="Lines that wait for an exchange rate, and are not in the amount.")
    last_month: Month


@router.get(
    "/costs/unallocated", response=Listing[UnallocatedOut], summary="What belongs to no initiative, the biggest first"
)
def list_unallocated(request: HttpRequest, query: Query[UnallocatedQuery]) -> dict[str, Any]:
    """Of the charges that you may see, up to today; credits by their size.

    `values`, unless all are empty, are the `match` of an allocation rule for them alone. Worked out anew for each page:
    what has moved since the last one may come twice, or not.
    """
    require(request.user, "portfolio.see")
    names = list(dict.fromkeys(TAG + tag_name(name) if name.startswith(TAG) else name for name in query.by))
    unknown = [name for name in names if name not in FIELDS and (name == TAG or not name.startswith(TAG))]
    if unknown:
        raise invalid([("by", _("There is no such field: {names}.").format(names=", ".join(unknown)))])
    found = unallocated.bundles(request.user, names, timezone.localdate(), query.limit, _after(cursor_text(query)))
    base = Organisation.current().base_currency
    following = "-".join(map(str, found.following)) if found.following else None
    return listing_found(request, [_item(bundle, base) for bundle in found.shown], found.count, following)


def _after(text: str | None) -> After:
    """Return where to go on; 422 for what no page before has said."""
    if text is None:
        return FIRST
    if not (said := _AFTER.fullmatch(text)):
        raise bad_cursor()
    return After(int(said["place"]), said["mark"])


def _item(bundle: Bundle, base: str) -> dict[str, Any]:
    return {
        "values": bundle.values,
        "lines": bundle.lines,
        "amount": bundle.gross,
        "currency": base,
        "pending_lines": bundle.waiting,
        "last_month": bundle.last_month,
    }
