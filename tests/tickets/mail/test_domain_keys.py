"""DKIM: mail of our domains leaves with a signature that holds, and never without one when it should have one."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from tests import make
from tests.tickets.mail.servers import World, world
from tests.tickets.mail.test_outgoing import again, reply
from ticketdesk.env import BadSettings, read_config
from ticketdesk.env_values import DkimKey
from tickets.mail import domain_keys
from tickets.mail.line import line
from tickets.models import InboundMail, Mailbox, OutboundMail, Ticket, User

KEY = rsa.generate_private_key(65537, 2048)
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def dns(name: bytes, timeout: int = 5) -> bytes:
    """The zone of desk.example, with nothing but our key in it."""
    assert name == b"desk2026._domainkey.desk.example."
    public = KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)


@pytest.fixture
def outside(settings: Any, tmp_path: Path) -> Iterator[World]:
    (tmp_path / "dkim.pem").write_bytes(PEM)
    settings.DKIM = read_config(
        {"DKIM_DOMAINS": "Desk.example", "DKIM_SELECTOR": "desk2026", "DKIM_KEY_FILE": str(tmp_path / "dkim.pem")}
    ).dkim
    with world() as server:
        settings.OUTGOING_SMTP = server.settings
        yield server
        line.close()


@pytest.fixture
def ticket(mailbox: Mailbox, carla: User) -> Ticket:
    return make.ticket("Nem tudok belépni", team=mailbox.team, customer=carla)


@pytest.mark.django_db
def test_a_mail_of_our_domain_leaves_with_a_signature_that_holds(ticket: Ticket, anna: User, outside: World) -> None:
    again(reply(ticket, anna, text="Árvíztűrő tükörfúrógép.\n.\nEgy pont.\n"))
    (taken,) = outside.taken
    assert dkim.verify(taken.raw, dnsfunc=dns)
    signature = taken.mail["DKIM-Signature"]
    assert "d=desk.example" in signature
    for field in ("from", "to", "subject", "date", "message-id", "reply-to"):
        assert field in signature.partition("h=")[2].partition(";")[0]
    assert not dkim.verify(taken.raw.replace(b"Subject: ", b"Subject: x", 1), dnsfunc=dns)
    assert not dkim.verify(b"From: Somebody <else@evil.example>\r\n" + taken.raw, dnsfunc=dns)


@pytest.mark.django_db
def test_other_domains_and_redirected_mails_are_left_as_they_are(
    ticket: Ticket, anna: User, outside: World, settings: Any
) -> None:
    row = reply(ticket, anna)
    OutboundMail.objects.filter(pk=row.pk).update(sender_address="help@other.example")
    again(row)
    assert outside.taken[0].mail["DKIM-Signature"] is None
    redirected = OutboundMail(sender_address=make.SUPPORT, original=InboundMail(raw=b"x"))
    assert domain_keys.sign_mail(redirected, b"From: a@b.example\r\n\r\nx\r\n").startswith(b"From:")


@pytest.mark.django_db
def test_what_cannot_be_signed_waits_and_never_leaves_unsigned(
    ticket: Ticket, anna: User, outside: World, settings: Any
) -> None:
    settings.DKIM = DkimKey(domains=("desk.example",), selector="desk2026", private_key="-----BEGIN NOTHING-----")
    row = again(reply(ticket, anna))
    assert outside.taken == []
    assert row.state == OutboundMail.State.DEFERRED
    assert "can't be signed" in row.last_error


def _encrypted() -> bytes:
    return KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x"))


def _elliptic() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _public() -> bytes:
    return KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (lambda: b"", "an RSA private key in PEM"),
        (lambda: PEM[:300], "an RSA private key in PEM"),
        (_encrypted, "without a passphrase"),
        (_public, "an RSA private key in PEM"),
        (_elliptic, "an RSA key of 1024 bits or more"),
    ],
)
def test_a_broken_key_is_refused_at_start(content: Callable[[], bytes], said: str, tmp_path: Path) -> None:
    file = tmp_path / "dkim.pem"
    file.write_bytes(content())
    with pytest.raises(BadSettings) as caught:
        read_config({"DKIM_DOMAINS": "desk.example", "DKIM_SELECTOR": "s", "DKIM_KEY_FILE": str(file)})
    assert str(caught.value).startswith("DKIM_KEY_FILE is ")
    assert said in str(caught.value)
    assert "PRIVATE KEY" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"DKIM_DOMAINS": "desk.example"}, "DKIM_SELECTOR is not set"),
        ({"DKIM_SELECTOR": "s", "DKIM_KEY_FILE": "/x"}, "DKIM_DOMAINS is not set"),
        ({"DKIM_DOMAINS": "desk.example", "DKIM_SELECTOR": "s", "DKIM_KEY_FILE": "/nowhere/x"}, "No such file"),
        ({"DKIM_DOMAINS": "desk", "DKIM_SELECTOR": "s", "DKIM_KEY_FILE": "/x"}, "DKIM_DOMAINS is 'desk'"),
        ({"DKIM_DOMAINS": "desk.example", "DKIM_SELECTOR": "a b", "DKIM_KEY_FILE": "/x"}, "DKIM_SELECTOR is 'a b'"),
    ],
)
def test_half_a_setting_is_refused_at_start(given: dict[str, str], said: str) -> None:
    with pytest.raises(BadSettings) as caught:
        read_config(given)
    assert said in str(caught.value)
