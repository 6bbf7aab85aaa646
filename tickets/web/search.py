"""The search page of the agents: what was found, what narrows it, and whom it may be about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_GET

from tickets.models import Organisation, Team, Ticket, User
from tickets.search import fields, finding, people
from tickets.search.finding import Found, find
from tickets.search.numbers import with_number
from tickets.search.parsing import Term
from tickets.search.wording import language, sentence
from tickets.vocabulary import read_vocabulary
from tickets.web.responses import AgentRequest, for_agents

MOST_FACETS = 5
MOST_PAGES = finding.MOST_FOUND // finding.PAGE_SIZE


@dataclass(frozen=True, slots=True)
class Chip:
    """A field in force, and the address of the search without it."""

    label: str
    value: str
    url: str
    is_excluded: bool


@dataclass(frozen=True, slots=True)
class Facet:
    """A narrower search and how much it would leave."""

    label: str | LazyText
    count: int
    url: str


@dataclass(frozen=True, slots=True)
class Facets:
    title: str
    links: list[Facet]


@dataclass(frozen=True, slots=True)
class Pager:
    """What `components/_pager.html` reads."""

    first: int
    last: int
    previous_url: str
    next_url: str
    total: None = None


@dataclass(frozen=True, slots=True)
class Somebody:
    """A person or an organisation, with the search for his tickets."""

    name: str
    detail: str
    url: str
    person: User | None = None


@require_GET
@for_agents
def search(request: AgentRequest) -> HttpResponse:
    """A full number leads to its ticket; everything else is searched for."""
    text = request.GET.get("q", "").strip()
    ticket = with_number(Ticket.objects.worked_by(request.user), text) if text else None
    if ticket is not None:
        return redirect("tickets:ticket", ticket.number)
    page = read_page(request)
    found = find(request.user, text, page=page)
    context = {
        "q": text,
        "found": found,
        "sentences": [sentence(complaint) for complaint in found.complaints],
        "help": field_help(),
    }
    if text:
        context |= surroundings(found, text, page)
    return render(request, "tickets/search.html", context)


def read_page(request: HttpRequest) -> int:
    text = request.GET.get("page", "")
    return min(int(text), MOST_PAGES) if text.isascii() and text.isdigit() and 0 < len(text) < 5 and int(text) else 1


def surroundings(found: Found, text: str, page: int) -> dict[str, Any]:
    """What stands around the rows."""
    words = " ".join(term.value for term in found.asked.terms if not term.field and not term.is_excluded)
    somebody = [*map(of_person, people.find_people(words)), *map(of_organisation, people.find_organisations(words))]
    nearly = []
    if not found.hits and not somebody:
        wanted = words or " ".join(
            term.value for term in found.asked.terms if term.field in ("from", "customer", "org")
        )
        nearly = [of_name(near) for near in people.names_nearly(wanted)]
    return {
        "somebody": somebody,
        "nearly": nearly,
        "chips": [chip(term, found) for term in found.asked.terms if term.field],
        "facets": facets(found, text) if found.count > 1 else [],
        "page": pager(found, text, page),
        "said_count": said_count(found),
    }


def said_count(found: Found) -> str:
    if found.has_more:
        return _("More than %(count)s tickets, the best of the latest first") % {"count": found.count}
    return ngettext("%(count)s ticket", "%(count)s tickets", found.count) % {"count": found.count}


def pager(found: Found, text: str, page: int) -> Pager | None:
    size = finding.PAGE_SIZE
    if found.count <= size or not found.hits:
        return None
    first = (page - 1) * size + 1
    last = first + len(found.hits) - 1
    return Pager(
        first,
        last,
        address(text, page - 1) if page > 1 else "",
        address(text, page + 1) if last < found.count and page < MOST_PAGES else "",
    )


def address(text: str, page: int = 1) -> str:
    query = {"q": text} | ({"page": str(page)} if page > 1 else {})
    return f"{reverse('tickets:search')}?{urlencode(query)}"


# --- what narrows it -------------------------------------------------------------------------------------------------


def chip(term: Term, found: Found) -> Chip:
    return Chip(
        fields.spelling_of(term.field, language()), term.value, address(found.asked.without(term)), term.is_excluded
    )


def facets(found: Found, text: str) -> list[Facets]:
    """Teams, statuses and times that would leave some of it; a field that is asked for already is left out."""
    asked = {term.field for term in found.asked.terms}
    made: list[Facets] = []
    if "team" not in asked and len(found.teams) > 1:
        names = dict(Team.objects.filter(pk__in=found.teams).values_list("pk", "name"))
        made.append(_by_count(_("Team"), "team", found.teams.most_common(MOST_FACETS), names.get, text))
    if not asked & {"status", "is"} and len(found.statuses) > 1:
        labels = {status.pk: status.label for status in read_vocabulary().statuses}
        made.append(_by_count(_("Status"), "status", found.statuses.most_common(MOST_FACETS), labels.get, text))
    if not asked & {"before", "after"}:
        spans = [(days, found.ages[days]) for days in finding.AGES if 0 < found.ages[days] < found.count]
        said = {7: _("the last 7 days"), 30: _("the last 30 days"), 365: _("the last year")}
        links = [Facet(said[days], count, _with(text, "after", f"{days}d")) for days, count in spans]
        if links:
            made.append(Facets(pgettext("of a search", "Time"), links))
    return made


def _by_count(
    title: str, field: str, counts: list[tuple[int, int]], name_of: Callable[[int], str | None], text: str
) -> Facets:
    named = [(name_of(pk), count) for pk, count in counts]
    return Facets(title, [Facet(name, count, _with(text, field, name)) for name, count in named if name])


def _with(text: str, field: str, value: str) -> str:
    """The search with one more field, as the reader would write it."""
    value = value.replace('"', " ")
    written = f'"{value}"' if " " in value else value
    return address(f"{text} {fields.spelling_of(field, language())}:{written}")


# --- people ----------------------------------------------------------------------------------------------------------


def of_person(person: User) -> Somebody:
    detail = " · ".join(str(part) for part in (person.organisation, person.email or person.phone) if part)
    return Somebody(person.name, detail, _with("", "customer", person.email or person.name), person)


def of_organisation(organisation: Organisation) -> Somebody:
    return Somebody(organisation.name, _("organisation"), _with("", "org", organisation.name))


def of_name(near: people.Nearly) -> Somebody:
    return Somebody(near.name, "", _with("", "org" if near.is_organisation else "customer", near.name))


# --- help ------------------------------------------------------------------------------------------------------------


def field_help() -> list[tuple[str, str]]:
    """Examples in the reader's own words, each with what it finds."""
    here = language()

    def field(name: str, value: str) -> str:
        return f"{fields.spelling_of(name, here)}:{value}"

    def fixed(name: str, value: str) -> str:
        return field(name, fields.value_spelling(name, value, here))

    return [
        ('"' + _("does not print") + '"', _("these words one after the other")),
        ("-" + _("printer"), _("without this word")),
        (_("invoice") + " OR " + _("bill"), _("one of the two")),
        (_("print") + "*", _("words that begin so")),
        (field("from", "anna@duna.example"), _("written by, or on behalf of")),
        (field("to", "support"), _("sent to, also as a copy")),
        (field("customer", "kovács"), _("the tickets of this customer")),
        (field("team", _("network")), _("in this team")),
        (field("tag", "vpn"), _("with this tag")),
        (fixed("owner", "me"), _("that I own; a name or “none” works too")),
        (fixed("is", "open"), _("open; also closed, new, pending, late, unassigned")),
        (fixed("has", "file"), _("with a file; “promise” works too")),
        (field("file", "pdf"), _("with a file of this name")),
        (field("subject", "vpn"), _("in the title or the subject alone")),
        (field("after", "2026-01-01"), _("written since; also 2026-01, 2026, today, 30d")),
        (field("before", "2026-01-01"), _("written before that day")),
    ]
