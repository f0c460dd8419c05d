#!/usr/bin/env python
"""Django's command line; uses the embedded services where no servers are configured, starting them if need be."""

import os
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

# These look at no data, so nothing is started for them.
WITHOUT_SERVICES = {"check", "collectstatic", "compilemessages", "diffsettings", "help", "makemessages", "version"}
# These make sense in one without tables; where others find none, another is meant.
WITH_A_NEW_DATABASE = {"makemigrations", "migrate"}


def main() -> None:
    """Run a management command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.management import execute_from_command_line

    from config.services import ServiceError

    try:
        with services():
            execute_from_command_line(sys.argv)
    except ServiceError as error:
        sys.exit(str(error))


def services() -> AbstractContextManager[None]:
    """Return what keeps the embedded pair up while the command runs."""
    from config import embedded

    command = next((argument for argument in sys.argv[1:] if not argument.startswith("-")), "help")
    if command in WITHOUT_SERVICES or "--help" in sys.argv or not embedded.needed():
        return nullcontext()
    var = Path(os.environ.get("VAR") or Path(__file__).parent / "var").resolve()
    if command not in WITH_A_NEW_DATABASE:
        embedded.require_database(var)
    return embedded.running(var, f"manage.py {command}")


if __name__ == "__main__":
    main()
