"""What a try of an IMAP source says when it stops: where it stopped, in a sentence, with the server's words."""

from __future__ import annotations

import imaplib
import socket
import ssl

import pytest
from imap_tools.errors import MailboxFolderSelectError, MailboxLoginError

from tests.tickets.mail.servers import free_port
from tickets.errors import Refused
from tickets.mail import sources
from tickets.mail.sources import BadSource, verdict_on
from tickets.models import ImapSource, Mailbox

SOURCE = ImapSource(host="imap.world.example", port=993, user_name="support", folder="100%")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (MailboxLoginError(("NO", [b"denied"]), "OK"), "support belépését elutasították"),
        (MailboxFolderSelectError(("NO", [b"no such"]), "OK"), "„100%” nevű"),
        (ssl.SSLCertVerificationError("self-signed"), "tanúsítványa nem megbízható"),
        (ssl.SSLError("wrong version number"), "titkosított"),
        (imaplib.IMAP4.abort("socket error"), "titkosított"),
        (socket.gaierror(-2, "unknown"), "Nincs imap.world.example nevű"),
        (ConnectionRefusedError(), "nem figyel semmi"),
        (TimeoutError(), "nem válaszol"),
        (OSError("no route"), "nem érhető el"),
        (imaplib.IMAP4.error("what?"), "nem úgy, ahogy"),
        (BadSource("Kész mondat 100%."), "Kész mondat 100%."),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_each_way_to_fail_has_its_sentence(error: Exception, words: str) -> None:
    assert words in verdict_on(SOURCE, error)


def test_a_try_at_a_closed_port_says_so(mailbox: Mailbox) -> None:
    source = ImapSource(mailbox=mailbox, host="127.0.0.1", port=free_port(), user_name="x", security="plain")
    sources.save_source(source, password="x")
    with pytest.raises(Refused, match="nem figyel semmi"):
        sources.try_source(source)
