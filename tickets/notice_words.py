"""Notices in words: one sentence for each, or one with a count for many of a kind, in their reader's language."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tickets.history_words import Line, moment_words, tell
from tickets.models import GroupEvent, Notice

Kind = Notice.Kind

ICONS = {
    Kind.ASSIGNED: "user",
    Kind.MENTIONED: "at",
    Kind.PROMISE_ASKED: "seal",
    Kind.PROMISE_DECLINED: "seal",
    Kind.PROMISE_PROPOSED: "seal",
    Kind.PROMISE_DUE: "clock",
    Kind.PROMISE_LATE: "alert",
    Kind.CUSTOMER_WROTE: "mail",
    Kind.WATCHED_CHANGED: "eye",
    Kind.SEND_REFUSED: "alert",
    Kind.NEW_IN_TEAM: "inbox",
    Kind.ALIKE: "radar",
    Kind.NEW_IN_GROUP: "group",
    Kind.GROUP_CHANGED: "group",
    Kind.GROUP_CLOSED: "check",
    Kind.FOLLOWED_UP: "mail",
    Kind.RELEASE_ASKED: "shield",
    Kind.BROADCAST_DONE: "megaphone",
}


@dataclass(frozen=True, slots=True)
class Told:
    """A notice as its reader reads it: a drawing and a sentence."""

    notice: Notice
    icon: str
    text: str


def icon_of(kind: str) -> str:
    return ICONS.get(Kind(kind), "bell")


def put_in_words(notices: Iterable[Notice]) -> dict[int, Told]:
    """The sentences of these notices, by their ids, in a fixed number of queries."""
    notices = list(notices)
    lines = {line.event.pk: line for line in tell([notice.event for notice in notices if notice.event is not None])}
    return {
        notice.pk: Told(notice, icon_of(notice.kind), _whole_sentence(notice, lines.get(notice.event_id or 0)))
        for notice in notices
    }


def count_in_words(kind: str, count: int) -> str:
    """Many notices of one kind on one thing, as one line."""
    if kind == Kind.NEW_IN_GROUP:
        words = ngettext("%(count)d new report", "%(count)d new reports", count)
    elif kind == Kind.NEW_IN_TEAM:
        words = ngettext("%(count)d new ticket", "%(count)d new tickets", count)
    elif kind == Kind.CUSTOMER_WROTE:
        words = ngettext("%(count)d new message", "%(count)d new messages", count)
    elif kind == Kind.FOLLOWED_UP:
        words = ngettext("%(count)d reply after the closing", "%(count)d replies after the closing", count)
    elif kind == Kind.MENTIONED:
        words = ngettext("you are mentioned %(count)d time", "you are mentioned %(count)d times", count)
    elif kind in (Kind.WATCHED_CHANGED, Kind.GROUP_CHANGED):
        words = ngettext("%(count)d change", "%(count)d changes", count)
    else:
        return _("%(what)s, %(count)d times") % {"what": Kind(kind).label, "count": count}
    return words % {"count": count}


def _whole_sentence(notice: Notice, line: Line | None) -> str:
    sentence = _sentence(notice, line)
    if notice.stands_for is not None:
        return _("For %(name)s, who is away: %(what)s") % {"name": notice.stands_for.name, "what": sentence}
    return sentence


def _sentence(notice: Notice, line: Line | None) -> str:
    if line is None or notice.kind == Kind.NEW_IN_TEAM:
        return _plain(notice)
    data = line.event.data
    words = {"name": line.name, "time": moment_words(data.get("by_when"))}
    is_mine = data.get("who") == notice.user_id
    if notice.kind == Kind.ASSIGNED:
        if data.get("reason") == "owner_away":
            return _("Came to you: its owner is away and the customer wrote")
        return _("%(name)s gave it to you") % words if line.who else _("Came to you")
    if notice.kind == Kind.MENTIONED:
        return _("%(name)s mentioned you in a note") % words
    if notice.kind == Kind.PROMISE_ASKED:
        return _("%(name)s asks you to answer by %(time)s") % words
    if notice.kind == Kind.PROMISE_DECLINED:
        return _("%(name)s can't take it on") % words
    if notice.kind == Kind.PROMISE_PROPOSED:
        return _("%(name)s proposes to answer by %(time)s") % words
    if notice.kind == Kind.PROMISE_DUE:
        return _("Your answer is due by %(time)s") % words
    if notice.kind == Kind.PROMISE_LATE:
        late = _("Your answer, due by %(time)s, is late") if is_mine else _("The answer due by %(time)s is late")
        return late % words
    if notice.kind == Kind.CUSTOMER_WROTE:
        return _("%(name)s wrote") % words if line.who else _("A message came")
    return f"{line.name}: {line.text}"


def _plain(notice: Notice) -> str:
    """Of what is no line of a ticket's history."""
    words = {"name": notice.by.name if notice.by else "", "count": notice.count}
    if notice.kind == Kind.ASSIGNED and notice.group_id:
        return _("%(name)s gave the group to you") % words if notice.by else _("The group came to you")
    if notice.kind in (Kind.NEW_IN_GROUP, Kind.NEW_IN_TEAM):
        return count_in_words(notice.kind, notice.count)
    if notice.kind == Kind.ALIKE:
        return (
            ngettext("%(count)d alike report", "%(count)d alike reports in a short time", notice.count) % words
            if notice.count > 1
            else _("Alike reports came in a short time")
        )
    if notice.kind == Kind.GROUP_CLOSED:
        return _("%(name)s closed the group") % words if notice.by else _("The group was closed")
    if notice.kind == Kind.FOLLOWED_UP:
        return _("A reporter wrote after the closing")
    if notice.kind == Kind.RELEASE_ASKED:
        return (
            _("%(name)s's broadcast waits for a release") % words if notice.by else _("A broadcast waits for a release")
        )
    if notice.kind == Kind.BROADCAST_DONE:
        return _("The broadcast is done")
    if notice.kind == Kind.GROUP_CHANGED and notice.group_event is not None:
        what = str(GroupEvent.Verb(notice.group_event.verb).label)
        return f"{notice.by.name}: {what}" if notice.by else what
    return str(notice.get_kind_display())
