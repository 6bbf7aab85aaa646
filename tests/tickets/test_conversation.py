"""What is said on a ticket, tested at the room."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from tests import make
from tickets import conversation, lifecycle
from tickets.conversation import IncomingMail
from tickets.errors import Refused
from tickets.models import (
    Channel,
    Event,
    Mailbox,
    Message,
    OutboundMail,
    Participant,
    Status,
    Team,
    Ticket,
    User,
)
from tickets.writing import NewFile


@pytest.fixture
def ticket(helpdesk: Team, carla: User, mailbox: Mailbox) -> Ticket:
    return make.ticket(team=helpdesk, customer=carla)


def status(code: str) -> Status:
    return Status.objects.get(code=code)


def close(ticket: Ticket, code: str = "solved") -> Ticket:
    return lifecycle.change_status(ticket, to=status(code), by=None)


# --- opening -------------------------------------------------------------------------------------------------------


def test_a_customer_s_request_awaits_an_answer(helpdesk: Team, carla: User, mailbox: Mailbox) -> None:
    ticket = conversation.open_request(
        title="VPN", text="Nem megy.", team=helpdesk, channel=Channel.WEB, by=carla, customer=carla
    )
    ticket.refresh_from_db()
    message = ticket.messages.filter(sender="customer").get()
    assert ticket.awaits_answer
    assert (message.sender, message.author, message.visible_to_customer) == ("customer", carla, True)


def test_a_phone_record_is_the_agent_s_writing_and_the_customer_s_question(
    helpdesk: Team, anna: User, carla: User
) -> None:
    ticket = conversation.open_request(
        title="VPN", text="Telefonált.", team=helpdesk, channel=Channel.PHONE, by=anna, customer=carla
    )
    ticket.refresh_from_db()
    message = ticket.messages.get()
    assert (message.kind, message.sender, ticket.awaits_answer) == ("phone", "agent", True)
    assert Event.objects.filter(ticket=ticket).latest("seq").verb == "call_recorded"
    assert not OutboundMail.objects.exists()


@pytest.mark.parametrize(("title", "text", "field"), [(" ", "x", "title"), ("x", " \x00 ", "text")])
def test_an_empty_request_is_refused(helpdesk: Team, carla: User, title: str, text: str, field: str) -> None:
    with pytest.raises(Refused) as refusal:
        conversation.open_request(title=title, text=text, team=helpdesk, channel=Channel.WEB, by=carla, customer=carla)
    assert refusal.value.field == field
    assert not Ticket.objects.exists()


def test_odd_characters_and_long_texts_do_no_harm(helpdesk: Team, anna: User) -> None:
    ticket = conversation.open_request(
        title="a\x00b " * 100, text="x\x00\r\ny\rz", team=helpdesk, channel=Channel.WEB, by=anna, customer=None
    )
    assert ticket.messages.get().body == "x\ny\nz"
    with pytest.raises(Refused, match="500"):
        conversation.add_note(ticket, text="x" * 500_001, by=anna)
    with pytest.raises(Refused) as refusal:
        conversation.add_note(ticket, text="x", by=anna, files=[NewFile("a", b"")] * 101)
    assert refusal.value.field == "files"


def test_files_come_in_the_order_they_were_put(ticket: Ticket, anna: User) -> None:
    files = [NewFile(f"{name}.txt", name.encode()) for name in "cabac"]
    note = conversation.add_note(ticket, text="x", by=anna, files=files)
    assert [file.name for file in note.attachments.order_by("id")] == [file.name for file in files]
    assert len({file.blob_id for file in note.attachments.all()}) == 3


# --- replying ------------------------------------------------------------------------------------------------------


def test_a_reply_goes_to_the_customer_and_opens_a_new_ticket(ticket: Ticket, anna: User, carla: User) -> None:
    message = conversation.reply_to_customer(ticket, text="Kérem, indítsa újra.", by=anna)
    ticket.refresh_from_db()
    outbound = OutboundMail.objects.get(message=message)
    assert [address for _name, address in outbound.to] == [carla.email]
    assert ticket.status.code == "open"
    assert not ticket.awaits_answer


def test_a_reply_can_carry_the_next_status(ticket: Ticket, anna: User) -> None:
    until = timezone.now() + timedelta(days=3)
    with pytest.raises(Refused) as refusal:
        conversation.reply_to_customer(ticket, text="Várok.", by=anna, then=status("waiting"))
    assert refusal.value.field == "pending_until"
    assert not OutboundMail.objects.exists(), "nothing was sent by the refused act"
    conversation.reply_to_customer(ticket, text="Várok.", by=anna, then=status("waiting"), pending_until=until)
    ticket.refresh_from_db()
    assert (ticket.status.code, ticket.pending_until) == ("waiting", until)
    later = until + timedelta(days=1)
    conversation.reply_to_customer(ticket, text="Tovább.", by=anna, then=status("waiting"), pending_until=later)
    ticket.refresh_from_db()
    assert ticket.pending_until == later, "the same status until another time"


def test_a_reply_to_nobody_is_refused(helpdesk: Team, anna: User, mailbox: Mailbox) -> None:
    by_phone = make.person("Telefonos", email=None)
    ticket = make.ticket(team=helpdesk, customer=by_phone)
    with pytest.raises(Refused) as refusal:
        conversation.reply_to_customer(ticket, text="Halló?", by=anna)
    assert refusal.value.field == "to"


def test_a_note_stays_inside_and_moves_nothing(ticket: Ticket, anna: User, carla: User) -> None:
    close(ticket)
    note = conversation.add_note(ticket, text="Titok.", by=anna)
    ticket.refresh_from_db()
    assert ticket.status.code == "solved"
    assert note not in Message.objects.visible_to(carla)
    assert not OutboundMail.objects.exists()


# --- the customer writes -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["solved", "closed"])
def test_a_customer_s_answer_reopens(ticket: Ticket, carla: User, code: str) -> None:
    close(ticket, code)
    conversation.answer_from_portal(ticket, text="Még mindig rossz.", by=carla)
    ticket.refresh_from_db()
    assert (ticket.status.code, ticket.closed_at) == ("open", None)
    assert ticket.awaits_answer


def test_a_team_may_want_a_new_ticket_after_closing(ticket: Ticket, helpdesk: Team, carla: User) -> None:
    helpdesk.closed_follow_up = Team.ClosedFollowUp.NEW_TICKET
    helpdesk.save()
    close(ticket)
    message = conversation.answer_from_portal(ticket, text="Újra rossz.", by=carla)
    assert message.ticket != ticket
    assert message.ticket.links.get().target == ticket
    ticket.refresh_from_db()
    assert ticket.status.code == "solved"


def test_a_pending_ticket_becomes_open_when_the_customer_writes(ticket: Ticket, carla: User) -> None:
    until = timezone.now() + timedelta(days=3)
    lifecycle.change_status(ticket, to=status("waiting"), by=None, pending_until=until)
    conversation.answer_from_portal(ticket, text="Itt vagyok.", by=carla)
    ticket.refresh_from_db()
    assert (ticket.status.code, ticket.pending_until) == ("open", None)


def incoming(text: str = "Itt a mail.", *, is_automatic: bool = False) -> IncomingMail:
    return IncomingMail(subject="Re: VPN", text=text, from_address="carla@duna.example", is_automatic=is_automatic)


@pytest.mark.parametrize("how", [{"is_unconfirmed": True}, {"is_internal": True}, {}])
def test_strangers_insiders_and_machines_move_nothing(ticket: Ticket, karl: User, how: dict[str, bool]) -> None:
    close(ticket)
    message = conversation.receive_message(ticket, incoming(is_automatic=not how), author=karl, inbound=None, **how)
    ticket.refresh_from_db()
    assert ticket.status.code == "solved"
    assert message.visible_to_customer is (not how)


def test_an_accepted_stranger_is_shown_takes_part_and_reopens(
    ticket: Ticket, anna: User, karl: User, carla: User
) -> None:
    close(ticket)
    message = conversation.receive_message(ticket, incoming(), author=karl, inbound=None, is_unconfirmed=True)
    assert message not in Message.objects.visible_to(carla)
    assert message not in Message.objects.visible_to(karl)
    conversation.accept_message(message, by=anna)
    conversation.accept_message(message, by=anna)
    ticket.refresh_from_db()
    assert ticket.status.code == "open"
    assert message in Message.objects.visible_to(carla)
    assert message in Message.objects.visible_to(karl)
    assert Participant.objects.get(ticket=ticket).user == karl
    assert Event.objects.filter(ticket=ticket, verb="message_accepted").count() == 1
    with pytest.raises(Refused):
        conversation.accept_message(ticket.messages.earliest("id"), by=anna)


def test_what_is_said_to_a_merged_ticket_lands_where_it_was_merged(
    ticket: Ticket, helpdesk: Team, carla: User, anna: User
) -> None:
    target = make.ticket(team=helpdesk, customer=carla)
    Ticket.objects.filter(pk=ticket.pk).update(merged_into=target, status=status("merged"), closed_at=timezone.now())
    assert conversation.answer_from_portal(ticket, text="Ide.", by=carla).ticket == target
    with pytest.raises(Refused):
        conversation.reply_to_customer(ticket, text="Oda.", by=anna)
    with pytest.raises(Refused):
        conversation.record_call(ticket, text="Oda.", by=anna)
    stranger = make.message(ticket, "Én is", author=carla, visible=False, is_unconfirmed=True)
    conversation.accept_message(stranger, by=anna)
    ticket.refresh_from_db()
    assert ticket.status.code == "merged", "accepting does not undo a merge"
