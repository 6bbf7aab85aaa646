"""What the history says of two tickets: linked, split, merged; each reads it from where it stands.

Of the two ends of a link, `inverse` is the one that the relation was not written on.
"""

from __future__ import annotations

from django.utils.translation import gettext as _

from tickets.models import Event, TicketLink

Type = TicketLink.Type


def linked(event: Event, number: str) -> str:
    words: dict[tuple[str, bool], str] = {
        (Type.FOLLOWS, False): _("it follows from %(number)s"),
        (Type.FOLLOWS, True): _("it continues in %(number)s"),
        (Type.BLOCKS, False): _("linked it: it blocks %(number)s"),
        (Type.BLOCKS, True): _("linked it: it is blocked by %(number)s"),
        (Type.CAUSED_BY, False): _("linked it: it is caused by %(number)s"),
        (Type.CAUSED_BY, True): _("linked it: it is the cause of %(number)s"),
    }
    return words.get(_end(event), _("linked it to %(number)s")) % {"number": number}


def unlinked(event: Event, number: str) -> str:
    words: dict[tuple[str, bool], str] = {
        (Type.BLOCKS, False): _("removed the link: it no longer blocks %(number)s"),
        (Type.BLOCKS, True): _("removed the link: it is no longer blocked by %(number)s"),
        (Type.CAUSED_BY, False): _("removed the link: it is not caused by %(number)s"),
        (Type.CAUSED_BY, True): _("removed the link: it is not the cause of %(number)s"),
    }
    return words.get(_end(event), _("removed the link to %(number)s")) % {"number": number}


def split(event: Event, number: str) -> str:
    """Of the message that went: told on both tickets."""
    if event.data.get("inverse"):
        return _("made this ticket of a message of %(number)s") % {"number": number}
    return _("made the ticket %(number)s of a message") % {"number": number}


def merged(event: Event, number: str) -> str:
    if event.data.get("inverse"):
        return _("merged %(number)s into it") % {"number": number}
    return _("merged it into %(number)s") % {"number": number}


def unmerged(event: Event, number: str) -> str:
    if event.data.get("inverse"):
        return _("undid the merge: %(number)s stands alone again") % {"number": number}
    return _("undid the merge into %(number)s") % {"number": number}


def _end(event: Event) -> tuple[str, bool]:
    return str(event.data.get("relation")), bool(event.data.get("inverse"))
