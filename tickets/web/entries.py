"""One message as the ticket page shows it: its paper, its words, what is folded away, its files."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.urls import reverse
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _

from tickets.mail.quotations import split_rest
from tickets.models import Attachment, Channel, Erasure, Event, Message, OutboundMail, User, Verb
from tickets.web.mail_signs import MACHINES, TRAIT_WORDS, SenderCheck, read_sender_check

LONGEST_SHOWN = 30_000  # characters of a text that are set as paragraphs; the rest is folded
LONGEST_PREVIEW = 110
SMALLEST_PICTURE = 6_000  # bytes; smaller ones within a mail are logos and lines
# Shown in the browser instead of saved: formats that cannot hold a script.
SAFE_IMAGES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})

REMOTE_IMAGE = re.compile(
    r"<img[^>]{0,2000}?src\s*=\s*[\"']?\s*(?:https?:)?//|url\(\s*[\"']?(?:https?:)?//", re.IGNORECASE
)
OWN_COLOURS = re.compile(
    r"\bbgcolor\s*=|<font[^>]{0,500}\scolor|(?:^|[\s;\"'{])(?:background|color)[-a-z]*\s*:", re.IGNORECASE
)
FILE_ICONS = (
    (re.compile(r"^image/"), "image"),
    (re.compile(r"pdf$"), "file-pdf"),
    (re.compile(r"sheet|excel|csv"), "file-sheet"),
    (re.compile(r"zip|compressed|tar$|rar|7z"), "archive"),
    (re.compile(r"^message/|ms-outlook"), "mail"),
    (re.compile(r"calendar"), "calendar"),
    (re.compile(r"^text/|word|opendocument\.text|rtf"), "file-text"),
)
ENDINGS = {
    "pdf": "file-pdf", "xlsx": "file-sheet", "xls": "file-sheet", "csv": "file-sheet", "ods": "file-sheet",
    "zip": "archive", "gz": "archive", "7z": "archive", "rar": "archive", "eml": "mail", "msg": "mail",
    "ics": "calendar", "txt": "file-text", "log": "file-text", "docx": "file-text", "doc": "file-text",
    "odt": "file-text", "png": "image", "jpg": "image", "jpeg": "image", "gif": "image", "webp": "image",
    "svg": "image", "heic": "image",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stranger:
    """A sender who is nobody we know; the avatar needs a name."""

    name: str


@dataclass(frozen=True, slots=True)
class File:
    """What `components/_files.html` reads."""

    url: str
    name: str
    size: int
    media_type: str

    @property
    def is_picture(self) -> bool:
        """Whether the file view shows it in the page."""
        return self.media_type in SAFE_IMAGES

    @property
    def icon(self) -> str:
        found = next((icon for pattern, icon in FILE_ICONS if pattern.search(self.media_type)), "")
        return found or ENDINGS.get(self.name.rpartition(".")[2].lower(), "file")


@dataclass(frozen=True, slots=True)
class Report:
    """What a mail system says of a mail of ours that it could not deliver."""

    mail: OutboundMail
    status: str
    is_permanent: bool

    @property
    def addresses(self) -> list[str]:
        return [str(row[1]) for row in (*self.mail.to, *self.mail.cc)]

    @property
    def meaning(self) -> str:
        """The code in words (RFC 3463)."""
        return _meaning_of(self.status, is_permanent=self.is_permanent)


@dataclass(slots=True)
class MessageEntry:
    """One message as the page shows it. `origin`: the number that it came from, if another ticket's page shows it."""

    message: Message
    seq: int
    look: str  # customer, third, reply, forward, note, call, report: the paper and the icon
    icon: str
    person: User | Stranger | None
    name: str
    words: str
    files: list[File] = field(default_factory=list)
    pictures: list[File] = field(default_factory=list)
    badges: list[str | LazyText] = field(default_factory=list)
    is_new: bool = False
    outbound: OutboundMail | None = None
    erasure: Erasure | None = None
    is_accepted: bool = False
    minutes: int = 0
    report: Report | None = None
    origin: str = ""
    is_message: bool = True
    is_gap: bool = False

    @property
    def at(self) -> datetime:
        return self.message.created_at

    @property
    def number(self) -> str:
        """Of the ticket that the message is on: its files and acts are there."""
        return self.message.ticket.number

    @property
    def recipients(self) -> list[str]:
        return [address for _name, address in self.message.to if address]

    @property
    def copies(self) -> list[str]:
        return [address for _name, address in self.message.cc if address]

    @property
    def is_erased(self) -> bool:
        return self.message.erasure_id is not None

    @property
    def is_one_line(self) -> bool:
        """An automatic mail says little: it is one line that opens. What did not arrive is no such thing."""
        return self.message.is_automatic and self.report is None and not self.is_erased

    @property
    def machine(self) -> str | LazyText:
        """What kind of automatic mail it is."""
        if self.message.channel == Channel.SYSTEM:
            return _("acknowledgement")
        return next((MACHINES[trait] for trait in self.message.traits if trait in MACHINES), _("automatic mail"))

    @property
    def sender_check(self) -> SenderCheck | None:
        return read_sender_check(self.message.traits)

    @property
    def is_shown_to_customer(self) -> bool:
        return self.message.visible_to_customer or self.is_accepted

    @property
    def text(self) -> str:
        return self.message.shown_text[:LONGEST_SHOWN]

    @property
    def preview(self) -> str:
        return one_line(self.message.shown_text)

    @property
    def overlong(self) -> str:
        return self.message.shown_text[LONGEST_SHOWN:]

    @property
    def folded(self) -> tuple[str, str]:
        """The signature and the quotation that are folded away; of a reply, as the mail took them along."""
        rest = self._rest()
        if not rest:
            return "", ""
        signature, quoted = split_rest(rest)
        return signature, without_marks(quoted)

    @property
    def signature(self) -> str:
        return self.folded[0]

    @property
    def quoted(self) -> str:
        return self.folded[1]

    @property
    def quoted_preview(self) -> str:
        return one_line(self.folded[1])

    def _rest(self) -> str:
        if self.look in ("reply", "broadcast") and self.outbound is not None:
            sent, body = self.outbound.body.strip(), self.message.body.strip()
            return sent[len(body) :].strip("\n") if sent.startswith(body) else ""
        if not self.message.has_quote:
            return ""
        body, fresh = self.message.body.strip(), self.message.fresh.strip()
        return body[len(fresh) :].strip("\n") if body.startswith(fresh) else body

    @property
    def has_html(self) -> bool:
        return bool(self.message.html)

    @property
    def has_own_colours(self) -> bool:
        """Whether the mail's HTML colours anything; if not, it may take the reader's theme."""
        return bool(OWN_COLOURS.search(self.message.html))

    @property
    def has_remote_images(self) -> bool:
        return bool(REMOTE_IMAGE.search(self.message.html))

    @property
    def has_many_files(self) -> bool:
        return len(self.files) + len(self.pictures) > 1

    @property
    def waits_for_acceptance(self) -> bool:
        return self.message.is_unconfirmed and not self.is_accepted

    @property
    def is_on_its_way(self) -> bool:
        """Whether the mail's fate may still change, so that its foot should be read again."""
        state = self.outbound.state if self.outbound else ""
        return state in (OutboundMail.State.QUEUED, OutboundMail.State.DEFERRED)


