"""The rows of a search, drawn in Python as those of a list are. Every value passes `escape` here."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote

from django import template
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from tickets.search.finding import Hit
from tickets.search.snippets import Part
from tickets.templatetags import ui
from tickets.templatetags.rows import NUMBER

register = template.Library()

TAGS_SHOWN = 2


@register.simple_tag
def search_rows(hits: Iterable[Hit]) -> SafeString:
    """One row a ticket; what was found is marked."""
    address = reverse("tickets:ticket", args=[NUMBER])
    note = f' <span class="badge" data-tone="note">{ui.icon("lock", small=True)}{escape(_("note"))}</span>'
    return mark_safe("".join([_row(hit, address, note) for hit in hits]))  # noqa: S308 (escaped below)


def _row(hit: Hit, address: str, note: str) -> str:
    ticket = hit.ticket
    number = escape(ticket.number)
    place = f"#m{hit.message.pk}" if hit.message else ""
    tags = "".join([f'<span class="tag">{escape(tag.name)}</span>' for tag in ticket.tags.all()[:TAGS_SHOWN]])
    who = "–"
    if ticket.customer:
        company = f" · {escape(ticket.organisation.name)}" if ticket.organisation else ""
        who = f"<b>{escape(ticket.customer.name)}</b>{company}"
    return (
        f'<tr id="t{number}"><td class="c-title"><div><a id="open-{number}" '
        f'href="{address.replace(NUMBER, quote(ticket.number))}{place}">{_marked(hit.title)}</a>{tags}</div>'
        f'<p class="search-snippet"><span class="num">{number}</span>{_leads_to(hit)}'
        f"{note if hit.is_note else ''}{_found(hit)}</p>"
        f'</td><td class="c-who">{who}</td><td class="c-status">{ui.status(ticket.status)}</td>'
        f'<td class="c-upd">{ui.when(hit.at)}</td></tr>'
    )


def _leads_to(hit: Hit) -> str:
    """Where it was merged into."""
    if hit.ticket.merged_into is None:
        return ""
    return " " + render_to_string("tickets/_leads_to.html", {"target": hit.ticket.merged_into})


def _found(hit: Hit) -> str:
    if hit.file_name:
        return f" {ui.icon('clip', small=True)}{_marked(hit.file_name)}"
    if not hit.snippet:
        return ""
    said = f"<b>{escape(hit.message.from_name)}:</b> " if hit.message and hit.message.from_name else ""
    return f" {said}{_marked(hit.snippet)}"


def _marked(parts: Iterable[Part]) -> str:
    return "".join([f"<mark>{escape(part.text)}</mark>" if part.is_marked else escape(part.text) for part in parts])
