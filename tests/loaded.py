"""Django as a worker has it before a job comes: what the server of `tests.own_process` loads before it forks."""

import django

django.setup()

import imports.runner  # noqa: E402, F401