def make_entry(
    message: Message,
    event: Event,
    *,
    is_new: bool = False,
    erasure: Erasure | None = None,
    report: Report | None = None,
) -> MessageEntry:
    """The message as its event tells it; `message.ticket`, `author`, `outbound`, `attachments` are already read."""
    look = "report" if report is not None else look_of(message, event.verb)
    if event.data.get("broadcast") and look == "reply":
        look = "broadcast"
    name = message.author.name if message.author else (message.from_name or message.from_address)
    person: User | Stranger | None = message.author or (Stranger(name) if name else None)
    if message.sender == Message.Sender.SYSTEM and not name:
        name = _("System")
    attachments = list(message.attachments.all())
    within = [each for each in attachments if is_in_the_text(message, each)]
    minutes = event.data.get("minutes", 0)
    return MessageEntry(
        message=message,
        seq=event.seq,
        look=look,
        icon=_icon(message, look, event.data),
        person=person,
        name=name or _("Unknown sender"),
        words=_words(message, look, event),
        files=[make_file(message, each) for each in attachments if each not in within],
        pictures=[
            make_file(message, each)
            for each in within
            if each.media_type in SAFE_IMAGES and each.blob.size >= SMALLEST_PICTURE
        ],
        badges=[words for trait in dict.fromkeys(message.traits) if (words := TRAIT_WORDS.get(trait))],
        is_new=is_new,
        outbound=getattr(message, "outbound", None),
        erasure=erasure,
        is_accepted=getattr(message, "acceptance", None) is not None,
        minutes=minutes if isinstance(minutes, int) else 0,
        report=report,
    )


