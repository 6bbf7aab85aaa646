"""Who gets what answer at every address of the site. Fails when an address is missing in the table.

The table gives the status for each of ROLES, first of GET, then of an empty POST; "in" sends to the sign-in page. A
POST that is let through and finds nothing to do answers 302, 400 or 422.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from http.cookies import SimpleCookie
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.db import transaction
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from contactcenter import activities, chats, loans, memberships, queues, routing, states, wishes
from contactcenter.models import Activity, Exchange, OpeningHours
from contactcenter.telephony import exchanges
from tests import make
from tests.contactcenter import centre
from tests.permission_table import TABLE
from tickets import api_tokens, drafts, groups, person_notes, promises, tagging
from tickets.broadcasts import opting_out
from tickets.models import (
    Absence,
    AnswerTemplate,
    ArrivalRule,
    Broadcast,
    BulkRun,
    Burst,
    BurstReport,
    GroupClosing,
    ImapSource,
    Kind,
    Mailbox,
    Message,
    OutboundMail,
    SavedView,
    Team,
    Ticket,
    TicketGroup,
    User,
)
from tickets.telling.letters import stop_token

ROLES = ("anonymous", "carla", "karl", "anna", "ben", "root")

# Django's own pages for administrators: all alike, and many.
ADMIN = "admin:"
PARTS = 8  # so that both cores have work


@dataclass
class World:
    """Something at the end of every address: a ticket of carla's in anna's team, and what hangs on it."""

    values: dict[str, Any]
    cookies: dict[str, SimpleCookie]
    tokens: dict[str, str]


@pytest.fixture
def world(
    helpdesk: Team, network: Team, mailbox: Mailbox, carla: User, karl: User, anna: User, ben: User, root: User
) -> World:
    ticket = make.ticket(team=helpdesk, customer=carla, text=None)
    raw = make.inbound(mailbox=mailbox, state="new_ticket", ticket=ticket)
    message = make.message(
        ticket, author=carla, kind=Message.Kind.MAIL, inbound=raw, html="<p>x</p>", attachments={"a.txt": b"a"}
    )
    outbound = OutboundMail.objects.create(
        purpose=OutboundMail.Purpose.values[0], ticket=ticket, sender_address=mailbox.address, mail_id="x@y", body="x"
    )
    people = {"carla": carla, "karl": karl, "anna": anna, "ben": ben, "root": root}
    cookies, tokens = {"anonymous": SimpleCookie()}, {}
    for role, user in people.items():
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        cookies[role] = client.cookies
        tokens[role] = api_tokens.create_token(user, name="test")[1]
    promise = promises.promise_answer(ticket, who=anna, by_when=timezone.now() + timedelta(days=1), by=root)
    draft = drafts.save_draft(ticket, "reply", {"text": "x"}, by=anna).draft
    assert draft is not None
    group = groups.open_group("VPN", team=helpdesk, by=anna, tickets=[ticket])
    groups.set_outage(group, by=anna, texts={"hu": "A VPN nem megy."}, is_shown=True)
    GroupClosing.objects.create(group=group, by=anna, state=GroupClosing.State.FINISHED, started_at=timezone.now())
    burst = Burst.objects.create(team=helpdesk, title="VPN", last_report_at=timezone.now())
    BurstReport.objects.create(burst=burst, ticket=ticket)
    values = {
        "group_id": group.pk,
        "number": ticket.number,
        "message_id": message.pk,
        "attachment_id": message.attachments.get().pk,
        "name": "a.txt",
        "view": "mine",
        "team_id": helpdesk.pk,
        "person_id": karl.pk,
        "note_id": person_notes.note_person(karl, text="x", by=anna).pk,
        "organisation_id": karl.organisation_id,
        "mailbox_id": mailbox.pk,
        "source_id": ImapSource.objects.create(
            mailbox=mailbox, host="127.0.0.1", port=1, user_name="x", security="plain"
        ).pk,
        "outbound_id": outbound.pk,
        "inbound_id": make.inbound(mailbox=mailbox, state="quarantined", reason="test").pk,
        "token_id": api_tokens.create_token(root, name="root's")[0].pk,
        "answer": "accept",
        "view_id": SavedView.objects.create(team=helpdesk, name="x", created_by=root).pk,
        "table": "kind",
        "term_id": Kind.objects.get(code="task").pk,
        "rule_id": ArrivalRule.objects.create(name="Szabály").pk,
        "tag_id": tagging.find_or_add_tag("vpn").pk,
        "template_id": AnswerTemplate.objects.create(name="Üdvözlés", texts={"hu": "Jó napot!"}).pk,
        "key": "x",
        "uidb36": "1",
        "promise_id": promise.pk,
        "absence_id": Absence.objects.create(
            user=anna, starts_at=timezone.now(), ends_at=timezone.now() + timedelta(days=1)
        ).pk,
        "link_id": 1,
        "draft_id": draft.pk,
        "file_id": drafts.add_file(ticket, "reply", by=anna, name="a.txt", content=b"a").pk,
        "pk": 1,
        **_broadcast_values(group, anna),
        **_door_values(helpdesk, carla),
        **_desk_values(anna, helpdesk, network),
        "how": "watch",
        "token": stop_token(anna, ["assigned"]),
        "burst_id": burst.pk,
        "advice_id": centre.advice(centre.queue("Tanács", team=helpdesk)).pk,
        **_centre_values(helpdesk),
        "run_id": BulkRun.objects.create(by=anna, act="watch", state="finished").pk,
    }
    return World(values, cookies, tokens)


def _door_values(team: Team, carla: User) -> dict[str, object]:
    queue = queues.add_queue("Vonal", team=team, by=None, is_chat_offered=True, is_callback_offered=True)
    return {
        "chat_id": chats.start_chat(queue, text="x", by=carla).pk,
        "wish_id": wishes.ask_for_callback(queue, number="+36 30 555 0100", by=carla).pk,
        "exchange_id": exchanges.add_exchange("PBX", kind=Exchange.Kind.WEBHOOK, by=None)[0].pk,
    }


def _centre_values(team: Team) -> dict[str, object]:
    """A queue and an agent of others."""
    queue = queues.add_queue("Ügyfélvonal", team=team, by=None)
    stranger = states.add_agent(make.agent("Vonal Vera", team=team), home_team=team, by=None)
    return {
        "queue_id": queue.pk,
        "agent_id": stranger.pk,
        "activity_id": Activity.objects.get(code=Activity.READY).pk,
        "hours_id": OpeningHours.objects.create(name="Hétköznap").pk,
        "out_of": 0,
        "into": 0,
        "level": 1,
    }


def _broadcast_values(group: TicketGroup, anna: User) -> dict[str, object]:
    row = Broadcast.objects.create(group=group, by=anna, kind="note", state="held", last_member=0, is_frozen=True)
    link = opting_out.link_for(anna.pk)
    return {"broadcast_id": row.pk, "act": "stop", "signed": link.rstrip("/").rpartition("/")[2]}


def _desk_values(anna: User, team: Team, other: Team) -> dict[str, object]:
    """anna is an agent of the contact centre: asked to help elsewhere, and with somebody on the line."""
    agent = states.add_agent(anna, home_team=team, by=None)
    loan = loans.ask_loan(activities.sign_in(agent, by=None), into=centre.queue("Messze", team=other), by=None)
    queue = centre.queue("Asztal", team=team)
    memberships.join_queue(agent, queue=queue, by=None)
    offer = centre.offered(centre.call(queue))
    contact = routing.accept_offer(offer, by=anna)
    return {
        "loan_id": loan.pk,
        "offer_id": offer.pk,
        "contact_id": contact.pk,
        "step": "hold",
        "turn": "done",
    }


def addresses() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each address's name and the names of its parameters."""

    def walk(resolver: URLResolver, namespace: str, given: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
        for pattern in resolver.url_patterns:
            converters = (*given, *pattern.pattern.converters, *getattr(pattern.pattern.regex, "groupindex", ()))
            if isinstance(pattern, URLResolver):
                inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
                yield from walk(pattern, inner, converters)
            elif isinstance(pattern, URLPattern):
                name = f"{namespace}{pattern.name}" if pattern.name else f"{namespace}<{pattern.pattern}>"
                yield name, tuple(dict.fromkeys(converters))

    yield from walk(get_resolver(), "", ())


ADDRESSES = dict(addresses())
OURS = sorted(name for name in ADDRESSES if not name.startswith(ADMIN))


def test_every_address_is_in_the_table_and_no_other() -> None:
    assert set(OURS) - set(TABLE) == set(), "missing: decide who may, and add them"
    assert set(TABLE) - set(OURS) == set(), "gone: take them out"


@pytest.mark.parametrize("part", range(PARTS))
def test_everyone_gets_the_answer_of_the_table(world: World, part: int) -> None:
    wrong = {}
    for name in OURS[part::PARTS]:
        path = address(world, name, ADDRESSES[name])
        got = tuple(" ".join(ask(world, role, method, path) for role in ROLES) for method in ("get", "post"))
        if got != TABLE.get(name):
            wrong[name] = (got, TABLE.get(name))
    assert wrong == {}, "what each got, and what the table says"


def test_django_s_own_pages_are_for_administrators_alone(world: World) -> None:
    names = [name for name in ADDRESSES if name.startswith(ADMIN) and name not in ("admin:login", "admin:logout")]
    assert names
    for name in names:
        try:
            path = reverse(name, args=["1"] * len(ADDRESSES[name]))
        except NoReverseMatch:  # the catch-all
            path = "/django-admin/nowhere/"
        for role in ("anonymous", "carla", "karl", "anna", "ben"):
            for method in ("get", "post"):
                status = ask(world, role, method, path)
                assert status in ("in", "403", "404"), f"{role} {method} {path}: {status}"


def address(world: World, name: str, parameters: tuple[str, ...]) -> str:
    kwargs = {parameter: world.values[parameter] for parameter in parameters}
    return reverse(name, kwargs=kwargs)


def ask(world: World, role: str, method: str, path: str) -> str:
    """The status, or "in" for a redirect to the sign-in page; whatever the request did is undone."""
    client = Client()
    client.cookies = SimpleCookie(world.cookies[role].output(header="", sep=";"))
    headers = {}
    if path.startswith("/api/") and role in world.tokens:
        headers["authorization"] = f"Bearer {world.tokens[role]}"
    with transaction.atomic():
        answer = getattr(client, method)(path, headers=headers)
        if answer.streaming:
            list(answer.streaming_content)
        transaction.set_rollback(True)
    if answer.status_code == 302 and answer["Location"].startswith(("/account/login", "/django-admin/login")):
        return "in"
    return str(answer.status_code)


def test_the_world_is_what_the_table_thinks(world: World) -> None:
    ticket = Ticket.objects.get(number=world.values["number"])
    assert ticket.customer is not None
    assert ticket.customer.email == "carla@duna.example"


def test_nobody_takes_an_address_as_his_own_without_a_proof(world: World, carla: User, karl: User) -> None:
    client = Client()
    client.force_login(carla, backend="django.contrib.auth.backends.ModelBackend")
    for action in ("action_add", "action_primary"):
        client.post("/account/email/", {action: "", "email": "chief@tisza.example"})
    carla.refresh_from_db()
    assert carla.email == "carla@duna.example"
    assert not EmailAddress.objects.exists()
