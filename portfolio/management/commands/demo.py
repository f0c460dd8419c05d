"""`manage.py demo`: load the demonstration portfolio."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from portfolio.demo import REFUSED
from portfolio.demo.cast import STAFF
from portfolio.demo.load import has_own_portfolio, is_loaded, load
from portfolio.demo.stories import LANGUAGES


class Command(BaseCommand):
    """Loads the portfolio of a made-up insurer once, and says how to sign in each time."""

    help = "Loads the demonstration portfolio of a made-up insurer; safe to run twice."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the language of its texts."""
        default = settings.LANGUAGE_CODE if settings.LANGUAGE_CODE in LANGUAGES else "en"
        parser.add_argument("--language", choices=LANGUAGES, default=default, help="language of names and texts")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load it where it is not there yet; then print the sign-in details."""
        with translation.override(options["language"]):
            if not is_loaded() and has_own_portfolio():
                detail = _("This installation has a portfolio of its own: the demonstration belongs in an empty one.")
                raise CommandError(detail, returncode=REFUSED)
            password = demo_password()
            if is_loaded():
                self.stdout.write(_("The demonstration portfolio is there already; nothing was changed."))
            else:
                loaded = load(options["language"], password)
                self.stdout.write(
                    _(
                        "Loaded the demonstration portfolio: {initiatives} initiatives, {cost_lines} cost lines, "
                        "{readings} readings, {budget_lines} budget lines."
                    ).format(**vars(loaded))
                )
            self._say_how_to_sign_in(password)

    def _say_how_to_sign_in(self, password: str) -> None:
        rows = dict.fromkeys((role for role, *_rest in STAFF), "")
        for role, email, *_names in STAFF:
            rows[role] = rows[role] or email
        digests = dict(User.objects.filter(email__in=rows.values()).values_list("email", "password"))
        valid = {digest for digest in set(digests.values()) if check_password(password, digest)}
        self.stdout.write(_("Sign in as one of these:"))
        for email in rows.values():
            if email in digests:
                known = digests[email] in valid
                shown = password if known else _("(password as you have set it)")
                self.stdout.write(f"  {email:34} {shown}")


def demo_password() -> str:
    """Return this installation's password for the demonstration's people, drawn once and kept in VAR."""
    path = Path(settings.VAR) / "demo-password"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(6) + "\n", encoding="ascii")
    return path.read_text(encoding="ascii").strip()
