"""The first page of the set-up: everything that can be set up, in groups, with what needs a look."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext
from django.views.decorators.http import require_GET

from tickets.models import (
    AnswerTemplate,
    ArrivalRule,
    Erasure,
    Kind,
    Mailbox,
    Organisation,
    Priority,
    Status,
    Tag,
    Team,
    User,
)
from tickets.upkeep import backlogs
from tickets.web.responses import AgentRequest
from tickets.web.setup import for_admins


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the set-up: its URL name with arguments, its drawing and its title."""

    name: str
    icon: str
    title: str | LazyText
    args: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        return reverse(self.name, args=self.args)


@dataclass(frozen=True, slots=True)
class Door:
    """A card of the first page: where it leads, and what stands under the title."""

    page: Page
    text: str | LazyText
    alarm: str = ""


# All that the first page leads to, and the palette offers.
TEAMS = Page("tickets:setup_teams", "team", gettext_lazy("Teams"))
RIGHTS = Page("tickets:setup_rights", "key", gettext_lazy("Rights"))
WHY = Page("tickets:setup_why", "eye", gettext_lazy("Who sees what"))
PEOPLE = Page("tickets:setup_people", "users", gettext_lazy("People"))
ORGANISATIONS = Page("tickets:setup_organisations", "building", gettext_lazy("Organisations"))
STATUSES = Page("tickets:setup_terms", "flow", gettext_lazy("Statuses"), ("status",))
PRIORITIES = Page("tickets:setup_terms", "flag", gettext_lazy("Priorities"), ("priority",))
KINDS = Page("tickets:setup_terms", "grip", gettext_lazy("Kinds"), ("kind",))
TAGS = Page("tickets:setup_tags", "tag", gettext_lazy("Tags"))
ARRIVAL_RULES = Page("tickets:setup_arrival_rules", "flow", gettext_lazy("Rules on arrival"))
TEMPLATES = Page("tickets:setup_templates", "template", gettext_lazy("Answer templates"))
MAILBOXES = Page("tickets:setup_mailboxes", "mailbox", gettext_lazy("Mailboxes"))
IMAP = Page("tickets:setup_imap", "download", gettext_lazy("IMAP sources"))
QUARANTINE = Page("tickets:quarantine", "quarantine", gettext_lazy("Quarantined mail"))
MAIL = Page("tickets:setup_mail", "archive", gettext_lazy("Account of mail"))
OUTBOX = Page("tickets:setup_outbox", "outbox", gettext_lazy("Outbox"))
HISTORY = Page("tickets:setup_history", "history", gettext_lazy("History of the set-up"))
SYSTEM = Page("tickets:setup_system", "server", gettext_lazy("System"))
ERASURES = Page("tickets:setup_erasures", "trash", gettext_lazy("Erasures"))
STYLE_GUIDE = Page("tickets:setup_styleguide", "book", gettext_lazy("Style guide"))
PAGES = (
    *(TEAMS, RIGHTS, WHY, PEOPLE, ORGANISATIONS),
    *(STATUSES, PRIORITIES, KINDS, TAGS, ARRIVAL_RULES, TEMPLATES),
    *(MAILBOXES, IMAP, QUARANTINE, MAIL, OUTBOX),
    *(HISTORY, SYSTEM, ERASURES, STYLE_GUIDE),
)


@require_GET
@for_admins
def setup(request: AgentRequest) -> HttpResponse:
    """All that can be set up, with what needs a look."""
    sections = [
        (_("People and teams"), _people_and_teams()),
        (_("Tickets"), _tickets()),
        (pgettext("set-up", "Mail"), _mail()),
        (_("The house"), _house()),
    ]
    return render(request, "tickets/setup/index.html", {"sections": sections})


@require_GET
@for_admins
def styleguide(request: AgentRequest) -> HttpResponse:
    return render(request, "components/styleguide.html")


def _people_and_teams() -> list[Door]:
    teams = Team.objects.filter(is_active=True).count()
    people = User.objects.filter(is_active=True).count()
    organisations = Organisation.objects.filter(is_active=True).count()
    about_teams = ngettext("%(n)s team, rules and signatures", "%(n)s teams, their rules and signatures", teams)
    about_people = ngettext("%(n)s person, roles and addresses", "%(n)s people, their roles and addresses", people)
    about_companies = ngettext("%(n)s customer's company", "%(n)s customers' companies", organisations)
    return [
        Door(TEAMS, about_teams % {"n": teams}),
        Door(RIGHTS, _("Who may do what in which team, on one page")),
        Door(WHY, _("Why somebody sees a ticket or does not")),
        Door(PEOPLE, about_people % {"n": people}),
        Door(ORGANISATIONS, about_companies % {"n": organisations}),
    ]


def _tickets() -> list[Door]:
    statuses = Status.objects.filter(is_active=True).count()
    priorities = Priority.objects.filter(is_active=True).count()
    kinds = Kind.objects.filter(is_active=True).count()
    tags = Tag.objects.filter(is_active=True).count()
    rules = ArrivalRule.objects.filter(is_active=True).count()
    templates = AnswerTemplate.objects.filter(is_active=True).count()
    about_statuses = ngettext("%(n)s status, its name and place", "%(n)s statuses, their names and order", statuses)
    about_priorities = ngettext("%(n)s priority", "%(n)s priorities, by how soon each is worked", priorities)
    about_kinds = ngettext("%(n)s kind of ticket", "%(n)s kinds of tickets", kinds)
    about_tags = ngettext("%(n)s tag, its colour and team", "%(n)s tags, their colours and teams", tags)
    about_rules = ngettext("%(n)s rule for new tickets", "%(n)s rules for new tickets", rules)
    about_texts = ngettext("%(n)s ready text for the composer", "%(n)s ready texts for the composer", templates)
    return [
        Door(STATUSES, about_statuses % {"n": statuses}),
        Door(PRIORITIES, about_priorities % {"n": priorities}),
        Door(KINDS, about_kinds % {"n": kinds}),
        Door(TAGS, about_tags % {"n": tags}),
        Door(ARRIVAL_RULES, about_rules % {"n": rules}),
        Door(TEMPLATES, about_texts % {"n": templates}),
    ]


def _mail() -> list[Door]:
    waiting = backlogs()
    mailboxes = Mailbox.objects.filter(is_active=True).count()
    return [
        Door(
            MAILBOXES,
            ngettext(
                "%(n)s address whose mail becomes tickets, automatic replies, tests",
                "%(n)s addresses whose mail becomes tickets, automatic replies, tests",
                mailboxes,
            )
            % {"n": mailboxes},
        ),
        Door(IMAP, _("Mailboxes elsewhere that are emptied into ours")),
        Door(QUARANTINE, _("What could not become a ticket by itself"), _alarm(waiting.quarantined)),
        Door(MAIL, _("Everything that came in, and what became of it")),
        Door(OUTBOX, _("Mail that goes out, waits or failed"), _alarm(waiting.outbox_failed)),
    ]


def _house() -> list[Door]:
    asked = Erasure.objects.filter(approved_by__isnull=True).count()
    return [
        Door(HISTORY, _("Who changed which setting, when")),
        Door(SYSTEM, _("Backlogs, timed jobs, versions, seals")),
        Door(ERASURES, _("Asked by one, approved by another"), _alarm(asked)),
        Door(STYLE_GUIDE, _("Every part of the design once")),
    ]


def _alarm(count: int) -> str:
    return str(count) if count else ""
