"""Liveness, readiness and metrics, for machines that watch the product.

`/health/live`: the process answers. `/health/ready`: so does all it needs; else 503 and which part does not.
`/metrics`: with METRICS_TOKEN set, for whoever sends it as a Bearer token; else for this machine only.
"""

from __future__ import annotations

import hmac
import ipaddress
import logging
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import redis
from django.conf import settings
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from ticketdesk.metrics import REGISTRY

log = logging.getLogger(__name__)

OK = "ok"
REDIS_PATIENCE = 2  # seconds


@require_safe
@never_cache
def live(request: HttpRequest) -> HttpResponse:
    """The process answers; asks nothing of anybody else, so a lost database does not get the process restarted."""
    return HttpResponse("ok", content_type="text/plain")


@require_safe
@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """All parts by name: "ok" or what is wrong with it, in a word that gives nothing away."""
    parts = {name: check() for name, check in CHECKS.items()}
    is_ready = all(state == OK for state in parts.values())
    if not is_ready:
        log.warning("not ready", extra={"parts": parts})
    return JsonResponse({"ready": is_ready, "parts": parts}, status=200 if is_ready else 503)


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus' text format."""
    if not _may_read_metrics(request):
        return HttpResponse("Not allowed.\n", status=403, content_type="text/plain")
    return HttpResponse(generate_latest(REGISTRY), content_type=CONTENT_TYPE_LATEST)


def _may_read_metrics(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(given.encode(), settings.METRICS_TOKEN.encode())
    if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        return False  # it came through a proxy of this machine, from who knows where
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


def check_database() -> str:
    """It answers and takes writes."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('transaction_read_only')::boolean")  # in recovery, too
            return "read-only" if cursor.fetchone() == (True,) else OK
    except DatabaseError as error:
        return type(error).__name__


def check_migrations() -> str:
    """The tables are those that this code expects."""
    try:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        return type(error).__name__
    return OK if not plan else f"{len(plan)} to apply"


def check_redis() -> str:
    """The wire answers."""
    try:
        with redis.Redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=REDIS_PATIENCE, socket_timeout=REDIS_PATIENCE
        ) as client:
            client.ping()
    except (redis.RedisError, OSError) as error:
        return type(error).__name__
    return OK


def check_storage() -> str:
    """Attachments can be written; of a bucket only that it answers, since each probe would cost."""
    try:
        if isinstance(default_storage, FileSystemStorage):
            folder = Path(default_storage.location)
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder) as probe:
                probe.write(b"ready?")
                probe.flush()
                os.fsync(probe.fileno())
        else:
            default_storage.exists("ready")
    except Exception as error:  # noqa: BLE001 (each storage raises its own kind; whichever it is, it is not ready)
        return type(error).__name__
    return OK


CHECKS: dict[str, Callable[[], str]] = {
    "database": check_database,
    "migrations": check_migrations,
    "redis": check_redis,
    "storage": check_storage,
}
