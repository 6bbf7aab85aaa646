"""The tickets of vectors.json as rows, and its readers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from tests import make
from tickets.models import (
    GroupMembership,
    Kind,
    Mailbox,
    Organisation,
    Participant,
    Priority,
    Promise,
    Right,
    Role,
    SeenMark,
    Status,
    Tag,
    Team,
    Ticket,
    TicketGroup,
    TicketTag,
    User,
    Watch,
)

VECTORS: dict[str, Any] = json.loads((Path(__file__).parent / "vectors.json").read_text("utf-8"))
NOW = datetime.fromisoformat(VECTORS["now"])
TIMES = (
    "opened_at", "changed_at", "closed_at", "due_at", "pending_until", "customer_wrote_at", "answered_at"
)  # fmt: skip


@dataclass
class World:
    """Rows by the names that the vectors have for them."""

    teams: dict[str, Team] = field(default_factory=dict)
    people: dict[str, User] = field(default_factory=dict)
    organisations: dict[str, Organisation] = field(default_factory=dict)
    tags: dict[str, Tag] = field(default_factory=dict)
    groups: dict[str, TicketGroup] = field(default_factory=dict)
    mailboxes: dict[str, Mailbox] = field(default_factory=dict)
    tickets: dict[str, Ticket] = field(default_factory=dict)

    def keys(self) -> dict[str, int]:
        """What stands for "$anna" in a vector."""
        named: Mapping[str, Any] = self.teams | self.people | self.organisations | self.groups | self.mailboxes
        return {f"${name}": row.pk for name, row in named.items()} | {
            "$nyomtato": self.tags["nyomtato"].pk,
            "$vpn_tag": self.tags["vpn"].pk,
            "$outage": self.tags["outage"].pk,
            "$kocka": self.tags["kocka"].pk,
        }

    def real(self, node: Any) -> Any:
        """The JSON with the names replaced by keys."""
        if isinstance(node, dict):
            return {name: self.real(value) for name, value in node.items()}
        if isinstance(node, list):
            return [self.real(each) for each in node]
        return self.keys().get(node, node) if isinstance(node, str) else node


def build_world() -> World:
    """The cast and the tickets of the vectors."""
    world = World()
    for name, title in (("helpdesk", "Ügyfélszolgálat"), ("network", "Hálózat")):
        world.teams[name] = make.team(title)
    for name, title in (("duna", "Duna Könyvelő"), ("tisza", "Tisza Logisztika")):
        world.organisations[name] = make.organisation(title)
    helpdesk, network = world.teams["helpdesk"], world.teams["network"]
    world.people = {
        "anna": make.agent("Varga Anna", "anna@desk.example", team=helpdesk),
        "ben": make.agent("Szalai Ben", "ben@desk.example", team=network, rights=[Right.READ, Right.OWN]),
        "yorker": make.agent("Kende Cora", "cora@desk.example", team=network),
        "root": make.person("Rendszergazda", "root@desk.example", roles=[Role.AGENT, Role.ADMIN]),
        "carla": make.person("Szűcs Márta Carla", "carla@duna.example", organisation=world.organisations["duna"]),
        "karl": make.person("Karl Ellis", "karl@tisza.example", organisation=world.organisations["tisza"]),
    }
    world.people["yorker"].time_zone = "America/New_York"
    User.objects.filter(pk=world.people["carla"].pk).update(place="Székhely, 2. emelet")
    world.tags = {name: Tag.objects.create(name=name) for name in ("nyomtato", "vpn", "outage")}
    world.groups = {
        name: TicketGroup.objects.create(title=title, team=network)
        for name, title in (("vpn_fault", "A VPN áll"), ("mail_fault", "Lassú a posta"), ("old_fault", "Régi hiba"))
    }
    world.tags["kocka"] = Tag.objects.create(name="kocka", synonym_of=world.tags["vpn"], is_active=False)
    for name in ("support", "vpnbox"):
        world.mailboxes[name] = make.mailbox(f"{name}@desk.example", team=helpdesk)
    for name, facts in VECTORS["tickets"].items():
        world.tickets[name] = add_ticket(world, facts)
    return world


def add_ticket(world: World, facts: Mapping[str, Any]) -> Ticket:
    """A ticket exactly as described, with everything that hangs on it."""
    ticket = Ticket.objects.create(
        number=facts["number"],
        title=facts["title"],
        team=world.teams[facts["team"]],
        kind=Kind.objects.get(code=facts["kind"]),
        status=Status.objects.get(code=facts["status"]),
        priority=Priority.objects.get(code=facts["priority"]),
        owner=world.people.get(facts.get("owner", "")),
        responsible=world.people.get(facts.get("responsible", "")),
        customer=world.people.get(facts.get("customer", "")),
        organisation=world.organisations.get(facts.get("organisation", "")),
        channel=facts["channel"],
        **{name: when(facts[name]) for name in TIMES if name in facts},
    )
    for text in facts.get("messages", []):
        mailbox = world.mailboxes.get(facts.get("mailbox", ""))
        inbound = make.inbound(mailbox=mailbox) if mailbox else None
        make.message(ticket, text, author=world.people.get(facts.get("customer", "")), inbound=inbound)
    hang(TicketTag, ticket, "tag", [world.tags[name] for name in facts.get("tags", [])])
    hang(Participant, ticket, "user", [world.people[name] for name in facts.get("participants", [])])
    hang(Watch, ticket, "user", [world.people[name] for name in facts.get("watchers", [])])
    if "group" in facts:  # it was in another one before
        for name, left in (("old_fault", NOW), (facts["group"], None)):
            GroupMembership.objects.create(group=world.groups[name], ticket=ticket, how="typed", left_at=left)
    for name, seen_at in facts.get("seen", {}).items():
        SeenMark.objects.create(ticket=ticket, user=world.people[name], seen_at=when(seen_at))
    for promise in facts.get("promises", []):
        Promise.objects.create(
            ticket=ticket,
            who=world.people[promise["who"]],
            by_when=when(promise["by_when"]),
            state=promise["state"],
            settled_at=None if promise["state"] in Promise.OPEN else NOW,
        )
    return Ticket.objects.get(pk=ticket.pk)


def hang(
    model: type[TicketTag] | type[Participant] | type[Watch], ticket: Ticket, column: str, rows: Sequence[Any]
) -> None:
    for row in rows:
        model.objects.create(**{"ticket": ticket, column: row})


def when(text: str) -> datetime:
    return datetime.fromisoformat(text)
