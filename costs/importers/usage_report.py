"""What a format of token usage reports of its file, once `UsageBulk.finish` has said what came of the rows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from django.utils.translation import gettext_noop

from costs.import_findings import agreeing, comparison_only, restated
from costs.importers.bills import COMPARED
from costs.importers.costs_csv import DOUBLED_ID, RESTATED
from costs.pricing import Lack
from costs.usage.lines import Done
from costs.usage.remarks import Remark
from imports.pipeline import Reason, Report, Row

UNPRICED = {
    Lack.UNKNOWN: gettext_noop("Kept without a cost: the price book has no price for this model on this day."),
    Lack.BATCH: gettext_noop("Kept without a cost: the price book has no batch price for this model on this day."),
}
REMARKS = {
    Remark.ONE_PROMPT: gettext_noop(
        "The row does not say how many requests it is: it is taken as one prompt and priced as a long one. If it sums "
        "up several, give their number."
    ),
    Remark.REQUEST_FEE: gettext_noop(
        "The provider charges a fee for each request to this model as well, which is not in this cost."
    ),
    Remark.OTHER_TIER: gettext_noop(
        "The row is of another service tier than the standard one, such as flex or priority: it is priced as standard, "
        "for the price book has no prices by tier. Reconciliation with the bill shows the difference."
    ),
}
# As of charges of a bill (costs/importers/bills.py): a row's number is only known beside those that were good.
DIFFERS_IN_COUNTS = gettext_noop(
    "Usage that differs in its counts alone is there already. Mend the file of the provider itself and send all of it."
)
EQUAL_USAGE = gettext_noop(
    "Equal usage is there already, and the row was taken for it. If it is of another one, mend the file of the "
    "provider itself and send all of it."
)
UNPRICED_CLASS = gettext_noop("Kept without a cost: there are tokens of the class {name}, which has no price.")


def fill(report: Report, import_id: int, done: Done, rows_at: Callable[[Collection[int]], Iterable[Row]]) -> None:
    """Fill the report; `rows_at` reads rows of the file once more, by their lines."""
    report.came_of(done.created, done.unchanged, done.amount, done.waiting)
    for row in rows_at(done.contradicted):
        report.reject(row, "external_id", Reason(DOUBLED_ID))
    for row in rows_at(done.not_restating):
        report.reject(row, "", Reason(DIFFERS_IN_COUNTS))
    if done.equal.count:
        report.note_rows(Reason(EQUAL_USAGE), done.equal.count, done.equal.lines)
    if done.restated:
        restated.tell(report, import_id, Reason(RESTATED))
    agreeing.tell(report, done.agreeing, agreeing.AGREES_IN_USAGE)
    for lack, count, lines in done.unpriced:
        known = UNPRICED.get(Lack(lack))
        report.note_rows(Reason(known) if known else Reason(UNPRICED_CLASS, name=lack), count, lines)
    for remark, tally in done.remarks.items():
        report.note_rows(Reason(REMARKS[remark]), tally.count, tally.lines)
    for vendor in done.compared:
        report.note(1, Reason(COMPARED, vendor=vendor))
    report.amount_compared = comparison_only.of_usage() if done.compared else None
