"""Pasted rows as cost lines, as budget lines and as days of roles."""

from __future__ import annotations

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from costs.budgets.lines import NewBudget
from costs.entry import paste
from costs.entry.paste import Pasted, PastedRow
from costs.lookups import Names
from costs.models import Category, LabourRole
from costs.new_line import NewLine
from costs.registers.labour_days import NewDays, check_days, role_named
from projects.fields import LONGEST_TITLE
from projects.models import Initiative

COST_COLUMNS = {
    "initiative": _("Initiative"),
    "incurred_on": _("Date"),
    "category": _("Category"),
    "amount": _("Amount"),
    "currency": _("Currency"),
    "vendor": _("Vendor"),
    "description": _("Description"),
}
BUDGET_COLUMNS = {
    "month": _("Month"),
    "category": _("Category"),
    "amount": _("Amount"),
    "currency": _("Currency"),
    "approved_on": _("Approved on"),
}
LABOUR_COLUMNS = {
    "initiative": _("Initiative"),
    "role": _("Role"),
    "month": _("Month"),
    "days": _("Days"),
}


def costs(rows: list[PastedRow], user: User) -> Pasted[NewLine]:
    """Read rows as cost lines; one without an initiative is unallocated."""
    names = Names(user, {row.cells.get("initiative", "") for row in rows})
    labels = _categories()

    def check(row: PastedRow) -> NewLine | None:
        line = NewLine(
            initiative=row.read("initiative", names.charged),
            incurred_on=row.read("incurred_on", paste.day),
            category=row.read("category", lambda text: names.category(labels.get(text.casefold(), text))),
            amount=row.read("amount", paste.amount),
            currency=row.read("currency", paste.currency),
            vendor=row.read("vendor", paste.short),
            description=row.read("description", paste.short),
        )
        return None if row.errors else line

    return paste.checked(rows, check, gettext("Nothing is entered yet."))


def budgets(text: str, initiative: Initiative, user: User) -> Pasted[NewBudget]:
    """Read pasted budget lines of one initiative; category and day of approval may be left out."""
    names = Names(user, [initiative.key])
    labels = _categories()

    def check(row: PastedRow) -> NewBudget | None:
        category = row.cells.get("category")
        line = NewBudget(
            initiative=initiative,
            month=row.read("month", paste.month),
            category=row.read("category", lambda text: names.category(labels.get(text.casefold(), text)))
            if category
            else None,
            amount=row.read("amount", paste.amount),
            currency=row.read("currency", paste.currency),
            approved_on=row.read("approved_on", paste.day_or_today),
        )
        return None if row.errors else line

    return paste.read(text, BUDGET_COLUMNS, check)


def labour_days(text: str, user: User) -> Pasted[NewDays]:
    """Read pasted days of roles; 0 takes days away."""
    cells = {cell.strip() for record in paste.records_of(text) for cell in record}  # whichever column it stands in
    names = Names(user, {cell for cell in cells if len(cell) <= LONGEST_TITLE})
    roles = {role.name.casefold(): role for role in LabourRole.objects.all()}

    def initiative(cell: str) -> Initiative:
        found = names.charged(cell) if cell else None
        if found is None:
            raise ValueError(gettext("Name an initiative."))
        return found

    def check(row: PastedRow) -> NewDays | None:
        days = NewDays(
            initiative=row.read("initiative", initiative),
            role=row.read("role", lambda cell: role_named(roles, cell)),
            month=row.read("month", paste.month),
            days=row.read("days", lambda cell: check_days(paste.amount(cell))),
        )
        return None if row.errors else days

    return paste.read(text, LABOUR_COLUMNS, check)


def _categories() -> dict[str, str]:
    """Return how people write categories → their names."""
    return {str(category).casefold(): category.name for category in Category.objects.filter(is_active=True)}
