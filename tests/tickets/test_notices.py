"""Who hears of what, and what is behind the bell."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests import make
from tickets import conversation, lifecycle, notices, people, permissions, promises, tagging, watching
from tickets.errors import Refused
from tickets.models import Event, Mailbox, Message, Notice, Priority, Right, Team, Ticket, TicketGroup, User, Watch
from tickets.notice_words import put_in_words

Kind = Notice.Kind
SOON = timedelta(hours=2)


@pytest.fixture
def ticket(helpdesk: Team, carla: User, mailbox: Mailbox, anna: User) -> Ticket:
    return make.ticket(team=helpdesk, customer=carla, owner=anna, by=anna)


def heard(user: User) -> list[str]:
    return list(Notice.objects.filter(user=user).order_by("pk").values_list("kind", flat=True))


def test_a_ticket_given_by_another_is_told_and_one_taken_is_not(helpdesk: Team, anna: User, root: User) -> None:
    given, taken = make.ticket(team=helpdesk), make.ticket(team=helpdesk)
    lifecycle.assign_ticket(given, to=anna, by=root)
    lifecycle.assign_ticket(taken, to=anna, by=anna)
    lifecycle.change_responsible(taken, to=anna, by=root)
    assert [(notice.ticket, notice.kind) for notice in Notice.objects.filter(user=anna)] == [(given, Kind.ASSIGNED)]


def test_the_owner_hears_that_the_customer_wrote_but_of_no_machine(ticket: Ticket, anna: User, carla: User) -> None:
    Notice.objects.all().delete()
    conversation.answer_from_portal(ticket, text="Még mindig rossz.", by=carla)
    assert heard(anna) == [Kind.CUSTOMER_WROTE]
    mail = conversation.IncomingMail(
        subject="x", text="Nem vagyok bent.", from_address="x@y.example", is_automatic=True
    )
    conversation.receive_message(ticket, mail, author=carla, inbound=None)
    assert heard(anna) == [Kind.CUSTOMER_WROTE]


def test_a_promise_is_told_on_its_way(ticket: Ticket, anna: User, ben: User) -> None:
    Notice.objects.all().delete()
    promise = promises.promise_answer(ticket, who=ben, by_when=timezone.now() + SOON, by=anna)
    assert (heard(ben), heard(anna)) == ([Kind.PROMISE_ASKED], [])
    promises.propose_time(promise, by_when=timezone.now() + 2 * SOON, by=ben)
    promises.decline_promise(promise, by=ben)
    assert heard(anna) == [Kind.PROMISE_PROPOSED, Kind.PROMISE_DECLINED]
    promises.promise_answer(ticket, who=anna, by_when=timezone.now() + SOON, by=anna)
    assert heard(anna) == [Kind.PROMISE_PROPOSED, Kind.PROMISE_DECLINED], "one's own promise is no news"


def test_a_watcher_hears_of_what_matters_until_he_stops(ticket: Ticket, anna: User, cora: User) -> None:
    watching.watch_ticket(ticket, by=cora)
    watching.watch_ticket(ticket, by=cora)
    lifecycle.change_priority(ticket, to=Priority.objects.get(code="high"), by=anna)
    tagging.tag_ticket(ticket, "vpn", by=anna)
    conversation.add_note(ticket, text="Ránézek.", by=cora)
    assert heard(cora) == [Kind.WATCHED_CHANGED]
    watching.unwatch_ticket(ticket, by=cora)
    watching.unwatch_ticket(ticket, by=cora)
    conversation.add_note(ticket, text="Megvan.", by=anna)
    assert heard(cora) == [Kind.WATCHED_CHANGED]
    verbs = list(Event.objects.filter(ticket=ticket, by=cora).order_by("seq").values_list("verb", flat=True))
    assert verbs == ["watched", "noted", "unwatched"]


def test_writing_on_a_ticket_makes_nobody_watch_it(ticket: Ticket, cora: User) -> None:
    conversation.add_note(ticket, text="Ránézek.", by=cora)
    assert not Watch.objects.exists()


def test_only_who_sees_the_inside_may_watch(ticket: Ticket, ben: User, carla: User) -> None:
    for person in (ben, carla):
        with pytest.raises(Refused):
            watching.watch_ticket(ticket, by=person)


def test_the_nearest_reason_counts_and_each_hears_once(ticket: Ticket, anna: User, carla: User) -> None:
    watching.watch_ticket(ticket, by=anna)
    Notice.objects.all().delete()
    conversation.answer_from_portal(ticket, text="Nos?", by=carla)
    assert heard(anna) == [Kind.CUSTOMER_WROTE]


def test_a_watcher_who_lost_the_right_hears_nothing_and_sees_nothing_old(
    ticket: Ticket, anna: User, cora: User, helpdesk: Team
) -> None:
    watching.watch_ticket(ticket, by=cora)
    conversation.add_note(ticket, text="Egy.", by=anna)
    assert notices.count_unseen(cora) == 1
    people.give_rights(cora, team=helpdesk, rights=[])
    cora = User.objects.get(pk=cora.pk)
    conversation.add_note(ticket, text="Kettő.", by=anna)
    assert heard(cora) == [Kind.WATCHED_CHANGED]
    assert notices.count_unseen(cora) == 0
    assert notices.newest(cora) == []
    assert notices.read_page(cora).lines == []


@pytest.mark.parametrize("rights", [[], [Right.READ], [Right.OWN], [Right.ALL], [Right.NOTE, Right.READ]])
def test_who_works_on_a_ticket_is_the_same_question_the_other_way_round(
    ticket: Ticket, anna: User, ben: User, cora: User, root: User, carla: User, helpdesk: Team, rights: list[Right]
) -> None:
    people.give_rights(cora, team=helpdesk, rights=rights)
    promises.promise_answer(ticket, who=ben, by_when=timezone.now() + SOON, by=anna)
    ticket.refresh_from_db()
    everybody = list(User.objects.all())
    asked = {user for user in everybody if Ticket.objects.worked_by(user).filter(pk=ticket.pk).exists()}
    assert set(permissions.who_works_on(ticket)) == asked
    assert {anna, ben, root} <= asked


def test_opening_sees_the_ticket_s_notices_and_the_button_all(helpdesk: Team, anna: User, root: User) -> None:
    tickets = [make.ticket(team=helpdesk) for _ in range(3)]
    for each in tickets:
        lifecycle.assign_ticket(each, to=anna, by=root)
    assert notices.mark_seen(anna, ticket=tickets[0]) == 1
    assert notices.count_unseen(anna) == 2
    assert notices.mark_seen(anna) == 2
    assert notices.mark_seen(anna) == 0


def test_notices_are_grouped_by_ticket_and_read_page_by_page(
    helpdesk: Team, anna: User, cora: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    tickets = [make.ticket(team=helpdesk) for _ in range(3)]
    for each in tickets:
        watching.watch_ticket(each, by=cora)
    for _ in range(3):
        for each in tickets:
            conversation.add_note(each, text="Ránézek.", by=anna)
    lines = notices.newest(cora)
    assert [(line.ticket, line.total) for line in lines] == [(each, 3) for each in reversed(tickets)]
    assert [part.text for part in lines[0].parts] == ["3 változás"]
    monkeypatch.setattr(notices, "LOOKED_THROUGH", 4)
    seen: list[int] = []
    before = 0
    for _page in range(3):
        page = notices.read_page(cora, before=before)
        seen += [notice.pk for line in page.lines for notice in line.notices]
        before = page.older
    assert before == 0
    assert sorted(seen, reverse=True) == list(Notice.objects.order_by("-pk").values_list("pk", flat=True))


def test_every_kind_of_notice_has_its_sentence(ticket: Ticket, anna: User, django_assert_max_num_queries: Any) -> None:
    event = Event.objects.filter(ticket=ticket).latest("seq")
    made = [Notice(pk=n, user=anna, kind=kind, ticket=ticket, event=event) for n, kind in enumerate(Kind.values, 1)]
    made.append(Notice(pk=99, user=anna, kind=Kind.SEND_REFUSED, ticket=ticket))
    group = TicketGroup(title="VPN")
    made += [Notice(pk=100 + n, user=anna, by=anna, kind=kind, group=group) for n, kind in enumerate(Kind.values)]
    with django_assert_max_num_queries(4):
        told = put_in_words(made)
    assert all(each.text and each.icon for each in told.values())
    assert len({each.text for each in told.values()}) >= len(Kind.values) - 1


def test_a_notice_is_of_its_event_s_transaction(ticket: Ticket, anna: User, root: User) -> None:
    from django.db import transaction

    Notice.objects.all().delete()
    with transaction.atomic():
        make.message(ticket, "Nos?", kind=Message.Kind.WEB, author=ticket.customer)
        assert heard(anna) == [Notice.Kind.CUSTOMER_WROTE]
        transaction.set_rollback(True)
    assert heard(anna) == []