def look_of(message: Message, verb: str = "") -> str:
    """Which paper a message is on."""
    if message.kind == Message.Kind.NOTE:
        return "note"
    if message.kind == Message.Kind.PHONE:
        return "call"
    if verb in (Verb.FORWARDED, Verb.REDIRECTED):
        return "forward"
    if message.sender == Message.Sender.CUSTOMER:
        is_inside = not message.visible_to_customer and not message.is_unconfirmed
        return "third" if is_inside else "customer"
    return "reply" if message.visible_to_customer else "note"


def _icon(message: Message, look: str, data: Mapping[str, object]) -> str:
    if look == "call":
        return "call-out" if data.get("outgoing") else "call-in"
    fixed = {
        "note": "lock",
        "reply": "reply",
        "forward": "forward",
        "third": "mail",
        "report": "alert",
        "broadcast": "megaphone",
    }
    if look in fixed:
        return fixed[look]
    return {Channel.MAIL: "mail", Channel.WEB: "globe", Channel.API: "flow"}.get(Channel(message.channel), "mail")


def _words(message: Message, look: str, event: Event) -> str:
    """The few words after the name."""
    if look == "call":
        return _("called the customer") if event.data.get("outgoing") else _("took the customer's call")
    if look == "forward":
        return _("redirected the mail as it came") if event.verb == Verb.REDIRECTED else _("forwarded")
    words: dict[str, Callable[[], str]] = {
        "note": lambda: _("internal note, the customer doesn't see it"),
        "third": lambda: _("third party, the customer doesn't see it"),
        "report": lambda: _("report of a mail system"),
        "reply": lambda: "",
        "broadcast": lambda: (
            _("to all reporters of the group; this ticket joined later")
            if event.data.get("late")
            else _("to all reporters of the group")
        ),
    }
    if look in words:
        return words[look]()
    return {
        Channel.MAIL: _("by mail"),
        Channel.WEB: _("in the portal"),
        Channel.API: _("over the API"),
        Channel.PHONE: _("by phone"),
    }.get(Channel(message.channel), "")


def make_file(message: Message, attachment: Attachment) -> File:
    return File(
        url=reverse("tickets:file", args=[message.ticket.number, attachment.pk, attachment.name or "file"]),
        name=attachment.name or _("(erased)"),
        size=attachment.blob.size,
        media_type=attachment.media_type,
    )


def is_in_the_text(message: Message, attachment: Attachment) -> bool:
    """A picture that the HTML shows by its content id is no file of its own."""
    cid = attachment.content_id.strip("<>")
    return attachment.is_inline and bool(cid) and f"cid:{cid}" in message.html


def one_line(text: str) -> str:
    """The beginning of a text on one line, without the marks of quoted lines."""
    words = " ".join(line.strip(" >\t") for line in text[:2000].splitlines()).split()
    line = " ".join(words)
    return line if len(line) <= LONGEST_PREVIEW else f"{line[:LONGEST_PREVIEW].rstrip()}…"


def without_marks(quoted: str) -> str:
    """A quotation that is marked throughout, without its outermost marks; what introduces it stays."""
    lines = quoted.split("\n")
    marked = [index for index, line in enumerate(lines) if line.lstrip().startswith(">")]
    if not marked or any(
        line.strip() and index not in set(marked) for index, line in enumerate(lines[marked[0] :], marked[0])
    ):
        return quoted
    return "\n".join(re.sub(r"^\s{0,3}> ?", "", line) for line in lines)


def _meaning_of(status: str, *, is_permanent: bool) -> str:
    subject = status[2:] if status[1:2] == "." else ""
    known: dict[str, Callable[[], str]] = {
        "1.1": lambda: _("There is no such mailbox."),
        "1.2": lambda: _("There is no such domain."),
        "1.10": lambda: _("The domain takes no mail."),
        "2.1": lambda: _("The mailbox is closed."),
        "2.2": lambda: _("The mailbox is full."),
        "2.3": lambda: _("The mail is too large for the recipient."),
        "3.4": lambda: _("The mail is too large for the recipient."),
        "4.1": lambda: _("The recipient's mail server does not answer."),
        "4.4": lambda: _("The recipient's mail server can't be found."),
        "4.7": lambda: _("The mail server gave up after several tries."),
        "7.1": lambda: _("The recipient's mail server refuses our mail."),
    }
    if subject in known:
        return known[subject]()
    if subject.startswith("7."):
        return known["7.1"]()
    return _("The mail could not be delivered.") if is_permanent else _("The mail is not delivered yet.")
