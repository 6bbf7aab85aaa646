"""Who serves which queue: joined for good or for a loan, moved between queues, left again."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from contactcenter import clock
from contactcenter.log import Verb, record
from contactcenter.models import Agent, Queue, QueueMembership
from contactcenter.queues import lock_queue
from contactcenter.states import lock_agent
from tickets.errors import Refused
from tickets.models import User

Kind = QueueMembership.Kind


def join_queue(
    agent: Agent, *, queue: Queue, by: User | None, level: int = 1, position: int = 0, kind: Kind = Kind.HOME
) -> QueueMembership:
    """The agent serves the queue at this level. Serving it already, he changes to the new level and position.

    Raises Refused when the queue no longer works or the level is none of 1 to 9.
    """
    if not 1 <= level <= 9:
        raise Refused(_("A level is 1 to 9."), field="level")
    with transaction.atomic():
        agent = lock_agent(agent)
        queue = lock_queue(queue)
        if not queue.is_active:
            raise Refused(_("The queue %(queue)s no longer works.") % {"queue": queue}, field="queue")
        if not agent.is_active:
            raise Refused(_("%(name)s doesn't work here.") % {"name": agent}, field="agent")
        now = clock.now()
        current = QueueMembership.objects.current().filter(agent=agent, queue=queue).first()
        if current is not None:
            if (current.level, current.position, current.kind) == (level, position, kind):
                return current
            if kind == Kind.LOAN and current.kind == Kind.HOME:
                raise Refused(_("%(name)s serves this queue anyway.") % {"name": agent}, field="queue")
            _leave(current, now)
        membership = QueueMembership.objects.create(
            agent=agent, queue=queue, level=level, position=position, kind=kind, joined_at=now, joined_by=by
        )
        record(Verb.JOINED_QUEUE, by=by, agent=agent, queue=queue, level=level, kind=kind)
    return membership


def leave_queue(agent: Agent, *, queue: Queue, by: User | None) -> Agent:
    """The agent serves the queue no more; what he has from it he finishes. Raises Refused when he doesn't serve it."""
    with transaction.atomic():
        agent = lock_agent(agent)
        queue = lock_queue(queue)
        current = QueueMembership.objects.current().filter(agent=agent, queue=queue).first()
        if current is None:
            raise Refused(
                _("%(name)s doesn't serve the queue %(queue)s.") % {"name": agent, "queue": queue}, field="queue"
            )
        _leave(current, clock.now())
        record(Verb.LEFT_QUEUE, by=by, agent=agent, queue=queue, kind=current.kind)
    return agent


def move_agent(agent: Agent, *, out_of: Queue, into: Queue, by: User | None, level: int = 1) -> QueueMembership:
    """For good from one queue to the other, in one step. Raises Refused as the two acts do."""
    with transaction.atomic():
        agent = lock_agent(agent)
        for queue in sorted((out_of, into), key=lambda one: one.pk):
            lock_queue(queue)
        leave_queue(agent, queue=out_of, by=by)
        return join_queue(agent, queue=into, by=by, level=level)


def _leave(membership: QueueMembership, at: datetime) -> None:
    membership.left_at = at
    membership.save(update_fields=["left_at"])
