"""Plain builders for tests: `make.ticket(...)`, `make.mail(...)`. Everything unsaid gets a sensible value."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime, formataddr
from hashlib import sha256

from django.db import transaction
from django.utils import timezone

from tickets import files, history, lifecycle, people
from tickets.models import (
    Channel,
    InboundMail,
    Kind,
    Mailbox,
    Message,
    Organisation,
    Priority,
    Right,
    Role,
    Status,
    Team,
    Ticket,
    User,
    Verb,
)

PASSWORD = "harom-kis-malac-2026"
SUPPORT = "support@desk.example"

_count = itertools.count(1)


def person(
    name: str = "",
    email: str | None = "",
    *,
    roles: Collection[str] = (Role.CUSTOMER,),
    organisation: Organisation | None = None,
    rights: Mapping[Team, Collection[Right]] | None = None,
    language: str = "hu",
    password: str | None = PASSWORD,
) -> User:
    """A person with a first address. `email=None`: known by phone only. `rights`: an agent's, by team."""
    number = next(_count)
    made = people.add_person(
        name=name or f"Person {number}",
        email=f"person{number}@example.org" if email == "" else email,
        roles=roles,
        organisation=organisation,
        language=language,
        password=password,
    )
    for team_, given in (rights or {}).items():
        people.give_rights(made, team=team_, rights=given)
    return made


def agent(name: str = "", email: str | None = "", *, team: Team, rights: Collection[Right] = (Right.ALL,)) -> User:
    """An agent with these rights in the team."""
    return person(name, email, roles=[Role.AGENT], rights={team: rights})


def organisation(name: str = "", *, shares_tickets: bool = False) -> Organisation:
    return Organisation.objects.create(name=name or f"Organisation {next(_count)}", shares_tickets=shares_tickets)


def team(name: str = "", *, address: str | None = None, is_default: bool = False) -> Team:
    """A team; with `address`, also its mailbox."""
    made = Team.objects.create(name=name or f"Team {next(_count)}")
    if address:
        mailbox(address, team=made, is_default=is_default)
    return made


def mailbox(address: str = SUPPORT, *, team: Team, is_default: bool = False) -> Mailbox:
    return Mailbox.objects.create(address=address, name=team.name, team=team, is_default=is_default)


def ticket(
    title: str = "A nyomtató nem nyomtat",
    *,
    team: Team | None = None,
    customer: User | None = None,
    text: str | None = "A második emeleti nyomtató tegnap óta nem nyomtat.",
    owner: User | None = None,
    priority: str | None = None,
    kind: str | None = None,
    status: str | None = None,
    channel: Channel = Channel.WEB,
    by: User | None = None,
) -> Ticket:
    """A ticket with its first message, recorded as the rooms do, but without any mail going out.

    `team` defaults to any there is, else a new one. `text=None`: no message. `priority`, `kind`, `status` are codes.
    """
    with transaction.atomic():
        made = lifecycle.open_ticket(
            title=title,
            team=team or Team.objects.order_by("pk").first() or globals()["team"](),
            channel=channel,
            by=by or customer,
            customer=customer,
            owner=owner,
            priority=Priority.objects.get(code=priority) if priority else None,
            kind=Kind.objects.get(code=kind) if kind else None,
        )
        if text is not None:
            message(made, text, author=customer)
        if status is not None:
            wanted = Status.objects.get(code=status)
            until = timezone.now() + timedelta(days=1) if wanted.is_pending else None
            lifecycle.change_status(made, to=wanted, by=by, pending_until=until)
    made.refresh_from_db()
    return made


def message(
    ticket: Ticket,
    text: str = "Köszönöm, várom.",
    *,
    author: User | None = None,
    kind: Message.Kind = Message.Kind.WEB,
    sender: Message.Sender | None = None,
    visible: bool | None = None,
    attachments: Mapping[str, bytes] | None = None,
    inbound: InboundMail | None = None,
    mail_id: str = "",
    html: str = "",
    is_unconfirmed: bool = False,
) -> Message:
    """A message with its event and nothing else: no mail, no change of status. `attachments`: name to content."""
    is_agents = author is not None and author.is_agent
    with transaction.atomic():
        made = Message.objects.create(
            ticket=ticket,
            kind=kind,
            sender=sender or (Message.Sender.AGENT if is_agents else Message.Sender.CUSTOMER),
            author=author,
            channel=Channel.MAIL if kind == Message.Kind.MAIL else Channel.WEB,
            visible_to_customer=kind != Message.Kind.NOTE if visible is None else visible,
            is_unconfirmed=is_unconfirmed,
            from_name=author.name if author else "",
            from_address=(author.email or "") if author else "",
            subject=ticket.title,
            body=text,
            html=html,
            mail_id=mail_id,
            inbound=inbound,
        )
        for name, content in (attachments or {}).items():
            files.attach_file(made, name=name, content=content)
        history.record(
            ticket, Verb.NOTED if kind == Message.Kind.NOTE else Verb.MESSAGE_RECEIVED, by=author, message=made
        )
    return made


def note(ticket: Ticket, text: str = "Felhívtam a gyártót.", *, author: User | None = None) -> Message:
    return message(ticket, text, author=author, kind=Message.Kind.NOTE, sender=Message.Sender.AGENT)


def inbound(raw: bytes | None = None, *, mailbox: Mailbox | None = None, **fields: object) -> InboundMail:
    """A raw mail as a mail door leaves it, waiting for intake."""
    raw = mail() if raw is None else raw
    digest = sha256(raw).hexdigest()
    return InboundMail.objects.create(
        **{
            "raw": raw,
            "size": len(raw),
            "raw_sha256": digest,
            "fingerprint": digest,
            "mailbox": mailbox,
            "door": InboundMail.Door.SMTP,
            **fields,
        }
    )


def mail(
    text: str | None = "Jó napot kívánok!\n\nNem tudok belépni.\n\nÜdvözlettel: Szűcs Márta\n",
    *,
    sender: str | tuple[str, str] = ("Szűcs Márta", "carla@duna.example"),
    to: str | Sequence[str] = SUPPORT,
    cc: Sequence[str] = (),
    subject: str | None = "Nem tudok belépni",
    message_id: str | None = None,
    in_reply_to: str = "",
    references: Sequence[str] = (),
    date: datetime | None = None,
    html: str | None = None,
    attachments: Mapping[str, bytes] | None = None,
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """A raw mail with CRLF line ends, as it comes over the wire.

    Ids are given without angle brackets; `message_id` defaults to a new one each time. `headers` are added as they are.
    """
    letter = EmailMessage(policy=policy.SMTP)
    letter["From"] = sender if isinstance(sender, str) else formataddr(sender)
    letter["To"] = to if isinstance(to, str) else ", ".join(to)
    if cc:
        letter["Cc"] = ", ".join(cc)
    if subject is not None:
        letter["Subject"] = subject
    letter["Date"] = format_datetime(date or datetime.now(UTC))
    letter["Message-ID"] = f"<{message_id or f'{next(_count)}.{id(letter):x}@sender.example'}>"
    if in_reply_to:
        letter["In-Reply-To"] = f"<{in_reply_to}>"
    if references:
        letter["References"] = " ".join(f"<{reference}>" for reference in references)
    for name, value in (headers or {}).items():
        letter[name] = value
    if text is not None:
        letter.set_content(text)
    if html is not None:
        if text is None:
            letter.set_content(html, subtype="html")
        else:
            letter.add_alternative(html, subtype="html")
    for name, content in (attachments or {}).items():
        letter.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return letter.as_bytes()
