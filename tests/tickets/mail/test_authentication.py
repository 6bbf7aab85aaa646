"""What relays say of a mail's sender: only the topmost headers of a trusted one are believed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests import make
from tests.tickets.mail.mails import raw_mail
from tests.tickets.mail.test_intake import arrive
from tickets.mail.authentication import Verdict, read_verdict
from tickets.mail.parsing import parse_mail
from tickets.models import Mailbox, Message, User

AsUser = Callable[[User], Client]
RELAY = "mx.desk.example"


def verdict_of(
    *headers: str, trusted: tuple[str, ...] = (RELAY,), from_: str = "Kiss Anna <anna@example.hu>"
) -> Verdict | None:
    head = "".join(f"{line}\r\n" for line in headers).encode()
    return read_verdict(parse_mail(head + raw_mail(from_=from_)), trusted=trusted)


def ar(words: str, relay: str = RELAY) -> str:
    return f"Authentication-Results: {relay}; {words}"


VERIFIED = Verdict(True, ("dmarc",))


def test_a_pass_of_the_trusted_relay_verifies_the_sender() -> None:
    assert verdict_of(ar("dmarc=pass (p=reject dis=none) header.from=example.hu")) == VERIFIED
    assert verdict_of(f"Authentication-Results: {RELAY.upper()} 1;\r\n dkim=none;\r\n dmarc=PASS") == VERIFIED


def test_a_failure_says_so() -> None:
    assert verdict_of(ar("dkim=pass header.d=example.hu; dmarc=fail header.from=example.hu")) == Verdict(
        False, ("dmarc",)
    )
    assert verdict_of(ar("spf=fail smtp.mailfrom=example.hu; dkim=fail header.d=example.hu")) == Verdict(
        False, ("spf", "dkim")
    )


@pytest.mark.parametrize("trusted", [(), ("other.example",), ("desk.example",)])
def test_a_relay_that_is_not_trusted_says_nothing(trusted: tuple[str, ...]) -> None:
    assert verdict_of(ar("dmarc=pass header.from=example.hu"), trusted=trusted) is None


def test_forged_headers_further_down_do_not_count() -> None:
    forged = ar("dmarc=pass header.from=example.hu")
    honest = ar("dmarc=fail header.from=example.hu")
    assert verdict_of(honest, forged) == Verdict(False, ("dmarc",))
    assert verdict_of(ar("spf=none"), "Received: from x by y; Mon, 5 Jan 2026 10:12:00 +0100", forged) is None
    assert verdict_of(ar("dmarc=pass", "mx.evil.example"), honest) == Verdict(False, ("dmarc",))


def test_headers_of_one_relay_are_read_together() -> None:
    assert (
        verdict_of(
            "Received: from a by b; Mon, 5 Jan 2026 10:12:00 +0100",
            ar("dkim=pass header.d=example.hu"),
            "DKIM-Filter: x",
            ar("dmarc=pass header.from=example.hu"),
        )
        == VERIFIED
    )


def test_a_pass_for_another_sender_is_none() -> None:
    assert verdict_of(ar("dmarc=pass header.from=evil.example")) is None
    assert verdict_of(ar("dmarc=pass"), from_="Anna") is None


@pytest.mark.parametrize(
    ("words", "verdict"),
    [
        ("dmarc=none; dkim=pass header.d=example.hu", Verdict(True, ("dkim",))),
        ("dkim=pass header.i=@example.hu; spf=pass smtp.mailfrom=a@example.hu", Verdict(True, ("dkim", "spf"))),
        ("dkim=pass header.d=mailer.example", None),
        ("dkim=pass header.d=hu", None),
        ("dkim=pass header.d=le.hu", None),
        ("dkim=fail header.d=mailer.example; dkim=pass header.d=example.hu", Verdict(True, ("dkim",))),
        ("spf=pass smtp.mailfrom=bounce@example.hu.evil.example", None),
        ("spf=softfail smtp.mailfrom=example.hu; dmarc=temperror", None),
        ("none", None),
        ("dmarc=fail (a comment with dmarc=pass; dmarc=pass) header.from=example.hu", Verdict(False, ("dmarc",))),
        ('spf=none reason="x; dmarc=pass header.from=example.hu"', None),
        ("x=1 dmarc=pass", None),
        ("dmarc/1=pass header . from = example.hu", VERIFIED),
    ],
)
def test_without_dmarc_a_signature_or_path_of_the_same_domain_counts(words: str, verdict: Verdict | None) -> None:
    assert verdict_of(ar(words)) == verdict


@pytest.mark.parametrize(
    "words", ["(" * 200_000, '"' * 200_000, "dkim=pass header." * 20_000, "\\" * 100_000, ";=" * 9000]
)
def test_hostile_headers_are_read_as_saying_nothing(words: str) -> None:
    assert verdict_of(ar(words)) is None


# --- on the ticket ---


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("result", "words"),
    [("pass", "Sender verified (DMARC pass)"), ("fail", "Sender could not be verified: DMARC fail")],
)
def test_the_agent_reads_it_at_the_message_and_the_customer_does_not(
    result: str, words: str, as_user: AsUser, mailbox: Mailbox, anna: User, carla: User, settings: Any
) -> None:
    settings.MAIL_AUTHSERV_IDS = (RELAY,)
    User.objects.filter(pk=anna.pk).update(language="en")
    head = f"Authentication-Results: {RELAY}; dmarc={result} header.from=duna.example\r\n"
    row = arrive(head.encode() + make.mail())
    assert row.ticket is not None
    page = as_user(anna).get(f"/ticket/{row.ticket.number}/").content.decode()
    assert words in page
    portal = as_user(carla).get(f"/portal/requests/{row.ticket.number}/")
    assert portal.status_code == 200
    assert "DMARC" not in portal.content.decode()


@pytest.mark.django_db
def test_without_a_trusted_relay_nothing_is_said(as_user: AsUser, mailbox: Mailbox, anna: User) -> None:
    head = f"Authentication-Results: {RELAY}; dmarc=pass header.from=duna.example\r\n"
    row = arrive(head.encode() + make.mail())
    assert row.ticket is not None
    assert "DMARC" not in as_user(anna).get(f"/ticket/{row.ticket.number}/").content.decode()


@pytest.mark.django_db
def test_a_verdict_on_a_web_form_says_nothing_of_whom_it_writes_for(mailbox: Mailbox, settings: Any) -> None:
    settings.MAIL_AUTHSERV_IDS = (RELAY,)
    head = f"Authentication-Results: {RELAY}; dmarc=pass\r\n"
    raw = make.mail(sender=f"Form <{make.SUPPORT}>", headers={"Reply-To": "visitor@example.org"})
    arrive(head.encode() + raw)
    message = Message.objects.get()
    assert message.from_address == "visitor@example.org"
    assert not [trait for trait in message.traits if "verified" in trait]
