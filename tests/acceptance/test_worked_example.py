"""The worked example through HTTP: the shared check itself, every call and figure, against a server of its own."""

import subprocess
import sys

import pytest

from accounts.models import Role, User
from accounts.tokens import make

pytestmark = pytest.mark.django_db(transaction=True)


def test_every_figure_of_the_worked_example(live_server, shared_data):
    script = shared_data.parent / "checks" / "push_portfolio.py"
    if not script.exists():
        pytest.skip(f"the shared check is not here: {script}")
    _row, token = make(User.objects.create_user("admin@example.com", role=Role.ADMIN), "test", None)
    files = [str(shared_data / "worked-example" / f"{name}.json") for name in ("portfolio", "expected")]
    command = [sys.executable, str(script), live_server.url, token, *files]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout[-4_000:]
    passed, failed = (int(word) for word in done.stdout.split() if word.isdecimal())
    assert (passed, failed) == (399, 0), done.stdout[-4_000:]
