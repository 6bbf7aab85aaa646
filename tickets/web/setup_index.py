"""The first page of the set-up: everything that can be set up, in groups, with what needs a look."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
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
class Door:
    """A card of the first page."""

    url: str
    icon: str
    title: str | LazyText
    text: str | LazyText
    alarm: str = ""


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
        Door(reverse("tickets:setup_teams"), "team", _("Teams"), about_teams % {"n": teams}),
        Door(reverse("tickets:setup_rights"), "key", _("Rights"), _("Who may do what in which team, on one page")),
        Door(reverse("tickets:setup_why"), "eye", _("Who sees what"), _("Why somebody sees a ticket or does not")),
        Door(reverse("tickets:setup_people"), "users", _("People"), about_people % {"n": people}),
        Door(
            reverse("tickets:setup_organisations"),
            "building",
            _("Organisations"),
            about_companies % {"n": organisations},
        ),
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
    terms = "tickets:setup_terms"
    return [
        Door(reverse(terms, args=["status"]), "flow", _("Statuses"), about_statuses % {"n": statuses}),
        Door(reverse(terms, args=["priority"]), "flag", _("Priorities"), about_priorities % {"n": priorities}),
        Door(reverse(terms, args=["kind"]), "grip", _("Kinds"), about_kinds % {"n": kinds}),
        Door(reverse("tickets:setup_tags"), "tag", _("Tags"), about_tags % {"n": tags}),
        Door(reverse("tickets:setup_arrival_rules"), "flow", _("Rules on arrival"), about_rules % {"n": rules}),
        Door(reverse("tickets:setup_templates"), "template", _("Answer templates"), about_texts % {"n": templates}),
    ]


def _mail() -> list[Door]:
    waiting = backlogs()
    mailboxes = Mailbox.objects.filter(is_active=True).count()
    return [
        Door(
            reverse("tickets:setup_mailboxes"),
            "mailbox",
            _("Mailboxes"),
            ngettext(
                "%(n)s address whose mail becomes tickets, automatic replies, tests",
                "%(n)s addresses whose mail becomes tickets, automatic replies, tests",
                mailboxes,
            )
            % {"n": mailboxes},
        ),
        Door(
            reverse("tickets:setup_imap"),
            "download",
            _("IMAP sources"),
            _("Mailboxes elsewhere that are emptied into ours"),
        ),
        Door(
            reverse("tickets:quarantine"),
            "quarantine",
            _("Quarantined mail"),
            _("What could not become a ticket by itself"),
            _alarm(waiting.quarantined),
        ),
        Door(
            reverse("tickets:setup_mail"),
            "archive",
            _("Account of mail"),
            _("Everything that came in, and what became of it"),
        ),
        Door(
            reverse("tickets:setup_outbox"),
            "outbox",
            _("Outbox"),
            _("Mail that goes out, waits or failed"),
            _alarm(waiting.outbox_failed),
        ),
    ]


def _house() -> list[Door]:
    asked = Erasure.objects.filter(approved_by__isnull=True).count()
    return [
        Door(
            reverse("tickets:setup_history"),
            "history",
            _("History of the set-up"),
            _("Who changed which setting, when"),
        ),
        Door(reverse("tickets:setup_system"), "server", _("System"), _("Backlogs, timed jobs, versions, seals")),
        Door(
            reverse("tickets:setup_erasures"),
            "trash",
            _("Erasures"),
            _("Asked by one, approved by another"),
            _alarm(asked),
        ),
        Door(reverse("tickets:setup_styleguide"), "book", _("Style guide"), _("Every part of the design once")),
    ]


def _alarm(count: int) -> str:
    return str(count) if count else ""
