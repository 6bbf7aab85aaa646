"""Who hears of which event, written in a bounded number of queries; muting, groups, deputies."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests import make
from tickets import absences, conversation, groups, lifecycle, notices, people, permissions, telling, watching
from tickets.errors import Refused
from tickets.models import GroupEvent, Notice, NoticeChoices, Right, Team, Ticket, TicketGroup, User
from tickets.telling import Kind

How = groups.How


@pytest.fixture
def ticket(helpdesk: Team, carla: User, anna: User) -> Ticket:
    return make.ticket(team=helpdesk, customer=carla, owner=anna, by=anna)


@pytest.fixture
def group(helpdesk: Team, anna: User) -> TicketGroup:
    return groups.open_group("VPN", team=helpdesk, by=anna, owner=anna)


def heard(user: User) -> list[str]:
    return list(Notice.objects.filter(user=user).order_by("pk").values_list("kind", flat=True))


def choose(user: User, **fields: Any) -> NoticeChoices:
    teams = fields.pop("teams", [])
    row, _made = NoticeChoices.objects.update_or_create(user=user, defaults=fields)
    row.teams.set(teams)
    return row


# --- groups ----------------------------------------------------------------------------------------------------------


def test_many_reports_of_a_group_are_one_line_with_a_count(group: TicketGroup, anna: User, root: User) -> None:
    for _ in range(14):
        groups.join_group(group, ticket=make.ticket(team=group.team), by=root, how=How.SELECTION)
    (line,) = notices.newest(anna)
    assert (line.title, [part.text for part in line.parts], line.is_unseen) == ("VPN", ["14 új bejelentés"], True)
    assert line.address == f"/groups/{group.pk}/"
    assert notices.count_unseen(anna) == 1, "the bell counts things, not their changes"
    notices.mark_seen(anna, group=group)
    assert notices.count_unseen(anna) == 0
    for _ in range(2):
        groups.join_group(group, ticket=make.ticket(team=group.team), by=root, how=How.SELECTION)
    (line,) = notices.newest(anna)
    assert ([part.text for part in line.parts], line.total) == (["2 új bejelentés"], 16), "what is new is counted"


def test_who_leads_and_follows_a_group_hears_of_each_report_and_who_works_on_it_of_the_rest(
    group: TicketGroup, helpdesk: Team, anna: User, cora: User, ben: User, root: User
) -> None:
    dora = make.agent("Tóth Dóra", team=helpdesk)
    telling.watch_group(group, by=cora)
    groups.join_group(
        group, ticket=make.ticket(team=helpdesk, owner=dora, by=root, text=None), by=root, how=How.SELECTION
    )
    Notice.objects.filter(kind=Kind.ASSIGNED).delete()
    assert (heard(anna), heard(cora), heard(dora), heard(ben)) == ([Kind.NEW_IN_GROUP], [Kind.NEW_IN_GROUP], [], [])
    with transaction.atomic():
        groups.record_in_group(group, GroupEvent.Verb.BROADCAST_DONE, by=None)
        groups.record_in_group(group, GroupEvent.Verb.CLOSED, by=anna)
    told = [Kind.BROADCAST_DONE, Kind.GROUP_CLOSED]
    assert (heard(dora), heard(cora)[1:], heard(anna)[1:]) == (told, told, [Kind.BROADCAST_DONE])


def test_a_group_that_is_given_to_somebody_is_told_like_a_ticket(
    group: TicketGroup, helpdesk: Team, anna: User
) -> None:
    dora = make.agent("Tóth Dóra", team=helpdesk)
    groups.edit_group(group, by=anna, title="VPN", description="", team=helpdesk, owner=dora, tags=[])
    assert heard(dora) == [Kind.ASSIGNED]
    assert notices.newest(dora)[0].parts[0].text == "Varga Anna rám bízta a csoportot"


def test_who_no_longer_sees_a_group_hears_nothing_and_sees_nothing_old(
    group: TicketGroup, helpdesk: Team, cora: User, root: User
) -> None:
    telling.watch_group(group, by=cora)
    groups.join_group(group, ticket=make.ticket(team=helpdesk), by=root, how=How.SELECTION)
    people.give_rights(cora, team=helpdesk, rights=[])
    cora = User.objects.get(pk=cora.pk)
    groups.join_group(group, ticket=make.ticket(team=helpdesk), by=root, how=How.SELECTION)
    assert heard(cora) == [Kind.NEW_IN_GROUP]
    assert notices.newest(cora) == []
    with pytest.raises(Refused):
        telling.watch_group(group, by=cora)


@pytest.mark.parametrize("rights", [[], [Right.READ], [Right.OWN], [Right.ALL]])
def test_who_works_on_a_group_is_the_same_question_the_other_way_round(
    group: TicketGroup, network: Team, helpdesk: Team, cora: User, ben: User, root: User, rights: list[Right]
) -> None:
    people.give_rights(cora, team=helpdesk, rights=rights)
    groups.join_group(group, ticket=make.ticket(team=network), by=root, how=How.SELECTION)
    asked = {user for user in User.objects.all() if TicketGroup.objects.worked_by(user).filter(pk=group.pk).exists()}
    assert set(permissions.who_works_on_group(group)) == asked
    assert {ben, root} <= asked
    with transaction.atomic():
        telling.tell(User.objects.all(), Kind.GROUP_CHANGED, group=group)
    shown = {user for user in User.objects.all() if notices.newest(user)}
    assert shown == asked


# --- teams -----------------------------------------------------------------------------------------------------------


def test_new_tickets_of_a_team_are_told_to_whom_chose_it_as_one_line(
    helpdesk: Team, network: Team, anna: User, ben: User, cora: User, root: User
) -> None:
    choose(cora, teams=[helpdesk])
    for _ in range(3):
        make.ticket(team=helpdesk)
    moved = make.ticket(team=network)
    lifecycle.move_ticket(moved, to=helpdesk, by=root)
    assert heard(anna) == []
    (line,) = notices.newest(cora)
    assert (line.title, [part.text for part in line.parts]) == (helpdesk.name, ["4 új jegy"])
    lifecycle.move_ticket(moved, to=network, by=root)
    assert notices.newest(cora)[0].total == 3, "a ticket that went away is nobody's news there"


def test_a_team_hears_of_alike_reports_but_not_who_only_reads(helpdesk: Team, anna: User, cora: User) -> None:
    ticket = make.ticket(team=helpdesk)
    with transaction.atomic():
        telling.tell_team(helpdesk, Kind.ALIKE, ticket=ticket, count=7)
        telling.tell_team(helpdesk, Kind.ALIKE, count=9)
    assert (heard(anna), heard(cora)) == ([Kind.ALIKE, Kind.ALIKE], [])
    lines = notices.newest(anna)
    assert [line.parts[0].text for line in lines] == [
        "9 hasonló bejelentés rövid időn belül",
        "7 hasonló bejelentés rövid időn belül",
    ]
    assert [line.thing[0] for line in lines] == ["team", "ticket"]


def test_telling_belongs_inside_the_act_s_transaction(anna: User, helpdesk: Team, db: None) -> None:
    ticket = make.ticket(team=helpdesk)
    with transaction.atomic():
        telling.tell([anna], Kind.RELEASE_ASKED, ticket=ticket, by=anna)
        assert heard(anna) == [], "nobody is told of his own acts"


# --- muting ----------------------------------------------------------------------------------------------------------


def test_a_muted_ticket_is_silent_save_for_what_is_urgent(ticket: Ticket, anna: User, cora: User, root: User) -> None:
    watching.watch_ticket(ticket, by=cora)
    telling.mute(by=cora, ticket=ticket)
    telling.mute(by=cora, ticket=ticket)
    conversation.add_note(ticket, text="Ránézek.", by=anna)
    assert heard(cora) == []
    conversation.add_note(ticket, text="@Kende Cora, mit gondolsz?", by=anna)
    assert heard(cora) == [Kind.MENTIONED]
    telling.unmute(by=cora, ticket=ticket)
    conversation.add_note(ticket, text="Megvan.", by=anna)
    assert heard(cora) == [Kind.MENTIONED, Kind.WATCHED_CHANGED]


def test_a_muted_group_is_silent_and_watching_it_again_ends_that(group: TicketGroup, anna: User, root: User) -> None:
    telling.mute(by=anna, group=group)
    groups.join_group(group, ticket=make.ticket(team=group.team), by=root, how=How.SELECTION)
    assert heard(anna) == []
    telling.watch_group(group, by=anna)
    assert not telling.is_muted(anna, group=group)
    groups.join_group(group, ticket=make.ticket(team=group.team), by=root, how=How.SELECTION)
    assert heard(anna) == [Kind.NEW_IN_GROUP]


def test_nobody_mutes_what_he_does_not_see(ticket: Ticket, group: TicketGroup, ben: User) -> None:
    with pytest.raises(Refused):
        telling.mute(by=ben, ticket=ticket)
    with pytest.raises(Refused):
        telling.mute(by=ben, group=group)


# --- deputies --------------------------------------------------------------------------------------------------------


def away(person: User, deputy: User | None) -> None:
    now = timezone.now()
    absences.set_absence(
        person, starts_at=now - timedelta(hours=1), ends_at=now + timedelta(days=3), deputy=deputy, by=person
    )


def test_the_deputy_hears_too_where_he_who_is_away_wants_it(helpdesk: Team, anna: User, cora: User, root: User) -> None:
    away(anna, cora)
    lifecycle.assign_ticket(make.ticket(team=helpdesk), to=anna, by=root)
    assert (heard(anna), heard(cora)) == ([Kind.ASSIGNED], [])
    choose(anna, when_away=NoticeChoices.WhenAway.DEPUTY)
    lifecycle.assign_ticket(make.ticket(team=helpdesk), to=anna, by=root)
    assert (heard(anna), heard(cora)) == ([Kind.ASSIGNED, Kind.ASSIGNED], [Kind.ASSIGNED])
    assert notices.newest(cora)[0].told[0].startswith("Varga Anna helyett")


def test_the_deputy_s_deputy_hears_and_nobody_who_can_t_see_the_ticket(
    helpdesk: Team, anna: User, cora: User, ben: User, root: User
) -> None:
    choose(anna, when_away=NoticeChoices.WhenAway.DEPUTY)
    dora = make.agent("Tóth Dóra", team=helpdesk)
    away(cora, dora)
    away(anna, cora)
    lifecycle.assign_ticket(make.ticket(team=helpdesk), to=anna, by=root)
    assert (heard(cora), heard(dora)) == ([], [Kind.ASSIGNED])
    people.give_rights(dora, team=helpdesk, rights=[])
    lifecycle.assign_ticket(make.ticket(team=helpdesk), to=anna, by=root)
    assert heard(dora) == [Kind.ASSIGNED]


# --- how much it costs -----------------------------------------------------------------------------------------------


def test_two_hundred_listeners_cost_no_more_queries_than_two(helpdesk: Team, anna: User, root: User) -> None:
    def cost(listeners: int) -> int:
        group = groups.open_group(f"VPN {listeners}", team=helpdesk, by=root, owner=anna)
        agents = [make.agent(team=helpdesk) for _ in range(listeners)]
        for number, agent in enumerate(agents):
            telling.watch_group(group, by=agent)
            if number % 2:
                choose(agent, when_away=NoticeChoices.WhenAway.DEPUTY)
                away(agent, agents[number - 1])
        with transaction.atomic(), CaptureQueriesContext(connection) as queries:
            groups.record_in_group(group, GroupEvent.Verb.FOLLOWED_UP, by=root)
        assert Notice.objects.filter(group=group, kind=Kind.FOLLOWED_UP).count() == listeners + 1
        return len(queries)

    few = cost(4)
    assert cost(200) == few
    assert few <= 14


def test_a_page_of_notices_costs_the_same_for_one_line_and_for_many(
    helpdesk: Team, anna: User, root: User, django_assert_max_num_queries: Any
) -> None:
    for _ in range(12):
        lifecycle.assign_ticket(make.ticket(team=helpdesk), to=anna, by=root)
    anna = User.objects.get(pk=anna.pk)
    with django_assert_max_num_queries(6):
        assert len(notices.read_page(anna).lines) == 12
