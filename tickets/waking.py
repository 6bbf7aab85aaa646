"""Wakes a drain after the commit, as a courtesy: the timetable sweeps anyway, so an absent broker costs seconds.

A thousand mails at once need no thousand hints: while one waits in the broker, no other is sent.
"""

from __future__ import annotations

import logging
import time

from celery import current_app
from django.core.cache import cache
from django.db import transaction
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

PROCESS_INBOUND_MAIL = "tickets.tasks.process_inbound_mail"
SEND_DUE_MAIL = "tickets.tasks.send_due_mail"
FETCH_MAILBOXES = "tickets.tasks.fetch_mailboxes"
DELIVER_BROADCASTS = "tickets.tasks.deliver_broadcasts"
DRAIN_BULK_RUNS = "tickets.tasks.drain_bulk_runs"
DRAIN_GROUP_CLOSINGS = "tickets.tasks.drain_group_closings"
READ_RADAR = "tickets.tasks.read_radar"
MOVE_JOINED_TAGS = "tickets.tasks.move_joined_tags"
SEND_DUE_DRAFTS = "tickets.tasks.send_due_drafts"
SEND_DUE_NOTICES = "tickets.tasks.send_due_notices"

EXPIRES = 10  # seconds; an older hint has been overtaken by the timetable
LEAVE_ALONE = 5.0  # seconds without a further try after the broker did not answer

_broker_away_until = 0.0


def wake(task: str) -> None:
    """Asks a worker to run the task once the surrounding transaction is committed (at once when there is none)."""
    transaction.on_commit(lambda: _send(task))


def wake_in(task: str, seconds: int) -> None:
    """Asks a worker to run the task so many seconds after the commit: something is due then."""
    transaction.on_commit(lambda: _send_later(task, seconds))


def woken(task: str) -> None:
    """To be called first thing in the task: rows committed from now on need a hint of their own."""
    try:
        cache.delete(_key(task))
    except (RedisError, OSError) as error:
        log.warning("hint not cleared", extra={"task": task, "error": type(error).__name__})


def _key(task: str) -> str:
    return f"woken.{task}"


def _send(task: str) -> None:
    global _broker_away_until
    if time.monotonic() < _broker_away_until:
        return
    try:
        if cache.add(_key(task), 1, EXPIRES):
            current_app.send_task(task, expires=EXPIRES)
    except (OperationalError, RedisError, OSError) as error:
        _broker_away_until = time.monotonic() + LEAVE_ALONE
        log.warning("no worker woken", extra={"task": task, "error": type(error).__name__})


def _send_later(task: str, seconds: int) -> None:
    global _broker_away_until
    if time.monotonic() < _broker_away_until:
        return
    try:
        current_app.send_task(task, countdown=seconds, expires=seconds + EXPIRES)
    except (OperationalError, RedisError, OSError) as error:
        _broker_away_until = time.monotonic() + LEAVE_ALONE
        log.warning("no worker woken", extra={"task": task, "error": type(error).__name__})
