"""Broadcasts: holding, releasing, stopping; the ledger; trying again; late joiners; opting out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from tests import make
from tests.tickets.broadcasting import Kind, State, delivery, member, order, send, verbs
from tickets import groups, lifecycle, live
from tickets.broadcasts import drain, late, ledger, opting_out, plan, sending
from tickets.conversation import answer_from_portal
from tickets.errors import Refused
from tickets.history import record
from tickets.mail import sending as outbox
from tickets.mail.undelivered import mark_address
from tickets.meanwhile import HeldBack
from tickets.models import (
    Broadcast,
    Delivery,
    Event,
    GroupMembership,
    Mailbox,
    OutboundMail,
    Status,
    Team,
    TicketGroup,
    User,
    Verb,
)


@pytest.fixture(autouse=True)
def no_hold(settings: Any) -> None:
    settings.BROADCAST_HOLD_SECONDS = 0
    settings.BROADCAST_RELEASE_ABOVE = 100


@pytest.fixture
def vpn(helpdesk: Team, anna: User, mailbox: Mailbox) -> TicketGroup:
    return groups.open_group("VPN", team=helpdesk, by=anna)


# --- holding, releasing, stopping ------------------------------------------------------------------------------------


def test_it_is_held_so_that_it_can_be_stopped_unsaid(vpn: TicketGroup, anna: User, settings: Any) -> None:
    settings.BROADCAST_HOLD_SECONDS = 30
    member(vpn, make.person())
    broadcast = sending.send_broadcast(vpn, order(), by=anna)
    assert broadcast.state == State.HELD
    drain.deliver_broadcasts()
    assert not OutboundMail.objects.exists()
    stopped = sending.stop_broadcast(broadcast, by=anna)
    assert stopped.state == State.STOPPED
    assert stopped.stopped_by == anna
    Broadcast.objects.filter(pk=broadcast.pk).update(held_until=timezone.now())
    drain.deliver_broadcasts()
    assert not OutboundMail.objects.exists()
    assert ledger.account_of(broadcast).reasons == {"stopped": 1}
    with pytest.raises(Refused):
        sending.stop_broadcast(broadcast, by=anna)


def test_the_hold_can_be_ended_early(vpn: TicketGroup, anna: User, settings: Any) -> None:
    settings.BROADCAST_HOLD_SECONDS = 30
    member(vpn, make.person())
    broadcast = sending.send_broadcast(vpn, order(), by=anna)
    sending.send_now(broadcast, by=anna)
    drain.deliver_broadcasts()
    assert OutboundMail.objects.count() == 1


def test_to_many_it_takes_two_people(vpn: TicketGroup, anna: User, helpdesk: Team, ben: User, settings: Any) -> None:
    settings.BROADCAST_RELEASE_ABOVE = 1
    zita = make.agent("Zita", team=helpdesk)
    member(vpn, make.person()), member(vpn, make.person())
    broadcast = sending.send_broadcast(vpn, order(), by=anna)
    assert broadcast.state == State.WAITING
    drain.deliver_broadcasts()
    assert not OutboundMail.objects.exists()
    with pytest.raises(Refused):
        sending.release_broadcast(broadcast, by=anna)
    with pytest.raises(Refused):
        sending.release_broadcast(broadcast, by=ben)
    released = sending.release_broadcast(broadcast, by=zita)
    assert released.released_by == zita
    assert released.state == State.HELD
    drain.deliver_broadcasts()
    assert OutboundMail.objects.count() == 2
    assert "broadcast_released" in vpn.events.values_list("verb", flat=True)


def test_only_one_is_under_way_and_a_second_writer_is_told(vpn: TicketGroup, anna: User, helpdesk: Team) -> None:
    zita = make.agent("Zita", team=helpdesk)
    member(vpn, make.person())
    known = sending.newest(vpn)
    broadcast = sending.send_broadcast(vpn, order(), by=anna, known=known)
    with pytest.raises(Refused, match=anna.name):
        sending.send_broadcast(vpn, order(texts={"hu": "Más"}), by=zita, known=known)
    drain.deliver_broadcasts()
    with pytest.raises(HeldBack, match=anna.name):
        sending.send_broadcast(vpn, order(texts={"hu": "Más"}), by=zita, known=known)
    sending.send_broadcast(vpn, order(texts={"hu": "Más"}), by=zita, known=broadcast.pk)


def test_nobody_hears_the_same_twice(vpn: TicketGroup, anna: User) -> None:
    told = make.person()
    member(vpn, told)
    send(vpn, anna, tells_late_joiners=False)
    with pytest.raises(Refused):
        sending.send_broadcast(vpn, order(), by=anna)
    member(vpn, make.person())
    found = plan.plan_broadcast(vpn, order(), by=anna)
    assert len(found.gets) == 1
    assert [each.person_id for each in found.skipped["told"]] == [told.pk]


def test_the_rows_of_many_are_written_by_the_drain(
    vpn: TicketGroup, anna: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "FROZEN_AT_ONCE", 1)
    person = make.person()
    member(vpn, person), member(vpn, make.person())
    broadcast = sending.send_broadcast(vpn, order(), by=anna)
    assert not broadcast.is_frozen
    assert not broadcast.deliveries.exists()
    late_one = member(vpn, make.person("Late"))
    again = member(vpn, person)
    drain.deliver_broadcasts()
    assert OutboundMail.objects.count() == 3
    assert delivery(broadcast, late_one.customer).is_late
    assert again.pk in delivery(broadcast, person).ticket_ids
    assert len(delivery(broadcast, person).ticket_ids) == 2


# --- the ledger ------------------------------------------------------------------------------------------------------


def test_the_ledger_follows_mails_bounces_and_answers(vpn: TicketGroup, anna: User) -> None:
    fine, answers = make.person("Fine"), make.person("Answers")
    member(vpn, fine)
    ticket = member(vpn, answers)
    broadcast = send(vpn, anna)
    deferred = OutboundMail.objects.get(ticket=ticket)
    OutboundMail.objects.filter(pk=deferred.pk).update(state="deferred", next_try_at=timezone.now() + timedelta(1))
    outbox.send_due_mail()
    assert ledger.account_of(broadcast).counts == {"sent": 1, "deferred": 1}
    assert [row.person for row in ledger.rows_of(broadcast, state="deferred")] == [answers]
    OutboundMail.objects.filter(pk=deferred.pk).update(next_try_at=timezone.now())
    outbox.send_due_mail()
    answer_from_portal(ticket, text="Köszönöm!", by=answers)
    assert ledger.account_of(broadcast).counts == {"sent": 1, "replied": 1}
    assert delivery(broadcast, answers).replied_at is not None


def test_only_the_failed_are_tried_again(vpn: TicketGroup, anna: User) -> None:
    bounced, fine = make.person(), make.person()
    ticket = member(vpn, bounced)
    member(vpn, fine)
    broadcast = send(vpn, anna)
    outbox.send_due_mail()
    mail = OutboundMail.objects.get(ticket=ticket)
    with transaction.atomic():
        lifecycle.lock_ticket(ticket)
        OutboundMail.objects.filter(pk=mail.pk).update(state="bounced", last_error="5.2.2 mailbox full")
        mark_address(bounced.email or "", status="5.2.2", detail="full")
        record(ticket, Verb.MAIL_BOUNCED, by=None, message=mail.message, mail=mail.pk, permanent=True)
    row = delivery(broadcast, bounced)
    assert (row.state, row.detail) == ("bounced", "5.2.2 mailbox full")
    assert ledger.account_of(broadcast).to_retry == 1
    assert sending.retry_failed(broadcast, by=anna) == 1
    drain.deliver_broadcasts()
    mail.refresh_from_db()
    assert mail.state == "queued"
    assert OutboundMail.objects.count() == 2
    assert Event.objects.get(ticket=ticket, verb="mail_resent").by == anna
    outbox.send_due_mail()
    assert delivery(broadcast, bounced).state == "sent"
    with pytest.raises(Refused):
        sending.retry_failed(broadcast, by=anna)


def test_a_changed_address_gets_the_reply_anew(vpn: TicketGroup, anna: User) -> None:
    person = make.person("Moved", "old@example.org")
    ticket = member(vpn, person)
    broadcast = send(vpn, anna)
    outbox.send_due_mail()
    OutboundMail.objects.update(state="bounced")
    Delivery.objects.update(state="bounced", reason="bad_address")
    User.objects.filter(pk=person.pk).update(email="new@example.org")
    sending.retry_failed(broadcast, by=anna)
    drain.deliver_broadcasts()
    row = delivery(broadcast, person)
    assert row.address == "new@example.org"
    assert [mail.to[0][1] for mail in OutboundMail.objects.filter(ticket=ticket).order_by("pk")] == [
        "old@example.org",
        "new@example.org",
    ]


def test_each_step_of_a_mail_tells_the_group_s_pages(
    vpn: TicketGroup, anna: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = make.person()
    ticket = member(vpn, person)
    told: list[int] = []
    monkeypatch.setattr(live, "tell_progress", told.append)
    send(vpn, anna)
    assert told, "it was said in the ticket, and then it was done"
    told.clear()
    outbox.send_due_mail()
    assert told == [vpn.pk], "sent"
    answer_from_portal(ticket, text="Thanks", by=person)
    assert told == [vpn.pk] * 2, "replied"


# --- late joiners, follow-ups, opting out ----------------------------------------------------------------------------


def test_a_late_joiner_is_told_at_once_and_marked(vpn: TicketGroup, anna: User) -> None:
    member(vpn, make.person())
    broadcast = send(vpn, anna)
    ticket = member(vpn, make.person("Late"))
    row = delivery(broadcast, ticket.customer)
    assert row.is_late
    assert row.state == "queued"
    drain.deliver_broadcasts()
    event = Event.objects.get(ticket=ticket, verb="replied")
    assert event.data == {"broadcast": broadcast.pk, "late": True}
    broadcast.refresh_from_db()
    assert broadcast.state == State.DONE
    assert ledger.account_of(broadcast).late == 1


def test_a_further_ticket_of_somebody_told_only_points_there(vpn: TicketGroup, anna: User) -> None:
    person = make.person()
    member(vpn, person)
    broadcast = send(vpn, anna)
    ticket = member(vpn, person)
    drain.deliver_broadcasts()
    assert OutboundMail.objects.count() == 1
    assert verbs(ticket)[-1] == "told"
    assert ticket.pk in delivery(broadcast, person).ticket_ids


def test_who_was_left_out_and_comes_with_an_open_ticket_is_told(vpn: TicketGroup, anna: User) -> None:
    person = make.person()
    member(vpn, person, status="closed")
    member(vpn, make.person())
    broadcast = send(vpn, anna)
    assert delivery(broadcast, person).reason == "closed"
    ticket = member(vpn, person)
    drain.deliver_broadcasts()
    row = delivery(broadcast, person)
    assert (row.ticket, row.is_late, row.reason) == (ticket, True, "")
    assert OutboundMail.objects.filter(ticket=ticket).count() == 1


def test_who_leaves_and_comes_back_is_told_once(vpn: TicketGroup, anna: User) -> None:
    ticket = member(vpn, make.person())
    broadcast = send(vpn, anna)
    for _round in range(2):
        groups.leave_group(ticket, by=anna)
        groups.join_group(vpn, ticket=ticket, by=anna, how=GroupMembership.How.TYPED)
    drain.deliver_broadcasts()
    assert broadcast.deliveries.count() == OutboundMail.objects.count() == 1


def test_late_telling_can_be_switched_off(vpn: TicketGroup, anna: User, ben: User) -> None:
    member(vpn, make.person())
    broadcast = send(vpn, anna)
    with pytest.raises(Refused):
        late.tell_late_joiners(broadcast, by=ben, on=False)
    late.tell_late_joiners(broadcast, by=anna, on=False)
    member(vpn, make.person())
    assert broadcast.deliveries.count() == 1
    late.tell_late_joiners(broadcast, by=anna, on=True)
    member(vpn, make.person())
    assert broadcast.deliveries.count() == 2


def test_a_closed_or_stopped_matter_tells_no_newcomer(vpn: TicketGroup, anna: User, settings: Any) -> None:
    settings.BROADCAST_HOLD_SECONDS = 30
    member(vpn, make.person())
    broadcast = sending.send_broadcast(vpn, order(), by=anna)
    sending.stop_broadcast(broadcast, by=anna)
    member(vpn, make.person())
    assert broadcast.deliveries.count() == 1
    assert not late.tell_late_joiner(member(vpn, make.person(), status="closed"), vpn.pk)


def test_it_is_solved_goes_to_all_who_were_told_and_to_newcomers(vpn: TicketGroup, anna: User) -> None:
    told, told_and_closed, left, new, closed = (make.person(name) for name in ("told", "tc", "left", "new", "closed"))
    member(vpn, told)
    mine, gone = member(vpn, told_and_closed), member(vpn, left)
    send(vpn, anna)
    lifecycle.change_status(mine, to=Status.objects.get(code="closed"), by=anna)
    groups.leave_group(gone, by=anna)
    member(vpn, new)
    member(vpn, closed, status="closed")
    drain.deliver_broadcasts()
    solved = order(Kind.SOLVED, texts={"hu": "Megoldva."}, status=Status.objects.get(code="solved"))
    found = plan.plan_broadcast(vpn, solved, by=anna)
    assert {each.name for each in found.gets} == {"told", "tc", "new"}
    assert {reason: [each.name for each in rows] for reason, rows in found.skipped.items()} == {
        "closed": ["closed"],
        "left": ["left"],
    }
    sending.send_broadcast(vpn, solved, by=anna)
    drain.deliver_broadcasts()
    mine.refresh_from_db()
    assert mine.status.code == "closed"
    assert verbs(mine)[-1] == "replied"


def test_opting_out_and_coming_back(vpn: TicketGroup, anna: User) -> None:
    person = make.person()
    member(vpn, person)
    token = opting_out.link_for(person.pk).rstrip("/").rpartition("/")[2]
    assert opting_out.person_of(token) == person
    assert opting_out.person_of(token[:-1] + ("a" if token[-1] != "a" else "b")) is None
    opting_out.opt_out(person)
    opting_out.opt_out(person)
    assert opting_out.is_out(person)
    assert not plan.plan_broadcast(vpn, order(), by=anna).gets
    opting_out.come_back(person)
    assert len(plan.plan_broadcast(vpn, order(), by=anna).gets) == 1


def test_who_may(vpn: TicketGroup, ben: User, cora: User) -> None:
    member(vpn, make.person())
    for nobody in (ben, cora):
        with pytest.raises(Refused):
            sending.send_broadcast(vpn, order(), by=nobody)


def test_the_ledger_is_never_removed(vpn: TicketGroup, anna: User) -> None:
    member(vpn, make.person())
    send(vpn, anna)
    for rows in (Delivery.objects.all(), Broadcast.objects.all()):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows._raw_delete("default")


def test_a_delivery_takes_few_queries(vpn: TicketGroup, anna: User, django_assert_max_num_queries: Any) -> None:
    for _each in range(3):
        member(vpn, make.person(), owner=anna)
    broadcast = sending.send_broadcast(vpn, order(), by=anna)
    Broadcast.objects.filter(pk=broadcast.pk).update(state=State.SENDING)
    broadcast = Broadcast.objects.select_related("by", "group", "status").get(pk=broadcast.pk)
    drain._deliver_next(broadcast)
    # Two are the test's own: its transaction makes savepoints of what begins and commits elsewhere.
    with django_assert_max_num_queries(20 + 2) as seen:
        assert drain._deliver_next(broadcast)
    said = [each["sql"] for each in seen.captured_queries]
    assert sum(1 for each in said if each.startswith("INSERT")) == 3  # the message, the mail, its event
