"""Who sees what and who may do what, right by right."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils import timezone

from tests import make
from tickets import access, conversation, people, permissions, promises
from tickets.errors import NotAllowed
from tickets.models import Message, Organisation, Right, Role, Team, Ticket, User

# What each right alone lets an agent do on a ticket of the team.
ALLOWS: dict[Right, set[str]] = {
    Right.READ: {"see", "see_internal"},
    Right.CREATE: set(),
    Right.NOTE: {"note", "tag"},
    Right.REPLY: {"reply", "change_status", "move", "accept"},
    Right.MOVE_IN: set(),
    Right.OWN: {"assign", "change_status", "move"},
    Right.PRIORITY: {"change_priority"},
    Right.ALL: {
        "see", "see_internal", "note", "tag", "reply", "change_status", "move", "accept", "assign", "change_priority",
    },
}  # fmt: skip
ACTS: dict[str, Callable[[User, Ticket], bool]] = {
    "see": permissions.can_see,
    "see_internal": permissions.can_see_internal,
    "note": permissions.can_note,
    "tag": permissions.can_tag,
    "reply": permissions.can_reply,
    "change_status": permissions.can_change_status,
    "move": permissions.can_move,
    "accept": permissions.can_accept,
    "assign": permissions.can_assign,
    "change_priority": permissions.can_change_priority,
}


def allowed(user: User, ticket: Ticket) -> set[str]:
    user = User.objects.get(pk=user.pk)
    return {act for act, may in ACTS.items() if may(user, ticket)}


@pytest.mark.parametrize("right", list(Right))
def test_each_right_allows_its_own_acts_and_no_other(helpdesk: Team, carla: User, right: Right) -> None:
    agent = make.agent(team=helpdesk, rights=[right])
    ticket = make.ticket(team=helpdesk, customer=carla)
    assert allowed(agent, ticket) == ALLOWS[right]


def test_an_agent_may_do_nothing_in_another_team(network: Team, anna: User, carla: User) -> None:
    assert allowed(anna, make.ticket(team=network, customer=carla)) == set()


def test_an_administrator_may_do_everything(helpdesk: Team, root: User) -> None:
    assert allowed(root, make.ticket(team=helpdesk)) == set(ACTS)


def test_a_customer_sees_his_own_and_does_nothing_an_agent_does(helpdesk: Team, carla: User, karl: User) -> None:
    ticket = make.ticket(team=helpdesk, customer=carla)
    assert allowed(carla, ticket) == {"see"}
    assert allowed(karl, ticket) == set()
    assert permissions.can_write_as_customer(carla, ticket)
    assert not permissions.can_write_as_customer(karl, ticket)


def test_whoever_is_deactivated_sees_and_does_nothing(helpdesk: Team, anna: User, root: User, carla: User) -> None:
    ticket = make.ticket(team=helpdesk, customer=carla, owner=anna)
    for user in (anna, root, carla):
        user.is_active = False
        user.save()
        assert allowed(user, ticket) == set()
        assert not permissions.can_set_up(user)


def test_a_membership_without_the_role_gives_nothing(helpdesk: Team, carla: User) -> None:
    people.give_rights(carla, team=helpdesk, rights=[Right.ALL])
    assert allowed(carla, make.ticket(team=helpdesk)) == set()


def test_owner_responsible_and_promiser_see_the_ticket_wherever_it_is(
    helpdesk: Team, network: Team, anna: User, ben: User, carla: User
) -> None:
    ticket = make.ticket(team=helpdesk, customer=carla)
    assert allowed(ben, ticket) == set()
    for field in ("owner", "responsible"):
        Ticket.objects.filter(pk=ticket.pk).update(owner=None, responsible=None)
        Ticket.objects.filter(pk=ticket.pk).update(**{field: ben})
        ticket.refresh_from_db()
        assert allowed(ben, ticket) == {"see", "see_internal", "note"}
    Ticket.objects.filter(pk=ticket.pk).update(owner=None, responsible=None)
    ticket.refresh_from_db()
    promises.promise_answer(ticket, who=ben, by_when=timezone.now() + timedelta(hours=1), by=anna)
    assert allowed(ben, ticket) == {"see", "see_internal", "note"}


def test_an_organisation_that_shares_lets_its_members_see_one_another_s(
    helpdesk: Team, duna: Organisation, carla: User, karl: User
) -> None:
    ticket = make.ticket(team=helpdesk, customer=carla)
    colleague = make.person("Kolléga", organisation=duna)
    assert not permissions.can_see(colleague, ticket)
    duna.shares_tickets = True
    duna.save()
    assert permissions.can_see(User.objects.get(pk=colleague.pk), ticket)
    assert not permissions.can_see(karl, ticket)


def test_a_participant_sees_the_ticket_until_he_is_removed(helpdesk: Team, carla: User, karl: User) -> None:
    ticket = make.ticket(team=helpdesk, customer=carla)
    conversation.add_participant(ticket, karl, by=None)
    assert permissions.can_see(karl, ticket)
    conversation.remove_participant(ticket, karl, by=None)
    assert not permissions.can_see(karl, ticket)


def test_customers_never_see_notes_nor_strangers_messages(
    helpdesk: Team, carla: User, karl: User, anna: User, ben: User, root: User
) -> None:
    ticket = make.ticket(team=helpdesk, customer=carla)
    shown = ticket.messages.get()
    note = make.note(ticket, author=anna)
    stranger = make.message(ticket, author=karl, visible=False, is_unconfirmed=True)
    seen = {user: set(Message.objects.visible_to(user)) for user in (carla, karl, anna, ben, root)}
    assert seen == {
        carla: {shown},
        karl: set(),
        anna: {shown, note, stranger},
        ben: set(),
        root: {shown, note, stranger},
    }
    assert set(Message.objects.visible_to(AnonymousUser())) == set()
    assert set(Message.objects.visible_to(None)) == set()


def test_an_agent_who_asked_another_team_is_a_customer_there(network: Team, anna: User, ben: User) -> None:
    ticket = make.ticket(team=network, customer=anna)
    note = make.note(ticket, author=ben)
    assert allowed(anna, ticket) == {"see"}
    assert note not in Message.objects.visible_to(anna)
    assert note in Message.objects.visible_to(ben)


def test_moving_needs_the_right_to_move_in_there(helpdesk: Team, network: Team, anna: User) -> None:
    ticket = make.ticket(team=helpdesk)
    assert not permissions.can_move(anna, ticket, network)
    people.give_rights(anna, team=network, rights=[Right.MOVE_IN])
    assert permissions.can_move(User.objects.get(pk=anna.pk), ticket, network)


def test_creating_needs_the_right_and_a_team_that_works(helpdesk: Team, anna: User, cora: User) -> None:
    assert permissions.can_create(anna, helpdesk)
    assert not permissions.can_create(cora, helpdesk)
    helpdesk.is_active = False
    assert not permissions.can_create(anna, helpdesk)


def test_set_up_is_the_administrators(root: User, anna: User, carla: User) -> None:
    assert [permissions.can_set_up(user) for user in (root, anna, carla, None)] == [True, False, False, False]


def test_loading_says_404_for_the_unseen_and_403_for_the_forbidden(
    helpdesk: Team, carla: User, karl: User, cora: User, anna: User
) -> None:
    ticket = make.ticket(team=helpdesk, customer=carla)
    assert access.load_ticket(anna, ticket.number, to="reply") == ticket
    for user in (karl, AnonymousUser()):
        with pytest.raises(Http404):
            access.load_ticket(user, ticket.number)
    for user in (carla, cora):
        assert access.load_ticket(user, ticket.number) == ticket
        with pytest.raises(PermissionDenied):
            access.load_ticket(user, ticket.number, to="reply")
    message = make.message(ticket, attachments={"a.txt": b"a"}, author=anna, kind=Message.Kind.NOTE)
    attachment = message.attachments.get()
    assert access.load_attachment(anna, ticket.number, attachment.pk) == attachment
    other = make.ticket(team=helpdesk, customer=carla)
    for user, number in ((carla, ticket.number), (anna, other.number)):
        with pytest.raises(Http404):
            access.load_attachment(user, number, attachment.pk)
        with pytest.raises(Http404):
            access.load_message(user, number, message.pk)


def test_require_speaks_in_a_sentence() -> None:
    permissions.require(True)
    with pytest.raises(NotAllowed, match=r"\.$"):
        permissions.require(False)


def test_the_roles_say_who_one_is() -> None:
    admin = User(roles=[Role.ADMIN])
    assert admin.is_agent
    assert admin.is_staff
    assert not User(roles=[Role.AGENT]).is_staff
    assert not User(roles=[Role.CUSTOMER]).is_agent
