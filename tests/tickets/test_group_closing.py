"""Closing a group: what becomes of each member, who is left alone, what reporters say afterwards."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client
from django.utils import timezone

from tests import make
from tickets import conversation, group_closing, group_figures, group_lists, groups, lifecycle
from tickets.errors import Refused
from tickets.group_closing import Choice
from tickets.models import (
    GroupClosing,
    GroupClosingItem,
    GroupEvent,
    GroupMembership,
    Mailbox,
    OutboundMail,
    Right,
    Status,
    Team,
    Ticket,
    TicketGroup,
    TicketLink,
    User,
)

How = groups.How


def solve(ticket: Ticket, by: User | None = None) -> Ticket:
    return lifecycle.change_status(ticket, to=Status.objects.get(code="solved"), by=by)


def close(group: TicketGroup, by: User, choice: Choice = Choice.CLOSE) -> GroupClosing:
    plan = group_closing.plan_closing(group, by=by)
    group_closing.choose_for_all(plan, choice=choice, by=by)
    return group_closing.close_group(plan, by=by)


def states(closing: GroupClosing) -> dict[int, tuple[str, str]]:
    return {item.ticket_id: (item.choice, item.state) for item in closing.items.all()}


@pytest.fixture
def tickets(helpdesk: Team, carla: User) -> list[Ticket]:
    return [make.ticket(f"VPN {n}", team=helpdesk, customer=carla) for n in range(3)]


@pytest.fixture
def group(helpdesk: Team, anna: User, tickets: list[Ticket]) -> TicketGroup:
    return groups.open_group("VPN", team=helpdesk, by=anna, tickets=tickets)


def test_all_are_closed_in_their_own_history(group: TicketGroup, tickets: list[Ticket], anna: User) -> None:
    closing = close(group, anna)
    group.refresh_from_db()
    assert (group.status, closing.state) == ("closed", "finished")
    assert {status for _choice, status in states(closing).values()} == {"done"}
    for ticket in Ticket.objects.all():
        assert not ticket.is_open
        assert list(ticket.events.order_by("seq").values_list("verb", flat=True))[-2:] == [
            "group_closed",
            "status_changed",
        ]
        assert groups.group_of(ticket) is None
    assert GroupEvent.objects.get(group=group, verb="closed").data["close"] == 3


def test_closed_and_reopened_members_are_left_alone_by_default(
    group: TicketGroup, tickets: list[Ticket], anna: User, carla: User
) -> None:
    solve(tickets[0])
    solve(tickets[1])
    conversation.answer_from_portal(tickets[1], text="Nálam még mindig nem jó.", by=carla)
    plan = group_closing.plan_closing(group, by=anna)
    assert group_closing.count_choices(plan, by=anna) == {"close": 1, "leave": 2, "others": 0}
    group_closing.choose_for_some(plan, Ticket.objects.filter(pk=tickets[1].pk), choice="close", by=anna)
    closing = group_closing.close_group(plan, by=anna)
    assert states(closing) == {
        tickets[0].pk: ("leave", "unchanged"),
        tickets[1].pk: ("close", "done"),
        tickets[2].pk: ("close", "done"),
    }


def test_a_member_that_an_open_ticket_outside_blocks_is_left_alone_by_default(
    group: TicketGroup, tickets: list[Ticket], helpdesk: Team, anna: User
) -> None:
    outside = make.ticket(team=helpdesk)
    for blocker, blocked in ((outside, tickets[0]), (tickets[2], tickets[1])):
        TicketLink.objects.create(source=blocker, target=blocked, type=TicketLink.Type.BLOCKS, by=anna)
    plan = group_closing.plan_closing(group, by=anna)
    assert group_closing.count_choices(plan, by=anna) == {"close": 2, "leave": 1, "others": 0}
    solve(outside)
    assert group_closing.count_choices(plan, by=anna) == {"close": 3, "others": 0}


def test_what_was_reopened_before_the_last_broadcast_counts_as_any_other(
    group: TicketGroup, tickets: list[Ticket], anna: User, carla: User
) -> None:
    solve(tickets[0])
    conversation.answer_from_portal(tickets[0], text="Nem jó.", by=carla)
    plan = group_closing.plan_closing(group, by=anna)
    assert group_closing.count_choices(plan, by=anna)["leave"] == 1
    groups.record_in_group(group, GroupEvent.Verb.BROADCAST_PLANNED, by=anna)
    assert group_closing.count_choices(plan, by=anna)["leave"] == 0


def test_an_asked_reporter_confirms_or_says_no(
    group: TicketGroup, tickets: list[Ticket], anna: User, carla: User, mailbox: Mailbox
) -> None:
    plan = group_closing.plan_closing(group, by=anna)
    group_closing.choose_for_all(plan, choice="ask", by=anna, texts={"hu": "Megoldódott? {link}", "xx": "no"})
    closing = group_closing.close_group(plan, by=anna)
    assert {state for _choice, state in states(closing).values()} == {"done"}
    ticket = Ticket.objects.get(pk=tickets[0].pk)
    assert ticket.status.code == "solves"
    sent = OutboundMail.objects.filter(ticket=ticket).latest("pk")
    assert f"/portal/requests/{ticket.number}/#confirm" in sent.body
    assert "{link}" not in sent.body
    assert group_closing.open_question(ticket, to=carla) is not None
    assert not group_closing.answer_question(ticket, is_solved=True, by=carla).is_open
    with pytest.raises(Refused):
        group_closing.answer_question(ticket, is_solved=False, by=carla)
    other = group_closing.answer_question(tickets[1], is_solved=False, by=carla)
    assert other.status.code == "open"
    assert set(closing.items.values_list("answer", flat=True)) == {"solved", "not_solved", ""}
    assert group_figures.count_followed_up(TicketGroup.objects.get(pk=group.pk)) == 1
    assert mail.outbox == []  # rows first


def test_who_has_no_address_is_refused_and_stops_nobody(helpdesk: Team, anna: User, carla: User) -> None:
    silent = make.ticket(team=helpdesk, customer=make.person("Telefonos", None))
    spoken = make.ticket(team=helpdesk, customer=carla)
    group = groups.open_group("VPN", team=helpdesk, by=anna, tickets=[silent, spoken])
    closing = close(group, anna, Choice.ASK)
    found = {item.ticket_id: item for item in closing.items.all()}
    assert (found[silent.pk].state, found[spoken.pk].state) == ("refused", "done")
    assert found[silent.pk].sentence
    assert Ticket.objects.get(pk=silent.pk).is_open


def test_members_of_other_teams_are_left_to_them(
    group: TicketGroup, network: Team, anna: User, helpdesk: Team, ben: User
) -> None:
    foreign = make.ticket(team=network)
    groups.join_group(group, ticket=foreign, by=ben, how=How.TYPED)
    plan = group_closing.plan_closing(group, by=anna)
    assert group_closing.count_choices(plan, by=anna)["others"] == 1
    assert group_closing.choose_for_some(plan, Ticket.objects.filter(pk=foreign.pk), choice="close", by=anna) == 0
    closing = group_closing.close_group(plan, by=anna)
    assert states(closing)[foreign.pk] == ("leave", "unchanged")
    assert Ticket.objects.get(pk=foreign.pk).is_open
    assert foreign.events.filter(verb="group_closed").exists()


def test_a_right_taken_away_meanwhile_counts(group: TicketGroup, anna: User, helpdesk: Team) -> None:
    plan = group_closing.plan_closing(group, by=anna)
    anna.memberships.update(rights=[Right.READ, Right.NOTE])
    closing = group_closing.close_group(plan, by=User.objects.get(pk=anna.pk))
    assert {state for _choice, state in states(closing).values()} == {"refused"}


def test_a_large_closing_is_drained_and_may_run_twice(
    group: TicketGroup, anna: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_closing, "MOST_AT_ONCE", 1)
    closing = close(group, anna)
    assert closing.state == "running"
    assert group_closing.drain_group_closings(limit=2) == 2
    assert group_closing.drain_group_closings() == 1
    assert group_closing.drain_group_closings() == 0
    closing.refresh_from_db()
    assert closing.state == "finished"
    assert Ticket.objects.open().count() == 0


def test_one_that_fails_stops_no_other(
    group: TicketGroup, tickets: list[Ticket], anna: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = lifecycle.change_status

    def broken(ticket: Ticket, **given: object) -> Ticket:
        if ticket.pk == tickets[1].pk:
            raise RuntimeError("broken")
        return real(ticket, **given)  # type: ignore[arg-type]

    monkeypatch.setattr(group_closing, "change_status", broken)
    closing = close(group, anna)
    assert [state for _choice, state in sorted(states(closing).values())].count("failed") == 1
    assert not tickets[1].events.filter(verb="group_closed").exists()  # its transaction was rolled back
    assert Ticket.objects.open().count() == 1


def test_the_outage_goes_with_the_group_and_both_can_come_back(
    group: TicketGroup, tickets: list[Ticket], anna: User
) -> None:
    groups.set_outage(group, by=anna, texts={"hu": "A VPN nem megy."}, is_shown=True)
    close(group, anna, Choice.LEAVE)
    group.refresh_from_db()
    assert not group.is_outage_shown
    other = groups.open_group("Mail", team=group.team, by=anna, tickets=[tickets[0]])
    group = group_closing.reopen_group(group, by=anna)
    assert group.is_open
    assert [groups.group_of(ticket) for ticket in tickets] == [other, group, group]
    assert group_closing.reopen_group(group, by=anna) == group  # twice is once
    with pytest.raises(Refused):
        groups.join_group(group, ticket=tickets[0], by=anna, how=How.TYPED)


def test_a_plan_is_kept_and_started_once(group: TicketGroup, anna: User) -> None:
    plan = group_closing.plan_closing(group, by=anna)
    assert group_closing.plan_closing(group, by=anna) == plan
    group_closing.close_group(plan, by=anna)
    with pytest.raises(Refused):
        group_closing.close_group(plan, by=anna)
    with pytest.raises(Refused):
        group_closing.plan_closing(TicketGroup.objects.get(pk=group.pk), by=anna)


def test_who_has_left_before_the_drain_is_not_touched(
    group: TicketGroup, tickets: list[Ticket], anna: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_closing, "MOST_AT_ONCE", 0)
    closing = close(group, anna)
    GroupMembership.objects.filter(ticket=tickets[0]).update(left_at=timezone.now())
    group_closing.drain_group_closings()
    assert states(closing)[tickets[0].pk][1] == "refused"
    assert Ticket.objects.get(pk=tickets[0].pk).is_open


# --- afterwards ------------------------------------------------------------------------------------------------------


def test_a_follow_up_stands_in_the_group_and_opens_its_own_ticket_alone(
    group: TicketGroup, tickets: list[Ticket], anna: User, carla: User
) -> None:
    close(group, anna)
    conversation.answer_from_portal(tickets[0], text="Megint nem jó.", by=carla)
    conversation.add_note(tickets[1], text="Jegyzet", by=anna)
    event = GroupEvent.objects.get(group=group, verb="followed_up")
    assert (event.ticket, event.by) == (tickets[0], carla)
    group.refresh_from_db()
    assert not group.is_open
    assert Ticket.objects.open().get() == tickets[0]
    line = group_lists.list_groups(anna, is_open=False)[0][0]
    assert (line.members, line.followed_up) == (3, 1)


def test_a_follow_up_that_opens_a_new_ticket_stands_in_the_group_too(
    group: TicketGroup, tickets: list[Ticket], anna: User, carla: User, helpdesk: Team
) -> None:
    helpdesk.closed_follow_up = Team.ClosedFollowUp.NEW_TICKET
    helpdesk.save()
    close(group, anna)
    conversation.answer_from_portal(tickets[0], text="Megint nem jó.", by=carla)
    assert GroupEvent.objects.get(group=group, verb="followed_up").ticket == tickets[0]


def test_while_the_group_is_open_an_answer_is_no_follow_up(
    group: TicketGroup, tickets: list[Ticket], carla: User
) -> None:
    conversation.answer_from_portal(tickets[0], text="Van hír?", by=carla)
    assert not GroupEvent.objects.filter(verb="followed_up").exists()


# --- at the door -----------------------------------------------------------------------------------------------------


def test_the_page_of_the_closing_counts_before_the_act(
    group: TicketGroup, tickets: list[Ticket], anna: User, as_user: Callable[[User], Client]
) -> None:
    client, url = as_user(anna), f"/groups/{group.pk}/close/"
    assert "3" in client.get(url).content.decode()
    answer = client.post(url, {"choice": "close", "do": "leave", "ticket": [tickets[0].number]})
    assert answer.status_code == 302
    assert client.post(url, {"choice": "close", "do": "ask"}).status_code == 422  # none selected
    client.post(f"{url}?q={tickets[1].number}", {"choice": "close", "do": "ask", "whole": "1"})
    plan = GroupClosing.objects.get()
    assert dict(plan.items.values_list("ticket", "choice")) == {tickets[0].pk: "leave", tickets[1].pk: "ask"}
    assert client.get(f"{url}?show=ask").context["total"] == 1
    answer = client.post(url, {"choice": "close", "do": "start"})
    assert answer["Location"] == f"/groups/{group.pk}/closing/"
    page = client.get(answer["Location"]).content.decode()
    assert tickets[0].number in page
    assert client.get(url).status_code == 302  # closed already


def test_the_customer_answers_in_the_portal(
    group: TicketGroup, tickets: list[Ticket], anna: User, carla: User, karl: User, as_user: Callable[[User], Client]
) -> None:
    close(group, anna, Choice.ASK)
    number = tickets[0].number
    client = as_user(carla)
    assert f"/portal/requests/{number}/confirm/" in client.get(f"/portal/requests/{number}/").content.decode()
    assert as_user(karl).post(f"/portal/requests/{number}/confirm/", {"solved": "yes"}).status_code == 404
    client.post(f"/portal/requests/{number}/confirm/", {"solved": "no", "text": "Még lassú."})
    assert GroupClosingItem.objects.get(ticket=tickets[0]).answer == "not_solved"
    assert tickets[0].messages.latest("pk").body == "Még lassú."
    assert f"/portal/requests/{number}/confirm/" not in client.get(f"/portal/requests/{number}/").content.decode()


def test_an_unanswered_question_closes_in_the_end(group: TicketGroup, tickets: list[Ticket], anna: User) -> None:
    close(group, anna, Choice.ASK)
    ticket = Ticket.objects.get(pk=tickets[0].pk)
    assert ticket.pending_until is not None
    assert ticket.pending_until > timezone.now() + timedelta(days=settings.GROUP_CONFIRM_DAYS - 1)
    Ticket.objects.update(pending_until=timezone.now() - timedelta(minutes=1))
    assert lifecycle.wake_pending_tickets() == 3
    assert Ticket.objects.open().count() == 0
