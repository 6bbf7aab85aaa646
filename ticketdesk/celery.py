"""The Celery app and the one timetable.

Work waits as rows in PostgreSQL; a task only says that there may be some. Tasks take no arguments, may run twice and
may be lost: the timetable sweeps anyway. So Redis being away costs seconds, and never a mail.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from celery import Celery, bootsteps
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ticketdesk.settings")

from django.conf import settings  # needs the name of the settings

TIMETABLE = {
    "tickets.tasks.send_due_mail": 5.0,
    "tickets.tasks.process_inbound_mail": 10.0,
    "tickets.tasks.fetch_mailboxes": 30.0,
    "tickets.tasks.wake_pending_tickets": 30.0,
    "tickets.tasks.remind_of_promises": 30.0,
    "tickets.tasks.seal_history": 60.0,
    "tickets.tasks.drain_bulk_runs": 10.0,
    "tickets.tasks.drain_group_closings": 10.0,
    "tickets.tasks.deliver_broadcasts": 5.0,
    "tickets.tasks.read_radar": 5.0,
    "tickets.tasks.move_joined_tags": 30.0,
    "tickets.tasks.send_due_drafts": 5.0,
    "tickets.tasks.send_due_notices": 10.0,
    "tickets.tasks.tidy_drafts": 3600.0,
    "tickets.tasks.tidy_notices": 3600.0,
    "contactcenter.tasks.route_contacts": 2.0,
    "contactcenter.tasks.watch_agents": 5.0,
    "contactcenter.tasks.watch_waiting": 5.0,
    "contactcenter.tasks.watch_load": 5.0,
    "contactcenter.tasks.watch_doors": 5.0,
}
"""Task to seconds between two runs."""


def broker_url(redis_url: str) -> str:
    """Kombu spells the address of a socket in its own way."""
    if redis_url.startswith("unix://"):
        path, _, query = redis_url.removeprefix("unix://").partition("?")
        database = dict(part.partition("=")[::2] for part in query.split("&")).get("db", "0")
        return f"redis+socket://{path}?virtual_host={database}"
    return redis_url


app = Celery("ticketdesk")
app.conf.update(
    broker_url=broker_url(settings.REDIS_URL),
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_transport_options={
        "global_keyprefix": settings.REDIS_PREFIX + "celery:",
        "visibility_timeout": 1800,  # seconds until a lost worker's task is given out again; above the time limit
        # A web request that wakes a task after its commit waits no longer than this for a broker that is away.
        "socket_connect_timeout": 1,
        "socket_timeout": 5,
        "socket_keepalive": not settings.REDIS_URL.startswith("unix://"),
        "health_check_interval": 25,
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0.1,
        "interval_max": 0.1,
    },
    task_publish_retry=False,
    task_default_queue="ticketdesk",
    task_serializer="json",
    result_serializer="json",
    accept_content=["json"],
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_soft_time_limit=540,
    task_time_limit=600,
    worker_prefetch_multiplier=1,
    worker_concurrency=settings.CONFIG.worker_concurrency,
    worker_max_tasks_per_child=5000,
    worker_cancel_long_running_tasks_on_connection_loss=True,
    worker_hijack_root_logger=False,
    worker_send_task_events=False,
    enable_utc=True,
    timezone="UTC",
    beat_schedule_filename=str(settings.VAR_DIR / "beat-schedule"),
    # A run nobody has taken when the next one is due is let go, so that a stopped worker finds no mountain.
    beat_schedule={
        task: {"task": task, "schedule": seconds, "options": {"expires": seconds}}
        for task, seconds in TIMETABLE.items()
    },
)
app.set_default()
app.autodiscover_tasks()


class SignOfLife(bootsteps.StartStopStep):
    """Touches HEARTBEAT_FILE from the worker's own loop, for `ticketdesk.run.health`."""

    requires = ("celery.worker.components:Timer",)
    SECONDS = 20.0

    def __init__(self, parent: Any, **options: Any) -> None:
        self.timer: Any = None

    def start(self, parent: Any) -> None:
        """Touch now and again."""
        if settings.CONFIG.heartbeat_file:
            sign = Path(settings.CONFIG.heartbeat_file)
            sign.touch()
            self.timer = parent.timer.call_repeatedly(self.SECONDS, sign.touch)

    def stop(self, parent: Any) -> None:
        """The file grows old by itself."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None


app.steps["worker"].add(SignOfLife)


@setup_logging.connect
def _use_the_products_logs(**_: Any) -> None:
    """Being connected is what matters: Celery then leaves alone the logs that Django has set up."""
