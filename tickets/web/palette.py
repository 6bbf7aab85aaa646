"""The command palette: an HTML fragment of choices for what was typed. The page's own acts are added by palette.js."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from tickets import lists, permissions
from tickets.models import SavedView, Ticket, TicketGroup, User
from tickets.search.palette import fits, look_up
from tickets.search.words import fold
from tickets.web import nav, search, setup_index
from tickets.web.responses import AgentRequest, for_agents

# Beside the navigation's own pages and those of the set-up: URL name, words, icon.
FURTHER_PAGES: tuple[tuple[str, str | LazyText, str], ...] = (
    ("tickets:new", gettext_lazy("New ticket"), "plus"),
    ("tickets:inbox", gettext_lazy("Inbox"), "inbox"),
    ("tickets:notices", gettext_lazy("Notices"), "bell"),
    ("tickets:drafts", gettext_lazy("My drafts"), "edit"),
    ("tickets:bulk", gettext_lazy("My acts on many tickets"), "check"),
    ("tickets:saved_views", gettext_lazy("Saved views"), "eye"),
    ("tickets:away", gettext_lazy("Away"), "clock"),
    ("tickets:notice_choices", gettext_lazy("Notices by mail"), "mail"),
    ("tickets:profile", gettext_lazy("Your profile"), "user"),
    ("tickets:portal_home", gettext_lazy("My own requests"), "home"),
)


@dataclass(frozen=True, slots=True)
class Choice:
    """One line: where it leads, what it says, and a word at its end."""

    url: str
    label: str | LazyText
    icon: str
    end: str | LazyText = ""
    number: str = ""


@dataclass(slots=True)
class Group:
    key: str
    title: str
    choices: list[Choice] = field(default_factory=list)


@require_GET
@for_agents
def palette(request: AgentRequest) -> HttpResponse:
    """What fits the letters typed so far; with none, what is at hand."""
    text = " ".join(request.GET.get("pq", "").replace("\x00", "").split())[:200]
    before, after = build(request.user, text)
    return render(request, "tickets/_palette_choices.html", {"before": before, "after": after})


def build(user: User, text: str) -> tuple[list[Group], list[Group]]:
    """The groups that stand before and after the page's own acts."""
    offers = look_up(user, text)
    title = _("Opened lately") if offers.is_recent else _("Tickets")
    tickets = Group("tickets", title, [of_ticket(ticket) for ticket in offers.tickets])
    people = Group("people", _("People"), [_somebody(search.of_person(person), "user") for person in offers.people])
    people.choices += [_somebody(search.of_organisation(each), "building") for each in offers.organisations]
    groups = Group("groups", _("Groups"), [of_group(group) for group in offers.groups])
    views = Group("views", _("Views"), views_like(text))
    views.choices += [of_saved_view(view) for view in offers.saved_views]
    pages = Group("pages", _("Go to"), pages_like(user, text))
    if not text:
        return [], _filled(tickets, views, pages)
    everywhere = Group("everywhere", _("Search"))
    everywhere.choices = [
        Choice(search.address(text), _("Search everywhere: “%(text)s”") % {"text": text}, "search"),
        Choice(new_ticket_url(text), _("New ticket: “%(text)s”") % {"text": text}, "plus"),
    ]
    return _filled(tickets, groups, people), _filled(views, pages, everywhere)


def _filled(*groups: Group) -> list[Group]:
    return [group for group in groups if group.choices]


def new_ticket_url(title: str) -> str:
    return f"{reverse('tickets:new')}?{urlencode({'title': title})}"


def of_ticket(ticket: Ticket) -> Choice:
    who = ticket.customer.name if ticket.customer else ""
    return Choice(reverse("tickets:ticket", args=[ticket.number]), ticket.title, "inbox", who, ticket.number)


def of_group(group: TicketGroup) -> Choice:
    return Choice(reverse("tickets:group", args=[group.pk]), group.title, "group", group.team.name)


def _somebody(found: search.Somebody, icon: str) -> Choice:
    return Choice(found.url, found.name, icon, found.detail)


def views_like(text: str) -> list[Choice]:
    wanted = fold(text)
    return [
        Choice(nav.url_of_view(view), view.label, view.icon)
        for view in lists.VIEWS.values()
        if fits(wanted, fold(str(view.label)))
    ]


def of_saved_view(view: SavedView) -> Choice:
    url = reverse("tickets:saved_view", args=[view.pk])
    return Choice(url, view.name, "eye", view.team.name if view.team else "")


def pages_like(user: User, text: str) -> list[Choice]:
    """Where one can go: the navigation's pages, one's own, and once something is typed each page of the set-up."""
    choices = [Choice(reverse(name), label, icon) for name, label, icon in FURTHER_PAGES]
    choices += [Choice(reverse(name), label, icon) for name, label, icon, _for_admins in nav.pages_for(user)]
    if text and permissions.can_set_up(user):
        known = {choice.url for choice in choices}
        pages = [page for page in setup_index.PAGES if page.url not in known]
        choices += [Choice(page.url, page.title, page.icon, gettext_lazy("Set-up")) for page in pages]
    wanted = fold(text)
    return [choice for choice in choices if fits(wanted, fold(str(choice.label)))]
