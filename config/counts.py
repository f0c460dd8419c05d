"""How many processes and threads there are: by the environment, else as many as suit a small machine."""

import os

from config.services import ServiceError

COUNTS = {"WEB_WORKERS": 2, "WEB_THREADS": 8, "JOB_PROCESSES": 2}


def count(name: str) -> int:
    """Return how many the environment asks for, from 1 on; ServiceError where that is no such number."""
    given = os.environ.get(name) or str(COUNTS[name])
    if not (given.isascii() and given.isdecimal() and int(given) > 0):
        raise ServiceError(f"{name}={given} is no number of processes or threads: 1 or more.")
    return int(given)
