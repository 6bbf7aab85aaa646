"""Broadcasts: who gets them and who does not, each in his own ticket."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests import make
from tests.tickets.broadcasting import Kind, State, delivery, member, order, send
from tickets import conversation, groups, history_words, lifecycle, people
from tickets.broadcasts import drain, ledger, opting_out, plan, previews, sending
from tickets.conversation import add_participant
from tickets.errors import Refused
from tickets.mail import sending as outbox
from tickets.mail.undelivered import mark_address
from tickets.models import (
    Broadcast,
    Delivery,
    Event,
    GroupMembership,
    Mailbox,
    Message,
    OutboundMail,
    Signature,
    Status,
    Team,
    Ticket,
    TicketGroup,
    User,
)


@pytest.fixture(autouse=True)
def no_hold(settings: Any) -> None:
    settings.BROADCAST_HOLD_SECONDS = 0
    settings.BROADCAST_RELEASE_ABOVE = 100


@pytest.fixture
def vpn(helpdesk: Team, anna: User, mailbox: Mailbox) -> TicketGroup:
    return groups.open_group("VPN", team=helpdesk, by=anna)


# --- who gets it -----------------------------------------------------------------------------------------------------


def test_the_dry_run_says_who_gets_it_and_why_others_do_not(vpn: TicketGroup, anna: User, karl: User) -> None:
    reporter, english = make.person("Kovács Anna"), make.person("Mark", language="en")
    member(vpn, reporter), member(vpn, english)
    member(vpn, None)
    member(vpn, make.person("No Mail", None))
    bounced, out, gone = make.person(), make.person(), make.person("Gone")
    mark_address(bounced.email or "", status="5.1.1", detail="no such user")
    opting_out.opt_out(out)
    User.objects.filter(pk=gone.pk).update(is_active=False)
    for person in (bounced, out, gone):
        member(vpn, person)
    member(vpn, karl, status="closed")
    found = plan.plan_broadcast(vpn, order(), by=anna)
    assert {(each.name, each.text_language) for each in found.gets} == {("Kovács Anna", "hu"), ("Mark", "en")}
    assert {reason: len(rows) for reason, rows in found.skipped.items()} == {
        "no_person": 1,
        "no_address": 1,
        "bad_address": 1,
        "opted_out": 1,
        "inactive": 1,
        "closed": 1,
    }
    assert not Broadcast.objects.exists()


def test_a_missing_language_falls_back_and_is_said(vpn: TicketGroup, anna: User) -> None:
    member(vpn, make.person("Mark", language="en"))
    found = plan.plan_broadcast(vpn, order(texts={"hu": "Áll a VPN."}), by=anna)
    assert found.fallbacks == {("en", "hu"): 1}
    assert found.by_language == {"hu": 1}


def test_texts_are_checked_before_anybody_is_asked(vpn: TicketGroup, anna: User) -> None:
    member(vpn, make.person())
    for texts in ({}, {"hu": " "}, {"hu": "{nmber}"}, {"hu": "x" * 20_001}):
        with pytest.raises(Refused):
            plan.plan_broadcast(vpn, order(texts=texts), by=anna)


def test_whom_a_placeholder_does_not_fit_is_left_out(vpn: TicketGroup, anna: User, carla: User) -> None:
    member(vpn, carla), member(vpn, make.person("Nobody's"))
    found = plan.plan_broadcast(vpn, order(texts={"hu": "{organisation}: áll"}), by=anna)
    assert [each.person_id for each in found.gets] == [carla.pk]
    assert [each.name for each in found.skipped["unfilled"]] == ["Nobody's"]


def test_it_goes_where_the_person_wrote_from_last(vpn: TicketGroup, anna: User) -> None:
    person = make.person("Két Cím", "one@example.org")
    people.add_address(person, "two@example.org")
    ticket = make.ticket("VPN", team=vpn.team, customer=person, text=None)
    make.message(ticket, author=person, kind=Message.Kind.MAIL)
    groups.join_group(vpn, ticket=ticket, by=None, how=GroupMembership.How.TYPED)
    assert plan.plan_broadcast(vpn, order(), by=anna).gets[0].address == "one@example.org"


def test_a_preview_is_what_the_recipient_reads(vpn: TicketGroup, anna: User) -> None:
    ticket = member(vpn, make.person("Kovács Anna"))
    recipient = plan.plan_broadcast(vpn, order(), by=anna).gets[0]
    seen = previews.preview_for(recipient, order(), by=anna)
    assert seen.text == f"Kedves Anna! A VPN áll, dolgozunk rajta. A jegy száma: {ticket.number}"
    assert ticket.number in seen.subject
    broadcast = send(vpn, anna)
    message = delivery(broadcast, ticket.customer).message
    assert message is not None
    assert message.body == seen.text


def test_the_preview_for_a_reader_without_a_text_is_what_he_gets_instead(vpn: TicketGroup, anna: User) -> None:
    member(vpn, make.person("Mark Ellis", language="en"))
    typed = order(texts={"hu": "A VPN áll.", "en": "  "})  # as it comes from the form
    recipient = plan.plan_broadcast(vpn, typed, by=anna).gets[0]
    for language, text in (("hu", "Üdv: Ügyfélszolgálat"), ("en", "Regards, Help desk")):
        Signature.objects.create(team=vpn.team, language=language, text=text)
    seen = previews.preview_for(recipient, typed, by=anna)
    assert (seen.text, seen.fault) == ("A VPN áll.", "")
    assert seen.signature == "Üdv: Ügyfélszolgálat"


# --- saying it -------------------------------------------------------------------------------------------------------


def test_each_gets_an_ordinary_reply_in_his_own_ticket(vpn: TicketGroup, anna: User) -> None:
    one, two = make.person("Kovács Anna"), make.person("Mark", language="en")
    tickets = [member(vpn, one), member(vpn, two)]
    broadcast = send(vpn, anna)
    assert broadcast.state == State.DONE
    assert broadcast.done_at
    for ticket, person in zip(tickets, (one, two), strict=True):
        message = Message.objects.get(ticket=ticket, kind="mail")
        mail = OutboundMail.objects.get(message=message)
        assert mail.to == [[person.name, person.email]]
        assert mail.cc == []
        assert ticket.number in mail.subject
        assert ticket.number in mail.body
        assert mail.headers["Reply-To"]
        event = Event.objects.get(ticket=ticket, verb="replied")
        assert event.data == {"broadcast": broadcast.pk}
        assert opting_out.link_for(person.pk) in mail.body
        assert mail.headers["List-Unsubscribe"] == f"<{opting_out.link_for(person.pk)}>"
    assert "VPN down" in OutboundMail.objects.get(ticket=tickets[1]).body
    assert [row.state for row in broadcast.deliveries.all()] == ["queued", "queued"]
    outbox.send_due_mail()
    assert ledger.account_of(broadcast).counts == {"sent": 2}
    assert list(vpn.events.values_list("verb", flat=True))[-2:] == ["broadcast_planned", "broadcast_done"]


def test_several_tickets_of_one_person_are_one_mail_that_names_them_all(vpn: TicketGroup, anna: User) -> None:
    person = make.person("Kovács Anna")
    first, second = member(vpn, person), member(vpn, person)
    broadcast = send(vpn, anna, status=Status.objects.get(code="open"))
    mail = OutboundMail.objects.get()
    assert first.number in mail.body
    assert second.number in mail.body
    row = delivery(broadcast, person)
    assert sorted(row.ticket_ids) == [first.pk, second.pk]
    other = first if row.ticket_id == second.pk else second
    event = Event.objects.get(ticket=other, verb="told")
    assert event.data == {"other": row.ticket_id, "broadcast": broadcast.pk}
    assert row.ticket.number in history_words.tell([event])[0].text
    other.refresh_from_db()
    assert other.answered_at is not None
    assert other.status.code == "open"


def test_participants_get_no_copy(vpn: TicketGroup, anna: User, carla: User) -> None:
    ticket = member(vpn, make.person())
    add_participant(ticket, carla, by=anna)
    send(vpn, anna)
    assert OutboundMail.objects.get().cc == []


def test_a_status_goes_with_it_where_the_rules_let_it(vpn: TicketGroup, anna: User) -> None:
    ticket = member(vpn, make.person())
    until = timezone.now() + timedelta(days=1)
    send(vpn, anna, status=Status.objects.get(code="waiting"), pending_until=until)
    ticket.refresh_from_db()
    assert ticket.status.code == "waiting"
    line = Event.objects.filter(ticket=ticket, verb="status_changed").last()
    assert line is not None
    assert line.data["reason"] == "broadcast"


def test_notes_and_statuses_reach_every_ticket(vpn: TicketGroup, anna: User, karl: User) -> None:
    tickets = [member(vpn, None), member(vpn, karl), member(vpn, karl)]
    broadcast = send(vpn, anna, Kind.NOTE, texts={"hu": "A hálózatosok @Szalai Ben dolgoznak rajta."})
    assert [Message.objects.filter(ticket=each, kind="note").count() for each in tickets] == [1, 1, 1]
    assert ledger.account_of(broadcast).counts == {"sent": 3}
    solved = Status.objects.get(code="solved")
    send(vpn, anna, Kind.STATUS, texts={}, status=solved)
    assert set(Ticket.objects.values_list("status__code", flat=True)) == {"solved"}
    with pytest.raises(Refused):  # all are so
        sending.send_broadcast(vpn, order(Kind.STATUS, texts={}, status=solved), by=anna)
    assert not OutboundMail.objects.exists()


def test_one_bad_ticket_stops_no_other_and_is_tried_again(
    vpn: TicketGroup, anna: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = make.person("Bad"), make.person("Good")
    member(vpn, bad), member(vpn, good)
    real = conversation.reply_to_customer

    def fail(ticket: Ticket, **fields: Any) -> Message:
        message = real(ticket, **fields)
        if ticket.customer_id == bad.pk:
            raise RuntimeError("broken")
        return message

    monkeypatch.setattr(drain, "reply_to_customer", fail)
    broadcast = send(vpn, anna)
    row = delivery(broadcast, bad)
    assert (row.state, row.reason, row.detail, row.attempts) == ("deferred", "fault", "RuntimeError", 1)
    assert row.next_try_at > timezone.now()
    assert row.message is None
    assert row.delivered_at is None
    assert delivery(broadcast, good).delivered_at is not None
    assert broadcast.state == State.DONE
    for _again in range(4):
        Delivery.objects.filter(pk=row.pk).update(next_try_at=timezone.now())
        drain.deliver_broadcasts()
    row.refresh_from_db()
    assert (row.state, row.attempts) == ("failed", 5)
    monkeypatch.undo()
    assert sending.retry_failed(broadcast, by=anna) == 1
    drain.deliver_broadcasts()
    assert OutboundMail.objects.count() == 2
    assert delivery(broadcast, bad).delivered_at is not None


def test_what_changed_since_the_freezing_is_judged_anew(vpn: TicketGroup, anna: User) -> None:
    people_ = {name: make.person(name) for name in ("left", "closed", "opted_out", "bad_address", "inactive", "told")}
    tickets = {name: member(vpn, person) for name, person in people_.items()}
    broadcast = sending.send_broadcast(vpn, order(), by=anna)
    groups.leave_group(tickets["left"], by=anna)
    lifecycle.change_status(tickets["closed"], to=Status.objects.get(code="closed"), by=anna)
    opting_out.opt_out(people_["opted_out"])
    mark_address(people_["bad_address"].email or "", status="5.1.1", detail="gone")
    User.objects.filter(pk=people_["inactive"].pk).update(is_active=False)
    drain.deliver_broadcasts()
    assert {row.person.name: row.reason for row in broadcast.deliveries.all() if row.person} == {
        name: "" if name == "told" else name for name in people_
    }
    assert OutboundMail.objects.count() == 1
