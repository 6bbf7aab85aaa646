"""The erasure that law demands, at the room; what the database says to it is in test_never_disappears."""

from __future__ import annotations

import threading

import psycopg
import pytest
from django.core.files.storage import default_storage
from django.db import connection

from tests import make
from tickets import conversation, erasure, files, proof
from tickets.errors import Refused
from tickets.models import Blob, Event, InboundMail, Mailbox, Message, OutboundMail, Team, Ticket, User


@pytest.fixture
def two(root: User) -> tuple[User, User]:
    return root, make.person("Második Admin", roles=["agent", "admin"])


def erase(message: Message, two: tuple[User, User]) -> None:
    erasure.approve_erasure(erasure.ask_erasure(message, reason="GDPR 17.", by=two[0]), by=two[1])


def test_a_reason_is_needed_and_one_request_is_enough(helpdesk: Team, two: tuple[User, User]) -> None:
    message = make.ticket(team=helpdesk).messages.get()
    with pytest.raises(Refused) as refusal:
        erasure.ask_erasure(message, reason="  ", by=two[0])
    assert refusal.value.field == "reason"
    erasure.ask_erasure(message, reason="GDPR 17.", by=two[0])
    with pytest.raises(Refused):
        erasure.ask_erasure(message, reason="GDPR 17.", by=two[1])


def test_asking_erases_nothing_and_both_acts_are_recorded(helpdesk: Team, two: tuple[User, User]) -> None:
    ticket = make.ticket(team=helpdesk)
    message = ticket.messages.get()
    asked = erasure.ask_erasure(message, reason="GDPR 17.", by=two[0])
    assert Message.objects.get(pk=message.pk).body == message.body
    erasure.approve_erasure(asked, by=two[1])
    assert erasure.approve_erasure(asked, by=two[0]).approved_by == two[1], "approved once"
    assert list(Event.objects.filter(ticket=ticket).order_by("seq").values_list("verb", flat=True))[-2:] == [
        "erasure_asked",
        "erased",
    ]


def test_the_copies_of_a_mail_at_our_other_addresses_are_erased_too(
    helpdesk: Team, network: Team, mailbox: Mailbox, two: tuple[User, User]
) -> None:
    raw = make.mail("Személyes adat.")
    other = make.mailbox("network@desk.example", team=network)
    ticket = make.ticket(team=helpdesk, text=None)
    first = make.inbound(raw, mailbox=mailbox, state="new_ticket", ticket=ticket)
    make.inbound(raw, mailbox=other, state="ignored", reason="repeated", ticket=ticket)
    unrelated = make.inbound(make.mail("Más."), mailbox=other, state="ignored", reason="test")
    erase(make.message(ticket, "Személyes adat.", inbound=first, kind=Message.Kind.MAIL), two)
    assert [bytes(row.raw) for row in InboundMail.objects.filter(ticket=ticket)] == [b"", b""]
    unrelated.refresh_from_db()
    assert bytes(unrelated.raw) != b""
    assert proof.verify_all().is_intact


def test_the_mail_that_was_sent_is_blanked(
    helpdesk: Team, mailbox: Mailbox, carla: User, anna: User, two: tuple[User, User]
) -> None:
    ticket = make.ticket(team=helpdesk, customer=carla)
    message = conversation.reply_to_customer(ticket, text="A jelszava: titok", by=anna)
    erase(message, two)
    sent = OutboundMail.objects.get(message=message)
    assert (sent.body, sent.subject, sent.to, sent.headers) == ("", "", [], {})


def test_a_file_that_another_message_needs_stays(
    transactional_db: None, helpdesk: Team, two: tuple[User, User]
) -> None:
    ticket = make.ticket(team=helpdesk)
    one = make.message(ticket, attachments={"logo.png": b"the same logo"})
    other = make.message(ticket, attachments={"logo2.png": b"the same logo"})
    path = files.blob_path(one.attachments.get().blob_id)
    erase(one, two)
    assert default_storage.exists(path)
    assert proof.verify_all(with_files=True).is_intact
    erase(other, two)
    assert not default_storage.exists(path)
    assert Blob.objects.get().erased_at is not None
    again = make.message(ticket, attachments={"logo3.png": b"the same logo"})
    assert files.blob_is_intact(again.attachments.get().blob)
    assert proof.verify_all(with_files=True).is_intact


def test_erasing_waits_for_whoever_is_attaching_the_same_file(
    transactional_db: None, helpdesk: Team, two: tuple[User, User]
) -> None:
    ticket = make.ticket(team=helpdesk)
    one = make.message(ticket, attachments={"logo.png": b"logo in a race"})
    blob = one.attachments.get().blob
    asked = erasure.ask_erasure(one, reason="GDPR 17.", by=two[0])
    found = connection.settings_dict

    def approve() -> None:
        try:
            erasure.approve_erasure(asked, by=two[1])
        finally:
            connection.close()

    with psycopg.connect(host=found["HOST"], dbname=found["NAME"], user=found["USER"]) as attaching:
        # What store_blob does in another process, up to where its attachment is not committed yet.
        attaching.execute("SELECT 1 FROM tickets_blob WHERE sha256 = %s FOR KEY SHARE", [blob.pk])
        thread = threading.Thread(target=approve)
        thread.start()
        thread.join(1)
        assert thread.is_alive(), "it waits"
        assert default_storage.exists(files.blob_path(blob.pk))
        attaching.execute(
            "INSERT INTO tickets_attachment (message_id, blob_id, name, media_type, content_id, is_inline, created_at,"
            " content_hash) SELECT id, %s, 'x', 'image/png', '', false, now(), '' FROM tickets_message"
            " WHERE id <> %s LIMIT 1",
            [blob.pk, one.pk],
        )
    thread.join(10)
    assert files.blob_is_intact(blob), "the file is still needed"
    assert Ticket.objects.filter(pk=ticket.pk).exists()
