"""The command palette: an HTML fragment of choices for what was typed. The page's own acts are added by palette.js."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from tickets import lists, permissions
from tickets.models import SavedView, Ticket, User
from tickets.search.palette import fits, look_up
from tickets.search.words import fold
from tickets.web import search
from tickets.web.responses import AgentRequest, for_agents

# Where one can go: URL name, words, icon, for administrators only. A page that does not exist is left out.
PAGES: tuple[tuple[str, str | LazyText, str, bool], ...] = (
    ("tickets:new", gettext_lazy("New ticket"), "plus", False),
    ("tickets:inbox", gettext_lazy("Inbox"), "inbox", False),
    ("tickets:groups", gettext_lazy("Groups"), "group", False),
    ("tickets:quarantine", gettext_lazy("Quarantined mail"), "alert", False),
    ("tickets:profile", gettext_lazy("Your profile"), "user", False),
    ("tickets:portal_home", gettext_lazy("My own requests"), "home", False),
    ("tickets:setup", gettext_lazy("Set-up"), "gear", True),
    ("tickets:setup_teams", gettext_lazy("Teams"), "team", True),
    ("tickets:setup_people", gettext_lazy("People"), "users", True),
    ("tickets:setup_organisations", gettext_lazy("Organisations"), "building", True),
    ("tickets:setup_mailboxes", gettext_lazy("Mailboxes"), "mailbox", True),
    ("tickets:setup_mail", gettext_lazy("Account of mail"), "mail", True),
    ("tickets:setup_outbox", gettext_lazy("Outbox"), "outbox", True),
    ("tickets:setup_erasures", gettext_lazy("Erasures"), "shield", True),
    ("tickets:setup_system", gettext_lazy("System"), "server", True),
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
    views = Group("views", _("Views"), views_like(text))
    views.choices += [choice for view in offers.saved_views if (choice := of_saved_view(view))]
    pages = Group("pages", _("Go to"), pages_like(user, text))
    if not text:
        return [], _filled(tickets, views, pages)
    everywhere = Group("everywhere", _("Search"))
    everywhere.choices = [
        Choice(search.address(text), _("Search everywhere: “%(text)s”") % {"text": text}, "search"),
        Choice(new_ticket_url(text), _("New ticket: “%(text)s”") % {"text": text}, "plus"),
    ]
    return _filled(tickets, people), _filled(views, pages, everywhere)


def _filled(*groups: Group) -> list[Group]:
    return [group for group in groups if group.choices]


def new_ticket_url(title: str) -> str:
    return f"{reverse('tickets:new')}?{urlencode({'title': title})}"


def of_ticket(ticket: Ticket) -> Choice:
    who = ticket.customer.name if ticket.customer else ""
    return Choice(reverse("tickets:ticket", args=[ticket.number]), ticket.title, "inbox", who, ticket.number)


def _somebody(found: search.Somebody, icon: str) -> Choice:
    return Choice(found.url, found.name, icon, found.detail)


def views_like(text: str) -> list[Choice]:
    wanted = fold(text)
    return [
        Choice(reverse("tickets:inbox_view", args=[view.key]), view.label, view.icon)
        for view in lists.VIEWS.values()
        if fits(wanted, fold(str(view.label)))
    ]


def of_saved_view(view: SavedView) -> Choice | None:
    try:
        url = reverse("tickets:saved_view", args=[view.pk])
    except NoReverseMatch:
        return None
    return Choice(url, view.name, "eye", view.team.name if view.team else "")


def pages_like(user: User, text: str) -> list[Choice]:
    wanted = fold(text)
    found = []
    for name, label, icon, for_admins in PAGES:
        if (for_admins and not permissions.can_set_up(user)) or not fits(wanted, fold(str(label))):
            continue
        try:
            found.append(Choice(reverse(name), label, icon))
        except NoReverseMatch:
            continue
    return found
