"""Doors for time: Celery tasks without arguments. Each may run twice, side by side, or be lost."""

from __future__ import annotations

from celery import shared_task

from contactcenter import (
    advising,
    background,
    callbacks,
    chat_filing,
    chats,
    contacts,
    devices,
    loan_clocks,
    routing,
    wishes,
    wrap_ups,
)
from contactcenter.telephony import receiving
from tickets.upkeep import run_job


@shared_task(name="contactcenter.tasks.route_contacts")
def route_contacts() -> int:
    """Unanswered offers go on, and whatever waits is offered to whoever is free."""
    return run_job("route_contacts", lambda: routing.expire_offers() + wrap_ups.end_wrap_ups() + routing.dispatch())


@shared_task(name="contactcenter.tasks.watch_agents")
def watch_agents() -> int:
    """Silent devices are lost, unanswered recalls end, loans do what is due."""
    return run_job(
        "watch_agents",
        lambda: devices.lose_devices() + background.expire_recalls() + loan_clocks.settle_loans(),
    )


@shared_task(name="contactcenter.tasks.watch_waiting")
def watch_waiting() -> int:
    """Call backs are tried again; whoever waited too long leaves the line."""
    return run_job("watch_waiting", lambda: callbacks.retry_callbacks() + contacts.time_out_waiting())


@shared_task(name="contactcenter.tasks.watch_load")
def watch_load() -> int:
    """Each queue is looked at, advice that acts by itself is taken, and what came of older advice is measured."""
    return run_job(
        "watch_load",
        lambda: advising.advise_queues() + advising.act_on_advice() + advising.measure_effects(),
    )


@shared_task(name="contactcenter.tasks.watch_doors")
def watch_doors() -> int:
    """Events of calls that wait are applied; chats that stand still move or end; what is over is filed."""
    return run_job(
        "watch_doors",
        lambda: (
            receiving.apply_waiting()
            + receiving.end_silent_calls()
            + chats.watch_chats()
            + chat_filing.file_ended()
            + wishes.file_unreached()
        ),
    )
