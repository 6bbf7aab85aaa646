"""Doors for time: Celery tasks without arguments. Each may run twice, side by side, or be lost."""

from __future__ import annotations

from celery import shared_task

from tickets import drafts, group_closing, history, lifecycle, reminders, tag_joining, telling, undo
from tickets.broadcasts import drain
from tickets.bulk import runs
from tickets.mail import intake, sending, sources
from tickets.similar import drain as radar
from tickets.upkeep import run_job
from tickets.waking import (
    DELIVER_BROADCASTS,
    DRAIN_BULK_RUNS,
    DRAIN_GROUP_CLOSINGS,
    FETCH_MAILBOXES,
    MOVE_JOINED_TAGS,
    PROCESS_INBOUND_MAIL,
    READ_RADAR,
    SEND_DUE_DRAFTS,
    SEND_DUE_MAIL,
    SEND_DUE_NOTICES,
    wake,
    woken,
)

__all__ = [
    "deliver_broadcasts",
    "drain_bulk_runs",
    "drain_group_closings",
    "fetch_mailboxes",
    "move_joined_tags",
    "process_inbound_mail",
    "read_radar",
    "remind_of_promises",
    "seal_history",
    "send_due_drafts",
    "send_due_mail",
    "send_due_notices",
    "tidy_drafts",
    "tidy_notices",
    "wake",
    "wake_pending_tickets",
]


@shared_task(name=PROCESS_INBOUND_MAIL)
def process_inbound_mail() -> int:
    """Mail that came in becomes tickets and follow-ups."""
    woken(PROCESS_INBOUND_MAIL)
    return run_job("process_inbound_mail", intake.process_inbound_mail)


@shared_task(name=SEND_DUE_MAIL)
def send_due_mail() -> int:
    """The outbox is sent."""
    woken(SEND_DUE_MAIL)
    return run_job("send_due_mail", sending.send_due_mail)


@shared_task(name=FETCH_MAILBOXES)
def fetch_mailboxes() -> int:
    """IMAP mailboxes are emptied into ours."""
    woken(FETCH_MAILBOXES)
    return run_job("fetch_mailboxes", sources.fetch_mailboxes)


@shared_task(name="tickets.tasks.wake_pending_tickets")
def wake_pending_tickets() -> int:
    """Tickets whose pending time is up open again or close."""
    return run_job("wake_pending_tickets", lifecycle.wake_pending_tickets)


@shared_task(name="tickets.tasks.seal_history")
def seal_history() -> int:
    """The chains that grew are sealed."""
    return run_job("seal_history", history.seal_history)


@shared_task(name=DRAIN_BULK_RUNS)
def drain_bulk_runs() -> int:
    """Acts on many tickets go on."""
    woken(DRAIN_BULK_RUNS)
    return run_job("drain_bulk_runs", runs.drain_bulk_runs)


@shared_task(name=DRAIN_GROUP_CLOSINGS)
def drain_group_closings() -> int:
    """Closings of groups go on, member by member."""
    woken(DRAIN_GROUP_CLOSINGS)
    return run_job("drain_group_closings", group_closing.drain_group_closings)


@shared_task(name=DELIVER_BROADCASTS)
def deliver_broadcasts() -> int:
    """Broadcasts are said in each reporter's ticket."""
    woken(DELIVER_BROADCASTS)
    return run_job("deliver_broadcasts", drain.deliver_broadcasts)


@shared_task(name=MOVE_JOINED_TAGS)
def move_joined_tags() -> int:
    """Tickets follow their tag into the one that it was joined into."""
    woken(MOVE_JOINED_TAGS)
    return run_job("move_joined_tags", tag_joining.move_joined_tags)


@shared_task(name="tickets.tasks.remind_of_promises")
def remind_of_promises() -> int:
    """Promises that are due soon, or late, are told."""
    return run_job("remind_of_promises", reminders.remind_of_promises)


@shared_task(name=SEND_DUE_DRAFTS)
def send_due_drafts() -> int:
    """Replies whose seconds to be undone are over are said."""
    return run_job("send_due_drafts", undo.send_due_drafts)


@shared_task(name="tickets.tasks.tidy_drafts")
def tidy_drafts() -> int:
    """Keys of forms sent long ago are forgotten."""
    return run_job("tidy_drafts", drafts.tidy_drafts)


@shared_task(name=SEND_DUE_NOTICES)
def send_due_notices() -> int:
    """Notices that are due by mail become mails, one for each person."""
    woken(SEND_DUE_NOTICES)
    return run_job("send_due_notices", telling.send_due_notices)


@shared_task(name="tickets.tasks.tidy_notices")
def tidy_notices() -> int:
    """Old notices are removed; the history stays."""
    return run_job("tidy_notices", telling.tidy_notices)


@shared_task(name=READ_RADAR)
def read_radar() -> int:
    """The words of new tickets are read; what is alike is proposed."""
    woken(READ_RADAR)
    return run_job("read_radar", radar.read_radar)
