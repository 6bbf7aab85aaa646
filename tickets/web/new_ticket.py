"""A new ticket that an agent writes down, mostly with the phone in the other hand."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from tickets import desk, drafts, permissions
from tickets.desk import NewPerson, NewPromise
from tickets.errors import Refused
from tickets.models import Address, Channel, Draft, Right, Ticket, User
from tickets.web import forms
from tickets.web.alike import typed, typed_context
from tickets.web.composer import Side, side_of
from tickets.web.responses import AgentRequest, for_agents, go_back
from tickets.web.writing_forms import key_of, page_of
from tickets.writing import LONGEST_TEXT, MOST_FILE_BYTES, MOST_FILES, NewFile

PEOPLE_FOUND = 8
KNOWN_SHOWN = 6


MOST_AGENTS_OFFERED = 200


def offered_agents(request: AgentRequest) -> list[User]:
    """All who may be chosen; whoever is away is said to be."""
    agents = User.objects.filter(is_active=True, roles__overlap=["agent", "admin"])
    found = list(agents.only("name", "email").order_by("name")[:MOST_AGENTS_OFFERED])
    request.at_hand.mark_away(found)
    return found


@require_http_methods(["GET", "POST"])
@for_agents
def new(request: AgentRequest) -> HttpResponse:
    """The form, and what becomes of it."""
    teams = permissions.teams_with(request.user, Right.CREATE)
    side = side_of(drafts.drafts_on(None, by=request.user), Draft.Kind.NEW_TICKET)
    form = forms.NewTicketForm(
        request.POST or None,
        request.FILES or None,
        teams=teams,
        agents=offered_agents(request),
        initial=side.fields | starting_values(request, side.fields),
    )
    if request.method == "POST" and form.is_valid() and "find" not in request.POST:
        try:
            ticket = drafts.say_once(
                None,
                Draft.Kind.NEW_TICKET,
                lambda files: open_ticket(request, form, files),
                by=request.user,
                key=key_of(request.POST),
                page=page_of(request.POST),
                files=form.cleaned_data["files"],
            )
        except Refused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            if ticket is None:
                return go_back(request, reverse("tickets:inbox"), said=_("The ticket was opened already."))
            said = _("Ticket %(number)s opened.") % {"number": ticket.number}
            if permissions.can_see_internal(request.user, ticket):
                answer = redirect("tickets:ticket", ticket.number)
                go_back(request, answer["Location"], said=said)
                return answer
            return go_back(request, "/", said=said)
    words = (typed(str(form[name].value() or "")) for name in ("title", "text"))
    context = (
        {"form": form, "teams": teams}
        | draft_context(side)
        | typed_context(request.user, *words)
        | found_people(request, side.fields)
    )
    return render(request, "tickets/new.html", context, status=422 if form.is_bound and form.errors else 200)


def draft_context(side: Side) -> dict[str, Any]:
    """What the page says of its draft and its files."""
    return {
        "side": side,
        "sides": {side.kind: side},
        "key": uuid.uuid4(),
        "longest": LONGEST_TEXT,
        "most_files": MOST_FILES,
        "most_file_bytes": MOST_FILE_BYTES,
    }


def open_ticket(request: AgentRequest, form: forms.NewTicketForm, files: Sequence[NewFile]) -> Ticket:
    """Calls the room with what the form holds."""
    cleaned = form.cleaned_data
    new_person = None
    if cleaned["customer"] is None and cleaned["new_name"]:
        new_person = NewPerson(cleaned["new_name"], cleaned["new_email"], cleaned["new_phone"])
    promise = NewPromise(cleaned["who"], cleaned["by_when"]) if cleaned["who"] and cleaned["by_when"] else None
    team = cleaned["team"]
    permissions.require(permissions.can_create(request.user, team))
    owner = cleaned["owner"]
    if owner is not None and not permissions.has_right(owner, team.pk, Right.OWN):
        sentence = _("%(name)s can't own tickets of the team %(team)s.") % {"name": owner, "team": team}
        raise Refused(sentence, field="owner")
    return desk.open_by_phone(
        title=cleaned["title"],
        text=cleaned["text"],
        team=team,
        by=request.user,
        customer=cleaned["customer"],
        new_person=new_person,
        channel=Channel(cleaned["channel"] or Channel.PHONE),
        kind=cleaned["kind"],
        priority=cleaned["priority"],
        owner=owner,
        promise=promise,
        tags=cleaned["tags"],
        files=files,
    )


def starting_values(request: AgentRequest, kept: dict[str, str]) -> dict[str, Any]:
    """A normal question of the customer who is already known, if the address names one; a draft has its own values."""
    given = request.GET.get("customer", "")
    values: dict[str, Any] = {}
    if given.isascii() and given.isdigit() and len(given) < 16:
        values["customer"] = int(given)
    title = request.GET.get("title", "").replace("\x00", "")[:250]
    if title:
        values["title"] = title
    usual = {"kind": "question", "priority": "normal", "channel": "phone"}
    return {name: value for name, value in usual.items() if not kept.get(name)} | values


def found_people(request: AgentRequest, kept: dict[str, str] | None = None) -> dict[str, Any]:
    """What the customer picker shows: the chosen person, and those whom the search found."""
    kept = kept if kept and request.method == "GET" else {}
    words = (request.POST.get("person_q") or request.GET.get("person_q") or kept.get("person_q") or "").strip()
    chosen = request.POST.get("customer") or request.GET.get("customer") or kept.get("customer") or ""
    person = person_of(chosen)
    return {
        "known": known_to(request.user, person),
        "person": person,
        "person_q": words,
        "people": find_people(words) if words else [],
        "chosen": person,
        "field_name": "customer",
    }


def person_of(given: str) -> User | None:
    """The active person with this id."""
    if not (given.isascii() and given.isdigit() and len(given) < 16):
        return None
    return User.objects.filter(pk=int(given), is_active=True).select_related("organisation").first()


def known_to(agent: User, customer: User | None) -> list[Ticket]:
    """The customer's open tickets that the agent sees from the inside: perhaps it is about one of them."""
    if customer is None:
        return []
    seen = Ticket.objects.worked_by(agent).open().filter(customer=customer)
    return list(seen.select_related("status").order_by("-changed_at")[:KNOWN_SHOWN])


def find_people(words: str) -> list[User]:
    """Active people by name, address or phone; the organisation's name finds its members too."""
    if len(words) < 2:
        return []
    words = words[:100].replace("\x00", "")
    by_address = Address.objects.filter(email__icontains=words.lower()).values("user")
    found = Q(name__icontains=words) | Q(pk__in=by_address) | Q(organisation__name__icontains=words)
    digits = "".join(character for character in words if character.isdigit())
    if len(digits) >= 3:
        found |= Q(phone__icontains=words) | Q(phone__icontains=digits)
    people = User.objects.filter(found, is_active=True).select_related("organisation")
    return list(people.order_by("name")[:PEOPLE_FOUND])


@require_GET
@for_agents
def find_customer(request: AgentRequest) -> HttpResponse:
    """The people that a search finds, as choices of the picker."""
    field = request.GET.get("field", "customer")
    context = found_people(request) | {"field_name": field if field in ("customer", "person") else "customer"}
    return render(request, "tickets/_people.html", context)


@require_GET
@for_agents
def known_tickets(request: AgentRequest) -> HttpResponse:
    """The open tickets of the person who is being chosen as the customer."""
    person = person_of(request.GET.get("customer", ""))
    return render(request, "tickets/_known_tickets.html", {"person": person, "known": known_to(request.user, person)})
