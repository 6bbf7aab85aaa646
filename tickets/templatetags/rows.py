"""The rows of a list, drawn in Python: forty rows of ten cells are what an agent's pages spend their time on.

A template that asks of every cell which column it is took fifteen times as long. Every value passes `escape` here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import quote

from django import template
from django.template import Context
from django.urls import reverse
from django.utils.html import conditional_escape, escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from tickets.list_rows import Row
from tickets.templatetags import ui
from tickets.templatetags.lists import short_number

register = template.Library()

TAGS_SHOWN = 3
NUMBER = "0123456789"  # stands for a ticket's number in the address that all rows share


@dataclass(frozen=True, slots=True)
class Frame:
    """What all rows of a list have in common: words in the reader's language, addresses, their group."""

    address: str
    query: str
    prefix: str
    unread: str
    select: str
    closed: str
    shows_organisation: bool
    shows_group: bool

    @classmethod
    def of(cls, context: Context, group_key: str) -> Frame:
        query = str(context.get("row_query", ""))
        return cls(
            address=reverse("tickets:ticket", args=[NUMBER]),
            query=f"?{escape(query)}" if query else "",
            prefix=f"{escape(group_key)}-" if group_key else "",
            unread=f'<span class="vh">{escape(_("Unread."))} </span>',
            select=escape(_("Select %(number)s")),
            closed=f'<span class="vh">{escape(_("closed"))}</span>',
            shows_organisation="organisation" not in (context.get("shown_keys") or ()),
            shows_group=not group_key.startswith("g"),
        )


@register.simple_tag(takes_context=True)
def ticket_rows(context: Context, tickets: Iterable[Row], group_key: str = "") -> SafeString:
    """The rows of these tickets in the `columns` of the context; `group_key` when one may stand in several groups."""
    frame = Frame.of(context, str(group_key))
    cells = [_CELLS[column.key] for column in context["columns"]]
    return mark_safe("".join([_row(ticket, frame, cells) for ticket in tickets]))  # noqa: S308 (escaped above)


def _row(ticket: Row, frame: Frame, cells: list[Callable[[Row, Frame], str]]) -> str:
    number = escape(ticket.number)
    unread = " data-unread" if ticket.is_unread else ""
    fresh = ' class="flash"' if ticket.is_fresh else ""
    select = frame.select % {"number": number}
    return (
        f'<tr id="t{frame.prefix}{number}" data-number="{number}"{unread}{fresh}>'
        f'<td class="c-sel"><label><span class="vh">{select}</span><input type="checkbox" '
        f'id="select-{frame.prefix}{number}" name="ticket" value="{number}" form="bulk"></label></td>'
        f"{''.join([cell(ticket, frame) for cell in cells])}</tr>"
    )


def _title(ticket: Row, frame: Frame) -> str:
    number = escape(ticket.number)
    address = frame.address.replace(NUMBER, quote(ticket.number))
    group = _group_chip(ticket) if frame.shows_group else ""
    tags = "".join([f'<span class="tag">{escape(name)}</span>' for name in ticket.tags[:TAGS_SHOWN]])
    return (
        f'<td class="c-title"><div><a id="open-{frame.prefix}{number}" href="{address}{frame.query}'
        f'{"#now" if ticket.seen_at else ""}">{frame.unread if ticket.is_unread else ""}{escape(ticket.title)}</a>'
        f"{group}{tags}</div></td>"
    )


def _group_chip(ticket: Row) -> str:
    """The open group of reports that it is in, where the list has asked for it."""
    if not ticket.group_title:
        return ""
    url = reverse("tickets:group", args=[ticket.group_pk])
    label = escape(_("Group: %(title)s") % {"title": ticket.group_title})
    drawn = f"{ui.icon('group', True)}<span>{escape(ticket.group_title)}</span>"
    return f'<a class="tag tag-group" href="{url}" title="{label}">{drawn}</a>'


def _customer(ticket: Row, frame: Frame) -> str:
    if ticket.customer_name is None:
        return '<td class="c-who">–</td>'
    company = f" · {escape(ticket.organisation_name)}" if ticket.organisation_name and frame.shows_organisation else ""
    return f'<td class="c-who"><b>{escape(ticket.customer_name)}</b>{company}</td>'


def _due(ticket: Row, frame: Frame) -> str:
    if ticket.closed_at:
        inside: str = frame.closed
    elif ticket.due_at:
        inside = ui.due(ticket.due_at, start=ticket.promised_at)
    elif ticket.pending_until:
        waits = f"{ui.icon('pause')}{ui.when(ticket.pending_until)}"
        inside = f'<span class="sla" data-state="paused"><span>{waits}</span></span>'
    else:
        inside = ""
    return f'<td class="c-sla">{inside}</td>'


def _moment(name: str) -> Callable[[Row, Frame], str]:
    return lambda ticket, frame: f'<td class="c-time">{ui.when(getattr(ticket, name)) or "–"}</td>'


_CELLS: dict[str, Callable[[Row, Frame], str]] = {
    "title": _title,
    "priority": lambda ticket, frame: f'<td class="c-prio">{ui.prio(ticket.priority)}</td>',
    "number": lambda ticket, frame: (
        f'<td class="c-num" title="{escape(ticket.number)}">{conditional_escape(short_number(ticket.number))}</td>'
    ),
    "customer": _customer,
    "organisation": lambda ticket, frame: (
        f'<td class="c-org">{escape(ticket.organisation_name) if ticket.organisation_name else "–"}</td>'
    ),
    "team": lambda ticket, frame: f'<td class="c-team">{escape(ticket.team.name)}</td>',
    "status": lambda ticket, frame: f'<td class="c-status">{ui.status(ticket.status)}</td>',
    "due": _due,
    "owner": lambda ticket, frame: f'<td class="c-own">{ui.avatar(ticket.owner)}</td>',
    "changed": lambda ticket, frame: f'<td class="c-upd">{ui.when(ticket.changed_at, short=True)}</td>',
    "opened": _moment("opened_at"),
    "wrote": _moment("customer_wrote_at"),
    "pending": _moment("pending_until"),
}
