"""Groups: joining, leaving, one open group at a time, and what the database itself refuses."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from tests import make
from tickets import groups, history_words
from tickets.errors import Refused
from tickets.models import Event, GroupEvent, GroupMembership, Right, Team, Ticket, TicketGroup, User

How = GroupMembership.How


def events_of(ticket: Ticket) -> list[str]:
    return list(Event.objects.filter(ticket=ticket).values_list("verb", flat=True))


def test_a_group_of_a_selection(helpdesk: Team, anna: User) -> None:
    one, two = make.ticket(team=helpdesk), make.ticket(team=helpdesk)
    group = groups.open_group("  VPN \n down ", team=helpdesk, by=anna, tickets=[two, one])
    assert group.title == "VPN down"
    assert [groups.group_of(ticket) for ticket in (one, two)] == [group, group]
    assert events_of(one)[-1] == "joined_group"
    lines = history_words.tell(Event.objects.filter(ticket=one), reader=anna)
    assert "VPN down" in lines[-1].text
    for outsider in (None, make.person(roles=["agent"])):  # a title is for who may open the group
        assert "VPN down" not in history_words.tell(Event.objects.filter(ticket=one), reader=outsider)[-1].text
    assert list(group.events.values_list("verb", flat=True)) == ["opened", "joined", "joined"]


def test_joining_twice_is_once(helpdesk: Team, anna: User) -> None:
    ticket = make.ticket(team=helpdesk)
    group = groups.open_group("VPN", team=helpdesk, by=anna)
    first = groups.join_group(group, ticket=ticket, by=anna, how=How.TYPED)
    assert groups.join_group(group, ticket=ticket, by=None, how=How.RULE) == first
    assert events_of(ticket).count("joined_group") == 1


def test_a_ticket_is_in_one_open_group_unless_it_is_moved(helpdesk: Team, anna: User) -> None:
    ticket = make.ticket(team=helpdesk)
    vpn = groups.open_group("VPN", team=helpdesk, by=anna, tickets=[ticket])
    mail = groups.open_group("Mail", team=helpdesk, by=anna)
    with pytest.raises(Refused, match="VPN"):
        groups.join_group(mail, ticket=ticket, by=anna, how=How.TYPED)
    groups.join_group(mail, ticket=ticket, by=anna, how=How.TYPED, is_moving=True)
    assert groups.group_of(ticket) == mail
    assert events_of(ticket)[-3:] == ["joined_group", "left_group", "joined_group"]
    with pytest.raises(IntegrityError), transaction.atomic():
        GroupMembership.objects.create(group=vpn, ticket=ticket, how=How.TYPED)


def test_a_refused_member_leaves_no_half_group(helpdesk: Team, anna: User) -> None:
    ticket, free = make.ticket(team=helpdesk), make.ticket(team=helpdesk)
    groups.open_group("VPN", team=helpdesk, by=anna, tickets=[ticket])
    with pytest.raises(Refused):
        groups.open_group("Mail", team=helpdesk, by=anna, tickets=[free, ticket])
    assert groups.group_of(free) is None
    assert TicketGroup.objects.count() == 1


def test_leaving_can_be_undone(helpdesk: Team, anna: User) -> None:
    ticket = make.ticket(team=helpdesk)
    group = groups.open_group("VPN", team=helpdesk, by=anna, tickets=[ticket])
    assert groups.leave_group(ticket, by=anna) == group
    assert groups.group_of(ticket) is None
    with pytest.raises(Refused):
        groups.leave_group(ticket, by=anna)
    groups.join_group(group, ticket=ticket, by=anna, how=How.TYPED)
    assert groups.group_of(ticket) == group
    assert group.memberships.count() == 2  # the first time is kept


def test_what_is_changed_is_one_line_and_what_is_not_is_none(helpdesk: Team, anna: User) -> None:
    group = groups.open_group("VPN", team=helpdesk, by=anna)
    same = {"title": "VPN", "description": "", "team": helpdesk, "owner": None, "tags": []}
    groups.edit_group(group, by=anna, **same)  # type: ignore[arg-type]
    groups.edit_group(group, by=anna, **(same | {"owner": anna, "title": "VPN in Győr"}))  # type: ignore[arg-type]
    changed = GroupEvent.objects.get(group=group, verb="changed")
    assert changed.data == {"fields": ["title", "owner"], "owner": {"before": None, "after": anna.pk}}


def test_an_owner_works_in_the_team(helpdesk: Team, anna: User) -> None:
    stranger = make.person(roles=["agent"])
    with pytest.raises(Refused) as refusal:
        groups.open_group("VPN", team=helpdesk, by=anna, owner=stranger)
    assert refusal.value.field == "owner"


def test_an_outage_is_shown_with_words_only(helpdesk: Team, anna: User) -> None:
    group = groups.open_group("VPN", team=helpdesk, by=anna)
    with pytest.raises(Refused):
        groups.set_outage(group, by=anna, texts={"hu": "  "}, is_shown=True)
    shown = groups.set_outage(group, by=anna, texts={"hu": "A VPN nem megy."}, is_shown=True)
    assert shown.outage_since is not None
    groups.set_outage(group, by=anna, texts={"hu": "Dolgozunk rajta."}, is_shown=True)
    groups.set_outage(group, by=anna, texts={"hu": "Dolgozunk rajta."}, is_shown=False)
    assert list(group.events.values_list("verb", flat=True)) == ["opened", "outage_shown", "changed", "outage_hidden"]


def test_the_database_removes_and_rewrites_nothing(helpdesk: Team, anna: User) -> None:
    ticket = make.ticket(team=helpdesk)
    group = groups.open_group("VPN", team=helpdesk, by=anna, tickets=[ticket])
    for rows in (GroupMembership.objects.all(), GroupEvent.objects.all(), TicketGroup.objects.filter(pk=group.pk)):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows._raw_delete(rows.db)
    with pytest.raises(DatabaseError), transaction.atomic():
        GroupEvent.objects.update(verb="closed")


def test_who_may_open_which_group(helpdesk: Team, network: Team, anna: User) -> None:
    """A team's readers, the owner, and whoever works on a ticket in it."""
    ticket = make.ticket(team=helpdesk)
    group = groups.open_group("VPN", team=network, by=None, tickets=[ticket])
    outsider = make.person(roles=["agent"])
    reader = make.person(roles=["agent"], rights={network: [Right.READ]})
    seen = {person: group in TicketGroup.objects.worked_by(person) for person in (anna, outsider, reader)}
    assert seen == {anna: True, outsider: False, reader: True}
    groups.leave_group(ticket, by=None)
    assert group not in TicketGroup.objects.worked_by(User.objects.get(pk=anna.pk))
    assert group not in TicketGroup.objects.worked_by(make.person())
