"""The demo's real mails: they come through the same door as any mail. And all mails that went out are settled."""

from __future__ import annotations

import zlib
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime

from django.db.models import F
from django.utils import timezone

from tickets.demo.clock import stopped_at
from tickets.demo.papers import make_file
from tickets.demo.people import HOUSE
from tickets.demo.play import Stage
from tickets.demo.script import Paper
from tickets.mail.addressing import subject_for
from tickets.mail.arrivals import receive_raw
from tickets.mail.intake import process_inbound_mail
from tickets.models import Delivery, InboundMail, Message, Notice, OutboundMail, Ticket

SUPPORT = f"support@{HOUSE}"


def deliver_letters(stage: Stage) -> None:
    """A mail with pictures, a stranger who knows a number, a delivery that failed, and one that nobody can read."""
    letters = [
        (26, "jonas.emese@alfoldtrade.example", _with_pictures(stage.now)),
        (22, "mercedes.hu@flotta.example", _from_stranger(stage.now)),
        (17, "<>", _bounce(_lost_reply(), stage.now - timedelta(minutes=17))),
        (12, "", _without_sender()),
        (8, "ajanlat@hirlevel.example", _newsletter(stage.now)),
    ]
    for minutes, sender, raw in letters:
        with stopped_at(stage.now - timedelta(minutes=minutes)):
            receive_raw(raw, door=InboundMail.Door.SMTP, envelope_from=sender, envelope_to=[SUPPORT])
            process_inbound_mail()


def bring_back(message: Message | None) -> None:
    """The mail that took this message to its reader is reported as undeliverable."""
    raw = _bounce(OutboundMail.objects.get(message=message), timezone.now())
    receive_raw(raw, door=InboundMail.Door.SMTP, envelope_from="<>", envelope_to=[SUPPORT])
    process_inbound_mail()


def settle_mails() -> None:
    """What the demo sent counts as sent and captured at its time; nothing of it is left to a mail server."""
    OutboundMail.objects.filter(state=OutboundMail.State.QUEUED).update(
        state=OutboundMail.State.SENT, is_captured=True, attempts=1, sent_at=F("created_at")
    )
    sent = OutboundMail.objects.filter(state=OutboundMail.State.SENT)
    Delivery.objects.filter(state=Delivery.State.QUEUED, message__outbound__in=sent).update(state=Delivery.State.SENT)
    Notice.objects.filter(mail_due_at__isnull=False).update(mail_done_at=F("mail_due_at"))


def _letter(sender: str, subject: str, text: str, at: datetime) -> EmailMessage:
    letter = EmailMessage()
    letter["From"] = sender
    letter["To"] = f"Helpdesk <{SUPPORT}>"
    letter["Subject"] = subject
    letter["Date"] = format_datetime(at)
    letter["Message-ID"] = f"<demo.{zlib.crc32(subject.encode())}.{at:%H%M%S}@{sender.rpartition('@')[2].strip('>')}>"
    letter.set_content(text)
    return letter


def _with_pictures(now: datetime) -> bytes:
    letter = _letter(
        "Jónás Emese <jonas.emese@alfoldtrade.example>",
        "Furcsa ablak indításkor",
        "Kedves Helpdesk!\n\nReggel óta ez az ablak ugrik fel, ha bekapcsolom a gépet. Bezárom, és újra megjelenik.\n\n"
        "Köszönöm:\nJónás Emese\n",
        now - timedelta(minutes=26),
    )
    letter.add_alternative(
        '<html><body style="font-family:Calibri,sans-serif"><p>Kedves Helpdesk!</p><p>Reggel óta <b>ez az ablak</b> '
        'ugrik fel, ha bekapcsolom a gépet:</p><p><img src="cid:ablak@alfoldtrade.example" alt="Az ablak képe"></p>'
        "<p>Bezárom, és újra megjelenik.</p><p>Köszönöm:<br>Jónás Emese</p></body></html>",
        subtype="html",
    )
    picture = make_file(Paper("ablak.png", "furcsa ablak"))
    html = letter.get_payload()[1]  # type: ignore[index]  # the alternative just added
    html.add_related(  # type: ignore[union-attr]
        picture.content, "image", "png", cid="<ablak@alfoldtrade.example>", filename=picture.name
    )
    return letter.as_bytes()


def _from_stranger(now: datetime) -> bytes:
    """Knows the number of a ticket that is not his: lands as an unconfirmed message for an agent to judge."""
    ticket = Ticket.objects.get(title__startswith="Leállt a címkenyomtató")
    return _letter(
        "Kis Mercédesz <mercedes.hu@flotta.example>",
        f"Re: {subject_for(ticket.number, ticket.title)}",
        "Sziasztok!\n\nA fuvarozótól írok, Sándor továbbította a levelet. A két kamion 14 óráig tud várni.\n\n"
        "Mercédesz\n",
        now - timedelta(minutes=22),
    ).as_bytes()


def _lost_reply() -> OutboundMail:
    return OutboundMail.objects.get(purpose=OutboundMail.Purpose.REPLY, ticket__title="Leltárhoz eszközlista kellene")


def _bounce(reply: OutboundMail, at: datetime) -> bytes:
    """The other server's report that a reply of ours could not be delivered."""
    recipient = reply.to[0][1]
    server = f"mx.{recipient.rpartition('@')[2]}"
    return "\r\n".join(
        (
            f"From: MAILER-DAEMON <mailer-daemon@{server}>",
            f"To: <{reply.sender_address}>",
            "Subject: Undelivered Mail Returned to Sender",
            f"Date: {format_datetime(at)}",
            f"Message-ID: <bounce.{reply.pk}.{at:%H%M%S}@{server}>",
            "Auto-Submitted: auto-replied",
            "MIME-Version: 1.0",
            'Content-Type: multipart/report; report-type=delivery-status; boundary="demo-report"',
            "",
            "--demo-report",
            "Content-Type: text/plain; charset=us-ascii",
            "",
            f"<{recipient}>: user unknown in virtual mailbox table",
            "",
            "--demo-report",
            "Content-Type: message/delivery-status",
            "",
            f"Reporting-MTA: dns; {server}",
            "",
            f"Final-Recipient: rfc822; {recipient}",
            "Action: failed",
            "Status: 5.1.1",
            "Diagnostic-Code: smtp; 550 5.1.1 user unknown in virtual mailbox table",
            "",
            "--demo-report",
            "Content-Type: text/rfc822-headers",
            "",
            f"From: <{reply.sender_address}>",
            f"To: <{recipient}>",
            f"Message-ID: <{reply.mail_id}>",
            "Subject: [Ticket]",
            "",
            "--demo-report--",
            "",
        )
    ).encode()


def _without_sender() -> bytes:
    """No From at all: nobody to answer, so it is set aside for an agent."""
    return (
        f"To: {SUPPORT}\r\nSubject: Scan from MFP-2F\r\nMIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n\r\nDevice: MFP-2F\r\nPages: 3\r\n"
    ).encode()


def _newsletter(now: datetime) -> bytes:
    letter = _letter(
        "Irodaszer hírlevél <ajanlat@hirlevel.example>",
        "Őszi akció: minden toner −20%",
        "Csak ezen a héten minden utángyártott toner 20%-kal olcsóbb.\n\nLeiratkozás: https://hirlevel.example/ki\n",
        now - timedelta(minutes=8),
    )
    letter["List-Unsubscribe"] = "<https://hirlevel.example/ki>"
    letter["List-Id"] = "<akcio.hirlevel.example>"
    letter["Precedence"] = "bulk"
    return letter.as_bytes()
