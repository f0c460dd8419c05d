"""Settings, addresses, jobs, and how the processes are started."""

from config import memory  # first: it sets how memory is taken
from config.celery import app as celery_app

__all__ = ["celery_app", "memory"]
