"""A message becomes a ticket of its own: what the new one gets, what stays, and what the histories say."""

from __future__ import annotations

import pytest

from tests import make
from tickets import erasure, permissions, splitting
from tickets.errors import Refused
from tickets.models import Event, Mailbox, Message, OutboundMail, Right, Team, Ticket, TicketLink, User, Verb
from tickets.proof import verify_all


@pytest.fixture
def ticket(helpdesk: Team, carla: User, mailbox: Mailbox) -> Ticket:
    return make.ticket("VPN", team=helpdesk, customer=carla)


@pytest.fixture
def message(ticket: Ticket, carla: User) -> Message:
    return make.message(
        ticket,
        "Köszönöm.\n\nA nyomtató is rossz.",
        author=carla,
        kind=Message.Kind.MAIL,
        mail_id="second@duna.example",
        inbound=make.inbound(),
        attachments={"kép.png": b"png"},
    )


def split(message: Message, team: Team, by: User, **more: object) -> Ticket:
    values: dict[str, object] = {"title": "A nyomtató rossz", "customer": message.author, **more}
    return splitting.split_message(message, team=team, by=by, **values)  # type: ignore[arg-type]


def test_the_new_ticket_has_the_words_and_files_and_the_original_stays(
    ticket: Ticket, message: Message, network: Team, anna: User, carla: User
) -> None:
    made = split(message, network, anna)
    assert (made.title, made.team, made.customer, made.status.code) == ("A nyomtató rossz", network, carla, "new")
    copy = made.messages.get()
    assert (copy.body, copy.author, copy.sender, copy.visible_to_customer) == (message.body, carla, "customer", True)
    assert copy.attachments.get().blob == message.attachments.get().blob
    message.refresh_from_db()
    assert message.ticket == ticket
    assert made.customer_wrote_at == copy.created_at


def test_both_histories_name_the_other_and_the_message(
    ticket: Ticket, message: Message, network: Team, anna: User
) -> None:
    made = split(message, network, anna)
    link = TicketLink.objects.get()
    assert (link.source, link.target, link.type) == (made, ticket, TicketLink.Type.SPLIT)
    here, there = (Event.objects.get(ticket=one, verb=Verb.SPLIT) for one in (ticket, made))
    assert (here.message, here.data["other"]) == (message, made.pk)
    assert "inverse" not in here.data
    assert (there.data["other"], there.data["original"], there.data["inverse"]) == (ticket.pk, message.pk, True)
    assert verify_all().is_intact


def test_the_copy_has_neither_raw_mail_nor_message_id_so_answers_still_find_the_first_ticket(
    message: Message, network: Team, anna: User
) -> None:
    copy = split(message, network, anna).messages.get()
    assert (copy.inbound, copy.mail_id) == (None, "")


def test_the_customer_is_told_only_when_that_is_chosen(message: Message, network: Team, anna: User, karl: User) -> None:
    split(message, network, anna)
    assert not OutboundMail.objects.exists()
    made = split(message, network, anna, acknowledge=True)
    assert OutboundMail.objects.get().to == [["Szűcs Márta Carla", "carla@duna.example"]]
    assert made.number in OutboundMail.objects.get().subject
    other = split(message, network, anna, acknowledge=True, customer=karl)
    assert OutboundMail.objects.count() == 1  # who wrote it is not who would be told
    assert other.events.get(verb=Verb.AUTO_REPLY_HELD).data["reason"] == "other_author"


def test_a_note_stays_internal_on_the_new_ticket(ticket: Ticket, network: Team, anna: User, carla: User) -> None:
    made = split(make.note(ticket, "Ezt külön.", author=anna), network, anna, customer=carla)
    assert not Message.objects.visible_to(carla).filter(ticket=made).exists()
    assert made.customer_wrote_at is None


def test_a_split_needs_a_title_a_working_team_and_a_content(
    message: Message, network: Team, anna: User, root: User
) -> None:
    with pytest.raises(Refused):
        split(message, network, anna, title="  ")
    second = make.person("Second", "second@desk.example", roles=["agent", "admin"])
    erasure.approve_erasure(erasure.ask_erasure(message, reason="law", by=root), by=second)
    with pytest.raises(Refused):
        split(message, network, anna)
    network.is_active = False
    network.save()
    with pytest.raises(Refused):
        split(message, network, anna)
    assert not TicketLink.objects.exists()


def test_an_erasure_here_leaves_the_proof_of_the_other_ticket_whole(
    message: Message, network: Team, anna: User, root: User
) -> None:
    split(message, network, anna)
    second = make.person("Second", "second@desk.example", roles=["agent", "admin"])
    erasure.approve_erasure(erasure.ask_erasure(message, reason="law", by=root), by=second)
    assert verify_all().is_intact


def test_splitting_takes_the_right_to_create_somewhere(ticket: Ticket, helpdesk: Team, anna: User, cora: User) -> None:
    creator = make.agent("Creator", "creator@desk.example", team=helpdesk, rights=[Right.READ, Right.CREATE])
    assert permissions.can_split(anna, ticket)
    assert permissions.can_split(creator, ticket)
    assert not permissions.can_split(cora, ticket)


def test_the_title_that_is_offered_is_the_first_line_that_says_something(message: Message) -> None:
    message.body = "Kedves Anna,\n\nHálás köszönet mindenkinek a segítségért!\nA nyomtató is teljesen rossz.\nSürgős."
    assert splitting.suggest_title(message) == "A nyomtató is teljesen rossz."
    message.body = ""
    assert splitting.suggest_title(message) == "VPN"
