"""Background jobs: the Celery application."""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging, worker_process_init
from django.conf import settings

from config.processes import follow_supervisor

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
app = Celery("worthwhile")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def use_django_logging(**_: Any) -> None:
    """Log as the web processes do; without a receiver Celery would set up its own handlers."""
    from logging.config import dictConfig

    dictConfig(settings.LOGGING)


@worker_process_init.connect
def start_child(**_: Any) -> None:
    """Let a pool process end with its parent; Celery itself closes database connections and pools after the fork."""
    follow_supervisor()
