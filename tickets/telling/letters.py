"""The mail of a bundle: lines with their links, as text and as HTML, and the way to stop such mails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core import signing
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tickets.mail.mailbox import fallback_address
from tickets.mail.matching import TOLD_OF
from tickets.mail.mime import one_line
from tickets.mail.signing import make_mail_id
from tickets.models import Notice, OutboundMail, User
from tickets.telling.lines import Light, NoticeLine, fold

SALT = "tickets.telling.off"
MOST_SAID = 5  # sentences of one line; the others are counted in its heads
MOST_LINES = 40


@dataclass(frozen=True, slots=True)
class Stop:
    """What the link in a mail says: whose mails, and of which kinds that one was."""

    user_id: int
    kinds: tuple[str, ...]


def write_letter(person: User, rows: Sequence[Light], *, now: datetime) -> OutboundMail:
    """The row of the outbox that tells the person these notices, in his language and by his clock.

    The caller's transaction marks them as told.
    """
    kinds = sorted({row.kind for row in rows})
    site = settings.SITE_URL.rstrip("/")
    stop = site + reverse("tickets:stop_notices", args=[stop_token(person, kinds)])
    domain = fallback_address().rpartition("@")[2] or "localhost"
    with translation.override(person.language), timezone.override(ZoneInfo(person.time_zone)):
        shown = list(dict.fromkeys(row.thing for row in rows))[:MOST_LINES]
        lines = fold(row for row in rows if row.thing in shown)
        more = len({row.thing for row in rows}) - len(shown)
        number = lines[0].number if len(lines) == 1 else ""
        context = {
            "person": person,
            "lines": lines,
            "more": more,
            "site": site,
            "stop": stop,
            "most_said": MOST_SAID,
            "language": person.language,
            "answers_to": number,
        }
        subject = subject_of(lines, more)
        text = render_to_string("mail/notices.txt", context)
        html = render_to_string("mail/notices.html", context)
    return OutboundMail.objects.create(
        purpose=OutboundMail.Purpose.NOTICE,
        sender_name="Ticketdesk",
        sender_address=fallback_address(),
        to=[[person.name, person.email]],
        subject=one_line(subject)[:500],
        body=text.strip() + "\n",
        html=html,
        headers={
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
            "List-Unsubscribe": f"<{stop}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            **thread_of(lines, domain),
            **({TOLD_OF: number} if number else {}),
        },
        mail_id=make_mail_id("", domain),
        created_at=now,
    )


def subject_of(lines: Sequence[NoticeLine], more: int = 0) -> str:
    """What it is about: the one thing and what happened, or how much on how many."""
    if len(lines) == 1:
        line = lines[0]
        number = f"[{line.number}] " if line.number else ""
        said = "; ".join(part.text for part in line.parts[:2])
        return f"{number}{line.title}: {said}"
    urgent = sum(line.counts.get(Notice.Kind.ASSIGNED, 0) for line in lines)
    count = len(lines) + more
    words = ngettext("%(count)d thing has news", "%(count)d things have news", count) % {"count": count}
    if urgent:
        words += ", " + ngettext("%(count)d came to you", "%(count)d came to you", urgent) % {"count": urgent}
    return words


def thread_of(lines: Sequence[NoticeLine], domain: str) -> dict[str, str]:
    """Mails about one and the same thing hang together in the mail program."""
    if len(lines) != 1:
        return {}
    kind, pk = lines[0].thing
    return {"References": f"<notices.{kind}.{pk}@{domain}>"}


def stop_token(person: User, kinds: Sequence[str]) -> str:
    """Signed and without an end: a mail may be read years later, and its link must still stop the next one."""
    return signing.dumps([person.pk, *kinds], salt=SALT)


def read_stop_token(token: str) -> Stop | None:
    """What a link of ours says; None for what we have not written."""
    try:
        user_id, *kinds = signing.loads(token, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return Stop(int(user_id), tuple(kind for kind in kinds if kind in Notice.Kind.values))


def describe_kinds(kinds: Sequence[str]) -> str:
    """The kinds as a list of words."""
    return ", ".join(str(Notice.Kind(kind).label) for kind in kinds) or _("notices")
