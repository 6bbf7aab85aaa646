"""Plays a story: every step is the same room function that a person's click would call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tickets import conversation, lifecycle, merging, promises, tagging
from tickets.conversation import IncomingMail
from tickets.demo.clock import stopped_at
from tickets.demo.papers import make_file
from tickets.demo.script import (
    Call,
    Invite,
    Merge,
    Move,
    Note,
    Rate,
    Reply,
    Step,
    Story,
    Take,
    Turn,
    Vow,
    Write,
)
from tickets.mail import outgoing
from tickets.models import Channel, Kind, Priority, Status, Team, Ticket, User

BUDAPEST = ZoneInfo("Europe/Budapest")
SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Stage:
    """Who and what the stories speak of, by their keys."""

    now: datetime
    people: dict[str, User]
    teams: dict[str, Team]
    statuses: dict[str, Status]
    priorities: dict[str, Priority]
    kinds: dict[str, Kind]
    mailboxes: dict[str, str]


def opening_of(story: Story, now: datetime) -> datetime:
    """When the story begins. Days back that fall on a weekend move to the Friday before."""
    if isinstance(story.opened, int):
        return now - timedelta(minutes=story.opened)
    days, clock = story.opened
    hour, minute = map(int, clock.split(":"))
    day = now.astimezone(BUDAPEST) - timedelta(days=days)
    if day.weekday() >= SATURDAY:
        day -= timedelta(days=day.weekday() - SATURDAY + 1)
    return day.replace(hour=hour, minute=minute, second=(7 * minute + 13) % 60, microsecond=0)


def play(story: Story, stage: Stage) -> Ticket:
    """Opens the ticket and lets everything happen, each at its time; nothing is later than now."""
    opening = opening_of(story, stage.now)
    with stopped_at(opening):
        ticket = _open(story, stage)
    for tag in story.tags:
        with stopped_at(opening + timedelta(minutes=1)):
            tagging.tag_ticket(ticket, tag, by=None)
    for step in story.steps:
        moment = min(opening + timedelta(minutes=step.after), stage.now - timedelta(seconds=50))
        with stopped_at(moment):
            STEPS[type(step)](stage, ticket, stage.people[step.who], step)
    return ticket


def _open(story: Story, stage: Stage) -> Ticket:
    customer = stage.people[story.customer]
    files = [make_file(paper) for paper in story.files]
    kind, priority, team = stage.kinds[story.kind], stage.priorities[story.priority], stage.teams[story.team]
    if story.channel != Channel.MAIL:
        return conversation.open_request(
            title=story.title,
            text=story.text,
            team=team,
            channel=Channel(story.channel),
            by=stage.people[story.taken_by or story.customer],
            customer=customer,
            files=files,
            kind=kind,
            priority=priority,
        )
    ticket = lifecycle.open_ticket(
        title=story.title, team=team, channel=Channel.MAIL, by=customer, customer=customer, kind=kind, priority=priority
    )
    mail = IncomingMail(
        subject=story.title,
        text=story.text,
        html=story.html,
        from_name=customer.name,
        from_address=customer.email or "",
        to=[("", stage.mailboxes[story.team])],
        mail_id=f"demo.{ticket.number}@{(customer.email or '').split('@')[-1]}",
        files=files,
    )
    message = conversation.receive_message(ticket, mail, author=customer, inbound=None, is_first=True)
    outgoing.acknowledge(ticket, message)
    return ticket


def _reply(stage: Stage, ticket: Ticket, by: User, step: Reply) -> None:
    conversation.reply_to_customer(
        ticket,
        text=step.text,
        by=by,
        files=[make_file(paper) for paper in step.files],
        then=stage.statuses[step.then] if step.then else None,
        pending_until=_in_days(stage, step.wait),
    )


def _note(stage: Stage, ticket: Ticket, by: User, step: Note) -> None:
    conversation.add_note(ticket, text=step.text, by=by)


def _call(stage: Stage, ticket: Ticket, by: User, step: Call) -> None:
    conversation.record_call(ticket, text=step.text, by=by, outgoing_call=step.out)


def _write(stage: Stage, ticket: Ticket, by: User, step: Write) -> None:
    files = [make_file(paper) for paper in step.files]
    if step.web:
        conversation.answer_from_portal(ticket, text=step.text, by=by, files=files)
        return
    quotation = "\n".join(f"> {line}" for line in step.quoted.splitlines())
    mail = IncomingMail(
        subject=f"Re: {ticket.title}",
        text=f"{step.text}\n\n{quotation}" if quotation else step.text,
        fresh=step.text,
        from_name=by.name,
        from_address=by.email or "",
        to=[("", stage.mailboxes["helpdesk"])],
        mail_id=f"demo.{ticket.number}.{step.after}@{(by.email or '').split('@')[-1]}",
        files=files,
    )
    conversation.receive_message(ticket, mail, author=by, inbound=None)


def _take(stage: Stage, ticket: Ticket, by: User, step: Take) -> None:
    lifecycle.assign_ticket(ticket, to=stage.people[step.to] if step.to else by, by=by)


def _move(stage: Stage, ticket: Ticket, by: User, step: Move) -> None:
    lifecycle.move_ticket(ticket, to=stage.teams[step.team], by=by)


def _rate(stage: Stage, ticket: Ticket, by: User, step: Rate) -> None:
    lifecycle.change_priority(ticket, to=stage.priorities[step.priority], by=by)


def _turn(stage: Stage, ticket: Ticket, by: User, step: Turn) -> None:
    status = stage.statuses[step.status]
    until = _in_days(stage, step.wait) if status.is_pending else None
    lifecycle.change_status(ticket, to=status, by=by, pending_until=until)


def _vow(stage: Stage, ticket: Ticket, by: User, step: Vow) -> None:
    who = stage.people[step.to] if step.to else by
    promises.promise_answer(ticket, who=who, by_when=stage.now + timedelta(minutes=step.due), by=by)


def _invite(stage: Stage, ticket: Ticket, by: User, step: Invite) -> None:
    conversation.add_participant(ticket, stage.people[step.person], by=by)


def _merge(stage: Stage, ticket: Ticket, by: User, step: Merge) -> None:
    merging.merge_ticket(ticket, into=Ticket.objects.get(title=step.into), by=by)


def _in_days(stage: Stage, days: int) -> datetime:
    """Nine in the morning, so many days from now."""
    day = stage.now.astimezone(BUDAPEST) + timedelta(days=days)
    return day.replace(hour=9, minute=0, second=0, microsecond=0)


STEPS: dict[type[Step], Callable[[Stage, Ticket, User, Any], None]] = {
    Reply: _reply,
    Note: _note,
    Call: _call,
    Write: _write,
    Take: _take,
    Move: _move,
    Rate: _rate,
    Turn: _turn,
    Vow: _vow,
    Invite: _invite,
    Merge: _merge,
}
