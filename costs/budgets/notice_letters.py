"""Letters about budget notices: one a person and run, in their language, to the initiative's owner and to finance."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation

from accounts import mail
from accounts.models import Role, User
from costs.budgets import notice_thresholds
from costs.models import BudgetNotice
from display import numbers


def write_due() -> int:
    """Write what has not been written of yet, for `accounts.mail` to send; return the number of letters.

    Two runs at once do not tell the same notice: the second passes over rows that the first holds.
    """
    with transaction.atomic():
        waiting = BudgetNotice.objects.filter(mailed_at=None).select_related("initiative__owner")
        # Who marks one as seen meanwhile does not wait.
        notices = list(waiting.select_for_update(of=("self",), skip_locked=True, no_key=True))
        if not notices:
            return 0
        letters = _letters(notices)
        _write(letters)
        BudgetNotice.objects.filter(pk__in=[each.pk for each in notices]).update(mailed_at=timezone.now())
    return len(letters)


def _letters(notices: Sequence[BudgetNotice]) -> list[tuple[User, list[BudgetNotice]]]:
    """Return who is told what: people who can sign in, finance of everything, an owner of what is theirs."""
    finance = User.objects.filter(role=Role.FINANCE, is_active=True)
    told: dict[User, list[BudgetNotice]] = {person: list(notices) for person in finance}
    for notice in notices:
        owner = notice.initiative.owner
        if owner is not None and owner.is_active and notice not in told.setdefault(owner, []):
            told[owner].append(notice)
    return [(person, theirs) for person, theirs in told.items() if theirs and not person.is_invited]


def _write(letters: Sequence[tuple[User, list[BudgetNotice]]]) -> None:
    shares = notice_thresholds.shares(notice_thresholds.current())
    for person, notices in letters:
        language = person.language or settings.LANGUAGE_CODE
        with translation.override(language):
            mail.post(person, *_texts(person, notices, shares))


def _texts(person: User, notices: list[BudgetNotice], shares: Sequence[Decimal]) -> tuple[str, str]:
    """Return subject and text."""
    context = {
        "person": person,
        "notices": notices,
        "site": settings.SITE_URL,
        "shares": numbers.any_percent(shares),
    }
    texts = "costs/email/budget_notices"
    return render_to_string(f"{texts}_subject.txt", context), render_to_string(f"{texts}_message.txt", context)
