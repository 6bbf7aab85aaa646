"""What others did while somebody was writing: nobody answers past a colleague, or overwrites what he didn't see.

Two questions: what came to a ticket since a line of its history, and whether a property is still what was shown.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from tickets.errors import Refused
from tickets.history_words import Line, tell
from tickets.lifecycle import lock_ticket
from tickets.models import Draft, Event, Status, Ticket, User, Verb

T = TypeVar("T")

# What a writer should know before he sends; the rest of the history does not bear on his answer.
MATTERS = (
    Verb.REPLIED,
    Verb.MESSAGE_RECEIVED,
    Verb.CALL_RECORDED,
    Verb.STATUS_CHANGED,
    Verb.ASSIGNED,
    Verb.UNASSIGNED,
    Verb.CUSTOMER_CHANGED,
    Verb.MOVED,
    Verb.MERGED,
)
MOST_SHOWN = 8


class HeldBack(Refused):
    """Not sent yet: the writer should know something first. He may send it all the same.

    `lines`: what came in since, oldest first; `seq`: the newest line of the history, which he knows from now on.
    """

    def __init__(self, sentence: str, *, lines: list[Line] | None = None, seq: int = 0, field: str = "") -> None:
        super().__init__(sentence, field=field)
        self.lines = lines or []
        self.seq = seq


# --- before an answer is sent ----------------------------------------------------------------------------------------


def newest_line(ticket: Ticket) -> int:
    """The number of the history's last line."""
    last = Event.objects.filter(ticket=ticket).order_by("-seq").values_list("seq", flat=True).first()
    return last or 0


def look_around(ticket: Ticket, *, by: User, since: int) -> None:
    """Raises HeldBack when something came in after the line `since` that bears on an answer. Hold the ticket's lock."""
    events = matters_since(ticket, by=by, since=since)
    seq = newest_line(ticket)
    if events:
        lines = tell(events, reader=by)
        raise HeldBack(sentence_of(lines[-1], ticket), lines=lines, seq=seq)
    other = (
        Draft.objects.filter(ticket=ticket, kind=Draft.Kind.REPLY, send_at__isnull=False)
        .exclude(user=by)
        .select_related("user")
        .first()
    )
    if other is not None:
        sentence = _("%(name)s is sending an answer at this moment. Wait for it, then read it.")
        raise HeldBack(sentence % {"name": other.user}, seq=seq)


def matters_since(ticket: Ticket, *, by: User, since: int) -> list[Event]:
    """What others did after that line, oldest first; the latest few of very many."""
    found = Event.objects.filter(ticket=ticket, seq__gt=since, verb__in=MATTERS).exclude(by=by)
    events = list(found.select_related("by", "message").order_by("-seq")[: 5 * MOST_SHOWN])
    matter = [event for event in events if _matters(event, ticket)]
    return list(reversed(matter[:MOST_SHOWN]))


def _matters(event: Event, ticket: Ticket) -> bool:
    if event.data.get("automatic"):
        return False
    if event.verb == Verb.STATUS_CHANGED:  # opened by the customer's word, or woken by time: nothing to read
        return not ticket.is_open and event.data.get("after") == ticket.status_id
    return True


def sentence_of(line: Line, ticket: Ticket) -> str:
    """What the newest of them was, and when, as the sentence that holds an answer back."""
    event = line.event
    values = {"name": line.name, "ago": how_long_ago(line.at)}
    if event.verb == Verb.REPLIED:
        return _("%(name)s answered %(ago)s. Read it first.") % values
    if event.verb == Verb.MESSAGE_RECEIVED:
        if event.message is not None and event.by_id is None:
            values["name"] = event.message.from_name or event.message.from_address or line.name
        return _("%(name)s wrote %(ago)s. Read it first.") % values
    if event.verb == Verb.CALL_RECORDED:
        return _("%(name)s recorded a call %(ago)s. Read it first.") % values
    if event.verb == Verb.MERGED and event.data.get("inverse"):
        return _("%(name)s merged another ticket into this one %(ago)s. Read it first.") % values
    if event.verb == Verb.MERGED or (event.verb == Verb.STATUS_CHANGED and ticket.status.type == Status.Type.MERGED):
        return _("%(name)s merged the ticket into another one %(ago)s.") % values
    if event.verb == Verb.STATUS_CHANGED:
        return _("%(name)s closed the ticket %(ago)s.") % values
    if event.verb == Verb.CUSTOMER_CHANGED:
        return _("%(name)s changed the customer %(ago)s. Check whom the answer goes to.") % values
    if event.verb == Verb.MOVED:
        return _("%(name)s moved the ticket to another team %(ago)s.") % values
    return _("%(name)s changed the owner %(ago)s.") % values


