"""A group's own history in words. Who does not work on a ticket reads that one joined or left, but not which."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from tickets.models import GroupEvent, Tag, Team, Ticket, TicketGroup, User

SHOWN = 15  # lines
READ = 400  # events at most, since runs of the same act become one line

Verb = GroupEvent.Verb


@dataclass(slots=True)
class Line:
    """One line: who, what, when; `count` events of the same kind in a row are one line."""

    event: GroupEvent
    who: User | None
    text: str
    number: str = ""
    count: int = 1

    @property
    def at(self) -> datetime:
        return self.event.recorded_at

    @property
    def name(self) -> str:
        return self.who.name if self.who else pgettext("who did it", "System")


@dataclass(frozen=True, slots=True)
class History:
    """The newest lines first. `more`: the id of the event before which the next page begins; 0 for the end."""

    lines: list[Line]
    more: int


def tell(group: TicketGroup, *, reader: User, before: int = 0) -> History:
    """The group's history for this reader, in a fixed number of queries."""
    events = GroupEvent.objects.filter(group=group)
    if before:
        events = events.filter(pk__lt=before)
    read = list(events.order_by("-pk")[: READ + 1])
    runs: list[list[GroupEvent]] = []
    for event in read[:READ]:
        if runs and _is_alike(runs[-1][-1], event):
            runs[-1].append(event)
        else:
            runs.append([event])
    shown = runs[:SHOWN]
    has_more = len(runs) > SHOWN or len(read) > READ
    firsts = [run[0] for run in shown]
    people = User.objects.in_bulk({event.by_id for event in firsts if event.by_id})
    single = {run[0].ticket_id for run in shown if len(run) == 1 and run[0].ticket_id}
    numbers = dict(Ticket.objects.worked_by(reader).filter(pk__in=single).values_list("pk", "number")) if single else {}
    names = _names_of(firsts)
    lines = [
        Line(
            run[0],
            people.get(run[0].by_id or 0),
            _describe(run[0], len(run), names),
            numbers.get(run[0].ticket_id or 0, "") if len(run) == 1 else "",
            len(run),
        )
        for run in shown
    ]
    return History(lines, more=shown[-1][-1].pk if has_more and shown else 0)


def _is_alike(one: GroupEvent, other: GroupEvent) -> bool:
    """Tickets that came, went or were heard of in one go are one line."""
    if one.verb not in (Verb.JOINED, Verb.LEFT) or one.verb != other.verb or one.by_id != other.by_id:
        return False
    return bool(one.data.get("how") == other.data.get("how"))


# --- the words of each verb ------------------------------------------------------------------------------------------

Names = dict[str, dict[int, str]]


def _names_of(events: list[GroupEvent]) -> Names:
    """The names behind the ids of teams, owners and tags that changed."""
    wanted: dict[str, set[int]] = {"team": set(), "owner": set(), "tags": set()}
    for event in events:
        for key, ids in wanted.items():
            change = event.data.get(key)
            if isinstance(change, dict):
                for side in ("before", "after"):
                    value = change.get(side)
                    ids.update(value if isinstance(value, list) else [value] if value else [])
    names: Names = {"team": {}, "owner": {}, "tags": {}}
    if wanted["team"]:
        names["team"] = dict(Team.objects.filter(pk__in=wanted["team"]).values_list("pk", "name"))
    if wanted["owner"]:
        names["owner"] = dict(User.objects.filter(pk__in=wanted["owner"]).values_list("pk", "name"))
    if wanted["tags"]:
        names["tags"] = dict(Tag.objects.filter(pk__in=wanted["tags"]).values_list("pk", "name"))
    return names


def _describe(event: GroupEvent, count: int, names: Names) -> str:
    words = _WORDS.get(Verb(event.verb))
    return words(event, count, names) if words else str(Verb(event.verb).label)


def _joined(event: GroupEvent, count: int, names: Names) -> str:
    how = {
        "radar": _("proposed as alike"),
        "rule": _("by a rule on arrival"),
        "portal": _("the reporter said “me too”"),
        "tag": _("from a tag"),
    }.get(str(event.data.get("how", "")))
    text = ngettext("added a ticket", "added %(n)s tickets", count) % {"n": count}
    return f"{text} ({how})" if how else text


def _left(event: GroupEvent, count: int, names: Names) -> str:
    return ngettext("took a ticket out", "took %(n)s tickets out", count) % {"n": count}


def _changed(event: GroupEvent, count: int, names: Names) -> str:
    fields = event.data.get("fields", [])
    plain = {
        "title": _("changed the title"),
        "description": _("changed the description"),
        "outage": _("reworded what the portal says"),
    }
    said = [plain[name] for name in fields if name in plain]
    if "team" in fields:
        said.append(_("team: %(before)s → %(after)s") % _sides(event, "team", names))
    if "owner" in fields:
        said.append(_("owner: %(before)s → %(after)s") % _sides(event, "owner", names))
    if "tags" in fields:
        said.append(_("tags: %(before)s → %(after)s") % _sides(event, "tags", names))
    return ", ".join(said) or str(Verb.CHANGED.label)


def _sides(event: GroupEvent, key: str, names: Names) -> dict[str, str]:
    change: dict[str, Any] = event.data.get(key) or {}

    def named(value: Any) -> str:
        ids = value if isinstance(value, list) else [value] if value else []
        return ", ".join(names[key].get(pk, "–") for pk in ids) or "–"

    return {"before": named(change.get("before")), "after": named(change.get("after"))}


def _closed(event: GroupEvent, count: int, names: Names) -> str:
    closed, asked, left = (int(event.data.get(choice, 0)) for choice in ("close", "ask", "leave"))
    parts = [
        ngettext("%(n)s closed", "%(n)s closed", closed) % {"n": closed} if closed else "",
        ngettext("%(n)s asked", "%(n)s asked", asked) % {"n": asked} if asked else "",
        ngettext("%(n)s left alone", "%(n)s left alone", left) % {"n": left} if left else "",
    ]
    said = ", ".join(part for part in parts if part)
    return _("closed the group: %(parts)s") % {"parts": said} if said else _("closed the group")


_WORDS: dict[Verb, Callable[[GroupEvent, int, Names], str]] = {
    Verb.OPENED: lambda event, count, names: _("opened the group"),
    Verb.JOINED: _joined,
    Verb.LEFT: _left,
    Verb.CHANGED: _changed,
    Verb.OUTAGE_SHOWN: lambda event, count, names: _("showed the outage in the portal"),
    Verb.OUTAGE_HIDDEN: lambda event, count, names: _("took the outage off the portal"),
    Verb.CLOSED: _closed,
    Verb.REOPENED: lambda event, count, names: _("opened the group again"),
    Verb.FOLLOWED_UP: lambda event, count, names: _("wrote after the closing"),
    Verb.BROADCAST_PLANNED: lambda event, count, names: _("sent off a broadcast"),
    Verb.BROADCAST_RELEASED: lambda event, count, names: _("released a broadcast"),
    Verb.BROADCAST_STOPPED: lambda event, count, names: _("stopped a broadcast"),
    Verb.BROADCAST_DONE: lambda event, count, names: _("finished a broadcast"),
}
