"""Answers to mails of notices: an agent's is kept inside on the one ticket, all others wait for a person."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from tests import make
from tests.tickets.mail.test_intake import arrive
from tickets import conversation, groups, lifecycle, merging, notices, people, telling, watching
from tickets.mail.account import mail_account
from tickets.mail.addressing import plus_address, subject_for
from tickets.models import InboundMail, Mailbox, Message, Notice, OutboundMail, Right, Status, Team, Ticket, User

State = InboundMail.State
pytestmark = pytest.mark.django_db


@pytest.fixture
def ticket(mailbox: Mailbox, helpdesk: Team, carla: User) -> Ticket:
    return make.ticket("A VPN nem megy", team=helpdesk, customer=carla)


def tell(person: User, by: User, *tickets: Ticket) -> OutboundMail:
    """The mail that tells the person that he was given these tickets."""
    for ticket in tickets:
        lifecycle.assign_ticket(ticket, to=person, by=by)
    telling.send_due_notices(now=timezone.now() + timedelta(minutes=20))
    return OutboundMail.objects.filter(purpose="notice", to__contains=[[person.email]]).latest("pk")


def answer(notice: OutboundMail, sender: str, **mail: Any) -> InboundMail:
    return arrive(
        sender=sender,
        text=f"Megnéztem.\n\n{notice.sender_name} <{notice.sender_address}> írta:\n> {notice.body.splitlines()[0]}",
        **{"in_reply_to": notice.mail_id, "subject": f"Re: {notice.subject}", **mail},
    )


def test_an_agents_answer_is_internal_on_the_ticket_and_changes_nothing_else(
    ticket: Ticket, anna: User, root: User, carla: User
) -> None:
    notice = tell(anna, root, ticket)
    assert "belső megjegyzés" in notice.body
    ticket.refresh_from_db()
    mails = OutboundMail.objects.count()
    row = answer(notice, "anna@desk.example", attachments={"napló.txt": b"log"})
    assert (row.state, row.ticket) == (State.FOLLOW_UP, ticket)
    message = Message.objects.get(inbound=row)
    assert (message.author, message.sender, message.visible_to_customer) == (anna, "agent", False)
    assert message.shown_text.strip() == "Megnéztem."
    assert [file.name for file in message.attachments.all()] == ["napló.txt"]
    assert not Message.objects.visible_to(carla).filter(pk=message.pk).exists()
    before = (ticket.status_id, ticket.customer_wrote_at)
    ticket.refresh_from_db()
    assert (ticket.status_id, ticket.customer_wrote_at) == before
    assert Ticket.objects.count() == 1
    assert OutboundMail.objects.count() == mails, "nobody is written to"


def test_it_is_found_by_the_references_too_and_whatever_it_is_addressed_to(
    ticket: Ticket, helpdesk: Team, anna: User, root: User
) -> None:
    notice, other = tell(anna, root, ticket), make.ticket("Más", team=helpdesk)
    row = answer(
        notice,
        "anna@desk.example",
        in_reply_to="",
        references=["x@else.example", notice.mail_id],
        subject=subject_for(other.number, "Más"),
        to=plus_address(make.SUPPORT, other.number),
    )
    assert row.ticket == ticket
    assert not Message.objects.get(inbound=row).visible_to_customer


def test_nobody_is_told_that_the_customer_wrote_when_a_colleague_did(
    ticket: Ticket, anna: User, cora: User, root: User
) -> None:
    lifecycle.assign_ticket(ticket, to=anna, by=root)
    watching.watch_ticket(ticket, by=cora)
    lifecycle.change_status(ticket, to=Status.objects.get(code="solved"), by=root)
    telling.send_due_notices(now=timezone.now() + timedelta(minutes=20))
    notice = OutboundMail.objects.get(purpose="notice", to__contains=[[cora.email]])
    assert answer(notice, "cora@desk.example").ticket == ticket
    assert not Notice.objects.filter(user=anna, kind=telling.Kind.CUSTOMER_WROTE).exists()


def test_what_an_agent_answers_to_news_of_his_own_request_stays_inside_too(
    mailbox: Mailbox, helpdesk: Team, anna: User, root: User
) -> None:
    own = make.ticket("A székem", team=helpdesk, customer=anna)
    row = answer(tell(anna, root, own), "anna@desk.example")
    message = Message.objects.get(inbound=row)
    assert (message.ticket, message.visible_to_customer, message.sender) == (own, False, "agent")


def test_an_answer_on_a_merged_ticket_goes_where_it_leads(
    ticket: Ticket, helpdesk: Team, carla: User, anna: User, root: User
) -> None:
    notice = tell(anna, root, ticket)
    target = make.ticket("VPN", team=helpdesk, customer=carla)
    merging.merge_ticket(ticket, into=target, by=root)
    assert answer(notice, "anna@desk.example").ticket == target


def test_an_answer_to_news_of_several_things_waits_for_a_person(
    ticket: Ticket, helpdesk: Team, anna: User, root: User
) -> None:
    notice = tell(anna, root, ticket, make.ticket("Nincs hang", team=helpdesk))
    assert "belső megjegyzés" not in notice.body
    row = answer(notice, "anna@desk.example")
    assert (row.state, row.reason) == (State.QUARANTINED, "notice_of_many")
    assert Ticket.objects.count() == 2


def test_an_answer_to_news_of_a_group_waits_for_a_person(
    ticket: Ticket, helpdesk: Team, anna: User, root: User
) -> None:
    group = groups.open_group("VPN", team=helpdesk, by=root, owner=anna)
    groups.join_group(group, ticket=ticket, by=root, how=groups.How.SELECTION)
    row = answer(tell(anna, root), "anna@desk.example")
    assert (row.state, row.reason) == (State.QUARANTINED, "notice_of_many")


def test_whoever_may_write_no_notes_there_any_more_waits_for_a_person(
    ticket: Ticket, helpdesk: Team, anna: User, root: User
) -> None:
    lifecycle.assign_ticket(ticket, to=root, by=root)  # who is responsible for it from now on
    notice = tell(anna, root, ticket)
    lifecycle.assign_ticket(ticket, to=root, by=root)
    people.give_rights(anna, team=helpdesk, rights=[Right.READ])
    row = answer(notice, "anna@desk.example")
    assert (row.state, row.reason) == (State.QUARANTINED, "notice_no_right")


@pytest.mark.parametrize("sender", ["carla@duna.example", "nobody@else.example"])
def test_an_answer_of_somebody_to_whom_the_news_were_forwarded_waits_for_a_person(
    ticket: Ticket, anna: User, root: User, sender: str
) -> None:
    row = answer(tell(anna, root, ticket), sender)
    assert (row.state, row.reason) == (State.QUARANTINED, "notice_stranger")
    assert ticket.messages.count() == 1


def test_a_machines_answer_is_set_aside_and_the_account_adds_up(ticket: Ticket, anna: User, root: User) -> None:
    notice = tell(anna, root, ticket)
    row = answer(notice, "anna@desk.example", headers={"Auto-Submitted": "auto-replied"})
    assert (row.state, row.reason) == (State.IGNORED, "notice_answered_by_machine")
    answer(notice, "anna@desk.example")
    assert mail_account().adds_up


def test_an_answer_to_a_reply_is_judged_as_ever_though_a_notice_stands_further_back(
    ticket: Ticket, anna: User, root: User, carla: User
) -> None:
    notice = tell(anna, root, ticket)
    reply = OutboundMail.objects.get(message=conversation.reply_to_customer(ticket, text="Nézzük.", by=anna))
    row = answer(notice, "carla@duna.example", in_reply_to=reply.mail_id, references=[notice.mail_id])
    assert Message.objects.get(inbound=row).visible_to_customer


def test_the_notice_of_a_team_leads_to_its_unassigned_tickets(mailbox: Mailbox, helpdesk: Team, anna: User) -> None:
    with transaction.atomic():
        telling.tell_team(helpdesk, telling.Kind.ALIKE, count=7)
    lines = [line for line in notices.newest(anna) if line.team is not None]
    assert [line.address for line in lines] == [f"/inbox/unassigned/?team={helpdesk.pk}"]
