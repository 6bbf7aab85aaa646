"""The house's own health: timed jobs' last runs and failures, and the backlogs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Min
from django.utils import timezone

from tickets import live
from tickets.models import InboundMail, JobRun, Notice, OutboundMail, SealPending


@dataclass(frozen=True, slots=True)
class Backlogs:
    """What waits to be done. Times are None when nothing waits."""

    mail_waiting: int
    mail_waiting_since: datetime | None
    quarantined: int
    outbox_waiting: int
    outbox_waiting_since: datetime | None
    outbox_failed: int
    chains_to_seal: int
    notices_waiting: int
    notices_due_since: datetime | None


def run_job(name: str, job: Callable[[], int]) -> int:
    """Runs a timed job and keeps when it ran, what it did, and how it failed. Its exception goes on upwards."""
    started = timezone.now()
    JobRun.objects.update_or_create(name=name, defaults={"started_at": started})
    try:
        handled = job()
    except Exception as error:
        JobRun.objects.filter(name=name).update(
            finished_at=timezone.now(), failed_at=timezone.now(), last_error=f"{type(error).__name__}: {error}"[:500]
        )
        raise
    finished = timezone.now()
    JobRun.objects.filter(name=name).update(finished_at=finished, succeeded_at=finished, handled=handled)
    if handled:
        live.tell_house("upkeep")
    return handled


def backlogs() -> Backlogs:
    waiting = InboundMail.objects.filter(state=InboundMail.State.WAITING)
    outbox = OutboundMail.objects.filter(state__in=[OutboundMail.State.QUEUED, OutboundMail.State.DEFERRED])
    notices = Notice.objects.filter(mail_due_at__isnull=False, mail_done_at__isnull=True)
    late = notices.filter(mail_due_at__lte=timezone.now())
    return Backlogs(
        mail_waiting=waiting.count(),
        mail_waiting_since=waiting.aggregate(since=Min("received_at"))["since"],
        quarantined=InboundMail.objects.filter(state=InboundMail.State.QUARANTINED).count(),
        outbox_waiting=outbox.count(),
        outbox_waiting_since=outbox.aggregate(since=Min("created_at"))["since"],
        outbox_failed=OutboundMail.objects.filter(
            state__in=[OutboundMail.State.FAILED, OutboundMail.State.BOUNCED]
        ).count(),
        chains_to_seal=SealPending.objects.values("ticket").distinct().count(),
        notices_waiting=notices.count(),
        notices_due_since=late.aggregate(since=Min("mail_due_at"))["since"],
    )
