"""`manage.py summary`: the portfolio's figures on the command line, over every initiative."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Organisation
from portfolio.metrics.summary import summary
from portfolio.output.bodies import summary_body
from portfolio.selection.filters import FilterError, read_filters


class Command(BaseCommand):
    """Prints exactly the body of GET /portfolio/summary with --json, else a line for each figure."""

    help = "Print the portfolio summary."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the as-of date and the form."""
        parser.add_argument("--as-of", default="", help="YYYY-MM-DD, today by default")
        parser.add_argument("--json", action="store_true", help="the body of GET /api/v1/portfolio/summary")

    def handle(self, *args: Any, **options: Any) -> None:
        """Work out the summary and print it."""
        with Organisation.current().in_force():
            body = _body(options["as_of"])
        if options["json"]:
            self.stdout.write(json.dumps(body, ensure_ascii=False))
            return
        for name, value in body.items():
            self.stdout.write(f"{name}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}")


def _body(as_of: str) -> dict[str, Any]:
    try:
        filters = read_filters({"as_of": as_of})
    except FilterError as error:
        raise CommandError("; ".join(error.errors.values())) from error
    return summary_body(summary(filters, None))
