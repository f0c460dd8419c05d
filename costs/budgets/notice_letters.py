"""Letters about budget notices: one a person and run, in their language, to the initiative's owner and to finance."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from smtplib import SMTPRecipientsRefused

import structlog
from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation

from accounts.models import Organisation, Role, User
from costs.budgets import notice_thresholds
from costs.models import BudgetNotice
from display import currency, numbers

log = structlog.get_logger(__name__)


def send_due() -> int:
    """Send what has not been sent; return the number of letters.

    Without an answering mail server nothing is marked as sent, and the next run tries again. Two runs at once do not
    send the same notice: the second passes over rows that the first holds.
    """
    with transaction.atomic():
        waiting = BudgetNotice.objects.filter(mailed_at=None).select_related("initiative__owner")
        notices = list(waiting.select_for_update(of=("self",), skip_locked=True))
        if not notices:
            return 0
        sent = _send(_letters(notices))
        BudgetNotice.objects.filter(pk__in=[each.pk for each in notices]).update(mailed_at=timezone.now())
    return sent


def _letters(notices: Sequence[BudgetNotice]) -> list[tuple[User, list[BudgetNotice]]]:
    """Return who is told what: people who can sign in, finance of everything, an owner of what is theirs."""
    finance = User.objects.filter(role=Role.FINANCE, is_active=True)
    told: dict[User, list[BudgetNotice]] = {person: list(notices) for person in finance}
    for notice in notices:
        owner = notice.initiative.owner
        if owner is not None and owner.is_active and notice not in told.setdefault(owner, []):
            told[owner].append(notice)
    return [(person, theirs) for person, theirs in told.items() if theirs and not person.is_invited]


def _send(letters: Iterable[tuple[User, list[BudgetNotice]]]) -> int:
    sent = 0
    organisation, shares = Organisation.current(), notice_thresholds.shares(notice_thresholds.current())
    with get_connection() as mail_server:
        for person, notices in letters:
            letter = _letter(person, notices, organisation, shares)
            letter.connection = mail_server
            try:
                sent += letter.send()
            # One wrong address, or one that cannot be written, must not keep the others from their letters.
            except (SMTPRecipientsRefused, ValueError):
                log.warning("address refused", person=person.pk)
    return sent


def _letter(
    person: User, notices: list[BudgetNotice], organisation: Organisation, shares: Sequence[Decimal]
) -> EmailMessage:
    with translation.override(person.language or settings.LANGUAGE_CODE), currency.using(organisation.base_currency):
        context = {
            "person": person,
            "notices": notices,
            "site": settings.SITE_URL,
            "shares": numbers.any_percent(shares),
        }
        subject = render_to_string("costs/email/budget_notices_subject.txt", context)
        body = render_to_string("costs/email/budget_notices_message.txt", context)
    return EmailMessage(" ".join(subject.split()), body, to=[person.email])
