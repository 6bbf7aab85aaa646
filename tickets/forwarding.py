"""Passing on: a message or a conversation goes to somebody outside, as a letter of ours or as the mail it was.

The customer sees neither. What a third party answers comes back to the ticket and stays inside (`mail.trust`).
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from tickets.errors import Refused
from tickets.files import attach_file
from tickets.history import record
from tickets.lifecycle import lock_ticket, write_changes
from tickets.mail import passing_on
from tickets.mail.mailbox import is_own_address
from tickets.merge_paths import tickets_leading_to
from tickets.models import Attachment, Channel, Message, Ticket, User, Verb
from tickets.writing import MOST_FILES, PARTY, NewFile, check_files, clean_text, write_message

MOST_BYTES = 25_000_000  # of files in one mail
MOST_RECIPIENTS = 20


def forward(
    ticket: Ticket,
    *,
    to: Sequence[PARTY],
    text: str,
    by: User,
    quoted: str = "",
    cc: Sequence[PARTY] = (),
    subject: str = "",
    message: Message | None = None,
    attachments: Sequence[Attachment] = (),
    files: Sequence[NewFile] = (),
) -> Message:
    """Sends words and what is passed on to somebody outside, and keeps it on the ticket as an internal message.

    `message` is the one that is passed on, none for the whole conversation; `quoted` is its text as the agent left it.
    """
    _check_recipients([*to, *cc])
    words, quoted = text.replace("\x00", "").strip(), quoted.replace("\x00", "").replace("\r\n", "\n").strip("\n")
    body = clean_text("\n\n".join(part for part in (words, quoted) if part), field="text")
    _check_files(attachments, files)
    with transaction.atomic():
        ticket = lock_ticket(ticket)
        _check_belong(ticket, message, attachments)
        sent = write_message(
            ticket,
            kind=Message.Kind.MAIL,
            sender=Message.Sender.AGENT,
            author=by,
            channel=Channel.AGENT,
            visible_to_customer=False,
            from_name=by.name,
            to=to,
            cc=cc,
            subject=subject.strip() or ticket.title,
            body=body,
            fresh=words.replace("\r\n", "\n") if quoted else "",
            files=files,
        )
        for attachment in attachments:
            attach_file(
                sent,
                name=attachment.name,
                content=attachment.blob,
                media_type=attachment.media_type,
                content_id=attachment.content_id,
            )
        passing_on.queue_forward(ticket, sent, answers=message)
        write_changes(ticket)
        record(ticket, Verb.FORWARDED, by=by, message=sent, original=message.pk if message else None)
    return sent


def redirect_mail(message: Message, *, to: Sequence[PARTY], by: User) -> Message:
    """Sends the mail on as it came, for mails that were meant for others; answers go to its sender, not to us."""
    _check_recipients(to)
    with transaction.atomic():
        ticket = lock_ticket(message.ticket)
        message = Message.objects.select_related("inbound").get(pk=message.pk)
        if message.inbound is None:
            raise Refused(_("This message did not come as a mail; forward it instead."))
        if message.inbound.erasure_id is not None or not message.inbound.raw:
            raise Refused(_("The raw mail was erased, so it can't be sent on."))
        sent = write_message(
            ticket,
            kind=Message.Kind.MAIL,
            sender=Message.Sender.AGENT,
            author=by,
            channel=Channel.AGENT,
            visible_to_customer=False,
            from_name=by.name,
            to=to,
            subject=message.subject,
            body=_("Redirected as it came: %(subject)s") % {"subject": message.subject or _("(no subject)")},
        )
        passing_on.queue_redirect(ticket, sent, message.inbound)
        write_changes(ticket)
        record(ticket, Verb.REDIRECTED, by=by, message=sent, original=message.pk)
    return sent


def _check_recipients(parties: Sequence[PARTY]) -> None:
    if not parties:
        raise Refused(_("Say whom it goes to."), field="to")
    if len(parties) > MOST_RECIPIENTS:
        raise Refused(_("At most %(most)s recipients fit on one mail.") % {"most": MOST_RECIPIENTS}, field="to")
    for _name, address in parties:
        if is_own_address(address):
            raise Refused(
                _("%(address)s is one of our own addresses. Move the ticket to the team instead.")
                % {"address": address},
                field="to",
            )


def _check_files(attachments: Sequence[Attachment], files: Sequence[NewFile]) -> None:
    check_files(files)
    if len(attachments) + len(files) > MOST_FILES:
        raise Refused(
            _("At most %(most)s files fit on one message; pack them together.") % {"most": MOST_FILES}, field="files"
        )
    size = sum(attachment.blob.size for attachment in attachments) + sum(len(file.content) for file in files)
    if size > MOST_BYTES:
        raise Refused(
            _("The files are too large: at most %(most)s MB fit on one message.") % {"most": MOST_BYTES // 1_000_000},
            field="attachments",
        )


def _check_belong(ticket: Ticket, message: Message | None, attachments: Sequence[Attachment]) -> None:
    """What is passed on is this ticket's, or of one merged into it, and still there."""
    if message is not None and message.ticket_id != ticket.pk:
        raise Refused(_("This message is not on this ticket."))
    ours = {ticket.pk, *(tickets_leading_to(ticket).values_list("pk", flat=True) if attachments else ())}
    for attachment in attachments:
        if attachment.message.ticket_id not in ours or attachment.erasure_id is not None:
            raise Refused(_("A file is no longer there. Choose the files again."), field="attachments")
