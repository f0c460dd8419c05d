"""Whether the process is alive (`/healthz`), and whether it can do its work (`/readyz`).

A probe asks by whatever address it has, so both are answered before the host of a request is looked at.
"""

from collections.abc import Callable

import psycopg
import redis
import structlog
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from psycopg_pool import PoolTimeout

log = structlog.get_logger(__name__)


class HealthMiddleware:
    """Answers the two addresses, and leaves every other one to what follows."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, or pass the request on."""
        return ADDRESSES.get(request.path, self.get_response)(request)


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Answer that this process serves requests; looks at nothing else."""
    return JsonResponse({"status": "ok"})


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when database, broker and migrations are in order, else 503 with the name of what fails."""
    failing = {name: reason for name, check in CHECKS.items() if (reason := check()) is not None}
    if "database" not in failing and (missing := check_migrations()):
        failing["migrations"] = missing
    if failing:
        log.warning("not_ready", failing=failing)
        return JsonResponse({"status": "failing", "failing": failing}, status=503)
    return JsonResponse({"status": "ok"})


def check_database() -> str | None:
    """Return why the database takes no connection, or None; the pool would wait for it longer than a probe does."""
    try:
        psycopg.connect(**{**connection.get_connection_params(), "connect_timeout": 2}).close()
    except psycopg.Error:
        log.warning("database_unreachable", exc_info=True)
        return "does not answer"
    return None


def check_broker() -> str | None:
    """Return why the broker of the background jobs does not answer, or None."""
    client = redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=2)
    try:
        client.ping()
    except redis.RedisError:
        log.warning("broker_unreachable", exc_info=True)
        return "does not answer"
    finally:
        client.close()
    return None


def check_migrations() -> str | None:
    """Return how many migrations are missing, or None when there is none."""
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except (DatabaseError, PoolTimeout):
        return "the database does not answer"
    return f"{len(missing)} not applied" if missing else None


CHECKS: dict[str, Callable[[], str | None]] = {
    "database": check_database,
    "broker": check_broker,
}
ADDRESSES: dict[str, Callable[[HttpRequest], HttpResponse]] = {"/healthz": healthz, "/readyz": readyz}