def how_long_ago(moment: datetime) -> str:
    """In words that stand in a sentence: "20 seconds ago", "5 minutes ago", "3 hours ago"."""
    seconds = max(1, int((timezone.now() - moment).total_seconds()))
    if seconds < 60:
        return ngettext("%(n)s second ago", "%(n)s seconds ago", seconds) % {"n": seconds}
    minutes = seconds // 60
    if minutes < 60:
        return ngettext("%(n)s minute ago", "%(n)s minutes ago", minutes) % {"n": minutes}
    hours = minutes // 60
    if hours < 48:
        return ngettext("%(n)s hour ago", "%(n)s hours ago", hours) % {"n": hours}
    return ngettext("%(n)s day ago", "%(n)s days ago", hours // 24) % {"n": hours // 24}


# --- before a property is changed ------------------------------------------------------------------------------------

# Property: the verbs that change it.
VERBS = {
    "status": (Verb.STATUS_CHANGED, Verb.ASSIGNED, Verb.MERGED, Verb.UNMERGED),
    "owner": (Verb.ASSIGNED, Verb.UNASSIGNED, Verb.MOVED),
    "responsible": (Verb.RESPONSIBLE_CHANGED, Verb.ASSIGNED),
    "team": (Verb.MOVED,),
    "priority": (Verb.PRIORITY_CHANGED,),
    "kind": (Verb.KIND_CHANGED,),
    "title": (Verb.TITLE_CHANGED,),
    "customer": (Verb.CUSTOMER_CHANGED,),
}


def shown_values(ticket: Ticket) -> dict[str, str]:
    """Every property as a form carries it in its field `was`."""
    until = f"@{ticket.pending_until.isoformat()}" if ticket.pending_until else ""
    return {
        "status": ticket.status.code + until,
        "owner": str(ticket.owner_id or ""),
        "responsible": str(ticket.responsible_id or ""),
        "team": str(ticket.team_id),
        "priority": ticket.priority.code,
        "kind": ticket.kind.code,
        "title": ticket.title,
        "customer": str(ticket.customer_id or ""),
    }


def change_unless_changed(ticket: Ticket, name: str, act: Callable[[Ticket], T], *, was: str | None, by: User) -> T:
    """Does the act when the property is still what the person was shown, under one lock.

    Raises Refused with who changed it to what. `was=None`: the form didn't say.
    """
    if was is None:
        return act(ticket)
    with transaction.atomic():
        fresh = lock_ticket(ticket)
        if shown_values(fresh)[name] != was:
            raise Refused(_say_who_changed(fresh, name), field=name)
        return act(fresh)


def _say_who_changed(ticket: Ticket, name: str) -> str:
    last = Event.objects.filter(ticket=ticket, verb__in=VERBS[name]).select_related("by").order_by("-seq").first()
    who = last.by.name if last is not None and last.by is not None else pgettext("who did it", "System")
    nobody = pgettext("a person", "nobody")
    sentences = {
        "status": (_("%(name)s changed the status to “%(value)s” meanwhile; nothing was overwritten."), ticket.status),
        "owner": (_("%(name)s changed the owner to %(value)s meanwhile; nothing was overwritten."), ticket.owner),
        "responsible": (
            _("%(name)s changed the responsible to %(value)s meanwhile; nothing was overwritten."),
            ticket.responsible,
        ),
        "team": (_("%(name)s moved the ticket to %(value)s meanwhile; nothing was overwritten."), ticket.team),
        "priority": (
            _("%(name)s changed the priority to “%(value)s” meanwhile; nothing was overwritten."),
            ticket.priority,
        ),
        "kind": (_("%(name)s changed the kind to “%(value)s” meanwhile; nothing was overwritten."), ticket.kind),
        "title": (_("%(name)s changed the title to “%(value)s” meanwhile; nothing was overwritten."), ticket.title),
        "customer": (
            _("%(name)s changed the customer to %(value)s meanwhile; nothing was overwritten."),
            ticket.customer,
        ),
    }
    sentence, value = sentences[name]
    return sentence % {"name": who, "value": nobody if value is None else getattr(value, "label", value)}
