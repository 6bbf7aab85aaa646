"""The words and the threading of a mail that leaves: text, signature, quotation, References."""

from __future__ import annotations

from django.conf import settings
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from tickets.models import Message, OutboundMail, Signature, Ticket, User
from tickets.people import find_person

QUOTED_LINES = 200
QUOTED_CHARACTERS = 10_000
MOST_REFERENCES = 20
LONGEST_REFERENCE = 250  # characters; longer ids are hardly anybody's, and would break lines


def language_for(ticket: Ticket, address: str = "") -> str:
    """The language of the person with this address, else of the ticket's customer, else the installation's."""
    person: User | None = find_person(address) if address else None
    person = person or ticket.customer
    return person.language if person else settings.LANGUAGE_CODE


def compose_reply(ticket: Ticket, message: Message, *, language: str, footer: str = "") -> str:
    """The agent's text, the team's signature with what stands below it, and the customer's last message."""
    parts = [message.body.rstrip()]
    signature = signature_of(ticket, language)
    if signature:
        parts.append(f"-- \n{signature}")
    if footer:
        parts.append(footer)
    quotation = quote_last_message(ticket, language)
    if quotation:
        parts.append(quotation)
    return "\n\n".join(parts) + "\n"


def signature_of(ticket: Ticket, language: str) -> str:
    """The team's signature in this language, else in another one it has, else its name."""
    texts = dict(Signature.objects.filter(team=ticket.team_id).exclude(text="").values_list("language", "text"))
    text = texts.get(language) or texts.get(settings.LANGUAGE_CODE) or next(iter(texts.values()), "")
    return text.strip() or ticket.team.name


def quote_last_message(ticket: Ticket, language: str) -> str:
    """The customer's last message, each line behind a > ; "" when there is none."""
    last = (
        Message.objects.filter(ticket=ticket, sender=Message.Sender.CUSTOMER, is_automatic=False)
        .shown_to_customer()
        .order_by("-created_at", "-id")
        .first()
    )
    if last is None or not last.shown_text.strip():
        return ""
    lines = last.shown_text.strip()[:QUOTED_CHARACTERS].splitlines()[:QUOTED_LINES]
    with translation.override(language):
        when = date_format(timezone.localtime(last.created_at), "DATETIME_FORMAT")
        intro = _("On %(when)s %(who)s wrote:") % {"when": when, "who": last.from_name or last.from_address}
    return "\n".join([intro, *(f"> {line}".rstrip() for line in lines)])


def thread_headers(ticket: Ticket, *, answers: Message | None) -> dict[str, str]:
    """In-Reply-To and References, so that mail programs show the ticket as one conversation.

    References hold the first ids, which a thread hangs from, and the latest ones.
    """
    received = Message.objects.filter(ticket=ticket).exclude(mail_id="").shown_to_customer()
    sent = OutboundMail.objects.filter(ticket=ticket).exclude(purpose__in=OutboundMail.TO_THIRD_PARTIES)
    ids = [
        mail_id
        for _when, mail_id in sorted(
            [*received.values_list("created_at", "mail_id"), *sent.values_list("created_at", "mail_id")]
        )
        if _is_plain(mail_id)
    ]
    parent = answers.mail_id if answers is not None and _is_plain(answers.mail_id) else (ids[-1] if ids else "")
    if not parent:
        return {}
    ids = [mail_id for mail_id in dict.fromkeys(ids) if mail_id != parent] + [parent]
    if len(ids) > MOST_REFERENCES:
        ids = [*ids[:2], *ids[-(MOST_REFERENCES - 2) :]]
    return {"In-Reply-To": f"<{parent}>", "References": " ".join(f"<{mail_id}>" for mail_id in ids)}


def last_mail_of_customer(ticket: Ticket) -> Message | None:
    """The latest mail on the ticket that a person sent us and the customer may see."""
    return (
        Message.objects.filter(
            ticket=ticket, kind=Message.Kind.MAIL, sender=Message.Sender.CUSTOMER, is_automatic=False
        )
        .shown_to_customer()
        .order_by("-created_at", "-id")
        .first()
    )


def _is_plain(mail_id: str) -> bool:
    """Whether an id can stand in a header as it is."""
    return 0 < len(mail_id) <= LONGEST_REFERENCE and mail_id.isascii() and mail_id.isprintable() and " " not in mail_id
