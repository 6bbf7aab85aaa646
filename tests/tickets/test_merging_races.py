"""Merges at the same moment as other acts: one of the two outcomes, whole, and no word is lost."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from tests import make
from tests.tickets.test_people_races import at_once, refusals
from tickets import conversation, linking, merging, promises
from tickets.errors import Refused
from tickets.mail import intake
from tickets.mail.addressing import subject_for
from tickets.mail.arrivals import receive_raw
from tickets.models import InboundMail, Mailbox, Message, Promise, Team, Ticket, User
from tickets.proof import verify_all

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 4


def pair(team: Team, carla: User) -> tuple[Ticket, Ticket]:
    return make.ticket("VPN", team=team, customer=carla), make.ticket("VPN again", team=team, customer=carla)


def fresh(ticket: Ticket) -> Ticket:
    return Ticket.objects.select_related("status").get(pk=ticket.pk)


def test_two_merges_crosswise_make_no_ring(helpdesk: Team, anna: User, root: User, carla: User) -> None:
    for _round in range(ROUNDS):
        one, two = pair(helpdesk, carla)
        outcomes = at_once(
            partial(merging.merge_ticket, one, into=two, by=anna), partial(merging.merge_ticket, two, into=one, by=root)
        )
        assert refusals(outcomes) == 1
        assert (fresh(one).merged_into_id is None) != (fresh(two).merged_into_id is None)
    assert verify_all().is_intact


def test_a_reply_and_a_merge_at_once(helpdesk: Team, anna: User, root: User, carla: User) -> None:
    """The reply is on the old ticket from before, or refused with the number; the merge always holds."""
    for _round in range(ROUNDS):
        one, two = pair(helpdesk, carla)
        outcomes = at_once(
            partial(merging.merge_ticket, one, into=two, by=anna),
            partial(conversation.reply_to_customer, one, text="Kész.", by=root),
        )
        assert fresh(one).merged_into_id == two.pk
        reply = outcomes[1]
        if isinstance(reply, Refused):
            assert two.number in str(reply)
            assert not Message.objects.filter(body="Kész.", ticket__in=[one, two]).exists()
        else:
            assert Message.objects.get(body="Kész.", ticket__in=[one, two]).ticket_id == one.pk
    assert verify_all().is_intact


def test_the_customers_word_and_a_merge_at_once(helpdesk: Team, anna: User, carla: User) -> None:
    for _round in range(ROUNDS):
        one, two = pair(helpdesk, carla)
        outcomes = at_once(
            partial(merging.merge_ticket, one, into=two, by=anna),
            partial(conversation.answer_from_portal, one, text="Még valami.", by=carla),
        )
        assert refusals(outcomes) == 0
        assert fresh(one).status.code == "merged", "a word that came just before does not open it again"
        assert Message.objects.filter(body="Még valami.", ticket__in=[one, two]).count() == 1
        assert fresh(two).is_open
    assert verify_all().is_intact


def test_a_mail_to_the_old_number_and_a_merge_at_once(
    mailbox: Mailbox, helpdesk: Team, anna: User, carla: User
) -> None:
    for _round in range(ROUNDS):
        one, two = pair(helpdesk, carla)
        raw = make.mail(sender="carla@duna.example", subject=subject_for(one.number, "VPN"), text="Levélben is.")
        (row,) = receive_raw(
            raw, door=InboundMail.Door.SMTP, envelope_from="carla@duna.example", envelope_to=[make.SUPPORT]
        )
        outcomes = at_once(partial(merging.merge_ticket, one, into=two, by=anna), intake.process_inbound_mail)
        assert refusals(outcomes) == 0
        row.refresh_from_db()
        assert row.state == InboundMail.State.FOLLOW_UP
        assert row.ticket_id in (one.pk, two.pk)
        assert fresh(one).merged_into_id == two.pk
        assert fresh(one).status.code == "merged"
    assert verify_all().is_intact


def test_merging_and_undoing_beside_customers_words(helpdesk: Team, anna: User, root: User, carla: User) -> None:
    for _round in range(ROUNDS):
        one, two = pair(helpdesk, carla)
        merging.merge_ticket(one, into=two, by=anna)
        outcomes = at_once(
            partial(merging.unmerge_ticket, one, by=anna),
            partial(conversation.answer_from_portal, one, text="Most?", by=carla),
            partial(conversation.reply_to_customer, two, text="Igen.", by=root),
        )
        assert refusals(outcomes) == 0
        assert fresh(one).merged_into_id is None
        assert Message.objects.filter(body="Most?", ticket__in=[one, two]).count() == 1
    assert verify_all().is_intact


def test_a_merge_and_a_blocking_link_at_once(helpdesk: Team, anna: User, root: User, carla: User) -> None:
    for _round in range(ROUNDS):
        one, two = pair(helpdesk, carla)
        other = make.ticket("Router", team=helpdesk, customer=carla)
        outcomes = at_once(
            partial(merging.merge_ticket, one, into=two, by=anna),
            partial(linking.relate_tickets, one, to=other, by=root, relation=linking.Relation.BLOCKS),
        )
        assert refusals(outcomes) == 1, "either it blocks something and is not merged, or it is merged"
    assert verify_all().is_intact


def test_accepting_a_promise_and_a_merge_at_once(helpdesk: Team, anna: User, root: User, carla: User) -> None:
    for _round in range(ROUNDS):
        one, two = pair(helpdesk, carla)
        promise = promises.promise_answer(one, who=anna, by_when=timezone.now() + timedelta(hours=2), by=root)
        outcomes = at_once(
            partial(merging.merge_ticket, one, into=two, by=root), partial(promises.accept_promise, promise, by=anna)
        )
        assert refusals(outcomes) == 0
        promise.refresh_from_db()
        assert (promise.ticket, promise.state) == (two, Promise.State.ACCEPTED)
        assert (fresh(one).due_at, fresh(two).due_at) == (None, promise.by_when)
    assert verify_all().is_intact
