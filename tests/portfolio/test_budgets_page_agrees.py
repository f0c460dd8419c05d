"""The page "Budgets" beside the portfolio's and each initiative's own figures, on random portfolios."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from accounts.models import Role, User
from costs import totals
from costs.budgets.overview import Overview, overview
from costs.budgets.overview_form import OverviewForm
from costs.budgets.totals import budgets
from money.months import next_month
from portfolio.metrics.summary import summary
from portfolio.selection.filters import Filters
from tests.acceptance.chance import FIRST, LAST
from tests.acceptance.random_portfolios import Author

pytestmark = pytest.mark.django_db
CENT = Decimal("0.01")


@pytest.mark.parametrize("seed", [1, 2])
def test_sums_agree_to_the_cent(seed: int) -> None:
    admin = User.objects.create_user("admin@example.com", role=Role.ADMIN)
    author = Author(seed, admin)
    for as_of in (author.day(), author.day(), LAST):
        found = _asked(admin, as_of=as_of, by="initiative", period="all")
        figures = summary(Filters(as_of=as_of), admin)
        assert _cents(found.total.whole) == _cents(figures["budget_total"].value)
        assert _cents(found.total.due) == _cents(figures["budget_due"].value)
        assert _cents(found.total.variance) == _cents(figures["budget_variance"].value)
        assert _cents(found.total.estimate) == _cents(figures["estimate_at_completion"].value)
        assert _cents(found.everything) == _cents(figures["gross_cost"].value)
        assert _cents(found.unallocated.gross) == _cents(figures["unallocated"].value)
        _each_as_its_own_page(found, as_of)
        for by in ("business_unit", "category"):
            same = _asked(admin, as_of=as_of, by=by, period="all")
            assert _money(same) == _money(found)
            assert _cents(sum(row.variance for row in same.rows)) == _cents(found.total.variance)
        _years_add_up(admin, as_of, found)


def _each_as_its_own_page(found: Overview, as_of: date) -> None:
    planned, spent = budgets(None, as_of), totals.gross_by_initiative(None, as_of)
    known = {pk: budget for pk, budget in planned.items() if budget.is_known}
    shown = {row.key: (_cents(row.whole), _cents(row.due), _cents(row.gross)) for row in found.rows}
    expected = {
        pk: (_cents(budget.total), _cents(budget.phased), _cents(spent.get(pk, 0))) for pk, budget in known.items()
    }
    assert shown == expected
    assert found.without.initiatives == sum(1 for pk, gross in spent.items() if pk not in known and gross)
    assert found.total.figures.pending == sum(budget.pending for budget in planned.values())


def _years_add_up(admin: User, as_of: date, found: Overview) -> None:
    first, parts = date(FIRST.year - 2, 1, 1), []
    while first.year <= LAST.year + 3:
        until = next_month(first, 11)
        parts.append(_asked(admin, as_of=as_of, since=f"{first:%Y-%m}", until=f"{until:%Y-%m}"))
        first = next_month(first, 12)
    for name in ("whole", "due", "gross"):
        assert _cents(sum(getattr(part.total, name) or 0 for part in parts)) == _cents(getattr(found.total, name))
    assert _cents(sum(part.without.gross for part in parts)) == _cents(found.without.gross)
    assert _cents(sum(part.everything for part in parts)) == _cents(found.everything)


def _asked(admin: User, **given: object) -> Overview:
    form = OverviewForm({name: str(value) for name, value in given.items()}, 1)
    asked = form.asked()
    assert not form.errors
    return overview(asked, admin)


def _money(found: Overview) -> list[Decimal | None]:
    total = found.total
    every = (total.whole, total.due, total.gross, total.variance, total.estimate)
    return [_cents(each) for each in (*every, found.without.gross, found.unallocated.gross, found.everything)]


def _cents(amount: object) -> Decimal | None:
    return None if amount is None else Decimal(amount).quantize(CENT)  # type: ignore[arg-type]
