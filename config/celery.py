"""Background jobs: the Celery application."""

import os
from typing import Any

from celery import Celery, Task
from celery.signals import setup_logging, worker_process_init
from django.conf import settings

from config.processes import follow_supervisor

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


class Job(Task):
    """A background job: it shows amounts and counts days as the organisation does."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run it."""
        from accounts.models import Organisation  # no model is there yet when this file is read

        with Organisation.current().in_force():
            return super().__call__(*args, **kwargs)


app = Celery("worthwhile", task_cls=Job)
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
